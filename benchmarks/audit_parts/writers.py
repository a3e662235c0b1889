"""Writers, alone and as four processes at once, and the sequencer beside them.

What must stay true: everything is made before the clock starts, and all processes start together.
"""

from __future__ import annotations

import multiprocessing
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from multiprocessing.synchronize import Event as Flag
from pathlib import Path
from typing import Any

from audit.events import Event
from audit.recording import INSERT_EVENT, INSERT_PENDING, record_all
from audit.sequencer import drain
from benchmarks.audit_parts.filling import ENVIRONMENT, made_events, ready_rows
from foundation.database import Database
from foundation.sealing import KeyRing

WRITERS = 4


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """The program's own database."""
    database = Database(url, KeyRing(bytes(range(32))))
    yield database
    database.dispose()


def insert_raw(database: Database, rows: Sequence[tuple[Any, ...]], *, batch: int) -> None:
    """The rows by the driver alone, on a connection set up as the program's own."""
    with database.engine.connect() as borrowed:
        connection: Any = borrowed.connection.driver_connection
        insert_by_driver(connection, rows, dialect=database.engine.dialect.name, batch=batch)


def insert_by_driver(connection: Any, rows: Sequence[tuple[Any, ...]], *, dialect: str, batch: int) -> None:  # noqa: ANN401 - the drivers' connections have no common type.
    """The rows, so many to a transaction."""
    cursor = connection.cursor()
    for start in range(0, len(rows), batch):
        some = rows[start : start + batch]
        if dialect == "sqlite":
            cursor.execute("BEGIN IMMEDIATE")
        cursor.executemany(INSERT_EVENT[dialect], some)
        cursor.executemany(INSERT_PENDING[dialect], [row[:1] for row in some])
        connection.commit()


def insert_in_transaction(database: Database, rows: Sequence[tuple[Any, ...]], *, batch: int) -> None:
    """The rows by the driver, within the program's own transactions."""
    dialect = database.engine.dialect.name
    for start in range(0, len(rows), batch):
        with database.write() as session:
            connection = session.connection()
            some = list(rows[start : start + batch])
            connection.exec_driver_sql(INSERT_EVENT[dialect], some)
            connection.exec_driver_sql(INSERT_PENDING[dialect], [row[:1] for row in some])


def append(database: Database, events: Sequence[Event], *, batch: int) -> None:
    """The events as the program records them."""
    for start in range(0, len(events), batch):
        with database.write() as session:
            record_all(session, events[start : start + batch], at=datetime.now(UTC), environment=ENVIRONMENT)


def copies_of(url: str, folder: Path) -> Callable[[], str]:
    """Makes copies of a migrated SQLite database, because migrating takes longer than measuring."""
    template = Path(url.removeprefix("sqlite:///"))

    def make() -> str:
        copy = folder / f"{uuid.uuid4().hex}.db"
        shutil.copyfile(template, copy)
        return f"sqlite:///{copy.as_posix()}"

    with opened(url) as database, database.engine.connect() as connection:
        # Nothing may be left in the write-ahead log, which is not copied.
        connection.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return make


class Writers:
    """Four processes that write at once."""

    def __init__(self, url: str, name: str, *, count: int, batch: int) -> None:
        self._url, self._name, self._count, self._batch = url, name, count, batch

    def seconds(self) -> float:
        """From when they start together until the last has committed its last."""
        context = multiprocessing.get_context("spawn")
        start, stop = context.Barrier(WRITERS), context.Event()
        spans: Queue[tuple[float, float]] = context.Queue()
        given = (self._url, self._name, self._count, self._batch, start, spans)
        writers = [context.Process(target=_write, args=given) for _ in range(WRITERS)]
        beside = [context.Process(target=_sequence, args=(self._url, stop))] if self._name == "ours" else []
        for process in (*beside, *writers):
            process.start()
        taken = [spans.get(timeout=600) for _ in writers]
        stop.set()
        for process in (*writers, *beside):
            process.join()
        # The clock is the machine's, so that spans of several processes can be put together.
        return max(end for _begun, end in taken) - min(begun for begun, _end in taken)


def _write(url: str, name: str, count: int, batch: int, start: Barrier, spans: Queue[tuple[float, float]]) -> None:
    events = made_events(count)
    rows = ready_rows(events, is_sqlite=False) if name == "raw" else []
    with opened(url) as database:
        with database.read() as session:
            session.connection().exec_driver_sql("SELECT 1")
        start.wait()
        begun = time.time()
        if name == "raw":
            insert_raw(database, rows, batch=batch)
        else:
            append(database, events, batch=batch)
        spans.put((begun, time.time()))


def _sequence(url: str, stop: Flag) -> None:
    with opened(url) as database:
        while not stop.wait(0.5):
            drain(database, now=lambda: datetime.now(UTC), environment=ENVIRONMENT)
