"""SQL handed to the driver as it is, where SQLAlchemy's own layer would cost more than the work.

What must stay true: a statement is written once, with ``?`` where a value goes and no ``?`` elsewhere; ids and times
are turned into the program's own types before anybody compares them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, CursorResult

from foundation.transactions import as_sqlalchemy_error, driver_errors

#: The length of the zone at the end of a time, which SQLite does not keep.
_ZONE = len("+00:00")


def run(connection: Connection, statement: str, *values: object) -> CursorResult[Any]:
    """Run one statement."""
    return connection.exec_driver_sql(spelled(connection, statement), values)


def run_many(connection: Connection, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Run one statement for each row of values."""
    connection.exec_driver_sql(spelled(connection, statement), list(rows))


def hand_over(connection: Connection, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Run one statement, which gives no rows, for each row of values, past SQLAlchemy, on the embedded database.

    For a few rows SQLAlchemy costs more than the database. Its log and its events do not see the statement.

    Raises:
        DBAPIError: as ``run`` would, without the values.
    """
    driver: Any = connection.connection.driver_connection
    try:
        driver.executemany(statement, rows)
    except driver_errors(connection) as error:
        raise as_sqlalchemy_error(connection, statement, error) from error


def spelled(connection: Connection, statement: str) -> str:
    """The statement with the driver's own place holders."""
    return statement if is_sqlite(connection) else statement.replace("?", "%s")


def is_sqlite(connection: Connection) -> bool:
    """Whether this is the embedded database."""
    return connection.dialect.name == "sqlite"


def as_uuid(key: UUID | str) -> UUID:
    """An id as the driver gives it: hex text from SQLite, a UUID from PostgreSQL."""
    return key if isinstance(key, UUID) else UUID(key)


def as_time(value: str | datetime) -> datetime:
    """A time as the driver gives it: text without a zone from SQLite, aware from PostgreSQL."""
    return datetime.fromisoformat(value).replace(tzinfo=UTC) if isinstance(value, str) else value


def stored_time(connection: Connection, at: datetime) -> str | datetime:
    """A time as the column types hand it to the driver."""
    return as_stored(at, is_sqlite=is_sqlite(connection))


def as_stored(at: datetime, *, is_sqlite: bool) -> str | datetime:
    """``stored_time`` for one who knows the database already."""
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return utc.isoformat(" ", "microseconds")[:-_ZONE] if is_sqlite else utc
