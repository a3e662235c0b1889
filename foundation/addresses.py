"""A Danish residence address (bopælsadresse): the value, how it is written, and when two are the same place.

The value keeps what the other system said, letter by letter. What must stay true: an address never turns into text by
itself, only through ``one_line`` and ``lines``, so that none lands in a log line or an exception.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from uuid import UUID

from foundation import address_parts


@dataclass(frozen=True, slots=True, repr=False)
class CivilAddress:
    """An address in the parts of CPR. Every text is as it was delivered; an empty text means that there is none.

    ``==`` compares letter by letter. Whether two addresses are the same place is for ``is_same_address``.
    """

    #: Vejnavn.
    road_name: str = ""
    #: Husnummer with its letter, for example ``123A``; CPR records hold leading zeros (``038``).
    house_number: str = ""
    #: Etage: ``st``, ``kl``, ``1`` …
    floor: str = ""
    #: Sidedør: ``tv``, ``th``, ``mf`` or a number.
    door: str = ""
    #: Postnummer; four digits, of which the first may be 0.
    postal_code: str = ""
    #: Postdistrikt.
    postal_district: str = ""
    #: C/o-navn, with or without ``c/o`` before it.
    care_of: str = ""
    #: Lokalitet: the name of a house or farm.
    locality: str = ""
    #: Supplerende bynavn.
    town: str = ""
    #: Kommunekode, four digits.
    municipality_code: str = ""
    #: Vejkode, four digits.
    road_code: str = ""
    #: The id of the address in the address register (DAR), where known.
    address_id: UUID | None = None
    #: An address without such parts (abroad, no fixed abode): its lines as they are, at most five, and nothing else.
    free_lines: tuple[str, ...] = ()
    #: Land of a foreign address, as CPR writes it; empty for Denmark.
    country: str = ""

    def __repr__(self) -> str:
        return "CivilAddress(***)"


def one_line(address: CivilAddress) -> str:
    """The address by the one-line standard of CPR and DAR: ``Strandvejen 123A, st. tv, 2900 Hellerup``.

    The c/o name and the locality are not part of the standard; ``lines`` has them.
    """
    tidy = normalised(address)
    parts = (_street(tidy), tidy.town, _postal_line(tidy), *tidy.free_lines, tidy.country)
    return ", ".join(part for part in parts if part)


def lines(address: CivilAddress) -> tuple[str, ...]:
    """The address as lines of a letter without the addressee: c/o, locality, street, town, postcode and district.

    The c/o name has a line of its own and is never merged into the street (ADR-09, ADR-10).
    """
    tidy = normalised(address)
    care_of = f"c/o {tidy.care_of}" if tidy.care_of else ""
    own = (care_of, tidy.locality, _street(tidy), tidy.town, _postal_line(tidy))
    return tuple(part for part in (*own, *tidy.free_lines, tidy.country) if part)


#: Ruling on a row asks the same few addresses again and again. What is kept stays in this process's memory.
@lru_cache(maxsize=128)
def normalised(address: CivilAddress) -> CivilAddress:
    """The same address in the spelling of the standard; names keep their upper and lower case."""
    floor, door = address_parts.floor_and_door(address.floor, address.door)
    return replace(
        address,
        road_name=address_parts.plain(address.road_name),
        house_number=address_parts.house_number(address.house_number),
        floor=floor,
        door=door,
        postal_code=address_parts.four_digits(address.postal_code),
        postal_district=address_parts.plain(address.postal_district),
        care_of=address_parts.care_of(address.care_of),
        locality=address_parts.plain(address.locality),
        town=address_parts.plain(address.town),
        municipality_code=address_parts.four_digits(address.municipality_code),
        road_code=address_parts.four_digits(address.road_code),
        free_lines=tuple(line for line in map(address_parts.plain, address.free_lines) if line),
        country=address_parts.plain(address.country),
    )


def is_same_address(first: CivilAddress | None, second: CivilAddress | None) -> bool:
    """Whether both say the same place and the same c/o name, however they spell it (ADR-02).

    What counts: road, house number, floor, door, postcode, town, locality, c/o name, free lines and country; that one
    of them was removed is a difference, also for the c/o name (ADR-09). Upper and lower case do not count. The postal
    district follows from the postcode, so it counts only where neither has a postcode. Municipality code, road code
    and address id count only where both have one: many systems keep none, and then nothing contradicts. No address at
    all is the same as one whose parts are all empty.
    """
    one, other = normalised(first or CivilAddress()), normalised(second or CivilAddress())
    return _what_counts(one) == _what_counts(other) and not any(
        mine and theirs and mine != theirs
        for mine, theirs in (
            (one.municipality_code, other.municipality_code),
            (one.road_code, other.road_code),
            (one.address_id, other.address_id),
        )
    )


def _what_counts(tidy: CivilAddress) -> tuple[str, ...]:
    district = "" if tidy.postal_code else tidy.postal_district
    parts = (
        tidy.road_name,
        tidy.house_number,
        tidy.floor,
        tidy.door,
        tidy.postal_code,
        tidy.town,
        tidy.locality,
        tidy.care_of,
        district,
        *tidy.free_lines,
        tidy.country,
    )
    return tuple(address_parts.comparable(part) for part in parts)


def _street(tidy: CivilAddress) -> str:
    floor = f"{tidy.floor}." if tidy.floor else ""
    road = " ".join(part for part in (tidy.road_name, tidy.house_number) if part)
    unit = " ".join(part for part in (floor, tidy.door) if part)
    return ", ".join(part for part in (road, unit) if part)


def _postal_line(tidy: CivilAddress) -> str:
    return " ".join(part for part in (tidy.postal_code, tidy.postal_district) if part)
