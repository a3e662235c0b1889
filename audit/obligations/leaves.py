"""Obligations 1 to 3: every body gives its leaf, no leaf is missing, and the tree is that of the leaves.

What must stay true: leaves are computed from bodies, the tree from leaves, and nothing that is stored is believed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

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
        sha256 = hashlib.sha256
        if None in portion.bodies:
            here = [place for place, body in enumerate(portion.bodies) if body is not None]
            bodies = [portion.bodies[place] or b"" for place in here]
            leaves = [portion.leaves[place] for place in here]
            is_whole = all(portion.agree[place] for place in here)
        else:
            bodies, leaves, is_whole = portion.bodies, portion.leaves, all(portion.agree)  # type: ignore[assignment]  # none is None here
        if not is_whole or [sha256(b"\x00" + body).digest() for body in bodies] != list(leaves):
            self._name(portion)
        self._seen += len(bodies)

    def conclude(self) -> str:
        """The sentence."""
        return f"Indholdet af {self._seen} hændelser giver de blade, der står i loggens træ."

    @staticmethod
    def _name(portion: Portion) -> None:
        for place, (body, leaf) in enumerate(zip(portion.bodies, portion.leaves, strict=True)):
            if body is not None and not (portion.agree[place] and hashlib.sha256(b"\x00" + body).digest() == leaf):
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
        self._missing = 0

    def see(self, portion: Portion) -> None:
        """A portion."""
        wanted = range(self._next, self._next + len(portion.seqs))
        if portion.seqs != tuple(wanted):
            lost = next(number for number, seq in zip(wanted, portion.seqs, strict=True) if number != seq)
            raise BrokenError(f"Blad nr. {lost} mangler i loggens træ: en eller flere hændelser er fjernet.")
        self._next = wanted.stop
        if None not in portion.bodies:
            return
        for place, body in enumerate(portion.bodies):
            if body is None and portion.seqs[place] >= self._pruned:
                event = portion.event_id(place)
                raise BrokenError(
                    f"Hændelsen {event} (nr. {portion.seqs[place]}) er slettet, uden at loggen er beskåret.", event
                )
        self._missing += portion.bodies.count(None)

    def conclude(self) -> str:
        """The sentence."""
        outside = self._connection.execute(
            text(
                "SELECT e.id FROM audit_event e WHERE NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.event_id = e.id) "
                "AND NOT EXISTS (SELECT 1 FROM audit_pending p WHERE p.event_id = e.id) "
                "AND NOT EXISTS (SELECT 1 FROM audit_quarantine q WHERE q.event_id = e.id) LIMIT 1"
            )
        ).scalar_one_or_none()
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
