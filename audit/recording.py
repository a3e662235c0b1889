"""Writing events, in the caller's transaction.

Every change writes here, so the two inserts are handed to the driver as they are; through SQLAlchemy's statement layer
they cost eight times the CPU (``benchmarks/address_changes.py`` notices). What must stay true: an event, its leaf hash
and its pending row stand or fall with the change they tell of; no change exists without its record.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import insert
from sqlmodel import Session

from audit.events import Event, FrozenEvent, freeze
from audit.tables import AuditEventRow, AuditPendingRow, AuditPrivateRow

_COLUMNS = tuple(column.name for column in AuditEventRow.__table__.columns)
_INSERT_PRIVATE = insert(AuditPrivateRow.__table__)
#: The drivers' own place holders.
_HOLDERS = {"sqlite": "?", "postgresql": "%s"}
_INSERT_EVENT = {
    dialect: f"INSERT INTO {AuditEventRow.__tablename__} ({', '.join(_COLUMNS)}) "
    f"VALUES ({', '.join([holder] * len(_COLUMNS))})"
    for dialect, holder in _HOLDERS.items()
}
_INSERT_PENDING = {
    dialect: f"INSERT INTO {AuditPendingRow.__tablename__} (event_id) VALUES ({holder})"
    for dialect, holder in _HOLDERS.items()
}


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
    connection = session.connection()
    dialect = connection.dialect.name
    is_sqlite = dialect == "sqlite"
    rows = [_row(event, done, is_sqlite=is_sqlite) for event, done in zip(events, frozen, strict=True)]
    connection.exec_driver_sql(_INSERT_EVENT[dialect], rows)
    connection.exec_driver_sql(_INSERT_PENDING[dialect], [row[:1] for row in rows])
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


def _row(event: Event, frozen: FrozenEvent, *, is_sqlite: bool) -> tuple[object, ...]:
    """The values in the order of the columns, as the column types would hand them to the driver."""
    run = event.run
    at = frozen.at.astimezone(UTC)
    return (
        frozen.id.hex if is_sqlite else frozen.id,
        at.replace(tzinfo=None).isoformat(" ", "microseconds") if is_sqlite else at,
        event.type.value,
        event.outcome.value,
        event.actor.id,
        event.process.key if event.process is not None else None,
        run.run if run is not None else None,
        run.item if run is not None else None,
        event.case.ref if event.case is not None else None,
        event.subject.ref if event.subject is not None else None,
        frozen.body,
        frozen.leaf,
    )
