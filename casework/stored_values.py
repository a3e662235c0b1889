"""Values as the column types hand them to the driver, for statements that go to it as they are.

What must stay true: a value comes out here exactly as it would through the column's type (``foundation.columns``), or
what was written one way could not be found the other. Sealed columns are not written this way.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from audit.driver_sql import is_sqlite, spelled, stored_time


def stored(connection: Connection, *values: object) -> tuple[object, ...]:
    """The values for the driver: ids as hex on SQLite, times in UTC; text, numbers and nothing as they are.

    Raises:
        ValueError: a time has no zone.
    """
    has_no_types = is_sqlite(connection)
    return tuple(_stored(connection, value, has_no_types=has_no_types) for value in values)


def run_counted(connection: Connection, statement: str, rows: Sequence[tuple[object, ...]]) -> int:
    """Run one statement for each row of values; returns how many rows of the table it changed in all."""
    return connection.exec_driver_sql(spelled(connection, statement), list(rows)).rowcount


def _stored(connection: Connection, value: object, *, has_no_types: bool) -> object:
    if isinstance(value, UUID):
        return value.hex if has_no_types else value
    if isinstance(value, datetime):
        if value.tzinfo is None:
            message = "a time without a zone cannot be stored; give it tzinfo"
            raise ValueError(message)
        return stored_time(connection, value)
    return value
