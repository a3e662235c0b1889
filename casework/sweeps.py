"""Sweeps: a look at every party on every open case, a portion at a time.

What must stay true: the cursor moves in the same transaction as the work that its portion gave, and only from where the
caller read it, so that two processes never both advance and a crash loses and repeats nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from audit.events import Event, PrivateDetail
from audit.vocabulary import EventType, RetentionClass
from casework.errors import ReasonMissingError, TransitionRefusedError, UnknownItemError
from casework.oversight_tables import SweepRow
from casework.states import SweepKind, SweepState
from casework.workplace import Acting, Workplace
from foundation.identifiers import new_id

_SWEEP = SweepRow.__table__


@dataclass(frozen=True, slots=True)
class SweepView:
    """A sweep and how far it has come."""

    id: UUID
    robot: str
    kind: SweepKind
    state: SweepState
    #: Where to go on; None before the first portion.
    cursor: str | None
    started_by: str
    started_at: datetime
    updated_at: datetime
    finished_at: datetime | None
    #: What was counted so far.
    counts: Mapping[str, int]


def start_sweep(place: Workplace, *, robot: str, kind: SweepKind, acting: Acting) -> SweepView:
    """Begin a sweep.

    Raises:
        TransitionRefusedError: one of this kind is under way; go on with it or stop it.
    """
    sweep_id, now = new_id(), place.now()
    try:
        with place.database.write() as session:
            session.execute(
                insert(_SWEEP).values(
                    id=sweep_id,
                    robot=robot,
                    kind=kind.value,
                    state=SweepState.RUNNING.value,
                    started_by=acting.actor.on_behalf_of or acting.actor.id,
                    started_at=now,
                    updated_at=now,
                    counts="{}",
                )
            )
            sweep = get_sweep(session, sweep_id)
            _tell(session, place, EventType.SWEEP_STARTED, sweep, acting)
            return sweep
    except IntegrityError:
        message = "En gennemgang er allerede i gang. Fortsæt den, eller stands den først."
        raise TransitionRefusedError(message) from None


def hold_at(session: Session, sweep_id: UUID, *, cursor: str | None) -> bool:
    """Keep others from the sweep until the transaction ends; False when it is not running, or not at this cursor.

    Ask before anything of a portion is stored, so that whoever comes second gives way and stores nothing.
    """
    sweep = _locked(session, sweep_id)
    return sweep.state is SweepState.RUNNING and sweep.cursor == cursor


def advance(
    session: Session,
    place: Workplace,
    sweep_id: UUID,
    *,
    before_cursor: str | None,
    cursor: str | None,
    counts: Mapping[str, int],
) -> bool:
    """Move the cursor, in the transaction that stores what the portion gave.

    Args:
        session: a write transaction.
        place: the workplace.
        sweep_id: the sweep.
        before_cursor: where the portion began, as the caller read it.
        cursor: where the next one begins. Of the last portion it is None: finish the sweep in the same transaction.
        counts: what this portion alone came to; added to what was counted before.

    Returns:
        False when another process has moved it, or the sweep is no longer running; the caller must roll back.
    """
    if not hold_at(session, sweep_id, cursor=before_cursor):
        return False
    total = Counter(get_sweep(session, sweep_id).counts)
    total.update(counts)
    values = {"cursor": cursor, "updated_at": place.now(), "counts": json.dumps(total, sort_keys=True)}
    session.execute(update(_SWEEP).where(_SWEEP.c.id == sweep_id).values(**values))
    return True


def finish_sweep(session: Session, place: Workplace, sweep_id: UUID, *, acting: Acting) -> SweepView:
    """Everybody was looked at; in the caller's transaction.

    Raises:
        TransitionRefusedError: it is not running.
        UnknownItemError: there is no such sweep.
    """
    return _end(session, place, sweep_id, SweepState.FINISHED, acting=acting)


def stop_sweep(session: Session, place: Workplace, sweep_id: UUID, *, acting: Acting, reason: str) -> SweepView:
    """Call a sweep off before its end, in the caller's transaction; whoever advances it next is told no.

    Raises:
        ReasonMissingError: without a reason.
        TransitionRefusedError: it is not running.
        UnknownItemError: there is no such sweep.
    """
    if not reason.strip():
        message = "Skriv, hvorfor gennemgangen standses."
        raise ReasonMissingError(message)
    return _end(session, place, sweep_id, SweepState.STOPPED, acting=acting, reason=reason)


def latest_sweep(session: Session, *, robot: str, kind: SweepKind) -> SweepView | None:
    """The sweep of this kind that is running, whose cursor is where to go on, or else the newest.

    One that is running is never passed over for one that a clock which was ahead made look newer: it could neither be
    gone on with nor begun anew.
    """
    query = select(_SWEEP).where(_SWEEP.c.robot == robot, _SWEEP.c.kind == kind.value)
    order = ((_SWEEP.c.state == SweepState.RUNNING.value).desc(), _SWEEP.c.id.desc())
    row = session.execute(query.order_by(*order).limit(1)).mappings().one_or_none()
    return _view(row) if row is not None else None


def get_sweep(session: Session, sweep_id: UUID) -> SweepView:
    """One sweep.

    Raises:
        UnknownItemError: when there is none.
    """
    row = session.execute(select(_SWEEP).where(_SWEEP.c.id == sweep_id)).mappings().one_or_none()
    if row is None:
        message = f"Der er ingen gennemgang {sweep_id}."
        raise UnknownItemError(message)
    return _view(row)


def _locked(session: Session, sweep_id: UUID) -> SweepView:
    session.execute(select(_SWEEP.c.id).where(_SWEEP.c.id == sweep_id).with_for_update())
    return get_sweep(session, sweep_id)


def _end(
    session: Session, place: Workplace, sweep_id: UUID, state: SweepState, *, acting: Acting, reason: str = ""
) -> SweepView:
    known = _locked(session, sweep_id)
    if known.state is not SweepState.RUNNING:
        message = f"Gennemgangen er ikke i gang, den er {known.state.value}."
        raise TransitionRefusedError(message)
    now = place.now()
    values = {"state": state.value, "finished_at": now, "updated_at": now}
    session.execute(update(_SWEEP).where(_SWEEP.c.id == sweep_id).values(**values))
    sweep = get_sweep(session, sweep_id)
    kind = EventType.SWEEP_FINISHED if state is SweepState.FINISHED else EventType.SWEEP_STOPPED
    _tell(session, place, kind, sweep, acting, reason)
    return sweep


def _tell(
    session: Session, place: Workplace, kind: EventType, sweep: SweepView, acting: Acting, reason: str = ""
) -> None:
    event = Event(
        type=kind,
        actor=acting.actor,
        process=acting.process,
        purpose=acting.purpose,
        run=acting.run(),
        private=PrivateDetail(reason.encode(), RetentionClass.DECISION) if reason else None,
        facts={**sweep.counts, "sweep": str(sweep.id), "robot": sweep.robot, "kind": sweep.kind.value},
    )
    place.record(session, event)


def _view(row: RowMapping) -> SweepView:
    fields: dict[str, Any] = {name: row[name] for name in SweepView.__slots__}
    return SweepView(
        **fields
        | {"kind": SweepKind(row["kind"]), "state": SweepState(row["state"]), "counts": json.loads(row["counts"])}
    )
