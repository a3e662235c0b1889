"""Work items: made, found, counted, cancelled, reopened.

What must stay true: a reference makes one item per robot however often it is handed in, and an item and its event are
made together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, func, insert, literal, select, text, update
from sqlalchemy.dialects import postgresql
from sqlmodel import Session

from audit.events import Event, PrivateDetail
from audit.vocabulary import EventType, Outcome, RetentionClass
from casework.begun import open_effects, require_none_begun
from casework.errors import ReasonMissingError, TransitionRefusedError, UnknownItemError
from casework.moves import because, move
from casework.states import ApprovalState, EffectState, ItemState
from casework.steps import discard_steps
from casework.tables import HAS_NOT_ENDED, RARE_STATE, ApprovalRow, EffectRow, WorkItemRow
from casework.transitions import CANCEL, NOT_FINAL, REOPEN
from casework.workplace import Acting, Workplace, in_clauses
from foundation.identifiers import new_id

_ITEM = WorkItemRow.__table__
_APPROVAL = ApprovalRow.__table__
_EFFECT = EffectRow.__table__
#: What every item passes through.
_PASSED = frozenset({ItemState.NEW, ItemState.IN_PROGRESS, ItemState.COMPLETED})


@dataclass(frozen=True, slots=True)
class NewItem:
    """What is needed to make a work item. ``payload`` is sealed; ``reference`` holds no personal data."""

    reference: str
    payload: bytes
    priority: int = 0
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ItemView:
    """A work item as people see it: nothing personal."""

    id: UUID
    robot: str
    reference: str
    state: ItemState
    attempts: int
    outcome_code: str | None
    outcome_message: str | None
    due_at: datetime | None
    available_at: datetime | None
    created_at: datetime
    updated_at: datetime


#: Never the payload, which nobody sees here and which may not open.
_SHOWN = [_ITEM.c[name] for name in ItemView.__slots__]


def enqueue(
    session: Session, place: Workplace, robot: str, items: Sequence[NewItem], *, acting: Acting, run_id: UUID | None
) -> dict[str, UUID]:
    """Make the items that are not there yet, in the caller's transaction; returns the id of each reference."""
    ids = _known(session, robot, [item.reference for item in items])
    now = place.now()
    rows = []
    for item in items:
        if item.reference in ids:
            continue
        ids[item.reference] = new_id()
        rows.append(
            {
                "id": ids[item.reference],
                "robot": robot,
                "reference": item.reference,
                "state": ItemState.NEW.value,
                "payload": item.payload,
                "priority": item.priority,
                "due_at": item.due_at,
                "attempts": 0,
                "lease_token": 0,
                "reopenings": 0,
                "created_by_run": run_id,
                "created_at": now,
                "updated_at": now,
            }
        )
    if rows and not place.database.is_sqlite:
        # Somebody else may hand in the same references at once; SQLite has one writer. Always in the same order, so
        # that the two cannot wait for each other.
        ordered = sorted(rows, key=lambda row: str(row["reference"]))
        session.execute(postgresql.insert(_ITEM).on_conflict_do_nothing(index_elements=["robot", "reference"]), ordered)
        ids |= _known(session, robot, [str(row["reference"]) for row in rows])
        rows = [row for row in rows if ids[str(row["reference"])] == row["id"]]
    elif rows:
        session.execute(insert(_ITEM), rows)
    if rows:
        place.record(
            session,
            *[
                Event(
                    type=EventType.ITEM_CREATED,
                    actor=acting.actor,
                    process=acting.process,
                    purpose=acting.purpose,
                    run=acting.run(item=row["id"]),
                    facts={"reference": str(row["reference"]), **_due(row["due_at"])},
                )
                for row in rows
            ],
        )
    return ids


def _due(due_at: object) -> dict[str, str]:
    return {"due": due_at.isoformat()} if isinstance(due_at, datetime) else {}


def _known(session: Session, robot: str, references: Sequence[str]) -> dict[str, UUID]:
    ids: dict[str, UUID] = {}
    for portion in in_clauses(references):
        query = select(_ITEM.c.reference, _ITEM.c.id).where(_ITEM.c.robot == robot, _ITEM.c.reference.in_(portion))
        ids |= {row.reference: row.id for row in session.execute(query)}
    return ids


@dataclass(frozen=True, slots=True)
class EarlierItem:
    """An item with a reference of the same family."""

    reference: str
    is_open: bool
    #: Whether nobody has looked at it yet.
    is_new: bool


def references_from(session: Session, robot: str, prefix: str) -> list[EarlierItem]:
    """The items of this robot whose reference begins with ``prefix``, which ends in a colon."""
    query = select(_ITEM.c.reference, _ITEM.c.state, _ITEM.c.attempts, _ITEM.c.approval_id).where(
        _ITEM.c.robot == robot
    )
    if session.get_bind().dialect.name == "sqlite":
        # From the prefix to the next character after the colon: a range of the index, where LIKE reads the table.
        query = query.where(_ITEM.c.reference >= prefix, _ITEM.c.reference < f"{prefix[:-1]};")
    else:
        # PostgreSQL orders by language, so there LIKE has an index of its own.
        query = query.where(_ITEM.c.reference.startswith(prefix, autoescape=True))
    return [
        EarlierItem(
            row.reference,
            is_open=ItemState(row.state) in NOT_FINAL,
            is_new=row.state == ItemState.NEW.value and row.attempts == 0 and row.approval_id is None,
        )
        for row in session.execute(query)
    ]


def cancel(session: Session, place: Workplace, item_id: UUID, *, acting: Acting, reason: str) -> bool:
    """Cancel an item; one in progress is asked to stop and notices it between steps.

    Returns:
        True when it is cancelled now, False when it was asked to stop.

    Raises:
        ReasonMissingError: without a reason.
        TransitionRefusedError: when it is final, or a change was begun of which nobody knows the ending.
    """
    _require_reason(reason)
    state = _state(session, item_id)
    if state is ItemState.IN_PROGRESS:
        session.execute(update(_ITEM).where(_ITEM.c.id == item_id).values(cancel_requested_by=acting.actor.id))
        event = Event(
            type=EventType.ITEM_CANCEL_REQUESTED,
            actor=acting.actor,
            run=acting.run(item=item_id),
            private=PrivateDetail(reason.encode(), RetentionClass.DECISION),
        )
        place.record(session, event)
        return False
    require_none_begun(session, item_id)
    values = {"outcome_code": "cancelled", "outcome_message": f"Annulleret af {acting.actor.id}."}
    move(session, place, CANCEL, item_id, acting=acting, values=values, detail=because(reason))
    void = update(_APPROVAL).where(_APPROVAL.c.item_id == item_id, _APPROVAL.c.state == ApprovalState.WAITING.value)
    session.execute(void.values(state=ApprovalState.VOIDED.value, decided_by=acting.actor.id, decided_at=place.now()))
    return True


def reopen(session: Session, place: Workplace, item_id: UUID, *, acting: Acting, reason: str) -> None:
    """Reopen a final item: an act of a named person with a reason.

    It begins afresh, unless a change was begun of which nobody knows the ending: then it goes on with the approval and
    the steps that it had, because the robot finds the change again by a key that rests on them.

    Raises:
        ReasonMissingError: without a reason.
        TransitionRefusedError: when it is not final.
    """
    _require_reason(reason)
    values = {
        "reopenings": _ITEM.c.reopenings + 1,
        "attempts": 0,
        "cancel_requested_by": None,
        "outcome_code": None,
        "outcome_message": None,
    }
    move(session, place, REOPEN, item_id, acting=acting, values=values, detail=because(reason))
    _allow_again(session, place, item_id, acting=acting, reason=reason)
    if not open_effects(session, item_id):
        session.execute(update(_ITEM).where(_ITEM.c.id == item_id).values(approval_id=None))
        discard_steps(session, place, item_id)


def _allow_again(session: Session, place: Workplace, item_id: UUID, *, acting: Acting, reason: str) -> None:
    """What was refused may be tried again: the person has put right what the refusal named."""
    columns = [_EFFECT.c[name] for name in ("id", "step", "system", "operation", "intent", "error_code")]
    query = select(*columns).where(_EFFECT.c.item_id == item_id, _EFFECT.c.state == EffectState.REFUSED.value)
    refused = session.execute(query.order_by(_EFFECT.c.id).with_for_update()).all()
    for effect in refused:
        allowed = update(_EFFECT).where(_EFFECT.c.id == effect.id)
        session.execute(allowed.values(state=EffectState.NOT_DONE.value))
        event = Event(
            type=EventType.EFFECT_NOT_DONE,
            outcome=Outcome.FAILED,
            actor=acting.actor,
            run=acting.run(item=item_id, step=effect.step, effect=effect.id),
            facts={
                "system": effect.system,
                "operation": effect.operation,
                "intent": effect.intent,
                "error": effect.error_code,
            },
            private=PrivateDetail(reason.encode(), RetentionClass.DECISION),
        )
        place.record(session, event)


def list_items(
    session: Session,
    *,
    robot: str | None = None,
    state: ItemState | None = None,
    is_due: bool = False,
    limit: int = 50,
) -> list[ItemView]:
    """The newest items that fit, newest first; with ``is_due`` those due that have not ended, the soonest first."""
    query = select(*_SHOWN).limit(limit)
    if is_due:
        query = query.where(text(HAS_NOT_ENDED), _ITEM.c.due_at.is_not(None))
        query = query.order_by(_ITEM.c.due_at, _ITEM.c.id)
    else:
        query = query.order_by(_ITEM.c.id.desc())
    if robot is not None:
        query = query.where(_ITEM.c.robot == robot)
    if state is not None:
        # As a word in the question and not as a value, or SQLite would not use an index of this state only.
        query = query.where(_ITEM.c.state == literal(state.value, literal_execute=True))
        if state not in _PASSED:
            query = query.where(text(RARE_STATE))
    return [_view(row) for row in session.execute(query).mappings()]


def get_item(session: Session, item_id: UUID) -> ItemView:
    """One item.

    Raises:
        UnknownItemError: when there is none.
    """
    row = session.execute(select(*_SHOWN).where(_ITEM.c.id == item_id)).mappings().one_or_none()
    if row is None:
        raise _unknown(item_id)
    return _view(row)


def count_by_state(session: Session, *, robot: str | None = None) -> dict[ItemState, int]:
    """How many items are in each state; states with none are left out."""
    query = select(_ITEM.c.state, func.count()).group_by(_ITEM.c.state)
    if robot is not None:
        query = query.where(_ITEM.c.robot == robot)
    return {ItemState(state): count for state, count in session.execute(query)}


def unfinished(session: Session, *, robot: str) -> int:
    """How many items of the robot are not final."""
    states = [state.value for state in NOT_FINAL]
    query = select(func.count()).where(_ITEM.c.robot == robot, _ITEM.c.state.in_(states))
    count: int = session.execute(query).scalar_one()
    return count


def _state(session: Session, item_id: UUID) -> ItemState:
    state = session.execute(select(_ITEM.c.state).where(_ITEM.c.id == item_id).with_for_update()).scalar_one_or_none()
    if state is None:
        raise _unknown(item_id)
    if ItemState(state) not in NOT_FINAL:
        message = f"Det kan ikke lade sig gøre: {CANCEL.reason}. Se opgaven med: sagsgang items show {item_id}"
        raise TransitionRefusedError(message)
    return ItemState(state)


def _unknown(item_id: UUID) -> UnknownItemError:
    return UnknownItemError(f"Opgaven {item_id} findes ikke. Se opgaverne med: sagsgang items")


def _require_reason(reason: str) -> None:
    if not reason.strip():
        message = "Skriv en begrundelse."
        raise ReasonMissingError(message)


def _view(row: RowMapping) -> ItemView:
    fields = {name: row[name] for name in ItemView.__slots__}
    fields["state"] = ItemState(row["state"])
    return ItemView(**fields)
