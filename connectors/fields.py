"""Reading another system's JSON: a field that is missing or of another kind gives its path, never its value.

Hand-written because an answer is read for every call on the hot path. What must stay true: ``Drift`` carries a path
made of our own field names and list positions only, so it can be shown to anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

#: Times without a zone are Danish wall-clock times: that is what the public clients of Danish ESDH systems send.
_DANISH = ZoneInfo("Europe/Copenhagen")

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


def join(path: str, name: str) -> str:
    """``path.name``, or ``name`` alone at the top."""
    return f"{path}.{name}" if path else name
