"""A proof that stands alone (C2SP tlog-proof): an event's place, the path to the root, and the signed checkpoint.

What must stay true: the checkpoint is in it word for word, so that a proof needs nothing but the log's key; and proofs
that are made in a row, sharing what neighbours share, are those that would be made one by one.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from audit.merkle import inclusion_proof, row_above
from audit.tiles import TILE_HEIGHT, TILE_WIDTH, StoredTree

HEADER = "c2sp.org/tlog-proof@v1"


def proof_text(index: int, path: Sequence[bytes], note: str) -> str:
    """The proof as it is written to a ``.tlog-proof`` file.

    Args:
        index: the leaf's index in the tree.
        path: the inclusion proof, from the leaf's sibling upwards.
        note: the signed checkpoint.
    """
    return _text(index, _lines(path), note)


class ProofsInOrder:
    """The proofs of many leaves under one checkpoint, cheap when they are asked for in the order of the tree.

    The hashes within a full tile are computed once for its 256 leaves, and so is the path above it, which they share.
    """

    def __init__(self, tree: StoredTree, size: int, note: str) -> None:
        """Prove in the tree of ``size`` leaves that ``note`` is the signed checkpoint of."""
        self._tree, self._size, self._note = tree, size, note
        self._tile = -1
        #: The lines of the tile's hashes, from its leaves up to the two below its root; and those of the path above.
        self._rows: list[list[str]] = []
        self._above: list[str] = []

    def text(self, place: int) -> str:
        """The proof of the leaf at ``place``, as ``proof_text`` writes it.

        Raises:
            ProofRefusedError: when the tree has no such leaf, or the database lacks a part of it.
        """
        tile = place // TILE_WIDTH
        if (tile + 1) * TILE_WIDTH > self._size:
            return proof_text(place, inclusion_proof(place, self._size, self._tree.subtree), self._note)
        if tile != self._tile:
            self._take(tile)
        within = place % TILE_WIDTH
        below = [row[(within >> height) ^ 1] for height, row in enumerate(self._rows)]
        return _text(place, [*below, *self._above], self._note)

    def _take(self, tile: int) -> None:
        row = list(self._tree.hashes(0, tile))
        self._rows = []
        while len(row) > 1:
            self._rows.append(_lines(row))
            row = row_above(row)
        first = inclusion_proof(tile * TILE_WIDTH, self._size, self._tree.subtree)
        # A full tile is a subtree of its own: the path from any of its leaves goes through its root.
        self._above = _lines(first[TILE_HEIGHT:])
        self._tile = tile


def _lines(hashes: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(part).decode() for part in hashes]


def _text(index: int, lines: Sequence[str], note: str) -> str:
    return "\n".join([HEADER, f"index {index}", *lines, "", note])
