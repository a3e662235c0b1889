"""Moving several items out of their workers' hands in one transaction.

What must stay true: all of it happens or nothing does. Each item is fenced by its own lease exactly as if it were moved
alone, so one lease that is lost refuses the whole, and the caller then moves each by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from casework.errors import LeaseLostError
from casework.moves import Detail, Lease, arrow_statement, arrow_values, changes_of, event_of
from casework.results import leave_waiting_of
from casework.stored_values import run_counted
from casework.transitions import Transition
from casework.workplace import Acting, Workplace


@dataclass(frozen=True, slots=True)
class Departure:
    """One item that leaves its worker's hands: ``casework.moves.move``, not yet made."""

    transition: Transition
    lease: Lease
    acting: Acting
    values: Mapping[str, object]
    detail: Detail


def move_many(session: Session, place: Workplace, departures: Sequence[Departure]) -> None:
    """Move them all, in the caller's transaction.

    Raises:
        LeaseLostError: some lease is not its item's present one; the caller must roll back.
    """
    if not departures:
        return
    now, connection = place.now(), session.connection()
    alike: dict[str, list[tuple[object, ...]]] = {}
    for each in departures:
        changes = changes_of(each.transition, each.values, at=now)
        statement = arrow_statement(each.transition, tuple(changes), is_leased=True)
        alike.setdefault(statement, []).append(arrow_values(connection, each.lease.item_id, each.lease, changes))
    for statement, rows in alike.items():
        if run_counted(connection, statement, rows) != len(rows):
            message = "Arbejderen har ikke længere alle opgaverne; hver afsluttes for sig."
            raise LeaseLostError(message)
    for ended in {each.transition.target for each in departures}:
        ids = [each.lease.item_id for each in departures if each.transition.target is ended]
        leave_waiting_of(session, ids, ended=ended, at=now)
    events = [
        event_of(each.transition, each.lease.item_id, acting=each.acting, lease=each.lease, detail=each.detail)
        for each in departures
    ]
    place.record(session, *events)
