"""The robot on a bench: what it reads, proposes, writes and leaves alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import BaseModel

from casework.proposals import Proposal
from connectors.errors import CaseClosed, NotYetVisible, SchemaDrift, Unavailable, VersionConflict
from connectors.records import (
    CaseParty,
    CaseRef,
    NewReminder,
    PartyContact,
    PartyRef,
    PartyRole,
    PendingMove,
    PersonEvent,
    PersonSnapshot,
    PersonStatus,
    UncertainDate,
    WriteOperation,
)
from foundation.addresses import CivilAddress, is_same_address
from foundation.cpr import Cpr
from robots.address_update.robot import AddressUpdate
from robots.outcome import Completed, Deferred, NeedsApproval
from robots.twins.bench import Bench
from robots.twins.case_register import CAPABLE

CASE = CaseRef("twin", "case-1")
PARTY = PartyRef(CASE, "1")
OTHER = Cpr("0709614673")


def shown(bench: Bench, ref: PartyRef = PARTY) -> PartyContact:
    party: CaseParty | None = bench.cases.stage.cases[ref.case].party(ref)
    assert party is not None
    return party.contact


def note_texts(bench: Bench, case: CaseRef = CASE) -> list[str]:
    return [f"{note.title}\n{note.text}" for note in bench.cases.list_journal_notes(case)]


def reminders(bench: Bench, case: CaseRef = CASE) -> list[NewReminder]:
    return list(bench.cases.stage.reminders[case].values())


def protect(bench: Bench, snapshot: PersonSnapshot) -> None:
    bench.people.protect(snapshot.cpr, is_protected=True)


def approved(bench: Bench, *, excluded_rows: frozenset[str] = frozenset()) -> Proposal:
    proposal = bench.proposal()
    bench.desk.approve(proposal, excluded_rows=excluded_rows)
    return proposal


def test_adr_01_an_ordinary_move_is_written_and_noted_once(bench: Bench, snapshot: PersonSnapshot) -> None:
    outcome = bench.settle()
    assert isinstance(outcome, Completed)
    assert (outcome.code, outcome.counts) == ("applied", (("applied", 1),))
    assert is_same_address(shown(bench).address, snapshot.address)
    (note,) = note_texts(bench)
    assert note.startswith("Adresse opdateret fra CPR\nAdressen gælder fra 19.11.2026.")
    assert "Ny Prøvevej 12B, 2. tv, 9000 Aalborg" in note
    assert "e-1" in note


def test_the_journal_note_names_the_approvers_role_and_no_person(bench: Bench) -> None:
    bench.settle()
    (note,) = note_texts(bench)
    assert "rollen godkender" in note
    assert not any(name in note for name in ("Prøvesen", "bo ", "1012620000", "101262"))


def test_adr_02_a_case_that_is_current_is_not_touched(bench: Bench, new_address: CivilAddress) -> None:
    bench.cases.stage.edit_contact(PARTY, PartyContact(new_address, is_protected=False))
    outcome = bench.settle()
    assert isinstance(outcome, Completed)
    assert (outcome.code, outcome.counts) == ("already_current", (("noop", 1),))
    assert bench.cases.ledger == ()


def test_adr_03_a_second_event_with_the_same_result_writes_nothing_more(bench: Bench, event: PersonEvent) -> None:
    bench.settle()
    before = bench.cases.ledger
    bench.give_events(AddressUpdate(), [replace(event, id="e-2", sequence=2)])
    outcome = bench.settle()
    assert isinstance(outcome, Completed)
    assert outcome.code == "already_current"
    assert bench.cases.ledger == before


def test_adr_04_a_later_item_does_not_write_an_older_version_back(
    bench: Bench, event: PersonEvent, snapshot: PersonSnapshot, old_address: CivilAddress
) -> None:
    bench.settle()
    stale = replace(snapshot, address=old_address, registered_at=datetime(2020, 1, 1, tzinfo=UTC))
    bench.people.put(stale)
    bench.give_events(AddressUpdate(), [replace(event, id="e-2", sequence=2)])
    outcome = bench.settle()
    assert isinstance(outcome, Completed)
    assert outcome.counts == (("noop", 1),)
    assert is_same_address(shown(bench).address, snapshot.address)


def test_adr_05_a_future_move_waits_for_local_midnight_and_is_looked_up_again(
    bench: Bench, snapshot: PersonSnapshot, old_address: CivilAddress, new_address: CivilAddress
) -> None:
    coming = date(2026, 12, 1)
    bench.people.put(replace(snapshot, address=old_address, pending=PendingMove(new_address, coming)))
    outcome = bench.settle()
    assert isinstance(outcome, Deferred)
    assert outcome.until == datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
    bench.clock.advance((outcome.until - bench.clock.now()).total_seconds())
    bench.people.put(replace(snapshot, moved_in=UncertainDate(coming)))
    assert isinstance(bench.settle(), Completed)
    assert is_same_address(shown(bench).address, new_address)


def test_adr_05_a_cancelled_future_move_is_never_written(
    bench: Bench, snapshot: PersonSnapshot, old_address: CivilAddress, new_address: CivilAddress
) -> None:
    bench.people.put(replace(snapshot, address=old_address, pending=PendingMove(new_address, date(2026, 12, 1))))
    assert isinstance(bench.settle(), Deferred)
    bench.clock.advance(timedelta(days=9).total_seconds())
    bench.people.put(replace(snapshot, address=old_address))
    bench.settle()
    assert bench.cases.ledger == ()


def test_adr_05_a_summer_day_begins_two_hours_before_utc_midnight(
    bench: Bench, snapshot: PersonSnapshot, old_address: CivilAddress, new_address: CivilAddress
) -> None:
    bench.people.put(replace(snapshot, address=old_address, pending=PendingMove(new_address, date(2027, 7, 1))))
    outcome = bench.settle()
    assert isinstance(outcome, Deferred)
    assert outcome.until == datetime(2027, 6, 30, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize("keeps_approval", [True, False])
def test_adr_05_a_present_move_is_written_now_and_a_further_one_on_its_day(
    bench: Bench, snapshot: PersonSnapshot, new_address: CivilAddress, *, keeps_approval: bool
) -> None:
    later = replace(new_address, house_number="99")
    bench.people.put(replace(snapshot, pending=PendingMove(later, date(2026, 12, 1))))
    outcome = bench.settle()
    assert isinstance(outcome, Deferred)
    assert is_same_address(shown(bench).address, new_address)
    bench.clock.advance((outcome.until - bench.clock.now()).total_seconds())
    bench.people.put(replace(snapshot, address=later, moved_in=UncertainDate(date(2026, 12, 1))))
    if not keeps_approval:
        bench.desk.plan_again()
    assert isinstance(bench.settle(), Completed)
    assert is_same_address(shown(bench).address, later)
    assert len(note_texts(bench)) == 2


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


def test_adr_11_a_protected_proposal_needs_the_role_and_shows_the_mark(bench: Bench, snapshot: PersonSnapshot) -> None:
    protect(bench, snapshot)
    proposal = bench.proposal()
    (row,) = proposal.rows
    assert proposal.needs_role == "beskyttede_adresser"
    assert row.is_protected
    assert row.before[-1] == "Navne- og adressebeskyttelse: nej"
    assert row.after[-1] == "Navne- og adressebeskyttelse: ja"


def test_adr_11_new_protection_alone_is_proposed_without_the_address(
    bench: Bench, snapshot: PersonSnapshot, new_address: CivilAddress
) -> None:
    protect(bench, snapshot)
    bench.cases.stage.edit_contact(PARTY, PartyContact(new_address, is_protected=False))
    (row,) = approved(bench).rows
    assert row.after == ("Navne- og adressebeskyttelse: ja",)
    bench.handle()
    assert shown(bench) == PartyContact(new_address, is_protected=True)


def test_adr_11_a_protected_address_stands_in_no_note_evidence_or_reason(
    bench: Bench, snapshot: PersonSnapshot
) -> None:
    protect(bench, snapshot)
    proposal = approved(bench)
    outcome = bench.handle()
    told = [
        *note_texts(bench),
        str(bench.memory.evidence),
        str(outcome),
        proposal.title,
        proposal.about,
        *(row.reason + str(row.evidence) for row in proposal.rows),
        *bench.memory.points,
        str(bench.memory.reads),
        str(list(bench.memory.steps)),
    ]
    for part in ("Prøvevej", "9000", "Aalborg", "12B"):
        assert not any(part in text for text in told)
    assert not any("1012620000" in text for text in told)


def test_adr_13_a_dead_citizen_gives_a_reminder_and_no_write(bench: Bench, snapshot: PersonSnapshot) -> None:
    bench.people.set_status(snapshot.cpr, PersonStatus.DEAD)
    outcome = bench.settle()
    assert isinstance(outcome, Completed)
    assert (outcome.code, outcome.counts) == ("tasks_created", (("task", 1),))
    (reminder,) = reminders(bench)
    assert "afgået ved døden" in reminder.text
    assert reminder.deadline == date(2026, 12, 4)
    assert [entry.operation for entry in bench.cases.ledger] == [WriteOperation.CREATE_REMINDER]


def test_a_reminder_is_made_once_however_often_the_item_is_planned(bench: Bench, snapshot: PersonSnapshot) -> None:
    bench.people.set_status(snapshot.cpr, PersonStatus.DEAD)
    bench.settle()
    bench.desk.plan_again()
    bench.clock.advance(timedelta(days=5).total_seconds())
    bench.settle()
    assert len(reminders(bench)) == 1


def test_a_reminder_that_nobody_acted_on_is_followed_by_another(bench: Bench, snapshot: PersonSnapshot) -> None:
    bench.people.set_status(snapshot.cpr, PersonStatus.DEAD)
    bench.settle()
    bench.desk.plan_again()
    bench.clock.advance(timedelta(days=15).total_seconds())
    bench.settle()
    assert [reminder.deadline for reminder in reminders(bench)] == [date(2026, 12, 4), date(2026, 12, 18)]


def test_a_case_that_is_closed_before_its_reminder_gets_none(bench: Bench, snapshot: PersonSnapshot) -> None:
    bench.people.set_status(snapshot.cpr, PersonStatus.DEAD)
    bench.cases.fail_next("create_reminder", CaseClosed("twin", "create_reminder"))
    assert isinstance(bench.settle(), Completed)
    assert reminders(bench) == []


def test_two_parties_of_one_case_give_one_reminder(bench: Bench, snapshot: PersonSnapshot) -> None:
    bench.cases.stage.add_party(CASE, cpr=snapshot.cpr, role=PartyRole.SECONDARY)
    bench.people.set_status(snapshot.cpr, PersonStatus.DEAD)
    bench.settle()
    (reminder,) = reminders(bench)
    assert reminder.text.count("afgået ved døden") == 2


def test_adr_31_a_closed_case_stays_as_it_was(bench: Bench) -> None:
    bench.cases.stage.close(CASE)
    before = bench.cases.stage.cases[CASE]
    outcome = bench.settle()
    assert isinstance(outcome, Completed)
    assert (outcome.code, outcome.counts) == ("skipped", (("skip", 1),))
    assert (bench.cases.stage.cases[CASE], bench.cases.ledger) == (before, ())


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


def test_adr_40_every_case_is_ruled_on_by_itself(bench: Bench, snapshot: PersonSnapshot) -> None:
    stage = bench.cases.stage
    closed, second = stage.add_case(), stage.add_case()
    stage.add_party(closed, cpr=snapshot.cpr)
    stage.close(closed)
    stage.add_party(second, cpr=OTHER)
    secondary = stage.add_party(second, cpr=snapshot.cpr, role=PartyRole.SECONDARY)
    outcome = bench.settle()
    assert isinstance(outcome, Completed)
    assert outcome.counts == (("applied", 2),)
    assert is_same_address(shown(bench, secondary).address, snapshot.address)
    assert shown(bench, PartyRef(second, "1")).address is None
    assert [len(note_texts(bench, case)) for case in (CASE, closed, second)] == [1, 0, 1]


def test_adr_40_the_cases_of_every_page_are_found(event: PersonEvent, snapshot: PersonSnapshot) -> None:
    robot = AddressUpdate()
    bench = Bench(robot, at=datetime(2026, 11, 22, 12, 0, tzinfo=UTC), capabilities=replace(CAPABLE, max_page=2))
    bench.give_events(robot, [event])
    bench.people.put(snapshot)
    for _ in range(5):
        bench.cases.stage.add_party(bench.cases.stage.add_case(), cpr=snapshot.cpr)
    assert len(bench.proposal().rows) == 5


def test_adr_43_a_change_by_hand_after_the_approval_needs_a_new_one(bench: Bench, snapshot: PersonSnapshot) -> None:
    approved(bench)
    by_hand = CivilAddress("Håndskrevet Prøvevej", "7", postal_code="9000")
    bench.cases.stage.edit_contact(PARTY, PartyContact(by_hand, is_protected=False))
    with pytest.raises(VersionConflict):
        bench.handle()
    assert shown(bench).address == by_hand
    bench.desk.plan_again()
    assert bench.proposal().rows[0].before[0] == "Håndskrevet Prøvevej 7"
    assert bench.cases.ledger == ()
    assert shown(bench).address != snapshot.address


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


def test_adr_48_an_unknown_number_gives_a_task_on_each_open_case(empty_bench: Bench, cpr: Cpr) -> None:
    stage = empty_bench.cases.stage
    opened, closed = stage.add_case(), stage.add_case()
    for case in (opened, closed):
        stage.add_party(case, cpr=cpr)
    stage.close(closed)
    outcome = empty_bench.settle()
    assert isinstance(outcome, Completed)
    assert outcome.counts == (("skip", 1), ("task", 1))
    assert "findes ikke i CPR" in reminders(empty_bench, opened)[0].text
    assert reminders(empty_bench, closed) == []


def test_adr_48_a_register_that_is_down_is_raised_through(bench: Bench) -> None:
    bench.people.fail_next(Unavailable("twin_cpr", "lookup"))
    with pytest.raises(Unavailable):
        bench.handle()
    assert bench.cases.ledger == ()


def test_a_person_on_no_case_is_nothing_to_do(empty_bench: Bench, snapshot: PersonSnapshot) -> None:
    empty_bench.people.put(snapshot)
    outcome = empty_bench.settle()
    assert isinstance(outcome, Completed)
    assert outcome.code == "no_case"


def test_an_answer_about_somebody_else_is_a_fault(bench: Bench, snapshot: PersonSnapshot) -> None:
    bench.people._people[snapshot.cpr] = replace(snapshot, cpr=OTHER, current_cpr=OTHER)
    with pytest.raises(SchemaDrift):
        bench.handle()
    assert bench.cases.ledger == ()


def test_adr_51_nothing_is_written_before_a_person_approved(bench: Bench) -> None:
    proposal = bench.proposal()
    (row,) = proposal.rows
    assert bench.cases.ledger == ()
    assert (row.id, row.case_number, row.rule, row.ruling) == ("S2026-00001/1", "S2026-00001", "ADR-01", "APPLY")
    assert row.before == ("Gamle Prøvevej 1", "9000 Aalborg")
    assert row.after == ("Ny Prøvevej 12B, 2. tv", "9000 Aalborg")
    assert proposal.about == "101262-xxxx"
    evidence = dict(row.evidence)
    assert evidence["CPR-hændelse"] == "e-1"
    assert evidence["Slået op i CPR"] == "22.11.2026 kl. 13.00"
    assert evidence["Gælder fra"] == "19.11.2026"


def test_adr_51_the_digest_of_the_look_up_cannot_be_guessed_from_the_address(bench: Bench) -> None:
    digests = {dict(bench.proposal().rows[0].evidence)["Kontrolsum af opslaget"] for _ in range(3)}
    assert len(digests) == 3


def test_adr_52_a_row_that_was_left_out_is_not_written(bench: Bench, snapshot: PersonSnapshot) -> None:
    bench.cases.stage.add_party(bench.cases.stage.add_case(), cpr=snapshot.cpr)
    approved(bench, excluded_rows=frozenset({"S2026-00001/1"}))
    outcome = bench.handle()
    assert isinstance(outcome, Completed)
    assert outcome.counts == (("applied", 1), ("left_out", 1))
    assert shown(bench).address != snapshot.address


def test_adr_52_each_proposal_has_a_digest_of_its_own(bench: Bench) -> None:
    assert bench.proposal().digest() != bench.proposal().digest()


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


def test_a_task_on_one_case_does_not_keep_another_from_being_proposed(
    bench: Bench, snapshot: PersonSnapshot, new_address: CivilAddress
) -> None:
    second = bench.cases.stage.add_case()
    bench.cases.stage.add_party(second, cpr=snapshot.cpr, address=new_address, is_protected=True)
    outcome = bench.handle()
    assert isinstance(outcome, NeedsApproval)
    assert [row.case_number for row in outcome.proposal.rows] == ["S2026-00001"]
    assert len(reminders(bench, second)) == 1


def test_a_payload_of_another_robot_is_refused(bench: Bench) -> None:
    bench.give(Unrelated())
    with pytest.raises(TypeError, match="Unrelated"):
        bench.handle()


class Unrelated(BaseModel):
    """The payload of some other robot."""
