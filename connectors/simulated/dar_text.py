"""One line of an address taken apart, as the wash of the simulated address register reads it.

What must stay true: nothing that stands in the text is lost; what is understood as no part of an address is among
``others``.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

#: ``…, 8000 Aarhus C``: the last four digits that only letters follow. Doors of four digits stand before it.
_POSTAL = re.compile(r"(?P<rest>.*?)[\s,]+(?P<code>[0-9]{4})(?:[\s,]+(?P<district>\D+))?")
#: ``Margrethepladsen 4``, ``Vej 12 B``; the letter ends the word, so that ``4 st`` is house number 4.
_HOUSE = re.compile(r"(?P<road>.+?)[\s,]+0*(?P<number>[1-9][0-9]{0,2})\s?(?P<letter>[^\W\d_]?)(?=[\s,.]|$)(?P<unit>.*)")
_UNIT = re.compile(
    r"(?:(?P<floor>[0-9]{1,2}(?![0-9])|stuen?|st|kælder(?:en)?|kld?|k[2-9])\s*\.?\s*(?:sal\b)?\s*\.?)?"
    r"\s*(?P<door>tv|th|mf|-*[0-9]{1,4}|[a-zæøå](?:[/-]?[0-9]{1,3})?)?\s*\.?"
)
_FLOORS = {"stue": "st", "stuen": "st", "kld": "kl", "kælder": "kl", "kælderen": "kl"}


@dataclass(slots=True)
class Line:
    """The parts of a text; empty where it has none."""

    road: str = ""
    house_number: str = ""
    floor: str = ""
    door: str = ""
    postal_code: str = ""
    postal_district: str = ""
    #: What may be the town, or nothing that is known.
    others: tuple[str, ...] = ()

    def describe(self) -> dict[str, object]:
        """As ``parsetadresse`` tells it."""
        return {
            "vejnavn": self.road or None,
            "husnr": self.house_number or None,
            "etage": self.floor or None,
            "dør": self.door or None,
            "supplerendebynavn": ", ".join(self.others) or None,
            "postnr": self.postal_code or None,
            "postnrnavn": self.postal_district or None,
        }


@lru_cache(maxsize=20_000)
def fold(text: str) -> str:
    """A text for comparing: no capitals, no full stops, single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().replace(".", " ").split())


def take_apart(text: str) -> Line:
    """The parts of this text."""
    line = Line()
    rest = " ".join(unicodedata.normalize("NFC", text).split())
    if postal := _POSTAL.fullmatch(rest):
        rest, line.postal_code = postal["rest"], postal["code"]
        line.postal_district = (postal["district"] or "").strip(" ,")
    house = _HOUSE.fullmatch(rest)
    if house is None:
        line.road = rest.strip(" ,")
        return line
    line.road = house["road"].strip(" ,")
    line.house_number = house["number"] + house["letter"].upper()
    line.others = tuple(segment for segment in _segments(house["unit"]) if not _take_unit(line, segment))
    return line


def _segments(text: str) -> list[str]:
    return [segment for segment in (part.strip() for part in text.split(",")) if segment.strip(" .")]


def _take_unit(line: Line, segment: str) -> bool:
    """Whether the segment was a floor, a door or both."""
    unit = _UNIT.fullmatch(segment.lower().lstrip(". "))
    if unit is None:
        return False
    floor, door = unit["floor"] or "", unit["door"] or ""
    if line.floor and floor and not door:
        # ``2, 1`` is a floor and a door.
        floor, door = "", floor
    if (line.floor and floor) or (line.door and door):
        return False
    line.floor = line.floor or _tidy_floor(floor)
    line.door = line.door or tidy_door(door)
    return True


def _tidy_floor(floor: str) -> str:
    return str(int(floor)) if floor.isdigit() else _FLOORS.get(floor, floor)


def tidy_door(door: str) -> str:
    """``-0121`` is door 121."""
    number = door.lstrip("-")
    return str(int(number)) if number.isdigit() else door
