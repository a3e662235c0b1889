"""Values as the column types hand them to the driver, for statements that go to it as they are.

What must stay true: a value comes out here exactly as it would through the column's type (``foundation.columns``), or
what was written one way could not be found the other; and a sealed column takes only what ``sealed`` gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from audit.driver_sql import as_stored, is_sqlite, spelled
from foundation.columns import RING
from foundation.database import Database
from foundation.sealing import KeyRing


def stored(connection: Connection, *values: object) -> tuple[object, ...]:
    """The values for the driver: ids as hex on SQLite, times in UTC; text, numbers and nothing as they are.

    Raises:
        ValueError: a time has no zone.
    """
    return _all_stored(values, has_no_types=is_sqlite(connection))


def stored_in(database: Database, *values: object) -> tuple[object, ...]:
    """As ``stored``, for a statement that is read by itself (``foundation.single_reads``)."""
    return _all_stored(values, has_no_types=database.is_sqlite)


def sealed(connection: Connection, clear: bytes, *, place: str) -> bytes:
    """The bytes sealed for the column ``place``, as ``foundation.columns.Sealed`` seals them."""
    return _ring(connection).seal(clear, place=place)


def unsealed(connection: Connection, value: bytes, *, place: str) -> bytes:
    """The clear bytes again; raises ``UnsealError``."""
    return _ring(connection).unseal(bytes(value), place=place)


def run_counted(connection: Connection, statement: str, rows: Sequence[tuple[object, ...]]) -> int:
    """Run one statement for each row of values; returns how many rows of the table it changed in all."""
    return connection.exec_driver_sql(spelled(connection, statement), list(rows)).rowcount


def _ring(connection: Connection) -> KeyRing:
    ring: KeyRing = getattr(connection.dialect, RING)
    return ring


def _all_stored(values: Sequence[object], *, has_no_types: bool) -> tuple[object, ...]:
    return tuple([_stored(value, has_no_types=has_no_types) for value in values])


def _stored(value: object, *, has_no_types: bool) -> object:
    if isinstance(value, UUID):
        return value.hex if has_no_types else value
    if isinstance(value, datetime):
        if value.tzinfo is None:
            message = "a time without a zone cannot be stored; give it tzinfo"
            raise ValueError(message)
        return as_stored(value, is_sqlite=has_no_types)
    return value
