"""The tree is that of RFC 6962, by its own vectors and by a second definition that is as naive as the RFC's text."""

import hashlib
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.errors import ProofRefusedError
from audit.events import leaf_hash
from audit.merkle import (
    EMPTY,
    EMPTY_ROOT,
    CompactRange,
    consistency_proof,
    inclusion_proof,
    node_hash,
    verify_consistency,
    verify_inclusion,
)

#: The entries of the tests of Certificate Transparency's reference log, and the roots of the first n of them.
ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    bytes.fromhex(text)
    for text in (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
INCLUSION = [
    (0, 1, []),
    (0, 8, ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"]),
    (5, 8, ["bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"]),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
]  # fmt: skip
CONSISTENCY = [
    (1, 1, []),
    (1, 8, ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"]),
    (6, 8, ["0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"]),
    (2, 5, ["5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"]),
]  # fmt: skip


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = _split(len(leaves))
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 6962 section 2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if m < k:
        return [*naive_path(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive_root(leaves[:k])]


def naive_proof(m: int, leaves: Sequence[bytes], *, is_whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962 section 2.1.2, word for word."""
    n = len(leaves)
    if m == n:
        return [] if is_whole else [naive_root(leaves)]
    k = _split(n)
    if m <= k:
        return [*naive_proof(m, leaves[:k], is_whole=is_whole), naive_root(leaves[k:])]
    return [*naive_proof(m - k, leaves[k:], is_whole=False), naive_root(leaves[:k])]


def _split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def made(count: int) -> list[bytes]:
    return [leaf_hash(number.to_bytes(4)) for number in range(count)]


def over(leaves: Sequence[bytes]) -> Callable[[int, int], bytes]:
    return lambda height, index: naive_root(leaves[index << height : (index + 1) << height])


@pytest.mark.parametrize("size", range(9))
def test_the_reference_logs_roots_come_out(size: int) -> None:
    leaves = [leaf_hash(entry) for entry in ENTRIES[:size]]
    assert EMPTY.append(leaves).root() == ROOTS[size] == naive_root(leaves)


@pytest.mark.parametrize(("index", "size", "path"), INCLUSION)
def test_the_reference_logs_inclusion_proofs_come_out(index: int, size: int, path: list[str]) -> None:
    leaves = [leaf_hash(entry) for entry in ENTRIES[:size]]
    proof = inclusion_proof(index, size, over(leaves))
    assert [part.hex() for part in proof] == path
    verify_inclusion(leaves[index], index, size, proof, ROOTS[size])


@pytest.mark.parametrize(("older", "newer", "path"), CONSISTENCY)
def test_the_reference_logs_consistency_proofs_come_out(older: int, newer: int, path: list[str]) -> None:
    leaves = [leaf_hash(entry) for entry in ENTRIES[:newer]]
    proof = consistency_proof(older, newer, over(leaves))
    assert [part.hex() for part in proof] == path
    verify_consistency(older, newer, proof, older_root=ROOTS[older], newer_root=ROOTS[newer])


def test_every_root_below_seventy_is_that_of_the_definition() -> None:
    leaves = made(70)
    tree = EMPTY
    for size, leaf in enumerate(leaves):
        assert tree.root() == naive_root(leaves[:size])
        tree = tree.append([leaf])


def test_every_inclusion_proof_below_seventy_is_that_of_the_definition_and_verifies() -> None:
    leaves = made(70)
    for size in range(1, 70):
        root = naive_root(leaves[:size])
        for index in range(size):
            proof = inclusion_proof(index, size, over(leaves))
            assert proof == naive_path(index, leaves[:size])
            verify_inclusion(leaves[index], index, size, proof, root)


def test_every_consistency_proof_below_seventy_is_that_of_the_definition_and_verifies() -> None:
    leaves = made(70)
    roots = [naive_root(leaves[:size]) for size in range(70)]
    for newer in range(1, 70):
        for older in range(1, newer + 1):
            proof = consistency_proof(older, newer, over(leaves))
            assert proof == naive_proof(older, leaves[:newer])
            verify_consistency(older, newer, proof, older_root=roots[older], newer_root=roots[newer])


def test_every_inclusion_proof_with_one_thing_wrong_is_refused() -> None:
    leaves = made(20)
    for size in range(1, 20):
        root = naive_root(leaves[:size])
        for index in range(size):
            proof = inclusion_proof(index, size, over(leaves))
            for wrong in _spoilt(proof):
                with pytest.raises(ProofRefusedError):
                    verify_inclusion(leaves[index], index, size, wrong, root)
            with pytest.raises(ProofRefusedError):
                verify_inclusion(leaves[index], size, size, proof, root)
            with pytest.raises(ProofRefusedError):
                verify_inclusion(leaf_hash(b"another"), index, size, proof, root)
            for other in set(range(size)) - {index}:
                with pytest.raises(ProofRefusedError):
                    verify_inclusion(leaves[index], other, size, proof, root)


def test_every_consistency_proof_with_one_thing_wrong_is_refused() -> None:
    leaves = made(20)
    roots = [naive_root(leaves[:size]) for size in range(20)]
    other = leaf_hash(b"another")
    for newer in range(1, 20):
        for older in range(1, newer):
            proof = consistency_proof(older, newer, over(leaves))
            for wrong in _spoilt(proof):
                with pytest.raises(ProofRefusedError):
                    verify_consistency(older, newer, wrong, older_root=roots[older], newer_root=roots[newer])
            with pytest.raises(ProofRefusedError):
                verify_consistency(older, newer, proof, older_root=other, newer_root=roots[newer])
            with pytest.raises(ProofRefusedError):
                verify_consistency(older, newer, proof, older_root=roots[older], newer_root=other)
            with pytest.raises(ProofRefusedError):
                verify_consistency(newer, older, proof, older_root=roots[newer], newer_root=roots[older])


def _spoilt(proof: list[bytes]) -> list[list[bytes]]:
    """The proof with a hash too many, too few, changed, cut, or exchanged."""
    other = leaf_hash(b"spoilt")
    wrong = [[*proof, other], [other, *proof]]
    for place in range(len(proof)):
        wrong.append([*proof[:place], *proof[place + 1 :]])
        wrong.append([*proof[:place], other, *proof[place + 1 :]])
        wrong.append([*proof[:place], proof[place][:-1], *proof[place + 1 :]])
    return wrong


@pytest.mark.parametrize(("older", "newer"), [(0, 0), (0, 7), (7, 7)])
def test_where_nothing_is_to_be_proven_a_proof_with_a_hash_is_refused(older: int, newer: int) -> None:
    roots = [naive_root(made(size)) for size in (older, newer)]
    verify_consistency(older, newer, [], older_root=roots[0], newer_root=roots[1])
    with pytest.raises(ProofRefusedError, match="expected none"):
        verify_consistency(older, newer, [leaf_hash(b"")], older_root=roots[0], newer_root=roots[1])


@pytest.mark.parametrize(("older", "newer"), [(0, 0), (0, 7), (7, 7)])
def test_where_nothing_is_to_be_proven_a_wrong_root_is_refused(older: int, newer: int) -> None:
    with pytest.raises(ProofRefusedError, match="root"):
        verify_consistency(older, newer, [], older_root=leaf_hash(b"a"), newer_root=leaf_hash(b"b"))


def test_a_leaf_cannot_pass_for_a_node() -> None:
    left, right = made(2)
    assert leaf_hash(left + right) != node_hash(left, right) == naive_root([left, right])


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 5000), st.data())
def test_a_tree_of_any_size_can_be_appended_to_in_portions(size: int, data: st.DataObject) -> None:
    leaves = made(size)
    cuts = sorted(data.draw(st.lists(st.integers(0, size), max_size=4)))
    tree = EMPTY
    for start, end in zip([0, *cuts], [*cuts, size], strict=True):
        tree = CompactRange.from_bytes(tree.size, tree.to_bytes()).append(leaves[start:end])
    assert (tree.size, tree.root()) == (size, naive_root(leaves))
    index, older = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    proof = inclusion_proof(index, size, over(leaves))
    verify_inclusion(leaves[index], index, size, proof, tree.root())
    proof = consistency_proof(older, size, over(leaves))
    verify_consistency(older, size, proof, older_root=naive_root(leaves[:older]), newer_root=tree.root())


@pytest.mark.parametrize(("size", "data"), [(1, b""), (0, bytes(32)), (3, bytes(32)), (1, bytes(31)), (-1, b"")])
def test_a_compact_range_that_does_not_fit_its_size_is_refused(size: int, data: bytes) -> None:
    with pytest.raises(ProofRefusedError):
        CompactRange.from_bytes(size, data)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 3), (3, 3)])
def test_no_proof_is_made_of_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ProofRefusedError, match="no leaf"):
        inclusion_proof(index, size, over(made(3)))


@pytest.mark.parametrize(("older", "newer"), [(4, 3), (-1, 3)])
def test_no_proof_is_made_from_a_larger_tree_to_a_smaller(older: int, newer: int) -> None:
    with pytest.raises(ProofRefusedError, match="cannot go on"):
        consistency_proof(older, newer, over(made(4)))


def test_the_tree_without_leaves_has_the_root_of_nothing() -> None:
    assert EMPTY.root() == EMPTY_ROOT == ROOTS[0]
