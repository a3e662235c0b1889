"""One address in three spellings: as a case system writes it, as CPR writes it, and with cosmetic differences.

What must stay true: the store keeps the case system's spelling (no leading zeros); CPR's is made when it is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random

Address = dict[str, str]

#: The fields of an address on a party that are one text each; absent is the empty string.
FIELDS = (
    "careOf",
    "locality",
    "roadName",
    "houseNumber",
    "floor",
    "door",
    "town",
    "postalCode",
    "postalDistrict",
    "municipalityCode",
    "roadCode",
    "addressUuid",
)
#: What an address has instead of them where it has no such parts, beside ``country``; absent is the empty list.
FREE_LINES = "freeLines"
_PLACE = ("careOf", "locality", "roadName", "houseNumber", "floor", "door", "postalCode")


def cpr_house_number(house_number: str) -> str:
    """``38`` as CPR's ``038``, ``12B`` as ``012B``."""
    match = re.fullmatch(r"(\d+)(\D*)", house_number)
    return f"{int(match[1]):03d}{match[2]}" if match else house_number


def cpr_floor(floor: str) -> str:
    """``1`` as CPR's ``01``; ``st`` and ``kl`` stay."""
    return f"{int(floor):02d}" if floor.isdigit() else floor


def standard_address(address: Address) -> str:
    """CPR's street line, for example ``Svinget 38,1 th``."""
    line = f"{address['roadName']} {address['houseNumber']}".strip()
    inside = f"{address['floor']} {address['door']}".strip()
    return f"{line},{inside}" if inside else line


def cpr_address(address: Address, *, moved_in: str, is_uncertain: bool, registered_at: str) -> dict[str, object]:
    """An address as SF1520 names and spells it."""
    return {
        "kommunekode": address["municipalityCode"],
        "vejkode": address["roadCode"],
        "husnummer": cpr_house_number(address["houseNumber"]),
        "etage": cpr_floor(address["floor"]),
        "sidedoer": address["door"],
        "conavn": address["careOf"],
        "lokalitet": address["locality"],
        "bynavn": address["town"],
        "postnummer": address["postalCode"],
        "postdistrikt": address["postalDistrict"],
        "vejnavn": address["roadName"],
        "standardadresse": standard_address(address),
        "adresseringsnavn": address["roadName"][:20],
        "tilflytningsdato": {"dato": moved_in, "usikkerhedsmarkering": is_uncertain},
        "AdresseUUID": address["addressUuid"],
        "registreringstidspunkt": registered_at,
    }


def spell_differently(address: Address, random: Random) -> Address:
    """The same address with a difference that means nothing (rule ADR-02)."""
    ways: list[Address] = [
        address | {"houseNumber": cpr_house_number(address["houseNumber"])},
        address | {"roadName": address["roadName"].upper()},
    ]
    if address["floor"].isdigit():
        ways.append(address | {"floor": cpr_floor(address["floor"])})
    if address["door"]:
        ways.append(address | {"door": address["door"].upper()})
    return random.choice([way for way in ways if way != address])


def is_same_place(one: Address | None, other: Address | None) -> bool:
    """Whether two addresses differ in spelling at most."""
    if one is None or other is None:
        return one is other
    return all(
        one[field].strip().lstrip("0").casefold() == other[field].strip().lstrip("0").casefold() for field in _PLACE
    )


def is_blank(address: Mapping[str, object]) -> bool:
    """Whether no part of an address says anything."""
    return not any(address.values())


def as_told(address: Mapping[str, object]) -> dict[str, object]:
    """An address of the store as Nova tells it: with every field, also those that were not there when it was kept."""
    return {FREE_LINES: [], "country": "", **address}
