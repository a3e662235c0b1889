"""Where a person of the store lives on a given day, and where he lived before.

What must stay true: a move that lies ahead changes nothing until its day, and then it does so by itself.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import date

from connectors.simulated.municipality import GREENLAND_CODE
from connectors.simulated.spelling import Address
from connectors.simulated.store import Store, from_json

#: Only these statuses have a present address in CPR (integration reference A.8.2).
WITH_ADDRESS = frozenset({"1", "3", "5", "7"})
#: Road codes from here on are for people without a road: no fixed abode and the like.
_FIRST_SPECIAL_ROAD = "9900"


@dataclass(frozen=True, slots=True)
class Residence:
    """An address in the case system's spelling, from a day on."""

    address: Address
    moved_in: str
    is_uncertain: bool
    registered_at: str
    #: The municipality that the person came from with this address, empty where it is the same one.
    moved_from: str = ""
    #: CPR took a later address back, so this one stands again (ret/fortryd).
    is_restored: bool = False
    #: Delt bopæl: the child lives with both parents.
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class PastResidence:
    """An earlier residence; ``is_annulled`` where CPR took it back."""

    residence: Residence
    moved_out: str
    is_end_uncertain: bool = False
    is_annulled: bool = False


def registered_residence(row: sqlite3.Row) -> Residence | None:
    """The address that stands in the row of ``person``, whatever the status and the day."""
    if row["address"] is None:
        return None
    return Residence(
        from_json(row["address"]),
        row["moved_in"],
        bool(row["moved_in_uncertain"]),
        row["registered_at"],
        row["moved_from"],
        bool(row["is_restored"]),
        bool(row["is_shared"]),
    )


def present_residence(row: sqlite3.Row, today: date) -> Residence | None:
    """Where the person of this row of ``person`` lives today; None for the dead, the emigrated and the like."""
    if row["status"] not in WITH_ADDRESS:
        return None
    return _next_residence(row) if has_arrived(row, today) else registered_residence(row)


def coming_residence(row: sqlite3.Row, today: date) -> Residence | None:
    """Where the person will live after a move that lies ahead, or None."""
    if row["status"] not in WITH_ADDRESS or row["next_from"] is None or has_arrived(row, today):
        return None
    return _next_residence(row)


def past_residences(store: Store, row: sqlite3.Row, today: date) -> list[PastResidence]:
    """Where the person lived before, newest first; for those who left it begins with the last address here."""
    found = [_read_past(past) for past in past_rows(store, row["pnr"])]
    registered = registered_residence(row)
    if registered is not None and has_arrived(row, today):
        is_uncertain = bool(row["next_uncertain"])
        found.insert(0, PastResidence(registered, _later(row["next_from"], registered), is_uncertain))
    elif registered is not None and row["status"] not in WITH_ADDRESS:
        found.insert(0, PastResidence(registered, _later(row["status_day"], registered)))
    return found


def past_rows(store: Store, pnr: str) -> list[sqlite3.Row]:
    """The rows of ``past_address``, newest first."""
    return store.rows("SELECT * FROM past_address WHERE pnr = ? ORDER BY position DESC", (pnr,))


def has_arrived(row: sqlite3.Row, today: date) -> bool:
    """Whether a move that waited counts by now."""
    return row["next_from"] is not None and row["next_from"] <= today.isoformat()


def is_protected(row: sqlite3.Row, today: date) -> bool:
    """Whether name and address are protected today: having a period is not the same as being in it."""
    return is_within(row["protected_from"], row["protected_to"], today)


def is_within(begins: str | None, ends: str | None, today: date) -> bool:
    """Whether a day lies in a period; the last day is outside of it."""
    return begins is not None and begins <= today.isoformat() and (ends is None or today.isoformat() < ends)


def other_municipality(before: Address | None, after: Address) -> str:
    """The municipality that somebody comes from with a move, or empty where it is the same one."""
    if before is None or before["municipalityCode"] == after["municipalityCode"]:
        return ""
    return before["municipalityCode"]


def status_at(address: Address) -> str:
    """The status code of somebody who lives there: 5 in Greenland, 3 on a special road, else 1."""
    if address["municipalityCode"] == GREENLAND_CODE:
        return "5"
    return "3" if address["roadCode"] >= _FIRST_SPECIAL_ROAD else "1"


def _next_residence(row: sqlite3.Row) -> Residence:
    address = from_json(row["next_address"])
    before = None if row["address"] is None else from_json(row["address"])
    return Residence(
        address,
        row["next_from"],
        bool(row["next_uncertain"]),
        row["next_registered_at"],
        other_municipality(before, address),
    )


def _read_past(row: sqlite3.Row) -> PastResidence:
    residence = Residence(
        from_json(row["address"]),
        row["moved_in"],
        bool(row["moved_in_uncertain"]),
        row["registered_at"],
        row["moved_from"],
    )
    return PastResidence(
        residence, row["moved_out"], bool(row["moved_out_uncertain"]), is_annulled=bool(row["is_annulled"])
    )


def _later(day: str, residence: Residence) -> str:
    """The day of moving out: never before the day of moving in."""
    return max(day, residence.moved_in)
