"""Moving a work item along an arrow, and nothing else.

What must stay true: the state, the lease and the event change in the caller's one transaction, and the update carries
the state it begins from, and the fencing token where a worker moves the item, in its WHERE.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import CursorResult, bindparam, select, update
from sqlmodel import Session

from audit.events import DecisionRef, Event, PrivateDetail, Scalar
from audit.vocabulary import Outcome, RetentionClass
from casework.errors import LeaseLostError, TransitionRefusedError, UnknownItemError
from casework.states import ItemState
from casework.tables import WorkItemRow
from casework.transitions import Transition
from casework.workplace import Acting, Workplace

_ITEM = WorkItemRow.__table__
#: Built once: every read and every intent asks it.
_HELD = (
    select(_ITEM.c.lease_token)
    .where(
        _ITEM.c.id == bindparam("item"),
        _ITEM.c.state == ItemState.IN_PROGRESS.value,
        _ITEM.c.lease_token == bindparam("token"),
        _ITEM.c.lease_owner == bindparam("owner"),
    )
    .with_for_update()
)


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
    changes: dict[str, object] = {"state": transition.target.value, "updated_at": now}
    if transition.target is not ItemState.IN_PROGRESS:
        changes |= {"lease_owner": None, "lease_expires_at": None}
    query = update(_ITEM).where(_ITEM.c.id == item_id, _ITEM.c.state.in_([state.value for state in transition.sources]))
    if lease is not None:
        query = query.where(_ITEM.c.lease_token == lease.token, _ITEM.c.lease_owner == lease.owner)
    result = session.execute(query.values(**changes, **(values or {})))
    if not isinstance(result, CursorResult) or result.rowcount != 1:
        _refuse(session, transition, item_id, lease=lease)
    attempt = lease.attempt if lease is not None else None
    event = Event(
        type=transition.event,
        actor=acting.actor,
        process=acting.process,
        purpose=acting.purpose,
        run=acting.run(item=item_id, attempt=attempt),
        facts=detail.facts,
        decision=detail.decision,
        private=detail.private,
        outcome=detail.outcome,
    )
    place.record(session, event)


def require_lease(session: Session, lease: Lease) -> None:
    """Refuse to go on when the lease is over; the row stays locked until the transaction ends.

    Raises:
        LeaseLostError: another worker has, or may have, the item.
    """
    held = {"item": lease.item_id, "token": lease.token, "owner": lease.owner}
    if session.connection().execute(_HELD, held).first() is None:
        raise LeaseLostError(_LEASE_MESSAGE)


_LEASE_MESSAGE = "Arbejderen har ikke længere opgaven; en anden fortsætter. Der er intet at gøre."


def _refuse(session: Session, transition: Transition, item_id: UUID, *, lease: Lease | None) -> None:
    row = session.execute(select(_ITEM.c.state).where(_ITEM.c.id == item_id)).first()
    if row is None:
        message = f"Opgaven {item_id} findes ikke. Se opgaverne med: sagsgang items"
        raise UnknownItemError(message)
    if lease is not None:
        raise LeaseLostError(_LEASE_MESSAGE)
    message = f"Opgaven {item_id} er i tilstanden {row.state}: {transition.reason}."
    raise TransitionRefusedError(message)
