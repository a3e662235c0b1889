"""Reading the values that only CPR has: numbers, dates with a mark of uncertainty, lines of an address.

What must stay true: what cannot be a value of CPR is ``Drift`` with the path of its field and never with the value.
"""

from __future__ import annotations

from typing import Final

from connectors import fields
from connectors.fields import Drift, Fields
from connectors.person_details import UncertainDate
from foundation.cpr import Cpr, InvalidCpr

#: CPR gives an address abroad, a contact address and a guardian's address at most so many lines.
_MOST_LINES: Final = 5


def optional_text(of: Fields, name: str, path: str = "") -> str:
    """The line under ``name``, empty when it is absent or null."""
    return fields.optional_line(of, name, path) or ""


def optional_flag(of: Fields, name: str, path: str = "") -> bool:
    """The boolean under ``name``, False when it is absent or null."""
    return of.get(name) is not None and fields.flag(of, name, path)


def optional_rows(of: Fields, name: str, path: str = "") -> list[object]:
    """The list under ``name``, empty when it is absent or null."""
    return [] if of.get(name) is None else fields.rows(of, name, path)


def cpr_from_wire(of: Fields, name: str, path: str = "") -> Cpr:
    """The CPR number under ``name``."""
    return _cpr(fields.text(of, name, path), fields.join(path, name))


def optional_cpr(of: Fields, name: str, path: str = "") -> Cpr | None:
    """The CPR number under ``name``, or None when it is absent, null or empty."""
    written = fields.optional_text(of, name, path)
    return None if written is None else _cpr(written, fields.join(path, name))


def cprs(of: Fields, name: str, path: str = "") -> tuple[Cpr, ...]:
    """The CPR numbers in the list under ``name``; none when it is absent or null."""
    found = enumerate(optional_rows(of, name, path))
    return tuple(_cpr(value, f"{fields.join(path, name)}[{at}]") for at, value in found)


def address_lines(of: Fields, name: str, path: str = "") -> tuple[str, ...]:
    """The lines in the list under ``name`` without the empty ones; none when it is absent or null."""
    return tuple(line for line in fields.lines(of, name, path, most=_MOST_LINES) if line.strip())


def uncertain_day(of: Fields, name: str, path: str = "") -> UncertainDate:
    """The day under ``name`` with its mark; a missing day is one that CPR does not know."""
    written = fields.optional_child(of, name, path)
    if written is None:
        return UncertainDate(None)
    inner = fields.join(path, name)
    is_marked = optional_flag(written, "usikkerhedsmarkering", inner)
    return UncertainDate(fields.optional_day(written, "dato", inner), is_uncertain=is_marked)


def _cpr(written: object, path: str) -> Cpr:
    if not isinstance(written, str):
        raise Drift(path)
    try:
        return Cpr.parse(written)
    except InvalidCpr:
        drift = Drift(path)
    raise drift
