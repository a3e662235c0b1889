"""Workers, and the proof that one is dead.

Each worker holds a lock that the operating system takes away when its process ends, and only then: a stopped process
keeps it. On PostgreSQL it holds a session advisory lock as well, so that another machine can tell.
What must stay true: a worker is declared dead only by one who got its lock, and a worker that is declared dead can
never again write down an intent (``casework.effects`` refuses it).
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

from filelock import FileLock, Timeout
from sqlalchemy import Connection, CursorResult, insert, select, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from audit.driver_sql import is_sqlite, run
from audit.events import Event
from audit.vocabulary import EventType
from casework.errors import TransitionRefusedError, WorkerLostError
from casework.stored_values import stored
from casework.tables import WorkerRow
from casework.workplace import Workplace, as_system
from foundation.database import Database
from foundation.identifiers import new_id

_WORKER = WorkerRow.__table__
#: Every intent asks it, so it is handed to the driver as it is.
_LIFE = "SELECT declared_dead_at, stopped_at FROM worker WHERE id = ?"


@dataclass
class Worker:
    """This process as a worker. Use ``enlist``; leave with ``stop``."""

    id: UUID
    place: Workplace
    _lock: FileLock = field(repr=False)
    _session_lock: Connection | None = field(repr=False)
    _threads: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _calling: set[str] = field(default_factory=set, repr=False)

    @contextmanager
    def calling(self, key: str) -> Iterator[bool]:
        """Whether no other thread of this worker is at work on the effect with this key; ours until the block ends.

        The locks prove whether the process lives and say nothing of its threads, so they are kept apart here.
        """
        with self._threads:
            is_ours = key not in self._calling
            self._calling.add(key)
        try:
            yield is_ours
        finally:
            if is_ours:
                with self._threads:
                    self._calling.discard(key)

    def require_right_to_call(self) -> None:
        """Refuse to call another system when the proof of life may be gone.

        Raises:
            WorkerLostError: the database connection that holds the advisory lock has died, so that others may take us
                for dead.
        """
        if self._session_lock is None:
            return
        try:
            # One connection, many threads.
            with self._threads:
                self._session_lock.execute(text("SELECT 1"))
        except SQLAlchemyError:
            # DBAPIError the first time; after that SQLAlchemy says that the connection is of no more use.
            message = "Forbindelsen, der viser at arbejderen lever, er væk. Kørslen stopper; start den igen."
            raise WorkerLostError(message) from None

    def stop(self) -> None:
        """Say goodbye: nobody needs to prove this worker dead, so that its lock file can go too."""
        with self.place.database.write() as session:
            session.execute(update(_WORKER).where(_WORKER.c.id == self.id).values(stopped_at=self.place.now()))
        if self._session_lock is not None:
            with contextlib.suppress(SQLAlchemyError):
                # A connection that only went back to the pool would keep the lock.
                self._session_lock.invalidate()
                self._session_lock.close()
        self._lock.release()
        with contextlib.suppress(OSError):
            # Somebody who tries the lock at this moment may hold the file, which Windows does not let go.
            Path(self._lock.lock_file).unlink(missing_ok=True)


def enlist(place: Workplace, *, locks: Path) -> Worker:
    """Make this process a worker; ``locks`` is the folder of the lock files."""
    worker_id = new_id()
    locks.mkdir(parents=True, exist_ok=True)
    lock = _lock_file(locks, worker_id)
    lock.acquire(blocking=False)
    session_lock = _take_session_lock(place.database, worker_id)
    with place.database.write() as session:
        session.execute(
            insert(_WORKER).values(id=worker_id, host=socket.gethostname(), pid=os.getpid(), started_at=place.now())
        )
    return Worker(worker_id, place, lock, session_lock)


def require_alive(session: Session, worker: UUID) -> None:
    """Refuse a worker that was declared dead or has said goodbye; in the transaction that writes down an intent.

    Raises:
        WorkerLostError: others may take it for dead.
    """
    connection = session.connection()
    query = _LIFE if is_sqlite(connection) else _LIFE + " FOR SHARE"
    row = run(connection, query, *stored(connection, worker)).one()
    if row.declared_dead_at is not None or row.stopped_at is not None:
        message = "Arbejderen er erklæret død eller stoppet og må ikke fortsætte. Start kørslen igen."
        raise WorkerLostError(message)


def death_of(place: Workplace, worker: UUID, *, locks: Path) -> datetime | None:
    """When this worker's process was first known to have ended; None while it lives or cannot be judged.

    A worker on another machine cannot be judged with SQLite and counts as alive. A proof is remembered.
    """
    with place.database.read() as session:
        row = session.execute(select(_WORKER).where(_WORKER.c.id == worker)).mappings().one()
    known: datetime | None = row["declared_dead_at"] or row["stopped_at"]
    if known is not None:
        return known
    is_here = row["host"] == socket.gethostname()
    if not is_here and place.database.is_sqlite:
        return None
    with contextlib.ExitStack() as proofs:
        if is_here and not proofs.enter_context(_file_lock(locks, worker)):
            return None
        if not place.database.is_sqlite and not proofs.enter_context(_session_lock(place.database, worker)):
            return None
        return _declare_dead(place, worker)


def is_seen_alive(place: Workplace, worker: UUID, *, locks: Path) -> bool:
    """Whether somebody is seen to hold this worker's lock; False also when nobody can look.

    ``death_of`` proves a death; this proves a life. Between the two lie workers that cannot be judged from here, such
    as one on a machine that is gone: of those a person must say.
    """
    with place.database.read() as session:
        row = session.execute(select(_WORKER).where(_WORKER.c.id == worker)).mappings().one()
    if row["declared_dead_at"] is not None or row["stopped_at"] is not None:
        return False
    if row["host"] == socket.gethostname() and (locks / f"worker-{worker}.lock").exists():
        with _file_lock(locks, worker) as is_ours:
            if not is_ours:
                return True
    if place.database.is_sqlite:
        return False
    with _session_lock(place.database, worker) as is_ours:
        return not is_ours


def require_gone(place: Workplace, worker: UUID, *, locks: Path, claim: str) -> None:
    """Refuse while the worker may still use a right to call.

    Args:
        place: the workplace.
        worker: the worker.
        locks: the folder of the workers' lock files.
        claim: how a person knows that the worker is gone, where no lock can tell; empty when nobody says so.

    Raises:
        TransitionRefusedError: it is seen to live; or nobody can see, and nobody says that it is gone.
    """
    if death_of(place, worker, locks=locks) is not None:
        return
    if is_seen_alive(place, worker, locks=locks):
        message = "Arbejderen, der begyndte ændringen, kører stadig eller er sat på pause. Stop den først."
        raise TransitionRefusedError(message)
    if not claim:
        message = (
            "Det kan ikke ses herfra, om arbejderen, der begyndte ændringen, er stoppet. Stop den først; er dens "
            "maskine væk for altid, så skriv, hvordan du ved det (--owner-is-gone)."
        )
        raise TransitionRefusedError(message)


def _declare_dead(place: Workplace, worker: UUID) -> datetime:
    with place.database.write() as session:
        moment = place.now()
        query = update(_WORKER).where(
            _WORKER.c.id == worker, _WORKER.c.declared_dead_at.is_(None), _WORKER.c.stopped_at.is_(None)
        )
        result = session.execute(query.values(declared_dead_at=moment))
        if isinstance(result, CursorResult) and result.rowcount == 1:
            acting = as_system("reaper")
            place.record(session, Event(type=EventType.WORKER_DEAD, actor=acting.actor, facts={"worker": str(worker)}))
            return moment
        # Somebody else had the proof a moment ago, or the worker has said goodbye since we looked; that time stands.
        known = select(_WORKER.c.declared_dead_at, _WORKER.c.stopped_at).where(_WORKER.c.id == worker)
        row = session.execute(known).one()
        earlier: datetime = row.declared_dead_at or row.stopped_at
        return earlier


def _lock_file(locks: Path, worker: UUID) -> FileLock:
    # Threads of this process must not share the lock's re-entrance, or a worker could "prove" itself dead.
    return FileLock(locks / f"worker-{worker}.lock", thread_local=False, is_singleton=False)


@contextmanager
def _file_lock(locks: Path, worker: UUID) -> Iterator[bool]:
    """Whether the worker's lock on this machine is ours; kept until the block ends."""
    if not (locks / f"worker-{worker}.lock").exists():
        # The folder was cleared or lies elsewhere: absence proves nothing.
        yield False
        return
    lock = _lock_file(locks, worker)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def _take_session_lock(database: Database, worker: UUID) -> Connection | None:
    if database.is_sqlite:
        return None
    connection = database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _key(worker)})
    return connection


@contextmanager
def _session_lock(database: Database, worker: UUID) -> Iterator[bool]:
    """Whether the worker's lock in the database is ours; kept until the block ends."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        query = text("SELECT pg_try_advisory_lock(:key)")
        is_ours: bool = connection.execute(query, {"key": _key(worker)}).scalar_one()
        try:
            yield is_ours
        finally:
            if is_ours:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _key(worker)})


def _key(worker: UUID) -> int:
    """A signed 64-bit number from the random end of the id."""
    return int.from_bytes(worker.bytes[8:], "big", signed=True)
