"""Finished items by the hundred thousand, so that it can be seen whether they cost those that are still to be done.

What must stay true: they look like items that were done long ago, each with its row in the trail, and nothing of the
filling is left for those who are measured to bring onto the disk.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from hashlib import sha256
from uuid import UUID

import psycopg
from sqlalchemy.engine import make_url

from benchmarks.work_items_contenders.contender import CODE, MESSAGE, ROBOT

_ITEM = """INSERT INTO work_item (id, robot, reference, state, payload, priority, attempts, lease_token,
    reopenings, outcome_code, outcome_message, created_at, updated_at)"""
_EVENT = "INSERT INTO audit_event (id, at, type, outcome, actor, robot, run_id, item_id, body, leaf)"
_THEN = "2025-01-01 00:00:00.000000"
#: About as long as ours are.
_BODY = b"x" * 600
#: Items of one run, as the rows of a night are.
_RUN = 500


def fill(url: str, *, first: int, count: int) -> None:
    """Put ``count`` finished items into the database, numbered from ``first``."""
    if make_url(url).get_backend_name() == "sqlite":
        _fill_sqlite(make_url(url).database or "", first=first, count=count)
    else:
        _fill_postgres(url, first=first, count=count)


def _fill_sqlite(path: str, *, first: int, count: int) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    # 512 MiB, so that a million rows do not go to the disk and back while they are made.
    connection.execute("PRAGMA cache_size = -524288")
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(f"{_ITEM} VALUES (?, ?, ?, 'new', ?, 0, 1, 1, 0, ?, ?, ?, ?)", _items(first, count))
    connection.executemany(f"{_EVENT} VALUES (?, ?, 'item.completed', 'ok', ?, ?, ?, ?, ?, ?)", _events(first, count))
    for state in ("in_progress", "completed"):
        # Along the arrows, because the database refuses any other way.
        held = "id, created_at" if state == "in_progress" else "NULL, NULL"
        before = "new" if state == "in_progress" else "in_progress"
        connection.execute(
            f"UPDATE work_item SET state = ?, (lease_owner, lease_expires_at) = ({held}) WHERE state = ?",  # noqa: S608 - two texts above.
            (state, before),
        )
    connection.execute("COMMIT")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _fill_postgres(url: str, *, first: int, count: int) -> None:
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    numbers = f"FROM generate_series({first}, {first + count - 1}) AS number"
    item, event = _postgres_key(0x0190, "number"), _postgres_key(0x0191, "number")
    run = _postgres_key(0x0192, f"number / {_RUN}")
    with psycopg.connect(address, autocommit=True) as connection:
        with connection.transaction():
            # Along the arrows every row would be written three times, and two dead ones of each be left to sweep up.
            connection.execute("ALTER TABLE work_item DISABLE TRIGGER work_item_birth")
            values = f"{item}, %s, 'gammel-' || number, 'completed', %s, 0, 1, 1, 0, %s, %s, %s, %s"
            told = (ROBOT, b"x" * 90, CODE, MESSAGE, _THEN, _THEN)
            connection.execute(f"{_ITEM} SELECT {values} {numbers}".encode(), told)
            connection.execute("ALTER TABLE work_item ENABLE ALWAYS TRIGGER work_item_birth")
            leaf = "sha256(number::text::bytea)"
            values = f"{event}, %s, 'item.completed', 'ok', %s, %s, {run}::text, {item}::text, %s, {leaf}"
            connection.execute(f"{_EVENT} SELECT {values} {numbers}".encode(), (_THEN, ROBOT, ROBOT, _BODY))
        # What autovacuum would have done long ago.
        connection.execute("VACUUM ANALYZE work_item, audit_event")
        connection.execute("CHECKPOINT")


def _postgres_key(prefix: int, number: str) -> str:
    """The SQL of what :func:`_key` makes."""
    return f"('{prefix:04x}' || lpad(to_hex({number}), 28, '0'))::uuid"


def _items(first: int, count: int) -> Iterator[tuple[object, ...]]:
    for number in range(first, first + count):
        yield _key(0x0190, number).hex, ROBOT, f"gammel-{number}", b"x" * 90, CODE, MESSAGE, _THEN, _THEN


def _events(first: int, count: int) -> Iterator[tuple[object, ...]]:
    for number in range(first, first + count):
        run, leaf = str(_key(0x0192, number // _RUN)), sha256(str(number).encode()).digest()
        yield _key(0x0191, number).hex, _THEN, ROBOT, ROBOT, run, str(_key(0x0190, number)), _BODY, leaf


def _key(prefix: int, number: int) -> UUID:
    """Sorted by the time they were made, as ours are."""
    return UUID(int=(prefix << 112) | number)
