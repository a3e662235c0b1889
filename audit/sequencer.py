"""The sequencer: takes events that wait and puts them into the tree, in batches.

Writers commit in another order than they begin, so no cursor over ids or times is used: an event waits in
``audit_pending`` until it is in the tree, and is found there whenever it was committed. What must stay true: there is
one sequencer at a time; a leaf is computed from the event's bytes and never taken from its writer; and leaf, tiles,
head and the emptied row of the queue come in one transaction, so that a crash anywhere leaves either all or nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from typing import Any
from uuid import UUID

from sqlalchemy import Connection
from sqlmodel import Session

from audit.clock_skew import later_of, went_back
from audit.driver_sql import as_time, as_uuid, is_sqlite, run, run_many, stored_time
from audit.errors import LeafRefusedError
from audit.events import ActorRef, Event, Scalar
from audit.merkle import EMPTY, CompactRange
from audit.recording import record
from audit.tiles import TILE_WIDTH, tile_root
from audit.vocabulary import ActorKind, EventType
from foundation.database import Database

#: Events a transaction: large enough to be worth its commit, small enough that no writer waits long on SQLite.
BATCH = 1000
_TAKE_BY_COMMIT = (
    "SELECT p.event_id, e.at, e.body, e.leaf FROM audit_pending p JOIN audit_event e ON e.id = p.event_id "
    "ORDER BY p.rowid LIMIT ?"
)
_TAKE_BY_ID = _TAKE_BY_COMMIT.replace("p.rowid", "p.event_id")
#: One sequencer in a PostgreSQL database; any fixed number does.
_LEADER_LOCK = 0x5347_5345_5155
_SEQUENCER = ActorRef(ActorKind.SYSTEM, "sequencer", "program")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequenced:
    """What a sequencer did. ``is_leader`` is False when another one was at work, and nothing was done."""

    count: int = 0
    #: The size of the tree afterwards.
    size: int = 0
    quarantined: tuple[UUID, ...] = ()
    is_leader: bool = True


@dataclass(frozen=True, slots=True)
class Head:
    """How far the tree has come, and the latest time of its events (since a clock was last set back)."""

    tree: CompactRange
    latest_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Waiting:
    """One event that waits, with its id as the driver knows it."""

    key: Any
    at: datetime
    leaf: bytes
    is_right: bool

    @property
    def event_id(self) -> UUID:
        return as_uuid(self.key)


def drain(database: Database, *, now: Callable[[], datetime], environment: str, batch: int = BATCH) -> Sequenced:
    """Put everything that waits into the tree.

    Args:
        database: the database.
        now: tells the time.
        environment: the environment's name, for the event that a clock was set back.
        batch: how many events a transaction takes.

    Returns:
        How many events came into the tree, and its size; nothing when another sequencer is at work.

    Raises:
        LeafRefusedError: when events were put into quarantine; all others are in the tree.
    """
    count = 0
    quarantined: list[UUID] = []
    while True:
        done = sequence_batch(database, now=now(), environment=environment, batch=batch)
        count += done.count
        quarantined += done.quarantined
        if not done.is_leader or done.count + len(done.quarantined) < batch:
            break
    if quarantined:
        raise LeafRefusedError(quarantined)
    return replace(done, count=count)


def sequence_batch(database: Database, *, now: datetime, environment: str, batch: int = BATCH) -> Sequenced:
    """Put at most ``batch`` events into the tree, in one transaction; see ``drain``. Raises nothing for quarantine."""
    with database.write() as session:
        connection = session.connection()
        if not _leads(connection):
            return Sequenced(is_leader=False)
        waiting = _take(connection, batch)
        head = read_head(session)
        if not waiting:
            return Sequenced(size=head.tree.size)
        good = [one for one in waiting if one.is_right]
        bad = [one for one in waiting if not one.is_right]
        if bad:
            _quarantine(connection, bad, now)
        if good:
            _tell_skew(session, good, head, now=now, environment=environment)
            _append_leaves(connection, head.tree.size, good)
            tree = head.tree.append(one.leaf for one in good)
            _append_tiles(connection, head.tree.size, tree.size)
            latest = reduce(lambda latest, one: later_of(one.at, latest), good, head.latest_at)
            _store_head(connection, head, Head(tree, latest), now)
        _clear(connection, waiting)
        return Sequenced(
            count=len(good),
            size=head.tree.size + len(good),
            quarantined=tuple(one.event_id for one in bad),
        )


def read_head(session: Session) -> Head:
    """How far the tree has come.

    Raises:
        ProofRefusedError: when the stored row does not hold together.
    """
    row = run(session.connection(), "SELECT size, compact, latest_at FROM audit_tree").one_or_none()
    if row is None:
        return Head(EMPTY, None)
    latest = None if row[2] is None else as_time(row[2])
    return Head(CompactRange.from_bytes(row[0], bytes(row[1])), latest)


def _leads(connection: Connection) -> bool:
    """On SQLite whoever writes is alone; on PostgreSQL a lock of the transaction says who leads."""
    if is_sqlite(connection):
        return True
    # Whatever the session is set to: what is signed later must be on the disk, and so must all that was before it.
    query = "SELECT pg_try_advisory_xact_lock(?), set_config('synchronous_commit', 'on', true)"
    return bool(run(connection, query, _LEADER_LOCK).scalar_one())


def _take(connection: Connection, batch: int) -> list[_Waiting]:
    """The events that have waited longest: in the order of their commits on SQLite, of their ids on PostgreSQL.

    Never in the order of their times: a clock that was set back would be hidden by that.
    """
    query = _TAKE_BY_COMMIT if is_sqlite(connection) else _TAKE_BY_ID
    sha256 = hashlib.sha256
    taken = []
    for key, at, body, leaf in run(connection, query, batch):
        computed = sha256(b"\x00" + body).digest()
        taken.append(_Waiting(key, as_time(at), computed, computed == leaf))
    return taken


def _tell_skew(session: Session, events: Sequence[_Waiting], head: Head, *, now: datetime, environment: str) -> None:
    """An event much older than those before it: the clock was set back, and that stands in the record."""
    latest = head.latest_at
    for event in events:
        if latest is not None and went_back(event.at, latest):
            facts: dict[str, Scalar] = {
                "event": str(event.event_id),
                "seconds": int((latest - event.at).total_seconds()),
            }
            record(
                session,
                Event(type=EventType.CLOCK_SKEWED, actor=_SEQUENCER, facts=facts),
                at=now,
                environment=environment,
            )
        latest = later_of(event.at, latest)


def _quarantine(connection: Connection, events: Sequence[_Waiting], now: datetime) -> None:
    rows = [(event.key, stored_time(connection, now)) for event in events]
    run_many(connection, "INSERT INTO audit_quarantine (event_id, at) VALUES (?, ?)", rows)


def _append_leaves(connection: Connection, size: int, events: Sequence[_Waiting]) -> None:
    if is_sqlite(connection):
        rows = [(size + place, event.key, event.leaf) for place, event in enumerate(events)]
        run_many(connection, "INSERT INTO audit_leaf (seq, event_id, leaf) VALUES (?, ?, ?)", rows)
        return
    # One statement for the batch: the trigger that looks at the order runs once.
    run(
        connection,
        "INSERT INTO audit_leaf (seq, event_id, leaf) SELECT * FROM unnest(?::bigint[], ?::uuid[], ?::bytea[])",
        list(range(size, size + len(events))),
        [event.key for event in events],
        [event.leaf for event in events],
    )


def _append_tiles(connection: Connection, before: int, after: int) -> None:
    """Store each tile that the new leaves have filled, level by level."""
    level = 0
    while before // TILE_WIDTH < after // TILE_WIDTH:
        before, after = before // TILE_WIDTH, after // TILE_WIDTH
        span = (before * TILE_WIDTH, after * TILE_WIDTH)
        below = run(connection, _LEAVES, *span) if level == 0 else run(connection, _ROOTS, level - 1, *span)
        hashes = [bytes(row[0]) for row in below]
        rows = []
        for index in range(before, after):
            tile = hashes[(index - before) * TILE_WIDTH : (index - before + 1) * TILE_WIDTH]
            rows.append((level, index, b"".join(tile), tile_root(tile)))
        run_many(connection, "INSERT INTO audit_tile (level, idx, data, root) VALUES (?, ?, ?, ?)", rows)
        level += 1


_LEAVES = "SELECT leaf FROM audit_leaf WHERE seq >= ? AND seq < ? ORDER BY seq"
_ROOTS = "SELECT root FROM audit_tile WHERE level = ? AND idx >= ? AND idx < ? ORDER BY idx"


def _store_head(connection: Connection, before: Head, after: Head, now: datetime) -> None:
    latest = None if after.latest_at is None else stored_time(connection, after.latest_at)
    values = (after.tree.size, after.tree.to_bytes(), latest, stored_time(connection, now))
    if before.tree.size == 0:
        run(
            connection,
            "INSERT INTO audit_tree (id, size, compact, latest_at, updated_at) VALUES (1, ?, ?, ?, ?)",
            *values,
        )
    else:
        run(connection, "UPDATE audit_tree SET size = ?, compact = ?, latest_at = ?, updated_at = ?", *values)


def _clear(connection: Connection, events: Sequence[_Waiting]) -> None:
    if is_sqlite(connection):
        run_many(connection, "DELETE FROM audit_pending WHERE event_id = ?", [(event.key,) for event in events])
    else:
        keys = [event.key for event in events]
        run(connection, "DELETE FROM audit_pending WHERE event_id = ANY(?::uuid[])", keys)
