"""Moving a work item along an arrow, and nothing else.

What must stay true: the state, the lease and the event change in the caller's one transaction, and the update carries
the state it begins from, and the fencing token where a worker moves the item, in its WHERE.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import NoReturn
from uuid import UUID

from sqlalchemy import ClauseElement, Connection, CursorResult, update
from sqlmodel import Session

from audit.driver_sql import is_sqlite, run
from audit.events import DecisionRef, Event, PrivateDetail, Scalar
from audit.vocabulary import Outcome, RetentionClass
from casework.errors import LeaseLostError, TransitionRefusedError, UnknownItemError
from casework.results import leave_waiting
from casework.states import ItemState
from casework.stored_values import stored
from casework.tables import WorkItemRow
from casework.transitions import Transition
from casework.workplace import Acting, Workplace

_ITEM = WorkItemRow.__table__
#: Every read and every intent asks it, so it is handed to the driver as it is.
_HELD = "SELECT 1 FROM work_item WHERE id = ? AND state = 'in_progress' AND lease_token = ? AND lease_owner = ?"
_STATE = "SELECT state FROM work_item WHERE id = ?"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on an item; ``token`` is the fence."""

    item_id: UUID
    owner: UUID
    token: int
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """What a move adds to its event. ``private`` takes free text, which may hold anything; ``facts`` never do."""

    facts: Mapping[str, Scalar] = field(default_factory=dict)
    decision: DecisionRef | None = None
    private: PrivateDetail | None = None
    outcome: Outcome = Outcome.OK


def because(reason: str, **facts: Scalar) -> Detail:
    """A detail that holds a person's free-text reason, sealed."""
    return Detail(facts=facts, private=PrivateDetail(reason.encode(), RetentionClass.DECISION))


def move(
    session: Session,
    place: Workplace,
    transition: Transition,
    item_id: UUID,
    *,
    acting: Acting,
    lease: Lease | None = None,
    values: Mapping[str, object] | None = None,
    detail: Detail = Detail(),
) -> None:
    """Move one item.

    Args:
        session: the caller's write transaction.
        place: clock and environment.
        transition: the arrow.
        item_id: the item.
        acting: who moves it.
        lease: the worker's lease, when a worker moves it.
        values: other columns to set.
        detail: what else stands in the event.

    Raises:
        LeaseLostError: the lease is not the item's present one.
        TransitionRefusedError: the item is in another state.
        UnknownItemError: there is no such item.
    """
    now = place.now()
    changes = changes_of(transition, values or {}, at=now)
    connection = session.connection()
    if any(isinstance(value, ClauseElement) for value in changes.values()):
        moved = _move_by_expression(session, transition, item_id, lease=lease, changes=changes)
    else:
        statement = arrow_statement(transition, tuple(changes), is_leased=lease is not None)
        moved = run(connection, statement, *arrow_values(connection, item_id, lease, changes)).rowcount
    if moved != 1:
        _refuse(connection, transition, item_id, lease=lease)
    leave_waiting(session, item_id, ended=transition.target, at=now)
    place.record(session, event_of(transition, item_id, acting=acting, lease=lease, detail=detail))


def changes_of(transition: Transition, values: Mapping[str, object], *, at: datetime) -> dict[str, object]:
    """The columns that a move sets, the caller's among them."""
    changes: dict[str, object] = {"state": transition.target.value, "updated_at": at}
    if transition.target is not ItemState.IN_PROGRESS:
        changes |= {"lease_owner": None, "lease_expires_at": None}
    return changes | dict(values)


@cache
def arrow_statement(transition: Transition, columns: tuple[str, ...], *, is_leased: bool) -> str:
    """The update that moves one item along this arrow; see ``arrow_values`` for what goes into it."""
    for column in columns:
        if column not in _ITEM.c:
            raise KeyError(column)
    states = ", ".join(f"'{state.value}'" for state in sorted(transition.sources))
    settings = ", ".join(f"{column} = ?" for column in columns)
    fence = " AND lease_token = ? AND lease_owner = ?" if is_leased else ""
    where = f"id = ? AND state IN ({states}){fence}"
    return f"UPDATE work_item SET {settings} WHERE {where}"  # noqa: S608 - columns of the table and states of the enum.


def arrow_values(
    connection: Connection, item_id: UUID, lease: Lease | None, changes: Mapping[str, object]
) -> tuple[object, ...]:
    """What goes into ``arrow_statement``, as the driver takes it."""
    fence = (lease.token, lease.owner) if lease is not None else ()
    return stored(connection, *changes.values(), item_id, *fence)


def event_of(transition: Transition, item_id: UUID, *, acting: Acting, lease: Lease | None, detail: Detail) -> Event:
    """The event that tells of a move."""
    return Event(
        type=transition.event,
        actor=acting.actor,
        process=acting.process,
        purpose=acting.purpose,
        run=acting.run(item=item_id, attempt=lease.attempt if lease is not None else None),
        facts=detail.facts,
        decision=detail.decision,
        private=detail.private,
        outcome=detail.outcome,
    )


def _move_by_expression(
    session: Session, transition: Transition, item_id: UUID, *, lease: Lease | None, changes: Mapping[str, object]
) -> int:
    """The same update where a column is set to an expression, such as one more than it was; returns how many moved."""
    query = update(_ITEM).where(_ITEM.c.id == item_id, _ITEM.c.state.in_([state.value for state in transition.sources]))
    if lease is not None:
        query = query.where(_ITEM.c.lease_token == lease.token, _ITEM.c.lease_owner == lease.owner)
    result = session.execute(query.values(**changes))
    return result.rowcount if isinstance(result, CursorResult) else 0


def require_lease(session: Session, lease: Lease) -> None:
    """Refuse to go on when the lease is over; the row stays locked until the transaction ends.

    Raises:
        LeaseLostError: another worker has, or may have, the item.
    """
    connection = session.connection()
    query = _HELD if is_sqlite(connection) else _HELD + " FOR UPDATE"
    held = stored(connection, lease.item_id, lease.token, lease.owner)
    if run(connection, query, *held).first() is None:
        raise LeaseLostError(_LEASE_MESSAGE)


_LEASE_MESSAGE = "Arbejderen har ikke længere opgaven; en anden fortsætter. Der er intet at gøre."


def _refuse(connection: Connection, transition: Transition, item_id: UUID, *, lease: Lease | None) -> NoReturn:
    row = run(connection, _STATE, *stored(connection, item_id)).first()
    if row is None:
        message = f"Opgaven {item_id} findes ikke. Se opgaverne med: sagsgang items"
        raise UnknownItemError(message)
    if lease is not None:
        raise LeaseLostError(_LEASE_MESSAGE)
    message = f"Det kan ikke lade sig gøre: {transition.reason}. Se opgaven med: sagsgang items show {item_id}"
    raise TransitionRefusedError(message)
