"""What happens to places: a road gets another name or postcode, a place is closed, a new road is built and entered.

What must stay true: nobody moves by any of this, so no event of CPR is told; each place that changes leaves exactly
one event of replication, in the same transaction. All of these functions are called inside a transaction of the store.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

import pydantic_core

from connectors.simulated.dar_places import CLOSED, Place, enter_places, find_place, keep_spelling, mini, words_of
from connectors.simulated.refusals import not_found
from connectors.simulated.seed_people import NAMESPACE
from connectors.simulated.spelling import FIELDS, Address
from connectors.simulated.store import Store, from_json, to_json
from connectors.simulated.world import now

#: The names of an address's parts in the register's table.
_COLUMNS = {"roadName": "road_name", "postalCode": "postal_code", "postalDistrict": "postal_district"}


def respell_road(store: Store, municipality: str, road: str, named: Mapping[str, str], *, in_cpr: bool) -> int:
    """Give a road another name, postcode or district (ADR-45); returns how many places changed.

    ``named`` has the parts that change, of ``roadName``, ``postalCode`` and ``postalDistrict``. ``in_cpr``: CPR spells
    it so as well from now on, for those who live there and those who will; their days of moving in stay.
    """
    rows = store.rows(
        "SELECT uuid FROM dar_place WHERE municipality_code = ? AND road_code = ? ORDER BY uuid", (municipality, road)
    )
    if not rows:
        raise not_found("road")
    for part, value in named.items():
        # A row that says so already is written again, so that every place of the road leaves its event.
        store.run(
            f"UPDATE dar_place SET {_COLUMNS[part]} = ? WHERE municipality_code = ? AND road_code = ?",  # noqa: S608 - the columns stand above.
            (value, municipality, road),
        )
    if "roadName" in named:
        store.run(
            "UPDATE dar_place SET addressing_name = ? WHERE municipality_code = ? AND road_code = ?",
            (named["roadName"][:20], municipality, road),
        )
    for row in rows:
        _renew(store, row["uuid"])
        tell(store, "update", row["uuid"])
    if in_cpr:
        _respell_homes(store, municipality, road, named)
    return len(rows)


def close_place(store: Store, place_uuid: str, *, replaced_by: str | None) -> None:
    """Close a place (ADR-44), perhaps for another one that takes over; CPR goes on telling the closed one."""
    for wanted in (place_uuid, replaced_by):
        if wanted is not None and find_place(store, wanted) is None:
            raise not_found("address")
    successor = replaced_by or place_uuid
    store.run("UPDATE dar_place SET status = ?, current_uuid = ? WHERE uuid = ?", (CLOSED, successor, place_uuid))
    tell(store, "update", place_uuid)


def build_road(store: Store, home: Address, house_numbers: Sequence[str]) -> list[Address]:
    """Homes on a new road that people can move to and that the register does not know yet (ADR-44)."""
    homes = [dict.fromkeys(FIELDS, "") | home | {"houseNumber": number} for number in house_numbers]
    store.run_many("INSERT INTO address (body) VALUES (?)", [(to_json(built),) for built in homes])
    return homes


def enter_road(store: Store, municipality: str, road: str) -> list[str]:
    """Enter the homes of a road that the register lacks; returns their ids. CPR goes on telling them without ids."""
    homes = [
        from_json(row["body"])
        for row in store.rows(
            "SELECT body FROM address WHERE json_extract(body, '$.municipalityCode') = ?"
            " AND json_extract(body, '$.roadCode') = ? ORDER BY id",
            (municipality, road),
        )
    ]
    missing = [
        Place(home | {"addressUuid": place_uuid})
        for home in homes
        if find_place(store, place_uuid := home["addressUuid"] or _made_id(home)) is None
    ]
    if not missing:
        raise not_found("road")
    enter_places(store, missing)
    entered = [place.address["addressUuid"] for place in missing]
    for place_uuid in entered:
        tell(store, "insert", place_uuid)
    return entered


def tell(store: Store, operation: str, place_uuid: str) -> None:
    """Leave the event of replication."""
    row = find_place(store, place_uuid)
    if row is None:
        raise not_found("address")
    body = pydantic_core.to_json(mini(row)).decode()
    store.run("INSERT INTO dar_event (at, operation, body) VALUES (?, ?, ?)", (now(), operation, body))


def _renew(store: Store, place_uuid: str) -> None:
    row = find_place(store, place_uuid)
    if row is not None:
        store.run("UPDATE dar_place SET words = ? WHERE uuid = ?", (words_of(row), place_uuid))
        keep_spelling(store, row)


def _respell_homes(store: Store, municipality: str, road: str, named: Mapping[str, str]) -> None:
    pairs = ", ".join(f"'$.{part}', ?" for part in named)
    for table, column in (("address", "body"), ("person", "address"), ("person", "next_address")):
        store.run(
            f"UPDATE {table} SET {column} = json_set({column}, {pairs})"  # noqa: S608 - all names stand in this module.
            f" WHERE json_extract({column}, '$.municipalityCode') = ? AND json_extract({column}, '$.roadCode') = ?",
            (*named.values(), municipality, road),
        )


def _made_id(home: Address) -> str:
    unit = f"{home['floor']}:{home['door']}"
    return str(uuid.uuid5(NAMESPACE, f"{home['roadCode']}:{home['houseNumber']}:{unit}"))
