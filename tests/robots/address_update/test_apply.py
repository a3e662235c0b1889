"""Carrying out what was approved, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from casework.proposals import Proposal
from casework.results import PrimaryResult
from connectors.errors import CaseClosed, NotYetVisible, SchemaDrift, VersionConflict
from connectors.person_details import PastAddress, UncertainDate
from connectors.records import (
    AddressProtection,
    CaseParty,
    CaseRef,
    PartyContact,
    PartyRef,
    PersonEvent,
    PersonSnapshot,
    WriteOperation,
)
from foundation.addresses import CivilAddress, is_same_address
from robots.address_update.robot import AddressUpdate
from robots.outcome import Completed
from robots.twins.bench import Bench

CASE = CaseRef("twin", "case-1")
PARTY = PartyRef(CASE, "1")


def shown(bench: Bench, ref: PartyRef = PARTY) -> PartyContact:
    party: CaseParty | None = bench.cases.stage.cases[ref.case].party(ref)
    assert party is not None
    return party.contact


def note_texts(bench: Bench, case: CaseRef = CASE) -> list[str]:
    return [f"{note.title}\n{note.text}" for note in bench.cases.list_journal_notes(case)]


def protect(bench: Bench, snapshot: PersonSnapshot) -> None:
    bench.people.protect(snapshot.cpr, is_protected=True)


def approved(bench: Bench, *, excluded_rows: frozenset[str] = frozenset()) -> Proposal:
    proposal = bench.proposal()
    bench.desk.approve(proposal, excluded_rows=excluded_rows)
    return proposal


def test_the_journal_note_names_the_approvers_role_and_no_person(bench: Bench) -> None:
    bench.settle()
    (note,) = note_texts(bench)
    assert "rollen godkender" in note
    assert not any(name in note for name in ("Prøvesen", "bo ", "1012620000", "101262"))


def test_adr_09_a_removed_care_of_is_written_and_named_in_the_note(bench: Bench, new_address: CivilAddress) -> None:
    bench.cases.stage.edit_contact(PARTY, PartyContact(replace(new_address, care_of="Vært"), is_protected=False))
    proposal = approved(bench)
    assert proposal.rows[0].before == ("c/o Vært", *proposal.rows[0].after)
    bench.handle()
    assert shown(bench).address == new_address
    assert "Kun c/o-navnet er ændret." in note_texts(bench)[0]


def test_adr_10_a_changed_locality_is_named_in_the_note(bench: Bench, new_address: CivilAddress) -> None:
    bench.cases.stage.edit_contact(PARTY, PartyContact(replace(new_address, locality="Gården"), is_protected=False))
    bench.settle()
    assert "Kun lokalitet eller bynavn er ændret." in note_texts(bench)[0]


def test_adr_11_the_mark_is_set_and_seen_before_the_address_is_written(bench: Bench, snapshot: PersonSnapshot) -> None:
    protect(bench, snapshot)
    approved(bench)
    bench.cases.fail_next("update_party_contact", SchemaDrift("twin", "update_party_contact"))
    with pytest.raises(SchemaDrift):
        bench.handle()
    assert shown(bench).is_protected is False
    bench.handle()
    intents = [effect.intent for effect in bench.memory.effects.values()]
    assert intents == ["protection", "address", "note"]
    operations = [operation for operation, _ in bench.memory.reads]
    assert operations[-3:] == ["get_case", "get_case", "get_case"]
    assert shown(bench) == PartyContact(snapshot.address, is_protected=True)


def test_adr_11_a_mark_that_does_not_stand_keeps_the_address_from_being_written(
    bench: Bench, snapshot: PersonSnapshot, old_address: CivilAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    protect(bench, snapshot)
    approved(bench)
    # The system answers yes and forgets the mark.
    monkeypatch.setattr(bench.cases.stage, "edit_contact", lambda *_: None)
    with pytest.raises(NotYetVisible):
        bench.handle()
    assert shown(bench) == PartyContact(old_address, is_protected=False)
    assert [entry.operation for entry in bench.cases.ledger] == [WriteOperation.UPDATE_PARTY_CONTACT]


def test_adr_11_new_protection_alone_is_proposed_without_the_address(
    bench: Bench, snapshot: PersonSnapshot, new_address: CivilAddress
) -> None:
    protect(bench, snapshot)
    bench.cases.stage.edit_contact(PARTY, PartyContact(new_address, is_protected=False))
    (row,) = approved(bench).rows
    assert row.after == ("Navne- og adressebeskyttelse: ja",)
    bench.handle()
    assert shown(bench) == PartyContact(new_address, is_protected=True)


words = st.text("QXZWÆØÅ", min_size=4, max_size=10)
secret_addresses = st.builds(
    CivilAddress,
    road_name=words,
    house_number=st.sampled_from(["777", "888B"]),
    floor=st.sampled_from(["", "st", "3"]),
    postal_code=st.sampled_from(["7771", "8882"]),
    postal_district=words,
    care_of=st.just("") | words,
    locality=st.just("") | words,
    town=st.just("") | words,
)


@given(new=secret_addresses, old=st.none() | secret_addresses, is_marked=st.booleans())
def test_adr_11_a_protected_address_stands_in_no_note_evidence_or_reason(
    event: PersonEvent, snapshot: PersonSnapshot, new: CivilAddress, old: CivilAddress | None, *, is_marked: bool
) -> None:
    assume(not is_same_address(new, old))
    robot = AddressUpdate()
    bench = Bench(robot, at=snapshot.looked_up_at)
    bench.give_events(robot, [event])
    past = (PastAddress(old, UncertainDate(None), snapshot.moved_in),) if old is not None else ()
    protection = AddressProtection(is_protected=True)
    bench.people.put(replace(snapshot, address=new, protection=protection, history=past))
    stage = bench.cases.stage
    stage.add_party(stage.add_case(), cpr=snapshot.cpr, address=old, is_protected=is_marked)
    proposal = approved(bench)
    outcome = bench.handle()
    assert shown(bench) == PartyContact(new, is_protected=True)
    told = [
        *note_texts(bench),
        str(bench.memory.evidence),
        str(outcome),
        proposal.title,
        proposal.about,
        repr(new),
        *(row.reason + str([pair for pair in row.evidence if "Kontrolsum" not in pair[0]]) for row in proposal.rows),
        *bench.memory.points,
        str(bench.memory.reads),
        str(list(bench.memory.steps)),
    ]
    for address in (new, old or new):
        for part in (address.road_name, address.house_number, address.postal_code, address.care_of, address.locality):
            assert not part or not any(part in text for text in told)
    assert not any("1012620000" in text for text in told)


def test_adr_34_a_case_closed_after_the_approval_is_left_alone_and_no_error(bench: Bench) -> None:
    approved(bench)
    bench.cases.stage.close(CASE)
    outcome = bench.handle()
    assert isinstance(outcome, Completed)
    assert outcome.counts == (("closed_since_plan", 1),)
    assert bench.cases.ledger == ()


def test_adr_34_a_case_closed_between_the_reading_and_the_write_is_no_error(bench: Bench) -> None:
    approved(bench)
    bench.cases.fail_next("update_party_contact", CaseClosed("twin", "update_party_contact"))
    outcome = bench.handle()
    assert isinstance(outcome, Completed)
    assert outcome.counts == (("closed_since_plan", 1),)


def test_a_case_closed_between_the_write_and_the_note_is_counted(bench: Bench) -> None:
    approved(bench)
    bench.cases.fail_next("append_journal_note", CaseClosed("twin", "append_journal_note"))
    outcome = bench.handle()
    assert isinstance(outcome, Completed)
    assert outcome.counts == (("applied", 1), ("note_missing", 1))


def test_adr_43_a_change_by_hand_after_the_approval_is_not_written_over(bench: Bench) -> None:
    approved(bench)
    by_hand = CivilAddress("Håndskrevet Prøvevej", "7", postal_code="9000")
    bench.cases.stage.edit_contact(PARTY, PartyContact(by_hand, is_protected=False))
    with pytest.raises(VersionConflict):
        bench.handle()
    assert shown(bench).address == by_hand
    assert "update_party_contact intended" not in bench.memory.points
    assert bench.memory.results["S2026-00001/1"].result is PrimaryResult.OVERTAKEN
    bench.desk.plan_again()
    assert isinstance(bench.handle(), Completed)
    assert bench.memory.results["S2026-00001/1"].rule == "ADR-42"
    assert shown(bench).address == by_hand


def test_adr_43_another_answer_of_cpr_after_the_approval_needs_a_new_one(
    bench: Bench, snapshot: PersonSnapshot, new_address: CivilAddress
) -> None:
    approved(bench)
    bench.people.put(replace(snapshot, address=replace(new_address, house_number="13")))
    with pytest.raises(VersionConflict):
        bench.handle()
    assert bench.cases.ledger == ()


def test_adr_43_protection_that_came_after_the_approval_needs_a_new_one(bench: Bench, snapshot: PersonSnapshot) -> None:
    approved(bench)
    protect(bench, snapshot)
    with pytest.raises(VersionConflict):
        bench.handle()
    assert bench.cases.ledger == ()


def test_adr_43_what_can_be_written_is_written_before_planning_again(bench: Bench, snapshot: PersonSnapshot) -> None:
    second = bench.cases.stage.add_case()
    other = bench.cases.stage.add_party(second, cpr=snapshot.cpr)
    approved(bench)
    bench.cases.stage.edit_contact(PARTY, PartyContact(None, is_protected=False))
    with pytest.raises(VersionConflict):
        bench.handle()
    assert shown(bench, other).address == snapshot.address
    bench.desk.plan_again()
    outcome = bench.settle()
    assert isinstance(outcome, Completed)
    assert outcome.counts == (("applied", 1),)
    assert [len(note_texts(bench, case)) for case in (CASE, second)] == [1, 1]


def test_a_party_that_left_the_case_after_the_approval_needs_a_new_plan(bench: Bench) -> None:
    approved(bench)
    bench.cases.stage.cases[CASE] = replace(bench.cases.stage.cases[CASE], parties=())
    with pytest.raises(VersionConflict):
        bench.handle()


def test_adr_52_a_row_that_was_left_out_is_not_written(bench: Bench, snapshot: PersonSnapshot) -> None:
    bench.cases.stage.add_party(bench.cases.stage.add_case(), cpr=snapshot.cpr)
    approved(bench, excluded_rows=frozenset({"S2026-00001/1"}))
    outcome = bench.handle()
    assert isinstance(outcome, Completed)
    assert outcome.counts == (("applied", 1), ("left_out", 1))
    assert shown(bench).address != snapshot.address


def test_a_write_that_does_not_stand_is_never_reported_as_done(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    approved(bench)
    elsewhere = PartyContact(CivilAddress("Forkert Prøvevej", "1", postal_code="9000"), is_protected=False)
    keep = bench.cases.stage.edit_contact
    monkeypatch.setattr(bench.cases.stage, "edit_contact", lambda party, _: keep(party, elsewhere))
    with pytest.raises(SchemaDrift):
        bench.handle()
    assert note_texts(bench) == []


def test_a_write_that_is_not_visible_yet_is_tried_again_and_happens_once(
    bench: Bench, snapshot: PersonSnapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    approved(bench)
    with monkeypatch.context() as hidden:
        hidden.setattr(bench.cases.stage, "edit_contact", lambda *_: None)
        with pytest.raises(NotYetVisible):
            bench.handle()
    bench.cases.stage.edit_contact(PARTY, PartyContact(snapshot.address, is_protected=False))
    assert isinstance(bench.handle(), Completed)
    written = [e for e in bench.cases.ledger if e.operation is WriteOperation.UPDATE_PARTY_CONTACT]
    assert len(written) == 1


def test_cpr_is_asked_once_per_handling_however_many_rows_there_are(bench: Bench, snapshot: PersonSnapshot) -> None:
    bench.cases.stage.add_party(bench.cases.stage.add_case(), cpr=snapshot.cpr)
    approved(bench)
    before = len(bench.people.lookups)
    bench.handle()
    assert len(bench.people.lookups) == before + 1
