"""The parts of an address, each brought to the one spelling that the address standard gives it.

The same place is written in many ways: ``038`` and ``38``, ``2. sal tv`` and ``2. tv``, ``stuen`` and ``st``. What must
stay true: each function gives the same again when it is used on its own answer, and what it does not recognise it
only trims.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_SPACES: Final = re.compile(r"\s+")
_HOUSE_NUMBER: Final = re.compile(r"0*([0-9]+)\s*([a-zæøå]?)", re.IGNORECASE)
_FLOOR_NAMES: Final = {
    "st": "st",
    "stue": "st",
    "stuen": "st",
    "kl": "kl",
    "kld": "kl",
    "kælder": "kl",
    "kælderen": "kl",
}
#: A floor, perhaps with "sal", perhaps with the door in the same field ("2. sal tv", "2tv", "st. th").
_FLOOR: Final = re.compile(
    r"(?P<floor>[0-9]{1,3}|st|stue|stuen|kld?|kælder|kælderen|k[2-9])\s*[.,]?\s*(?:sal\b)?\s*[.,]?\s*"
    r"(?P<door>(?<=[\s.,])(?=[^.\s,]{1,4}\s*\.?$)-*[a-zæøå0-9][a-zæøå0-9/-]*|(?<=[0-9])(?:tv|th|mf))?\s*\.?"
)
#: DAWA passes over a hyphen before a door's number as it does over zeros.
_DOOR_NUMBER: Final = re.compile(r"-*0*([0-9]+)")
_CARE_OF: Final = re.compile(r"(?:(?:c\s*/\s*o|℅)[\s.:]*)+", re.IGNORECASE)


def plain(text: str) -> str:
    """NFC, without spaces around, and with one space where there were several."""
    if not text:
        # Most parts of most addresses are empty, and a sweep compares hundreds of thousands of them.
        return text
    if _is_plain(text):
        return text
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()


def _is_plain(text: str) -> bool:
    """Whether it is so already, as nearly all are: looking costs less than doing. U+0020 is the one printable space."""
    is_even = text[0] != " " and text[-1] != " " and "  " not in text
    return is_even and text.isprintable() and unicodedata.is_normalized("NFC", text)


def comparable(text: str) -> str:
    """As ``plain`` and without regard to upper and lower case; for comparing, never for showing."""
    return plain(plain(text).casefold())


def house_number(text: str) -> str:
    """``0123 a`` becomes ``123A``: no leading zero, no space before the letter, an upper-case letter."""
    match = _HOUSE_NUMBER.fullmatch(plain(text))
    return plain(text) if match is None else match[1] + match[2].upper()


def floor_and_door(floor: str, door: str) -> tuple[str, str]:
    """The floor as ``st``, ``kl`` or a number, and the door as ``tv``, ``th``, ``mf`` or a number.

    A door that stands in the field of the floor is moved when its own field is empty or says the same.
    """
    wanted_door = _door(door)
    text = plain(floor).lower()
    match = _FLOOR.fullmatch(text)
    if match is None:
        return text.rstrip(". "), wanted_door
    found_door = _door(match["door"] or "")
    if found_door and wanted_door and found_door != wanted_door:
        return text.rstrip(". "), wanted_door
    return _floor(match["floor"]), wanted_door or found_door


def care_of(text: str) -> str:
    """The name alone: ``C/O  Name`` and ``c/o Name`` become ``Name``."""
    name = plain(text)
    prefix = _CARE_OF.match(name)
    return name if prefix is None else name[prefix.end() :].strip()


def four_digits(text: str) -> str:
    """A postcode, municipality code or road code with its leading zeros again; anything else as it is."""
    code = plain(text)
    return code.zfill(4) if code.isascii() and code.isdigit() else code


def _floor(text: str) -> str:
    return str(int(text)) if text.isdigit() else _FLOOR_NAMES.get(text, text)


def _door(text: str) -> str:
    door = plain(text).lower().replace(".", "").strip()
    match = _DOOR_NUMBER.fullmatch(door)
    return door if match is None else match[1]
