"""What a transaction stands on: a connection that is kept at hand, and a session that costs nothing until it is needed.

Every change in the house is a transaction of a few statements, most of them handed to the driver (``Database.write``).
Taking a connection from SQLAlchemy's pool and building a session costs several times such statements, so connections
stay open between transactions, and a session becomes a whole one when somebody asks it for more than its connection.
What must stay true: a connection is kept only after its transaction ended well, and one that the server has closed is
never handed out.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from foundation.errors import DatabaseError, DiskFullError

#: Seconds that a connection is trusted to be there without asking the server. A closed one is noticed at once; a
#: firewall that forgot about it says nothing.
_TRUSTED = 5.0


class IdleConnections:
    """Open connections for one kind of transaction, each in no transaction and in nobody's hands."""

    def __init__(self, engine: Engine, *, limit: int) -> None:
        """Of this engine; more than ``limit`` go back to its pool."""
        self._engine = engine
        self._limit = limit
        #: Behind a server's connection is another process, which may be gone.
        self._is_served = engine.dialect.name != "sqlite"
        #: With the time when each was put here. Adding and taking are atomic.
        self._idle: deque[tuple[float, Connection]] = deque()
        #: How often all of them were closed.
        self.round = 0

    def take(self) -> Connection:
        """One that is open: the one used last, or a new one."""
        while True:
            try:
                since, connection = self._idle.pop()
            except IndexError:
                return self._engine.connect()
            if not self._is_served:
                return connection
            if time.monotonic() - since > _TRUSTED:
                # The pool asks the server before it hands it out again.
                connection.close()
            elif _is_still_open(connection):
                return connection
            else:
                connection.invalidate()
                connection.close()

    def keep(self, connection: Connection, *, since: int) -> None:
        """Put one back whose transaction has ended well; ``since``: the round in which it was taken."""
        if since != self.round:
            # Its pool is gone, so it is closed for good.
            connection.invalidate()
            connection.close()
        elif len(self._idle) < self._limit:
            self._idle.append((time.monotonic() if self._is_served else 0.0, connection))
        else:
            connection.close()

    def close(self) -> None:
        """Give all back to the pool; those in somebody's hands follow when they are put back."""
        self.round += 1
        while self._idle:
            self._idle.pop()[1].close()


def _is_still_open(connection: Connection) -> bool:
    """Whether PostgreSQL has not hung up. Looks at what has arrived and sends nothing."""
    driver: Any = connection.connection.driver_connection
    try:
        # A server that goes says so and then hangs up: the first look finds the words, the second that nobody is there.
        driver.pgconn.consume_input()
        driver.pgconn.consume_input()
    except driver_errors(connection):
        return False
    return not driver.closed


def driver_errors(connection: Connection) -> type[Exception]:
    """The root of the errors that the driver of this connection raises."""
    errors: type[Exception] = connection.dialect.loaded_dbapi.Error
    return errors


def as_sqlalchemy_error(connection: Connection, statement: str, error: Exception) -> Exception:
    """The driver's error as SQLAlchemy raises it, without the statement's parameters."""
    return DBAPIError.instance(
        statement, None, error, driver_errors(connection), hide_parameters=True, dialect=connection.dialect
    )


class Transaction(Session):
    """A session for the one transaction of one connection, which begins with the first statement."""

    def __init__(self, connection: Connection) -> None:
        """Over a connection in no transaction. The rest of a session is made when it is asked for."""
        self._held = connection
        self._is_over = False
        self._is_whole = False
        self._waiting: list[Callable[[], None]] = []

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a session has.
        """Called for what is not there yet: makes the whole session."""
        if name.startswith("__") or self.__dict__.get("_is_whole", True):
            raise AttributeError(name)
        self._is_whole = True
        super().__init__(self._held, expire_on_commit=False, autoflush=False, join_transaction_mode="control_fully")
        return getattr(self, name)

    def connection(self, *_arguments: object, **_options: object) -> Connection:
        """The connection, within the transaction.

        Raises:
            DatabaseError: the transaction was rolled back by hand.
        """
        if self._is_over:
            message = "the transaction has ended; nothing more can be done in it"
            raise DatabaseError(message)
        if self._held.get_transaction() is None:
            self._held.begin()
        return self._held

    def rollback(self) -> None:
        """Undo everything; nothing more can be done in this transaction."""
        super().rollback()
        if self._held.get_transaction() is not None:
            # Begun by ``connection``, of which the session was not told.
            self._held.rollback()
        self.autobegin = False
        self._is_over = True

    def get_bind(self, *_arguments: object, **_options: object) -> Connection:
        """There is one connection, whatever is to be run."""
        return self._held

    def conclude(self) -> None:
        """Commit."""
        if self._is_over:
            self.close()
            return
        if self._is_whole or "dispatch" in self.__dict__:
            if self._held.in_transaction():
                # What waits for the commit is called by the session, which must know that there is something to commit.
                super().connection()
            self.commit()
            self.close()
        elif (transaction := self._held.get_transaction()) is not None:
            transaction.commit()
        for call in self._waiting:
            call()

    def when_committed(self, call: Callable[[], None]) -> None:
        """Have this called once the transaction is committed, and never when it is not."""
        self._waiting.append(call)

    def abandon(self) -> None:
        """Roll back, and give the connection back to the pool, whatever state it is in."""
        try:
            if self._is_whole:
                self.rollback()
                self.close()
        finally:
            self._held.close()


class Within:
    """The stretch of the program within one transaction; as a class, because a generator costs more than all of it."""

    __slots__ = ("_connection", "_idle", "_open", "_session", "_since", "_turn")

    def __init__(self, idle: IdleConnections, turn: threading.Lock | None, open_: threading.local) -> None:
        """On one of these connections, when it is this thread's turn; ``open_`` says so while it lasts."""
        self._idle, self._turn, self._open = idle, turn, open_

    def __enter__(self) -> Session:
        """The session, in no transaction yet."""
        if getattr(self._open, "is_open", False):
            message = "a transaction is open across another transaction; close it first"
            raise DatabaseError(message)
        if self._turn is not None:
            self._turn.acquire()
        try:
            self._since = self._idle.round
            self._connection = self._idle.take()
        except BaseException:
            self._leave()
            raise
        self._open.is_open = True
        self._session = Transaction(self._connection)
        return self._session

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Commit, or roll back where there is an error."""
        try:
            if error is None:
                self._commit()
            else:
                self._session.abandon()
        finally:
            self._leave()
        if isinstance(error, DBAPIError):
            _tell_of_full_disk(error)

    def _commit(self) -> None:
        try:
            self._session.conclude()
        except BaseException as error:
            self._session.abandon()
            if isinstance(error, DBAPIError):
                _tell_of_full_disk(error)
            raise
        self._idle.keep(self._connection, since=self._since)

    def _leave(self) -> None:
        self._open.is_open = False
        if self._turn is not None:
            self._turn.release()


def _tell_of_full_disk(error: DBAPIError) -> None:
    """Say it in Danish: SQLite's error 13, PostgreSQL's 53100."""
    is_sqlite = getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    if is_sqlite or getattr(error.orig, "sqlstate", None) == "53100":
        message = "Disken er fuld, så intet kan gemmes. Intet er gemt halvt. Skaf plads, og start igen."
        raise DiskFullError(message) from error
