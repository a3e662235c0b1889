"""The database: one way to write, one way to read, on SQLite and on PostgreSQL.

What must stay true: a write transaction on SQLite takes the write lock at once (BEGIN IMMEDIATE), so it can never fail
half way for having read first; no transaction stays open across an outside call or a step; and no error shows the
parameters of a statement.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlmodel import Session

from foundation.columns import RING
from foundation.errors import DatabaseError
from foundation.sealing import KeyRing
from foundation.transactions import IdleConnections, Within, as_sqlalchemy_error

#: Seconds that one transaction may keep others waiting. Ours take milliseconds; a process that was stopped in the
#: middle of one would otherwise hold its locks until somebody woke it.
LONGEST_TRANSACTION = 30.0
_READ_ONLY = "sagsgang_read_only"
_WRONG_URL = "SAGSGANG_DATABASE_URL skal begynde med sqlite:/// eller postgresql://"
#: Connections that are kept at hand for each of the two kinds of transaction.
_AT_HAND = 4
#: What the program never does to its tables but in a migration: with it, one stray statement could take the triggers
#: that protect the record away, or put one in that swallows an event.
_SCHEMA_ACTS = frozenset({
    sqlite3.SQLITE_DROP_TABLE,
    sqlite3.SQLITE_DROP_INDEX,
    sqlite3.SQLITE_DROP_TRIGGER,
    sqlite3.SQLITE_ALTER_TABLE,
    sqlite3.SQLITE_CREATE_TRIGGER,
    sqlite3.SQLITE_CREATE_TEMP_TRIGGER,
})  # fmt: skip
_KEPT_PRAGMAS = frozenset({"writable_schema", "recursive_triggers", "foreign_keys", "ignore_check_constraints"})


class Database:
    """An engine with the key ring, and the two kinds of transaction."""

    def __init__(
        self, url: str, ring: KeyRing, *, pool_size: int = 8, longest_transaction: float = LONGEST_TRANSACTION
    ) -> None:
        """Open ``url``: ``sqlite:///file`` or ``postgresql://…`` (psycopg 3).

        ``longest_transaction``, in seconds: PostgreSQL ends the session of a process that sleeps within a transaction
        for longer, and nobody waits longer for a lock. SQLite cannot take a lock away from a process that is alive:
        there the others give up after that time and try again later.
        """
        self.ring = ring
        self.engine = _make_engine(url, pool_size=pool_size, longest_transaction=longest_transaction)
        setattr(self.engine.dialect, RING, ring)
        reading = self.engine.execution_options(**{_READ_ONLY: True})
        at_hand = min(_AT_HAND, pool_size)
        self._for_writing = IdleConnections(self.engine, limit=at_hand)
        self._for_reading = IdleConnections(reading, limit=at_hand)
        #: SQLite has one writer; threads of one process queue here instead of sleeping in its busy handler.
        self._writer: threading.Lock | None = threading.Lock() if self.is_sqlite else None
        self._open = threading.local()

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.engine.dialect.name == "sqlite"

    def write(self) -> AbstractContextManager[Session]:
        """One write transaction: commits at the end, rolls back on an exception. Never nested, never kept open."""
        return Within(self._for_writing, self._writer, self._open)

    def read(self) -> AbstractContextManager[Session]:
        """One reading transaction, which sees one state of the database and cannot write."""
        return Within(self._for_reading, None, self._open)

    def require_no_open_transaction(self, act: str) -> None:
        """Refuse ``act`` while this thread has a transaction open.

        Raises:
            DatabaseError: naming the act; a fault in the program, never in the data.
        """
        if getattr(self._open, "is_open", False):
            message = f"a transaction is open across {act}; close it first"
            raise DatabaseError(message)

    def dispose(self) -> None:
        """Close all connections."""
        self._for_writing.close()
        self._for_reading.close()
        self.engine.dispose()


def _make_engine(url: str, *, pool_size: int, longest_transaction: float) -> Engine:
    try:
        target = make_url(url)
    except ArgumentError:
        # SQLAlchemy repeats the address, which may hold a password.
        raise DatabaseError(_WRONG_URL) from None
    backend = target.get_backend_name()
    if backend == "postgresql":
        target = target.set(drivername="postgresql+psycopg")
        milliseconds = int(longest_transaction * 1000)
        limits = f"-c idle_in_transaction_session_timeout={milliseconds} -c lock_timeout={milliseconds * 2}"
        engine = create_engine(
            target,
            hide_parameters=True,
            pool_size=pool_size,
            max_overflow=pool_size + 2 * _AT_HAND,
            pool_pre_ping=True,
            connect_args={"options": limits},
        )
        event.listen(engine, "begin", _begin_postgresql)
        return engine
    if backend == "sqlite":
        engine = create_engine(
            target,
            hide_parameters=True,
            pool_size=pool_size,
            max_overflow=pool_size + 2 * _AT_HAND,
            connect_args={"timeout": longest_transaction, "check_same_thread": False},
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    raise DatabaseError(_WRONG_URL)


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's connection has no common type.
    # The driver must not begin transactions by itself: it would begin them DEFERRED, and too late.
    connection.isolation_level = None
    cursor = connection.cursor()
    _switch_to_wal(cursor)
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    # Without this INSERT OR REPLACE deletes rows without firing the triggers that forbid it.
    cursor.execute("PRAGMA recursive_triggers = ON")
    cursor.close()
    connection.set_authorizer(_keep_schema)


def _keep_schema(act: int, name: str | None, value: str | None, _database: str | None, _by: str | None) -> int:
    """Asked when a statement is prepared, not when it runs: a statement that is used again costs nothing more."""
    if act in _SCHEMA_ACTS:
        return sqlite3.SQLITE_DENY
    if act == sqlite3.SQLITE_PRAGMA and value is not None and (name or "").lower() in _KEPT_PRAGMAS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


@contextmanager
def schema_changes(connection: Connection) -> Iterator[None]:
    """Let this connection change the schema, for a migration; on SQLite no other may (``_keep_schema``).

    The file's owner can always open it with another program; what he does then is found by the audit trail's tree.
    """
    driver: Any = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        yield
        return
    driver.set_authorizer(None)
    try:
        yield
    finally:
        driver.set_authorizer(_keep_schema)


def _switch_to_wal(cursor: sqlite3.Cursor) -> None:
    """Wait for other processes, which this one statement does not do by itself on a database's first day."""
    give_up_at = time.monotonic() + LONGEST_TRANSACTION
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    reading = bool(connection.get_execution_options().get(_READ_ONLY, False))
    driver: Any = connection.connection.driver_connection
    statement = "BEGIN DEFERRED" if reading else "BEGIN IMMEDIATE"
    try:
        # query_only stays with the connection, so it is set again only when the kind of transaction changes.
        if connection.info.get(_READ_ONLY, False) is not reading:
            driver.execute(f"PRAGMA query_only = {'ON' if reading else 'OFF'}")
            connection.info[_READ_ONLY] = reading
        driver.execute(statement)
    except sqlite3.Error as error:
        raise as_sqlalchemy_error(connection, statement, error) from error


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get(_READ_ONLY, False):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
