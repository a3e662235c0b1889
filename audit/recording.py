"""Writing events, in the caller's transaction.

What must stay true: an event, its leaf hash and its pending row stand or fall with the change they tell of; no change
exists without its record.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlmodel import Session

from audit.events import Event, FrozenEvent, freeze
from audit.tables import AuditEventRow, AuditPendingRow, AuditPrivateRow

_INSERT_EVENT = insert(AuditEventRow.__table__)
_INSERT_PENDING = insert(AuditPendingRow.__table__)
_INSERT_PRIVATE = insert(AuditPrivateRow.__table__)


def record(session: Session, event: Event, *, at: datetime, environment: str) -> UUID:
    """Write one event; see ``record_all``. Returns its id."""
    return record_all(session, [event], at=at, environment=environment)[0]


def record_all(session: Session, events: Sequence[Event], *, at: datetime, environment: str) -> list[UUID]:
    """Write events in the caller's open write transaction.

    Args:
        session: a session of ``Database.write``.
        events: what happened, in order.
        at: when, aware.
        environment: the environment's name.

    Returns:
        The ids of the events, in order.

    Raises:
        EventNotAllowedError: when an event cannot be written in canonical form; nothing is written then.
    """
    frozen = [freeze(event, at=at, environment=environment) for event in events]
    if not frozen:
        return []
    rows = [_row(event, done) for event, done in zip(events, frozen, strict=True)]
    session.execute(_INSERT_EVENT, rows)
    session.execute(_INSERT_PENDING, [{"event_id": done.id} for done in frozen])
    private = [
        {
            "event_id": done.id,
            "retention": event.private.retention.value,
            "salt": done.private_salt,
            "detail": event.private.clear,
        }
        for event, done in zip(events, frozen, strict=True)
        if event.private is not None
    ]
    if private:
        session.execute(_INSERT_PRIVATE, private)
    return [done.id for done in frozen]


def _row(event: Event, frozen: FrozenEvent) -> dict[str, object]:
    run = event.run
    return {
        "id": frozen.id,
        "at": frozen.at,
        "type": event.type.value,
        "outcome": event.outcome.value,
        "actor": event.actor.id,
        "robot": event.process.key if event.process is not None else None,
        "run_id": run.run if run is not None else None,
        "item_id": run.item if run is not None else None,
        "case_ref": event.case.ref if event.case is not None else None,
        "subject_ref": event.subject.ref if event.subject is not None else None,
        "body": frozen.body,
        "leaf": frozen.leaf,
    }
