"""Finished items by the hundred thousand, so that it can be seen whether they cost those that are still to be done.

What must stay true: they look like items that were done long ago, each with its row in the trail.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator

from sqlalchemy.engine import make_url

from benchmarks.work_items_contenders.contender import CODE, MESSAGE, ROBOT

_INSERT = """INSERT INTO work_item (id, robot, reference, state, payload, priority, attempts, lease_token,
    reopenings, outcome_code, outcome_message, created_at, updated_at)
    VALUES (?, ?, ?, 'new', ?, 0, 1, 1, 0, ?, ?, ?, ?)"""
_EVENT = """INSERT INTO audit_event (id, at, type, outcome, actor, robot, run_id, item_id, body, leaf)
    VALUES (?, ?, 'item.completed', 'ok', ?, ?, ?, ?, ?, ?)"""
_THEN = "2025-01-01 00:00:00.000000"
#: About as long as ours are.
_BODY = b"x" * 600


def fill(url: str, *, first: int, count: int) -> None:
    """Put ``count`` finished items into the SQLite file, numbered from ``first``."""
    connection = sqlite3.connect(make_url(url).database or "", isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(_INSERT, _items(first, count))
    connection.executemany(_EVENT, _events(count))
    for state in ("in_progress", "completed"):
        # Along the arrows, because the database refuses any other way.
        held = "id, created_at" if state == "in_progress" else "NULL, NULL"
        before = "new" if state == "in_progress" else "in_progress"
        connection.execute(
            f"UPDATE work_item SET state = ?, (lease_owner, lease_expires_at) = ({held}) WHERE state = ?",  # noqa: S608 - two texts above.
            (state, before),
        )
    connection.execute("COMMIT")
    # Nothing of this may be left for those who are measured to bring from the log into the file, or onto the disk.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _items(first: int, count: int) -> Iterator[tuple[object, ...]]:
    for number in range(first, first + count):
        key = uuid.UUID(int=(0x0190 << 112) | number).hex
        yield key, ROBOT, f"gammel-{number}", b"x" * 90, CODE, MESSAGE, _THEN, _THEN


def _events(count: int) -> Iterator[tuple[object, ...]]:
    for _ in range(count):
        key = uuid.uuid4()
        yield key.hex, _THEN, ROBOT, ROBOT, str(key), str(key), _BODY, key.bytes * 2
