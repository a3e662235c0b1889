"""Writing events, in the caller's transaction.

Every change writes here, so the two inserts are handed to the driver as they are; through SQLAlchemy's statement layer
they cost eight times the CPU (``benchmarks/address_changes.py`` notices). What must stay true: an event, its leaf hash
and its pending row stand or fall with the change they tell of; no change exists without its record.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlmodel import Session

from audit.driver_sql import as_stored, hand_over
from audit.events import Event, FrozenEvent, freeze_all
from audit.tables import AuditEventRow, AuditPendingRow, AuditPrivateRow

_COLUMNS = tuple(column.name for column in AuditEventRow.__table__.columns)
_INSERT_PRIVATE = insert(AuditPrivateRow.__table__)
#: The drivers' own place holders.
_HOLDERS = {"sqlite": "?", "postgresql": "%s"}
INSERT_EVENT = {
    dialect: f"INSERT INTO {AuditEventRow.__tablename__} ({', '.join(_COLUMNS)}) "
    f"VALUES ({', '.join([holder] * len(_COLUMNS))})"
    for dialect, holder in _HOLDERS.items()
}
INSERT_PENDING = {
    dialect: f"INSERT INTO {AuditPendingRow.__tablename__} (event_id) VALUES ({holder})"
    for dialect, holder in _HOLDERS.items()
}
#: PostgreSQL: event and pending row by one statement, so that one event asks the server once. The columns' names and
#: types are said, because nothing else tells what a parameter is.
_COLUMN_TYPES = {"id": "uuid", "at": "timestamptz", "body": "bytea", "leaf": "bytea"}
_INSERT_BOTH = (
    f"WITH new AS (SELECT * FROM {{given}} AS given ({', '.join(_COLUMNS)})), "
    f"told AS (INSERT INTO {AuditEventRow.__tablename__} ({', '.join(_COLUMNS)}) SELECT * FROM new) "
    f"INSERT INTO {AuditPendingRow.__tablename__} (event_id) SELECT id FROM new"
)
_ONE_ROW = ", ".join(f"%b::{_COLUMN_TYPES.get(name, 'text')}" for name in _COLUMNS)
_INSERT_ONE = _INSERT_BOTH.format(given=f"(VALUES ({_ONE_ROW}))")
#: Many at once: a column in each parameter, sent in binary. It costs the server half and the writer a fifth of a
#: statement for each row.
_AS_COLUMNS = ", ".join(f"%b::{_COLUMN_TYPES.get(name, 'text')}[]" for name in _COLUMNS)
_INSERT_TOGETHER = _INSERT_BOTH.format(given=f"unnest({_AS_COLUMNS})")


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
    if not events:
        return []
    frozen = freeze_all(events, at=at, environment=environment)
    connection = session.connection()
    dialect = connection.dialect.name
    rows = stored_rows(events, frozen, is_sqlite=dialect == "sqlite")
    if dialect == "postgresql":
        if len(rows) == 1:
            connection.exec_driver_sql(_INSERT_ONE, rows[0])
        else:
            connection.exec_driver_sql(_INSERT_TOGETHER, tuple(list(column) for column in zip(*rows, strict=True)))
    else:
        hand_over(connection, INSERT_EVENT[dialect], rows)
        hand_over(connection, INSERT_PENDING[dialect], [row[:1] for row in rows])
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


def stored_rows(events: Sequence[Event], frozen: Sequence[FrozenEvent], *, is_sqlite: bool) -> list[tuple[object, ...]]:
    """The rows of ``audit_event``, with their values as the column types would hand them to the driver."""
    rows = []
    at, stored_at = None, None
    for event, done in zip(events, frozen, strict=True):
        if done.at is not at:
            at, stored_at = done.at, as_stored(done.at, is_sqlite=is_sqlite)
        rows.append(_row(event, done, stored_at, is_sqlite=is_sqlite))
    return rows


def _row(event: Event, frozen: FrozenEvent, stored_at: object, *, is_sqlite: bool) -> tuple[object, ...]:
    """The values in the order of the columns, as the column types would hand them to the driver."""
    run, process, case, subject = event.run, event.process, event.case, event.subject
    return (
        frozen.id.hex if is_sqlite else frozen.id,
        stored_at,
        event.type._value_,
        event.outcome._value_,
        event.actor.id,
        process.key if process is not None else None,
        run.run if run is not None else None,
        run.item if run is not None else None,
        case.ref if case is not None else None,
        subject.ref if subject is not None else None,
        frozen.body,
        frozen.leaf,
    )
