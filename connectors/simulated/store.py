"""Where the simulated municipality keeps what it knows: one SQLite file, one connection.

What must stay true: a write and its ledger rows are one transaction, and what was committed is there after a restart.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pydantic_core

from connectors.simulated.schema import SCHEMA_VERSION, TABLES

FILE_NAME = "municipality.sqlite3"

Value = str | int | float | bytes | None


class StoreMismatchError(Exception):
    """The folder holds another municipality, or a store of another version; choose an empty folder."""


def to_json(value: object) -> str:
    """Compact JSON with Danish letters as they are; the spelling in which the store keeps addresses."""
    return pydantic_core.to_json(value).decode()


def from_json(text: str) -> dict[str, str]:
    """An address as the store keeps it."""
    value: dict[str, str] = pydantic_core.from_json(text)
    return value


class Store:
    """One store; opened by the process that serves it.

    The server works on one event loop and each call is short, so the connection needs no pool; the lock makes a
    transaction safe also for a caller on another thread.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / FILE_NAME
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=10)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        # A killed process loses nothing; only a power cut may, which a simulator can live with.
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute("PRAGMA foreign_keys = ON")

    @property
    def is_empty(self) -> bool:
        """Whether no municipality was ever laid out here."""
        return self.one("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'") is None

    def lay_out(self) -> None:
        """Make the tables; called inside a transaction, so that a half made store never stands."""
        statement = ""
        for line in TABLES.splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                self._connection.execute(statement)
                statement = ""
        self.write_meta("schema", SCHEMA_VERSION)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside is committed together, or not at all."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def one(self, sql: str, values: Sequence[Value] = ()) -> sqlite3.Row | None:
        """The first row, or None."""
        row: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
        return row

    def rows(self, sql: str, values: Sequence[Value] = ()) -> list[sqlite3.Row]:
        """All rows."""
        return self._connection.execute(sql, values).fetchall()

    def run(self, sql: str, values: Sequence[Value] = ()) -> int:
        """Execute one statement; returns the id of the row it inserted."""
        return self._connection.execute(sql, values).lastrowid or 0

    def run_many(self, sql: str, rows: Sequence[Sequence[Value]]) -> None:
        """Execute one statement for many rows."""
        self._connection.executemany(sql, rows)

    def count(self, sql: str, values: Sequence[Value] = ()) -> int:
        """The number that a counting query answers."""
        row = self.one(sql, values)
        return int(row[0]) if row is not None else 0

    def read_meta(self, key: str) -> str | None:
        """A setting or fact of the municipality as text, or None."""
        row = self.one("SELECT value FROM meta WHERE key = ?", (key,))
        return None if row is None else str(row[0])

    def write_meta(self, key: str, value: str) -> None:
        """Keep a setting or fact of the municipality."""
        self.run("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))

    def close(self) -> None:
        """Close the file; the store cannot be used afterwards."""
        self._connection.close()
