"""Reading another system's JSON: a field that is missing or of another kind gives its path, never its value.

Hand-written because an answer is read for every call on the hot path. What must stay true: ``Drift`` carries a path
made of our own field names and list positions only, so it can be shown to anybody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

#: Times without a zone are Danish wall-clock times: that is what the public clients of Danish ESDH systems send.
_DANISH = ZoneInfo("Europe/Copenhagen")

#: Control characters, line breaks, halves of letters, and characters that turn the direction of writing: what a person
#: approves must be what he sees.
_NOT_ON_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_WHITE_SPACE = re.compile(r"[\t\r\n]+")
#: Characters in a field that holds one line; no name, address part or number of a Danish register comes near it.
LONGEST_LINE = 255
_LONGEST_HEADING = 2000

Fields = Mapping[str, object]


class Drift(Exception):
    """The answer does not match the contract at ``path``; never leaves an adapter."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(path)


def record(value: object, path: str) -> Fields:
    """The value as a JSON object."""
    if isinstance(value, dict):
        return value
    raise Drift(path or "body")


def child(of: Fields, name: str, path: str = "") -> Fields:
    """The object under ``name``; raises ``Drift`` when it is absent or not an object."""
    value = of.get(name)
    if isinstance(value, dict):
        return value
    raise Drift(join(path, name))


def optional_child(of: Fields, name: str, path: str = "") -> Fields | None:
    """The object under ``name``, or None when it is absent or null."""
    return None if of.get(name) is None else child(of, name, path)


def rows(of: Fields, name: str, path: str = "") -> list[object]:
    """The list under ``name``; raises ``Drift`` when it is absent or not a list."""
    value = of.get(name)
    if isinstance(value, list):
        return value
    raise Drift(join(path, name))


def text(of: Fields, name: str, path: str = "") -> str:
    """The string under ``name``, which may be empty."""
    value = of.get(name)
    if isinstance(value, str):
        return value
    raise Drift(join(path, name))


def optional_text(of: Fields, name: str, path: str = "") -> str | None:
    """The string under ``name``, or None when it is absent, null or empty."""
    return None if of.get(name) is None else text(of, name, path) or None


def line(of: Fields, name: str, path: str = "", *, longest: int = LONGEST_LINE) -> str:
    """The string under ``name`` as one line that a person can trust his eyes on; it may be empty.

    Raises:
        Drift: also for a text that is too long, and for control characters and such as turn the direction of writing.
    """
    value = of.get(name)
    # Nearly every field is in order, so its path is made only where one is not.
    if isinstance(value, str) and len(value) <= longest and value.isprintable():
        return value
    return _line(value, join(path, name), longest)


def lines(of: Fields, name: str, path: str = "", *, most: int) -> tuple[str, ...]:
    """The list of lines under ``name``, each as in ``line``; empty when it is absent or null."""
    if of.get(name) is None:
        return ()
    written, inner = rows(of, name, path), join(path, name)
    if len(written) > most:
        raise Drift(inner)
    return tuple(_line(row, f"{inner}[{at}]", LONGEST_LINE) for at, row in enumerate(written))


def optional_line(of: Fields, name: str, path: str = "") -> str | None:
    """As ``line``, or None when it is absent, null or empty."""
    value = of.get(name)
    return None if value is None or value == "" else line(of, name, path)


def heading(of: Fields, name: str, path: str = "") -> str:
    """A title that people type and paste: tabs and line breaks become spaces, all else is as in ``line``."""
    value = of.get(name)
    if isinstance(value, str) and not value.isprintable():
        value = _WHITE_SPACE.sub(" ", value)
    return _line(value, join(path, name), _LONGEST_HEADING)


def flag(of: Fields, name: str, path: str = "") -> bool:
    """The boolean under ``name``."""
    value = of.get(name)
    if isinstance(value, bool):
        return value
    raise Drift(join(path, name))


def whole_number(of: Fields, name: str, path: str = "") -> int:
    """The integer under ``name``."""
    value = of.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise Drift(join(path, name))


def seconds(of: Fields, name: str, path: str = "") -> float:
    """The number of seconds under ``name``, whole or not; never negative."""
    value = of.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return float(value)
    raise Drift(join(path, name))


def optional_day(of: Fields, name: str, path: str = "") -> date | None:
    """The ISO date under ``name``, or None when it is absent, null or empty."""
    written = optional_text(of, name, path)
    if written is None:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError:
        drift = Drift(join(path, name))
    # Raised outside the handler, because the ValueError quotes the value.
    raise drift


def instant(of: Fields, name: str, path: str = "") -> datetime:
    """The ISO time under ``name``, aware; one without a zone is Danish time."""
    try:
        moment = datetime.fromisoformat(text(of, name, path))
    except ValueError:
        drift = Drift(join(path, name))
    else:
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=_DANISH)
    raise drift


def _line(value: object, path: str, longest: int) -> str:
    # What ``isprintable`` does not vouch for may still be harmless, a hard space for one.
    if (
        isinstance(value, str)
        and len(value) <= longest
        and (value.isprintable() or _NOT_ON_A_LINE.search(value) is None)
    ):
        return value
    raise Drift(path)


def join(path: str, name: str) -> str:
    """``path.name``, or ``name`` alone at the top."""
    return f"{path}.{name}" if path else name
