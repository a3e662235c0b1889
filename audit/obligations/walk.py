"""One walk over the whole log, in the order of the tree, a portion at a time.

What must stay true: the walk needs no more memory for ten million events than for ten, and everything that looks at
events looks at the same ones, in one reading transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import Connection

from audit.driver_sql import as_uuid, run, spelled
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

    A pruned or lost event has None in ``bodies``. ``told`` and ``parsed`` are empty unless the walk is thorough.
    """

    seqs: tuple[int, ...]
    keys: tuple[Any, ...]
    leaves: tuple[bytes, ...]
    bodies: tuple[bytes | None, ...]
    #: Whether the event's own leaf is that of the tree.
    agree: tuple[Any, ...]
    told: Sequence[Told] = ()
    parsed: Sequence[dict[str, Any] | None] = ()

    def event_id(self, place: int) -> UUID:
        """The id of the event at this place of the portion."""
        return as_uuid(self.keys[place])


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


def walk(connection: Connection, *, is_thorough: bool) -> Iterator[Portion]:
    """The leaves and their events, in portions."""
    start, end = run(connection, "SELECT min(seq), max(seq) + 1 FROM audit_leaf").one()
    if start is None:
        return
    query = spelled(connection, _EVERYTHING if is_thorough else _HASHES)
    # A first leaf that is not 0 is a hole, which the examiner of holes will see.
    for place in range(start - start % PORTION, end, PORTION):
        # The driver's own rows: SQLAlchemy's cost as much again as reading them.
        rows = connection.exec_driver_sql(query, (place, place + PORTION)).cursor.fetchall()
        if not rows:
            continue
        seqs, keys, leaves, bodies, agree, *_rest = zip(*rows, strict=True)
        if not is_thorough:
            yield Portion(seqs, keys, leaves, bodies, agree)
            continue
        told = [Told._make(row[_LEAF_FIELDS:]) for row in rows]
        yield Portion(seqs, keys, leaves, bodies, agree, told, [_parse(body) for body in bodies])


def _parse(body: bytes | None) -> dict[str, Any] | None:
    """The body; an empty one where it cannot be read, which no examiner takes for a good one."""
    if body is None:
        return None
    try:
        parsed = json.loads(body)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
