"""One walk over the whole log, in the order of the tree, a portion at a time.

Where nothing but hashes is asked for and a portion has all its leaves, events and their own leaves, two columns are
read and no more, and each body is hashed and let go at once; where it has not, it is read again in full, so that what
is wrong can be named. What must stay true:
the walk needs no more memory for ten million events than for ten, and everything that looks at events looks at the same
ones, in one reading transaction.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import Connection

from audit.driver_sql import as_uuid, is_sqlite, run, spelled
from audit.merkle import leaf_hash, leaf_hashes
from audit.tiles import TILE_WIDTH

#: A whole number of tiles, so that each can be looked at as soon as it is read.
PORTION = 8 * TILE_WIDTH


class Told(NamedTuple):
    """The columns beside an event's body."""

    at: Any
    type: str
    outcome: str
    actor: str
    robot: str | None
    run_id: str | None
    item_id: str | None
    case_ref: str | None
    subject_ref: str | None


@dataclass(frozen=True, slots=True)
class Portion:
    """Leaves in a row, column by column: whole columns are compared at once, which costs half of one by one.

    A pruned or lost event has None in ``computed`` and ``bodies``. ``bodies``, ``told`` and ``parsed`` are empty unless
    the walk is thorough.
    """

    seqs: Sequence[int]
    #: The tree's leaves, as they are stored.
    leaves: Sequence[bytes]
    #: The leaves that the bodies give.
    computed: Sequence[bytes | None]
    #: The key of the event at a place of the portion; asked for only to name it.
    key: Callable[[int], Any]
    #: Whether each event's own leaf is that of the tree; None when every leaf has its event, and all of them agree.
    agree: Sequence[Any] | None = None
    bodies: Sequence[bytes | None] = ()
    told: Sequence[Told] = ()
    parsed: Sequence[dict[str, Any] | None] = ()

    def event_id(self, place: int) -> UUID:
        """The id of the event at this place of the portion."""
        return as_uuid(self.key(place))


class Examiner(Protocol):
    """Sees every portion in turn, and says at the end what it came to."""

    number: int

    def see(self, portion: Portion) -> None:
        """A portion; raises ``BrokenError``."""

    def conclude(self) -> str:
        """The sentence of an obligation that holds; raises ``BrokenError``."""


_HASHES = (
    "SELECT l.seq, l.event_id, l.leaf, e.body, e.leaf = l.leaf "
    "FROM audit_leaf l LEFT JOIN audit_event e ON e.id = l.event_id "
    "WHERE l.seq >= ? AND l.seq < ? ORDER BY l.seq"
)
_EVERYTHING = _HASHES.replace(
    "l.leaf FROM",
    "l.leaf, e.at, e.type, e.outcome, e.actor, e.robot, e.run_id, e.item_id, e.case_ref, e.subject_ref FROM",
)
_LEAF_FIELDS = 5
#: Only what is whole. The order of columns matters to nobody but ``_read_whole``.
_WHOLE = (
    "SELECT e.body, l.leaf FROM audit_leaf l JOIN audit_event e ON e.id = l.event_id AND e.leaf = l.leaf "
    "WHERE l.seq >= ? AND l.seq < ? ORDER BY l.seq"
)
#: SQLite finds a row by its own number in half the time it takes to find it by its key. Events are written and come
#: into the tree in the same order, mostly; where they do not, the ids differ and the portion is read by key.
_WHOLE_SQLITE = (
    "SELECT e.body, l.leaf FROM audit_leaf l CROSS JOIN audit_event e "
    "ON e.rowid = l.seq + ? AND e.id = l.event_id AND e.leaf = l.leaf "
    "WHERE l.seq >= ? AND l.seq < ? ORDER BY l.seq"
)
_OFFSET = "SELECT e.rowid - l.seq FROM audit_leaf l JOIN audit_event e ON e.id = l.event_id WHERE l.seq = ?"


_ENDS = "SELECT (SELECT min(seq) FROM audit_leaf), (SELECT max(seq) + 1 FROM audit_leaf)"


def walk(connection: Connection, *, is_thorough: bool) -> Iterator[Portion]:
    """The leaves and their events, in portions."""
    # Asked for in one breath, SQLite would read all leaves to find the first and the last.
    first, end = run(
        connection, "SELECT (SELECT min(seq) FROM audit_leaf), (SELECT max(seq) + 1 FROM audit_leaf)"
    ).one()
    if first is None:
        return
    # A first leaf that is not 0 is a hole, which the examiner of holes will see.
    for place in range(first - first % PORTION, end, PORTION):
        span = range(place, min(place + PORTION, end))
        portion = None if is_thorough else _read_whole(connection, span)
        if portion is None:
            portion = _read_all(connection, span, is_thorough=is_thorough)
        if portion is not None:
            yield portion


def _read_whole(connection: Connection, span: range) -> Portion | None:
    """The portion, when every one of its leaves has its event with the same leaf."""
    found: tuple[list[bytes], list[bytes]] = ([], [])
    if is_sqlite(connection):
        offset = run(connection, _OFFSET, span.start).scalar_one_or_none()
        if offset is not None:
            found = _hash_rows(connection, _WHOLE_SQLITE, (offset, span.start, span.stop))
    if len(found[0]) != len(span):
        found = _hash_rows(connection, spelled(connection, _WHOLE), (span.start, span.stop))
    if len(found[0]) != len(span):
        return None

    def key(place: int) -> object:
        return run(connection, "SELECT event_id FROM audit_leaf WHERE seq = ?", span[place]).scalar_one()

    return Portion(span, found[1], found[0], key)


def _hash_rows(connection: Connection, query: str, values: tuple[int, ...]) -> tuple[list[bytes], list[bytes]]:
    """The leaves that the bodies give, and those that are stored."""
    leaves: list[bytes] = []
    keep = leaves.append

    def bodies() -> Iterator[bytes]:
        # The driver's own rows: SQLAlchemy's cost as much again as reading them.
        rows: Any = connection.exec_driver_sql(query, values).cursor
        for body, leaf in rows:
            keep(leaf)
            yield body

    return leaf_hashes(bodies()), leaves


def _read_all(connection: Connection, span: range, *, is_thorough: bool) -> Portion | None:
    """The portion with all that is asked for; None when there is nothing of it."""
    query = spelled(connection, _EVERYTHING if is_thorough else _HASHES)
    rows = connection.exec_driver_sql(query, (span.start, span.stop)).cursor.fetchall()
    if not rows:
        return None
    seqs, keys, leaves, bodies, agree, *_rest = zip(*rows, strict=True)
    computed: list[bytes | None] = [None if body is None else leaf_hash(body) for body in bodies]
    if not is_thorough:
        return Portion(seqs, leaves, computed, keys.__getitem__, agree)
    told = [Told._make(row[_LEAF_FIELDS:]) for row in rows]
    parsed = [_parse(body) for body in bodies]
    return Portion(seqs, leaves, computed, keys.__getitem__, agree, bodies, told, parsed)


def _parse(body: bytes | None) -> dict[str, Any] | None:
    """The body; an empty one where it cannot be read, which no examiner takes for a good one."""
    if body is None:
        return None
    try:
        parsed = json.loads(body)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
