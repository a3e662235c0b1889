"""Where a person of the store lives on a given day.

What must stay true: a move that lies ahead changes nothing until its day, and then it does so by itself.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import date

from connectors.simulated.spelling import Address
from connectors.simulated.store import from_json

#: Only these statuses have a present address in CPR (integration reference A.8.2).
_WITH_ADDRESS = frozenset({"1", "3", "5", "7"})


@dataclass(frozen=True, slots=True)
class Residence:
    """An address in the case system's spelling, from a day on."""

    address: Address
    moved_in: str
    is_uncertain: bool
    registered_at: str


def present_residence(row: sqlite3.Row, today: date) -> Residence | None:
    """Where the person of this row of ``person`` lives today; None for the dead, the emigrated and the like."""
    if row["status"] not in _WITH_ADDRESS:
        return None
    if row["next_from"] is not None and row["next_from"] <= today.isoformat():
        return Residence(from_json(row["next_address"]), row["next_from"], False, row["next_registered_at"])
    if row["address"] is None:
        return None
    return Residence(from_json(row["address"]), row["moved_in"], bool(row["moved_in_uncertain"]), row["registered_at"])


def coming_residence(row: sqlite3.Row, today: date) -> Residence | None:
    """Where the person will live after a move that lies ahead, or None."""
    if row["status"] not in _WITH_ADDRESS or row["next_from"] is None or row["next_from"] <= today.isoformat():
        return None
    return Residence(from_json(row["next_address"]), row["next_from"], False, row["next_registered_at"])


def is_protected(row: sqlite3.Row, today: date) -> bool:
    """Whether name and address are protected today: having a period is not the same as being in it."""
    begins, ends = row["protected_from"], row["protected_to"]
    return begins is not None and begins <= today.isoformat() and (ends is None or today.isoformat() < ends)
