"""Proofs made in a row are those that would be made one by one."""

import pytest

from audit.errors import ProofRefusedError
from audit.export.proofs import ProofsInOrder, proof_text
from audit.merkle import inclusion_proof
from audit.tiles import StoredTree
from casework.workplace import Workplace
from tests.audit.tampering import Fill


@pytest.fixture
def filled(place: Workplace, fill: Fill) -> Workplace:
    """A log of 600 events: two full tiles and a part of one."""
    fill(599)
    return place


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 513, 600])
def test_every_proof_is_the_one_made_alone(filled: Workplace, size: int) -> None:
    with filled.database.read() as session:
        tree = StoredTree(session)
        proofs = ProofsInOrder(tree, size, "note\n")
        for place in range(size):
            alone = proof_text(place, inclusion_proof(place, size, tree.subtree), "note\n")
            assert proofs.text(place) == alone


def test_the_order_is_only_a_matter_of_speed(filled: Workplace) -> None:
    with filled.database.read() as session:
        tree = StoredTree(session)
        proofs = ProofsInOrder(tree, 600, "note\n")
        for place in (300, 4, 599, 255, 256, 0, 511):
            assert proofs.text(place) == proof_text(place, inclusion_proof(place, 600, tree.subtree), "note\n")


def test_a_leaf_beyond_the_checkpoint_has_no_proof(filled: Workplace) -> None:
    with filled.database.read() as session, pytest.raises(ProofRefusedError):
        ProofsInOrder(StoredTree(session), 300, "note\n").text(300)
