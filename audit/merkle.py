"""The Merkle tree of RFC 6962 (RFC 9162 section 2.1): roots, proofs, and their verification.

Pure functions over SHA-256, with no storage: what asks for a hash of a subtree is handed in. What must stay true: a
leaf is hashed behind 0x00 and a node behind 0x01, so that neither can pass for the other, and a proof that is too
short, too long or of the wrong size is refused as surely as one with a wrong hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from audit.errors import ProofRefusedError

HASH_BYTES = 32
#: RFC 6962 section 2.1: a node is hashed behind a one byte.
NODE_PREFIX = b"\x01"
#: The root of the tree without leaves.
EMPTY_ROOT = hashlib.sha256(b"").digest()

#: The hash of the complete subtree of 2**height leaves with this index among those of its height.
Subtree = Callable[[int, int], bytes]


#: Contexts that have taken the prefix: a copy costs less than a new one, and so does one concatenation less.
_LEAF = hashlib.sha256(b"\x00")
_NODE = hashlib.sha256(NODE_PREFIX)


def leaf_hash(entry: bytes) -> bytes:
    """RFC 6962 section 2.1: SHA-256 over a null byte and the entry."""
    return leaf_hashes([entry])[0]


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """RFC 6962 section 2.1: SHA-256 over a null byte and the entry, for each."""
    copy = _LEAF.copy
    hashes: list[bytes] = []
    add = hashes.append
    for entry in entries:
        context = copy()
        context.update(entry)
        add(context.digest())
    return hashes


def row_above(row: Iterable[bytes]) -> list[bytes]:
    """The nodes over a row of hashes, two and two; a last one without a fellow is left out."""
    copy, hashes = _NODE.copy, iter(row)
    above: list[bytes] = []
    add = above.append
    # Written out: a call for each node would cost as much as the hashing.
    for left, right in zip(hashes, hashes, strict=False):
        context = copy()
        context.update(left + right)
        add(context.digest())
    return above


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962 section 2.1: SHA-256 over a one byte and the two hashes below."""
    return hashlib.sha256(NODE_PREFIX + left + right).digest()


@dataclass(frozen=True, slots=True)
class CompactRange:
    """A tree's size and the roots of its complete subtrees, largest first: all that appending needs to know."""

    size: int
    hashes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            message = f"a tree of {self.size} leaves has another number of complete subtrees than {len(self.hashes)}"
            raise ProofRefusedError(message)

    def append(self, leaves: Iterable[bytes]) -> CompactRange:
        """The tree with these leaves after its own."""
        size, hashes, sha256 = self.size, list(self.hashes), hashlib.sha256
        for leaf in leaves:
            done, size = size, size + 1
            top = leaf
            # Each trailing one in the old size is a complete subtree that the new leaf makes whole.
            while done & 1:
                top = sha256(b"\x01" + hashes.pop() + top).digest()
                done >>= 1
            hashes.append(top)
        return CompactRange(size, tuple(hashes))

    def root(self) -> bytes:
        """The tree's root hash."""
        return fold(self.hashes)

    def to_bytes(self) -> bytes:
        """The hashes one after the other, as they are stored."""
        return b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> CompactRange:
        """What ``to_bytes`` gave.

        Raises:
            ProofRefusedError: when the length does not fit the size.
        """
        if len(data) % HASH_BYTES:
            message = f"a compact range is a row of hashes of {HASH_BYTES} bytes, not {len(data)} bytes"
            raise ProofRefusedError(message)
        return cls(size, tuple(data[start : start + HASH_BYTES] for start in range(0, len(data), HASH_BYTES)))


EMPTY = CompactRange(0, ())


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over complete subtrees, given largest first; the empty root for none."""
    if not hashes:
        return EMPTY_ROOT
    top = hashes[-1]
    for left in reversed(hashes[:-1]):
        top = node_hash(left, top)
    return top


def subtrees(start: int, end: int) -> list[tuple[int, int]]:
    """The complete subtrees that make up the leaves from ``start`` to ``end``, as (height, index), left to right.

    ``start`` must be a multiple of the largest of them, as in every range that RFC 6962 hashes.
    """
    parts = []
    while start < end:
        height = (end - start).bit_length() - 1
        parts.append((height, start >> height))
        start += 1 << height
    return parts


def range_hash(start: int, end: int, subtree: Subtree) -> bytes:
    """MTH(D[start:end]) of RFC 6962 section 2.1."""
    return fold([subtree(height, index) for height, index in subtrees(start, end)])


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """PATH(index, D[size]) of RFC 6962 section 2.1.1, from the leaf's sibling upwards.

    Raises:
        ProofRefusedError: when the tree of that size has no such leaf.
    """
    if not 0 <= index < size:
        raise ProofRefusedError(f"a tree of {size} leaves has no leaf {index}")
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        split = start + _largest_power_below(end - start)
        if index < split:
            proof.append(range_hash(split, end, subtree))
            end = split
        else:
            proof.append(range_hash(start, split, subtree))
            start = split
    return proof[::-1]


def consistency_proof(older: int, newer: int, subtree: Subtree) -> list[bytes]:
    """PROOF(older, D[newer]) of RFC 6962 section 2.1.2; empty when the sizes are equal or the older tree is empty.

    Raises:
        ProofRefusedError: when the older tree is the larger one.
    """
    if not 0 <= older <= newer:
        raise ProofRefusedError(f"a tree of {newer} leaves cannot go on from one of {older}")
    if older in {0, newer}:
        return []
    proof: list[bytes] = []
    start, end, is_known = 0, newer, True
    while older != end:
        split = start + _largest_power_below(end - start)
        if older <= split:
            proof.append(range_hash(split, end, subtree))
            end = split
        else:
            proof.append(range_hash(start, split, subtree))
            start, is_known = split, False
    if not is_known:
        proof.append(range_hash(start, end, subtree))
    return proof[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """RFC 9162 section 2.1.3.2.

    Raises:
        ProofRefusedError: when the proof does not show that the tree with this root holds the leaf at this place.
    """
    if not 0 <= index < size:
        raise ProofRefusedError(f"a tree of {size} leaves has no leaf {index}")
    _require_hashes(leaf, root, *proof)
    place, last, top = index, size - 1, leaf
    for part in proof:
        if last == 0:
            raise ProofRefusedError(f"inclusion proof is too long: {len(proof)} hashes for leaf {index} of {size}")
        if place & 1 or place == last:
            top = node_hash(part, top)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            top = node_hash(top, part)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise ProofRefusedError(f"inclusion proof is too short: {len(proof)} hashes for leaf {index} of {size}")
    if top != root:
        raise ProofRefusedError(f"inclusion proof of leaf {index} leads to another root than that of size {size}")


def verify_consistency(older: int, newer: int, proof: Sequence[bytes], *, older_root: bytes, newer_root: bytes) -> None:
    """RFC 9162 section 2.1.4.2, and the two cases that need no hash: equal sizes, and an empty older tree.

    Raises:
        ProofRefusedError: when the proof does not show that the newer tree begins with the whole of the older one.
    """
    _require_hashes(older_root, newer_root, *proof)
    if not 0 <= older <= newer:
        raise ProofRefusedError(f"a tree of {newer} leaves cannot go on from one of {older}")
    if older in {0, newer}:
        _verify_without_hashes(older, newer, proof, older_root=older_root, newer_root=newer_root)
        return
    # A complete older tree is itself the first hash of the proof, which therefore leaves it out.
    path = list(proof) if older & (older - 1) else [older_root, *proof]
    if not path:
        raise ProofRefusedError(f"consistency proof from {older} to {newer} is too short: 0 hashes")
    old_top, new_top = _climb_two(older, newer, path)
    if old_top != older_root:
        raise ProofRefusedError(f"the tree of {newer} leaves does not begin with the one of {older} that was signed")
    if new_top != newer_root:
        raise ProofRefusedError(f"consistency proof from {older} leads to another root than that of size {newer}")


def _climb_two(older: int, newer: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """RFC 9162 section 2.1.4.2, steps 3 to 5: the two roots that the path leads to."""
    place, last = older - 1, newer - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old_top = new_top = path[0]
    for part in path[1:]:
        if last == 0:
            raise ProofRefusedError(f"consistency proof from {older} to {newer} is too long")
        if place & 1 or place == last:
            old_top, new_top = node_hash(part, old_top), node_hash(part, new_top)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            new_top = node_hash(new_top, part)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise ProofRefusedError(f"consistency proof from {older} to {newer} is too short")
    return old_top, new_top


def _verify_without_hashes(
    older: int, newer: int, proof: Sequence[bytes], *, older_root: bytes, newer_root: bytes
) -> None:
    if proof:
        raise ProofRefusedError(f"consistency proof from {older} to {newer} has {len(proof)} hashes, expected none")
    if older == newer and older_root != newer_root:
        raise ProofRefusedError(f"two trees of {older} leaves have different roots")
    if older == 0 and older_root != EMPTY_ROOT:
        raise ProofRefusedError("a tree without leaves has another root than the empty one")
    if newer == 0 and newer_root != EMPTY_ROOT:
        raise ProofRefusedError("a tree without leaves has another root than the empty one")


def _largest_power_below(count: int) -> int:
    return 1 << ((count - 1).bit_length() - 1)


def _require_hashes(*hashes: bytes) -> None:
    if any(len(one) != HASH_BYTES for one in hashes):
        raise ProofRefusedError(f"a hash is {HASH_BYTES} bytes")
