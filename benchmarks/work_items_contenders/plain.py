"""The same rows with nothing but the driver: what a hand-written queue without any layer costs.

The bodies of its events are made and hashed as ours are, and its payloads sealed; ``batch`` says how many items share a
transaction, 1 for one transaction per change.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy.engine import make_url

from benchmarks.work_items_contenders.contender import CODE, INTAKE, MESSAGE, PAYLOAD, ROBOT
from foundation.identifiers import new_id
from foundation.sealing import KeyRing

_INSERT = """INSERT INTO work_item (id, robot, reference, state, payload, priority, attempts, lease_token,
    created_by_run, reopenings, created_at, updated_at) VALUES (?, ?, ?, 'new', ?, 0, 0, 0, ?, 0, ?, ?)"""
_NEXT = """SELECT id, reference, payload, lease_token, attempts FROM work_item
    WHERE robot = ? AND state = 'new' ORDER BY priority, id LIMIT ?"""
_CLAIM = """UPDATE work_item SET state = 'in_progress', attempts = attempts + 1, lease_token = lease_token + 1,
    lease_owner = ?, lease_expires_at = ?, run_id = ?, updated_at = ? WHERE id = ? AND state = 'new'"""
_DONE = """UPDATE work_item SET state = 'completed', lease_owner = NULL, lease_expires_at = NULL, outcome_code = ?,
    outcome_message = ?, updated_at = ?
    WHERE id = ? AND state = 'in_progress' AND lease_token = ? AND lease_owner = ?"""
_EVENT = """INSERT INTO audit_event (id, at, type, outcome, actor, robot, run_id, item_id, body, leaf)
    VALUES (?, ?, ?, 'ok', ?, ?, ?, ?, ?, ?)"""
_PENDING = "INSERT INTO audit_pending (event_id) VALUES (?)"


class Plain:
    """A connection, a cursor, and SQL written by hand."""

    def __init__(self, url: str, *, batch: int) -> None:
        """Open the database, as durable as ours."""
        target = make_url(url)
        self.batch = batch
        self.is_sqlite = target.get_backend_name() == "sqlite"
        self.connection: Any
        if self.is_sqlite:
            self.connection = sqlite3.connect(target.database or "", isolation_level=None, timeout=30)
            self.connection.execute("PRAGMA synchronous = FULL")
            self.connection.execute("PRAGMA foreign_keys = ON")
        else:
            address = target.set(drivername="postgresql").render_as_string(hide_password=False)
            self.connection = psycopg.connect(address, autocommit=True)
        self.ring = KeyRing(bytes(range(32)))
        self.worker, self.run = new_id(), new_id()

    def enqueue(self, references: Sequence[str]) -> None:
        """One in a transaction, or as many as ours."""
        portion = 1 if self.batch == 1 else INTAKE
        for start in range(0, len(references), portion):
            ids = [new_id() for _ in references[start : start + portion]]
            now = self._time(datetime.now(UTC))
            made = [
                (self._id(key), ROBOT, name, self._seal(), self._id(self.run), now, now)
                for key, name in zip(ids, references[start : start + portion], strict=True)
            ]
            with self._write() as cursor:
                cursor.executemany(self._spelled(_INSERT), made)
                self._tell(
                    cursor, "item.created", [(key, {"reference": row[2]}) for key, row in zip(ids, made, strict=True)]
                )

    def claim(self) -> Sequence[Any]:
        """The next ones."""
        with self._write() as cursor:
            query = self._spelled(_NEXT) + ("" if self.is_sqlite else " FOR UPDATE SKIP LOCKED")
            taken = cursor.execute(query, (ROBOT, self.batch)).fetchall()
            for row in taken:
                self.ring.unseal(row[2], place="work_item.payload")
            now = datetime.now(UTC)
            same = (
                self._id(self.worker),
                self._time(now + timedelta(seconds=120)),
                self._id(self.run),
                self._time(now),
            )
            if taken:
                cursor.executemany(self._spelled(_CLAIM), [(*same, row[0]) for row in taken])
                told = [(row[0], {"worker": str(self.worker), "token": row[3] + 1}) for row in taken]
                self._tell(cursor, "item.claimed", told)
            return list(taken)

    def done(self, taken: Sequence[Any]) -> None:
        """Those that are still ours."""
        now, worker = self._time(datetime.now(UTC)), self._id(self.worker)
        with self._write() as cursor:
            ended = [(CODE, MESSAGE, now, row[0], row[3] + 1, worker) for row in taken]
            cursor.executemany(self._spelled(_DONE), ended)
            if cursor.rowcount != len(taken):
                raise RuntimeError("the item is in other hands")
            self._tell(cursor, "item.completed", [(row[0], {"code": CODE}) for row in taken])

    def references(self, taken: Sequence[Any]) -> list[str]:
        """Which they are."""
        return [row[1] for row in taken]

    def close(self) -> None:
        """Let go of the database."""
        self.connection.close()

    def _write(self) -> _Write:
        return _Write(self.connection, "BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN")

    def _tell(self, cursor: Any, kind: str, told: Sequence[tuple[Any, dict[str, object]]]) -> None:  # noqa: ANN401 - two drivers' cursors.
        at = datetime.now(UTC)
        rows = []
        for item, facts in told:
            key, item_id = new_id(), str(UUID(str(item)))
            event = {
                "v": 1,
                "id": str(key),
                "salt": secrets.token_hex(16),
                "ts": at.isoformat(timespec="microseconds"),
                "env": "simulated",
                "type": kind,
                "outcome": "ok",
                "actor": {"kind": "robot", "id": ROBOT, "established": "os_account", "onBehalfOf": "dorthe"},
                "process": {"key": ROBOT, "version": "1.0", "codeDigest": "0" * 64},
                "purpose": {"code": ROBOT, "legalBasis": "CPR-loven § 52", "kle": "23.05.10"},
                "run": {"run": str(self.run), "item": item_id},
                "facts": facts,
            }
            body = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
            leaf = hashlib.sha256(b"\x00" + body).digest()
            rows.append((self._id(key), self._time(at), kind, ROBOT, ROBOT, str(self.run), item_id, body, leaf))
        cursor.executemany(self._spelled(_EVENT), rows)
        cursor.executemany(self._spelled(_PENDING), [row[:1] for row in rows])

    def _seal(self) -> bytes:
        return self.ring.seal(PAYLOAD, place="work_item.payload")

    def _spelled(self, statement: str) -> str:
        return statement if self.is_sqlite else statement.replace("?", "%s")

    def _id(self, key: UUID) -> object:
        return key.hex if self.is_sqlite else key

    def _time(self, at: datetime) -> object:
        return at.replace(tzinfo=None).isoformat(" ", "microseconds") if self.is_sqlite else at


class _Write:
    """One write transaction of either driver."""

    def __init__(self, connection: Any, begin: str) -> None:  # noqa: ANN401 - two drivers' connections.
        self._connection, self._begin = connection, begin

    def __enter__(self) -> Any:  # noqa: ANN401 - two drivers' cursors.
        self._cursor = closing(self._connection.cursor())
        cursor = self._cursor.__enter__()
        cursor.execute(self._begin)
        return cursor

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._connection.execute("COMMIT" if kind is None else "ROLLBACK")
        self._cursor.__exit__(None, None, None)
