"""Tiles (C2SP tlog-tiles): the tree in rows of 256 hashes, from which every proof is read.

A full tile is stored once. A partial one, at the tree's right edge, is cut from what lies below it: leaves, or the
roots of full tiles; so nothing is ever written twice. What must stay true: a proof is made of what is stored and is
verified by whoever asked for it, for what is stored may have been tampered with.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BindParameter, bindparam, select
from sqlmodel import Session

from audit.errors import ProofRefusedError
from audit.merkle import HASH_BYTES, CompactRange, consistency_proof, inclusion_proof, range_hash, row_above, subtrees
from audit.tables import AuditLeafRow, AuditTileRow

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
TILE_BYTES = TILE_WIDTH * HASH_BYTES
#: A proof in a tree of a thousand million leaves needs hashes of no more tiles than this.
_CACHED_TILES = 64

_LEAF = AuditLeafRow.__table__
_TILE = AuditTileRow.__table__
_FROM: BindParameter[int] = bindparam("start")
_TO: BindParameter[int] = bindparam("end")
_LEVEL: BindParameter[int] = bindparam("level")
_FULL = select(_TILE.c.data).where(_TILE.c.level == _LEVEL, _TILE.c.idx == _FROM)
_LEAVES = select(_LEAF.c.leaf).where(_LEAF.c.seq >= _FROM, _LEAF.c.seq < _TO).order_by(_LEAF.c.seq)
_ROOTS = (
    select(_TILE.c.root).where(_TILE.c.level == _LEVEL, _TILE.c.idx >= _FROM, _TILE.c.idx < _TO).order_by(_TILE.c.idx)
)


@dataclass(frozen=True, slots=True, order=True)
class TileName:
    """Which tile of a tree: its level, its index, and how many hashes it has."""

    level: int
    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """Its address in C2SP tlog-tiles: ``tile/0/x001/x234/067`` or, partial, ``tile/0/000.p/17``."""
        return f"tile/{self.level}/{index_path(self.index)}" + ("" if self.width == TILE_WIDTH else f".p/{self.width}")


def index_path(index: int) -> str:
    """The index in groups of three digits, of which all but the last begin with an x."""
    groups = [f"{index % 1000:03d}"]
    while index >= 1000:  # noqa: PLR2004 - three digits a group.
        index //= 1000
        groups.append(f"x{index % 1000:03d}")
    return "/".join(reversed(groups))


def tiles_of(size: int) -> list[TileName]:
    """All tiles of a tree of this size, level by level; the partial ones last in theirs."""
    names = []
    level, count = 0, size
    while count:
        names += [TileName(level, index) for index in range(count // TILE_WIDTH)]
        if count % TILE_WIDTH:
            names.append(TileName(level, count // TILE_WIDTH, count % TILE_WIDTH))
        level, count = level + 1, count // TILE_WIDTH
    return names


def tile_root(hashes: Sequence[bytes]) -> bytes:
    """The hash over a full tile: the root of a complete tree of height 8."""
    row = hashes
    while len(row) > 1:
        row = row_above(row)
    return row[0]


class StoredTree:
    """The tree as the database holds it, for making proofs and exports. Reads what it needs and no more."""

    def __init__(self, session: Session) -> None:
        """Read in this session's transaction."""
        self._connection = session.connection()
        self._cache: OrderedDict[tuple[int, int], tuple[bytes, ...]] = OrderedDict()

    def read_tile(self, name: TileName) -> bytes:
        """The bytes of a tile, full or partial.

        Raises:
            ProofRefusedError: when the database does not hold so many hashes.
        """
        hashes = self.hashes(name.level, name.index)
        if len(hashes) < name.width:
            raise ProofRefusedError(f"{name.path} has {len(hashes)} hashes, expected {name.width}")
        return b"".join(hashes[: name.width])

    def subtree(self, height: int, index: int) -> bytes:
        """The hash of the complete subtree of 2**height leaves with this index among those of its height."""
        level, above = divmod(height, TILE_HEIGHT)
        start, count = index << above, 1 << above
        tile, place = divmod(start, TILE_WIDTH)
        hashes = self.hashes(level, tile)[place : place + count]
        if len(hashes) < count:
            raise ProofRefusedError(f"the tree lacks hashes {start} to {start + count - 1} of level {level}")
        return tile_root(hashes)

    def root(self, size: int) -> bytes:
        """The root of the tree's first ``size`` leaves."""
        return range_hash(0, size, self.subtree)

    def compact(self, size: int) -> CompactRange:
        """The compact range of the tree's first ``size`` leaves."""
        return CompactRange(size, tuple(self.subtree(height, index) for height, index in subtrees(0, size)))

    def prove_inclusion(self, index: int, size: int) -> list[bytes]:
        """The inclusion proof of a leaf in the tree of this size."""
        return inclusion_proof(index, size, self.subtree)

    def prove_consistency(self, older: int, newer: int) -> list[bytes]:
        """The proof that the tree of the newer size begins with that of the older."""
        return consistency_proof(older, newer, self.subtree)

    def hashes(self, level: int, index: int) -> tuple[bytes, ...]:
        """The hashes that are stored of one tile, at most 256."""
        key = (level, index)
        if key not in self._cache:
            self._cache[key] = self._read(level, index)
            if len(self._cache) > _CACHED_TILES:
                self._cache.popitem(last=False)
        self._cache.move_to_end(key)
        return self._cache[key]

    def _read(self, level: int, index: int) -> tuple[bytes, ...]:
        run = self._connection.execute
        data = run(_FULL, {"level": level, "start": index}).scalar_one_or_none()
        if data is not None:
            return tuple(bytes(data[start : start + HASH_BYTES]) for start in range(0, len(data), HASH_BYTES))
        span = {"start": index * TILE_WIDTH, "end": (index + 1) * TILE_WIDTH}
        below = run(_LEAVES, span) if level == 0 else run(_ROOTS, {"level": level - 1, **span})
        return tuple(bytes(one) for one in below.scalars())
