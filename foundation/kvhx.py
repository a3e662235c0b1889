"""KVHX: the key of one address by municipality, road, house number, floor and door.

Nineteen characters ``04201074___6_st__tv``: municipality (4), road (4), house number (4), floor (3), door (4), padded
to the left with underscores (DAWA; integration reference A.9). What must stay true: two spellings of one address give
the same key, and every key has a municipality, a road and a house number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from foundation import address_parts
from foundation.addresses import CivilAddress, normalised
from foundation.errors import SagsgangError

_LENGTH: Final = 19
#: Where floor and door begin, after four digits of municipality, four of road and four characters of house number.
_FLOOR_AT, _DOOR_AT = 12, 15
_CODES: Final = re.compile(r"[0-9]{8}")
#: What DAWA allows in each part: a number up to 999 with a letter; st, kl, k2 to k9 or 1 to 99; and a door of digits,
#: small letters, slash and hyphen.
_HOUSE_NUMBER: Final = re.compile(r"[1-9][0-9]{0,2}[A-ZÆØÅ]?")
_FLOOR: Final = re.compile(r"(?:st|kl|k[2-9]|[1-9][0-9]?)?")
_DOOR: Final = re.compile(r"(?:[0-9a-zæøå/-]{1,4})?")


class InvalidKvhxError(SagsgangError):
    """A text is no KVHX."""

    code = "invalid_kvhx"


@dataclass(frozen=True, slots=True, repr=False)
class Kvhx:
    """A key of 19 characters; make one with ``parse`` or ``of``. ``repr`` hides it, for it tells where a place is."""

    value: str

    def __str__(self) -> str:
        return self.value

    def __repr__(self) -> str:
        return "Kvhx(***)"

    @staticmethod
    def parse(text: str) -> Kvhx:
        """The key in this text, padded with underscores or, as some systems do, with zeros; either case.

        Raises:
            InvalidKvhxError: the text is no such key; the message does not repeat it.
        """
        key = text.strip()
        found = None
        if len(key) == _LENGTH:
            house_number, floor, door = key[8:_FLOOR_AT], key[_FLOOR_AT:_DOOR_AT], key[_DOOR_AT:]
            found = _put_together(key[:8], house_number.lstrip("_"), floor.lstrip("_"), door.lstrip("_"))
        if found is None:
            message = "En KVHX-nøgle er 19 tegn: kommunekode, vejkode, husnummer, etage og dør."
            raise InvalidKvhxError(message)
        return found

    @staticmethod
    def of(address: CivilAddress) -> Kvhx | None:
        """The key of this address; None when it lacks a municipality code, a road code or a house number.

        None as well for a part that no key can hold, such as a floor in words.
        """
        tidy = normalised(address)
        codes = (tidy.municipality_code, tidy.road_code)
        if any(len(code) != len("0000") for code in codes):
            return None
        return _put_together("".join(codes), tidy.house_number, tidy.floor, tidy.door)


def _put_together(codes: str, house_number: str, floor: str, door: str) -> Kvhx | None:
    number = address_parts.house_number(house_number)
    # A floor or door of nothing but zeros is padding.
    tidy_floor, tidy_door = address_parts.floor_and_door(_unless_zero(floor), _unless_zero(door))
    parts = ((_CODES, codes), (_HOUSE_NUMBER, number), (_FLOOR, tidy_floor), (_DOOR, tidy_door))
    if not all(shape.fullmatch(part) for shape, part in parts):
        return None
    return Kvhx(f"{codes}{number:_>4}{tidy_floor:_>3}{tidy_door:_>4}")


def _unless_zero(text: str) -> str:
    return text if text.strip("0") else ""
