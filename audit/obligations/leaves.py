"""Obligations 1 to 3: every body gives its leaf, no leaf is missing, and the tree is that of the leaves.

What must stay true: leaves are computed from bodies, the tree from leaves, and nothing that is stored is believed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, text

from audit.driver_sql import as_uuid
from audit.merkle import CompactRange
from audit.obligations.finding import BrokenError
from audit.obligations.walk import Portion
from audit.tiles import TILE_WIDTH, tile_root
from audit.vocabulary import EventType


class Bodies:
    """1. Every body hashes to its leaf."""

    number = 1

    def __init__(self) -> None:
        self._seen = 0

    def see(self, portion: Portion) -> None:
        """A portion."""
        computed = portion.computed
        if portion.agree is None:
            if computed != portion.leaves:
                self._name(portion)
            self._seen += len(computed)
            return
        if any(
            one is not None and not (agrees and one == leaf)
            for one, leaf, agrees in zip(computed, portion.leaves, portion.agree, strict=True)
        ):
            self._name(portion)
        self._seen += len(computed) - computed.count(None)

    def conclude(self) -> str:
        """The sentence."""
        return f"Indholdet af {self._seen} hændelser giver de blade, der står i loggens træ."

    @staticmethod
    def _name(portion: Portion) -> None:
        agree = portion.agree or [True] * len(portion.computed)
        for place, (computed, leaf) in enumerate(zip(portion.computed, portion.leaves, strict=True)):
            if computed is not None and not (agree[place] and computed == leaf):
                event = portion.event_id(place)
                raise BrokenError(
                    f"Hændelsen {event} (nr. {portion.seqs[place]}) er ændret: dens indhold giver ikke dens blad.",
                    event,
                )


class Holes:
    """2. No leaf is missing, every leaf has its event or is pruned, and every event has its leaf or waits for it."""

    number = 2

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._next = 0
        self._pruned = connection.execute(text("SELECT COALESCE(max(below), 0) FROM audit_pruned")).scalar_one()
        self._seen = self._missing = 0

    def see(self, portion: Portion) -> None:
        """A portion."""
        wanted = range(self._next, self._next + len(portion.seqs))
        if portion.seqs != wanted and tuple(portion.seqs) != tuple(wanted):
            lost = next(number for number, seq in zip(wanted, portion.seqs, strict=True) if number != seq)
            raise BrokenError(f"Blad nr. {lost} mangler i loggens træ: en eller flere hændelser er fjernet.")
        self._next = wanted.stop
        self._seen += len(portion.leaves)
        if portion.agree is None or None not in portion.computed:
            return
        for place, computed in enumerate(portion.computed):
            if computed is None and portion.seqs[place] >= self._pruned:
                event = portion.event_id(place)
                raise BrokenError(
                    f"Hændelsen {event} (nr. {portion.seqs[place]}) er slettet, uden at loggen er beskåret.", event
                )
        self._missing += portion.computed.count(None)

    def conclude(self) -> str:
        """The sentence."""
        outside = self._outside()
        if outside is not None:
            event = as_uuid(outside)
            raise BrokenError(f"Hændelsen {event} er hverken i loggens træ eller på vej ind i det.", event)
        kept = self._connection.execute(
            text("SELECT event_id FROM audit_quarantine ORDER BY event_id LIMIT 1")
        ).scalar_one_or_none()
        if kept is not None:
            event = as_uuid(kept)
            raise BrokenError(f"Hændelsen {event} er i karantæne: dens indhold passer ikke med dens blad.", event)
        return f"Træets {self._next} blade følger hinanden uden huller, og hver hændelse er på sin plads.{self._told()}"

    def _outside(self) -> UUID | str | None:
        """An event that is neither in the tree nor on its way into it."""
        # Counting is ten times faster than asking for each event. The counts can only agree when nothing is outside:
        # each leaf is of another event, and of those that wait only such are counted as are not in the tree.
        read = self._connection.execute
        events, leaves, distinct, beside = (read(text(query)).scalar_one() for query in _COUNTS)
        if events == self._seen - self._missing + beside and leaves == distinct == self._seen:
            return None
        found: UUID | str | None = read(text(_OUTSIDE)).scalar_one_or_none()
        return found

    def _told(self) -> str:
        """What was pruned, when, by whom and why, from the events that say so."""
        rows = self._connection.execute(
            text(
                "SELECT p.below, p.event_id, e.body FROM audit_pruned p LEFT JOIN audit_event e ON e.id = p.event_id "
                "ORDER BY p.below"
            )
        ).all()
        if not rows:
            return ""
        sentences = []
        for row in rows:
            event = as_uuid(row.event_id)
            if row.body is None:
                # The event of an old pruning may have been pruned itself; the newest one never is.
                if row is rows[-1]:
                    raise BrokenError(f"Loggen er beskåret indtil nr. {row.below}, uden at det står i loggen.", event)
                continue
            body = json.loads(row.body)
            facts = body.get("facts", {})
            if body.get("type") != EventType.EVENTS_PRUNED.value or facts.get("below") != row.below:
                raise BrokenError(f"Beskæringen indtil nr. {row.below} er ikke den, som loggen fortæller om.", event)
            sentences.append(
                f" {body['actor']['id']} slettede indholdet af {facts['count']} hændelser før nr. {row.below}: "
                f"{facts['reason']}"
            )
        return f" {self._missing} er beskåret.{''.join(sentences)}"


_COUNTS = (
    "SELECT count(*) FROM audit_event",
    "SELECT count(*) FROM audit_leaf",
    "SELECT count(DISTINCT event_id) FROM audit_leaf",
    """SELECT count(*) FROM audit_event e
       WHERE e.id IN (SELECT event_id FROM audit_pending UNION SELECT event_id FROM audit_quarantine)
       AND NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.event_id = e.id)""",
)
_OUTSIDE = (
    "SELECT e.id FROM audit_event e WHERE NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.event_id = e.id) "
    "AND NOT EXISTS (SELECT 1 FROM audit_pending p WHERE p.event_id = e.id) "
    "AND NOT EXISTS (SELECT 1 FROM audit_quarantine q WHERE q.event_id = e.id) LIMIT 1"
)


class Tree:
    """3. The tree rebuilt from the leaves is the stored one: every tile, and the head."""

    number = 3

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        #: The roots of full tiles, and the leaves after the last of them.
        self._roots: list[bytes] = []
        self._rest: list[bytes] = []

    def see(self, portion: Portion) -> None:
        """A portion."""
        hashes = [*self._rest, *portion.leaves]
        full = len(hashes) // TILE_WIDTH
        stored = self._tiles(0, len(self._roots), full)
        for index in range(full):
            tile = hashes[index * TILE_WIDTH : (index + 1) * TILE_WIDTH]
            self._roots.append(_compare(tile, stored, 0, len(self._roots)))
        self._rest = hashes[full * TILE_WIDTH :]

    def conclude(self) -> str:
        """The sentence."""
        tree = self._climb()
        row = self._connection.execute(text("SELECT size, compact FROM audit_tree")).one_or_none()
        size, compact = (0, b"") if row is None else (row.size, bytes(row.compact))
        if (size, compact) != (tree.size, tree.to_bytes()):
            raise BrokenError(f"Træets gemte hoved ({size} hændelser) er ikke det, som bladene giver ({tree.size}).")
        extra = self._connection.execute(text("SELECT count(*) FROM audit_tile")).scalar_one()
        count = sum(tree.size >> (8 * level) for level in range(1, 9))
        if extra != count:
            raise BrokenError(f"Loggen har {extra} fliser, hvor træet skal have {count}.")
        return f"Træet over {tree.size} hændelser er regnet efter og er det, der er gemt."

    def _climb(self) -> CompactRange:
        """The tiles of the higher levels, and the compact range over everything."""
        size = len(self._roots) * TILE_WIDTH + len(self._rest)
        parts: list[bytes] = _complete(self._rest)
        level, hashes = 1, self._roots
        while hashes:
            full = len(hashes) // TILE_WIDTH
            roots = []
            for start in range(0, full, 64):
                stored = self._tiles(level, start, min(64, full - start))
                for index in range(start, min(start + 64, full)):
                    tile = hashes[index * TILE_WIDTH : (index + 1) * TILE_WIDTH]
                    roots.append(_compare(tile, stored, level, index))
            parts = _complete(hashes[full * TILE_WIDTH :]) + parts
            level, hashes = level + 1, roots
        return CompactRange(size, tuple(parts))

    def _tiles(self, level: int, start: int, count: int) -> dict[int, tuple[bytes, bytes]]:
        query = text(
            "SELECT idx, data, root FROM audit_tile WHERE level = :level AND idx >= :start AND idx < :end ORDER BY idx"
        )
        span = {"level": level, "start": start, "end": start + count}
        return {row.idx: (bytes(row.data), bytes(row.root)) for row in self._connection.execute(query, span)}


def _compare(tile: list[bytes], stored: dict[int, tuple[bytes, bytes]], level: int, index: int) -> bytes:
    root = tile_root(tile)
    if stored.get(index) != (b"".join(tile), root):
        raise BrokenError(f"Flise {index} på niveau {level} er ikke den, som loggens blade giver.")
    return root


def _complete(hashes: Sequence[bytes]) -> list[bytes]:
    """The roots of the complete subtrees over these hashes, largest first."""
    return list(CompactRange(0, ()).append(hashes).hashes)
