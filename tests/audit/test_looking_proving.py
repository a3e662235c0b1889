import base64
from uuid import UUID

import pytest
from sqlalchemy import select

from audit.checkpoints import open_checkpoint
from audit.errors import LookingRefusedError, NoteRefusedError, NotYetProvenError, ProofRefusedError
from audit.events import leaf_hash
from audit.looking.proving import Proof, find_event, prove
from audit.merkle import verify_inclusion
from audit.notes import SigningKey
from audit.signer import Signer
from audit.tables import AuditEventRow
from casework.workplace import Workplace
from foundation.identifiers import new_id
from tests.audit.tampering import Fill, forced
from tests.workbench import db_id

_TABLE = AuditEventRow.__table__


def _some_event(place: Workplace) -> UUID:
    with place.database.read() as session:
        query = select(_TABLE.c.id).where(_TABLE.c.type == "evidence.given").order_by(_TABLE.c.id).limit(1).offset(2)
        event: UUID = session.execute(query).scalar_one()
    return event


def _prove(place: Workplace, event: UUID, signer: Signer) -> Proof:
    with place.database.read() as session:
        return prove(session, event, signer.known_keys(), origin=signer.origin)


def test_a_proof_is_verified_with_nothing_but_its_text_and_the_key(
    place: Workplace, fill: Fill, signer: Signer
) -> None:
    fill(600)
    signer.sign(place.database, now=place.now())
    proof = _prove(place, _some_event(place), signer)
    head, _, note = proof.text.partition("\n\n")
    version, index, *hashes = head.split("\n")
    checkpoint, _signers = open_checkpoint(note, signer.known_keys(), origin=signer.origin)
    assert version == "c2sp.org/tlog-proof@v1"
    seq = int(index.removeprefix("index "))
    path = [base64.b64decode(each) for each in hashes]
    verify_inclusion(leaf_hash(proof.body), seq, checkpoint.size, path, checkpoint.root)
    assert len(proof.text.encode()) <= 2048


def test_an_event_that_waits_for_the_tree_is_said_to_wait(place: Workplace, fill: Fill, signer: Signer) -> None:
    fill(3, into_tree=False)
    with pytest.raises(NotYetProvenError, match="audit sequence"):
        _prove(place, _some_event(place), signer)


def test_an_event_that_nobody_signed_is_said_to_be_unsigned(place: Workplace, fill: Fill, signer: Signer) -> None:
    fill(3)
    with pytest.raises(NotYetProvenError, match="audit checkpoint"):
        _prove(place, _some_event(place), signer)


def test_an_event_that_was_edited_is_not_proven(place: Workplace, fill: Fill, signer: Signer) -> None:
    fill(5)
    signer.sign(place.database, now=place.now())
    event = _some_event(place)
    other = "UPDATE audit_event SET body = (SELECT body FROM audit_event WHERE id <> :id LIMIT 1) WHERE id = :id"
    forced(place, other, id=db_id(place, event))
    with pytest.raises(ProofRefusedError, match="audit verify"):
        _prove(place, event, signer)


def test_a_checkpoint_by_a_key_that_is_not_known_proves_nothing(place: Workplace, fill: Fill, signer: Signer) -> None:
    fill(3)
    signer.sign(place.database, now=place.now())
    stranger = SigningKey.generate(signer.origin).verifier
    event = _some_event(place)
    with place.database.read() as session, pytest.raises(NoteRefusedError):
        prove(session, event, [stranger], origin=signer.origin)


def test_an_event_that_is_not_there_is_said_not_to_be(place: Workplace, signer: Signer) -> None:
    with pytest.raises(LookingRefusedError, match="findes ikke"):
        _prove(place, new_id(), signer)


def test_an_event_is_found_by_a_part_of_its_number(place: Workplace, fill: Fill) -> None:
    fill(3)
    event = _some_event(place)
    with place.database.read() as session:
        assert find_event(session, event.hex[-12:]) == event
        assert find_event(session, str(event)) == event
        with pytest.raises(LookingRefusedError) as caught:
            find_event(session, "070961-4452")
    assert "4452" not in str(caught.value)
