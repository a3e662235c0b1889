"""The places of the simulated address register: how they are kept, under which spellings, and how DAWA shows them.

What must stay true: a place keeps every spelling it ever had, so that a text from before a change is still understood.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from connectors.simulated.dar_text import fold
from connectors.simulated.spelling import Address
from connectors.simulated.store import Store, Value

CURRENT, CLOSED, PRELIMINARY, ABANDONED = 1, 2, 3, 4
#: DAWA's status codes in those of DAR 1.0: gældende, nedlagt, foreløbig, henlagt.
_DAR_STATUSES = {CURRENT: 3, CLOSED: 4, PRELIMINARY: 2, ABANDONED: 5}
_ACCESS = uuid.UUID("4f0b6c0e-6a55-5d0f-8b8e-3f7d1c9a2b44")

#: The parts of the designation, in its order.
_DESIGNATION = ("roadName", "houseNumber", "floor", "door", "town", "postalCode", "postalDistrict")

_PLACE = (
    "INSERT INTO dar_place (uuid, status, current_uuid, municipality_code, road_code, road_name,"
    " addressing_name, house_number, floor, door, town, postal_code, postal_district, large_postal_code,"
    " large_postal_district, kvhx, words) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_SPELLING = (
    "INSERT INTO dar_spelling (place_uuid, road_key, road_name, house_number, floor, door, town, postal_code,"
    " postal_district, is_official) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A place for the register; ``address`` is in the case system's spelling and carries the id."""

    address: Address
    status: int = CURRENT
    #: The id of the place that took over from this one; empty where it is itself.
    current: str = ""
    #: Adresseringsvejnavn, where it is not the road's name: at most twenty characters.
    addressing_name: str = ""
    #: Postcode and district of a large recipient of post, where the place has one.
    large_recipient: tuple[str, str] = ("", "")


def enter_places(store: Store, places: Iterable[Place]) -> None:
    """Put new places into the register, inside the caller's transaction."""
    places = list(places)
    store.run_many(_PLACE, [_place_row(place) for place in places])
    store.run_many(_SPELLING, [row for place in places for row in _spelling_rows(place)])


def find_place(store: Store, place_uuid: str) -> sqlite3.Row | None:
    """The place with this id, whatever its status."""
    return store.one("SELECT * FROM dar_place WHERE uuid = ?", (place_uuid,))


def keep_spelling(store: Store, row: sqlite3.Row) -> None:
    """Let the spelling that a place has now be understood from now on."""
    store.run_many(_SPELLING, [_spelling_row(row, row["road_name"], row["postal_code"], row["postal_district"])])


def designation(row: sqlite3.Row) -> str:
    """The one-line form: ``Strandvejen 123A, st. tv, 2900 Hellerup``."""
    floor = f"{row['floor']}." if row["floor"] else ""
    unit = " ".join(part for part in (floor, row["door"]) if part)
    parts = (f"{row['road_name']} {row['house_number']}", unit, row["town"])
    return ", ".join(part for part in (*parts, f"{row['postal_code']} {row['postal_district']}") if part)


def words_of(row: sqlite3.Row) -> str:
    """What ``q`` searches: the words of the designation, each between two spaces."""
    names = ("road_name", "house_number", "floor", "door", "town", "postal_code", "postal_district")
    return _words(row[name] for name in names)


def mini(row: sqlite3.Row) -> dict[str, object]:
    """A place as DAWA's ``struktur=mini`` has it; the municipality lies nowhere, so there is no position."""
    return {
        "id": row["uuid"],
        "status": row["status"],
        "darstatus": _DAR_STATUSES[row["status"]],
        "kommunekode": row["municipality_code"],
        "vejkode": row["road_code"],
        "vejnavn": row["road_name"],
        "adresseringsvejnavn": row["addressing_name"],
        "husnr": row["house_number"],
        "supplerendebynavn": row["town"] or None,
        "postnr": row["postal_code"],
        "postnrnavn": row["postal_district"],
        "stormodtagerpostnr": row["large_postal_code"] or None,
        "stormodtagerpostnrnavn": row["large_postal_district"] or None,
        "x": None,
        "y": None,
        "adgangsadresseid": _access_id(row),
        "etage": row["floor"] or None,
        "dør": row["door"] or None,
        "betegnelse": designation(row),
        "href": href(row["uuid"]),
        "kvhx": row["kvhx"],
    }


def href(place_uuid: str) -> str:
    """Where a place is found."""
    return f"/dar/adresser/{place_uuid}"


def kvhx(row: sqlite3.Row | Address) -> str:
    """The key of nineteen characters; takes a row of the register or an address."""
    municipality, road, number, floor, door = (
        (row["municipality_code"], row["road_code"], row["house_number"], row["floor"], row["door"])
        if isinstance(row, sqlite3.Row)
        else (row["municipalityCode"], row["roadCode"], row["houseNumber"], row["floor"], row["door"])
    )
    return f"{municipality}{road}{number:_>4}{floor:_>3}{door:_>4}"


def _words(parts: Iterable[str]) -> str:
    # Most parts stand in many addresses, and ``fold`` remembers them.
    return f" {' '.join(fold(part) for part in parts if part)} "


def _access_id(row: sqlite3.Row) -> str:
    house = (row["municipality_code"], row["road_code"], row["house_number"])
    return str(uuid.uuid5(_ACCESS, ":".join(house)))


def _place_row(place: Place) -> tuple[Value, ...]:
    address = place.address
    place_uuid = address["addressUuid"]
    return (
        place_uuid,
        place.status,
        place.current or place_uuid,
        address["municipalityCode"],
        address["roadCode"],
        address["roadName"],
        place.addressing_name or address["roadName"][:20],
        address["houseNumber"],
        address["floor"],
        address["door"],
        address["town"],
        address["postalCode"],
        address["postalDistrict"],
        *place.large_recipient,
        kvhx(address),
        _words(address[part] for part in _DESIGNATION),
    )


def _spelling_rows(place: Place) -> list[tuple[Value, ...]]:
    address = place.address
    row = {
        "uuid": address["addressUuid"],
        "house_number": address["houseNumber"],
        "floor": address["floor"],
        "door": address["door"],
        "town": address["town"],
    }
    road, code, district = address["roadName"], address["postalCode"], address["postalDistrict"]
    rows = [_spelling_row(row, road, code, district)]
    if place.addressing_name:
        rows.append(_spelling_row(row, place.addressing_name, code, district, is_official=False))
    if place.large_recipient[0]:
        rows.append(_spelling_row(row, road, *place.large_recipient))
    return rows


def _spelling_row(
    row: sqlite3.Row | dict[str, str], road: str, code: str, district: str, *, is_official: bool = True
) -> tuple[Value, ...]:
    unit = (row["house_number"], row["floor"], row["door"], row["town"])
    return (row["uuid"], fold(road), road, *unit, code, district, int(is_official))
