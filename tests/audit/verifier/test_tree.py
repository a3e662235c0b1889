"""The verifier's own tree, by the vectors of RFC 6962's reference log and against ours."""

from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.export.proofs import proof_text
from audit.merkle import EMPTY, inclusion_proof
from audit.notes import SigningKey, sign_note
from audit.tiles import index_path
from tests.audit.test_merkle import ENTRIES, INCLUSION, ROOTS, made, over


@pytest.mark.parametrize("size", range(9))
def test_the_reference_logs_roots_come_out(verifier: ModuleType, size: int) -> None:
    leaves = [verifier.leaf_hash(entry) for entry in ENTRIES[:size]]

    def subtree(height: int, index: int) -> bytes:
        root: bytes = verifier.whole_root(leaves[index << height : (index + 1) << height])
        return root

    assert verifier.tree_root(size, subtree) == ROOTS[size]


@pytest.mark.parametrize(("index", "size", "path"), INCLUSION)
def test_the_reference_logs_inclusion_proofs_hold(verifier: ModuleType, index: int, size: int, path: list[str]) -> None:
    leaf, proof = verifier.leaf_hash(ENTRIES[index]), [bytes.fromhex(part) for part in path]
    assert verifier.proves(leaf, index, size, proof, ROOTS[size])
    assert not verifier.proves(leaf, index, size, [*proof, ROOTS[1]], ROOTS[size])
    assert not verifier.proves(leaf, size, size, proof, ROOTS[size])
    assert not proof or not verifier.proves(leaf, index, size, proof[:-1], ROOTS[size])


@given(st.integers(1, 70), st.data())
@settings(deadline=None)
def test_our_proofs_hold_there_and_at_no_other_place(verifier: ModuleType, size: int, data: st.DataObject) -> None:
    leaves, index = made(size), data.draw(st.integers(0, size - 1))
    proof, root = inclusion_proof(index, size, over(leaves)), EMPTY.append(leaves).root()
    places = [place for place in range(size) if verifier.proves(leaves[index], place, size, proof, root)]
    assert places == [index]


@given(st.integers(1, 70), st.data())
@settings(deadline=None)
def test_the_path_that_it_makes_is_ours(verifier: ModuleType, size: int, data: st.DataObject) -> None:
    subtree, index = over(made(size)), data.draw(st.integers(0, size - 1))
    assert verifier.tree_path(index, size, subtree) == inclusion_proof(index, size, subtree)


@given(st.integers(0, 2**40))
def test_a_tiles_address_is_ours(verifier: ModuleType, index: int) -> None:
    assert verifier.index_path(index) == index_path(index)


def test_the_specifications_address_comes_out(verifier: ModuleType) -> None:
    assert verifier.index_path(1234067) == "x001/x234/067"


def test_a_proof_at_a_million_events_is_at_most_two_kilobytes() -> None:
    size = 1_000_000
    note = sign_note(f"sagsgang.kommune.example/produktion/2026\n{size}\n{'A' * 43}=\n",
                     SigningKey("sagsgang.kommune.example/produktion/2026", bytes(32)))  # fmt: skip
    longest = max(
        len(proof_text(index, inclusion_proof(index, size, lambda *_: bytes(32)), note.to_text()).encode())
        for index in (0, 1, 524_287, 524_288, 999_998, 999_999)
    )
    assert 1000 < longest <= 2000
