"""The robot on a bench: what it reads, rules, proposes and leaves alone, from the event to the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import BaseModel

from casework.proposals import Proposal
from connectors.errors import CaseClosed, SchemaDrift, Unavailable
from connectors.person_details import UncertainDate
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
    assert outcome.counts == (("task", 1),)
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
    bench.people.move(snapshot.cpr, later, effect_from=date(2026, 12, 1))
    if not keeps_approval:
        bench.desk.plan_again()
    assert isinstance(bench.settle(), Completed)
    assert is_same_address(shown(bench).address, later)
    assert len(note_texts(bench)) == 2


def test_adr_11_a_protected_proposal_needs_the_role_and_shows_the_mark(bench: Bench, snapshot: PersonSnapshot) -> None:
    protect(bench, snapshot)
    proposal = bench.proposal()
    (row,) = proposal.rows
    assert proposal.needs_role == "beskyttede_adresser"
    assert row.is_protected
    assert row.before[-1] == "Navne- og adressebeskyttelse: nej"
    assert row.after[-1] == "Navne- og adressebeskyttelse: ja"


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


def test_adr_52_each_proposal_has_a_digest_of_its_own(bench: Bench) -> None:
    assert bench.proposal().digest() != bench.proposal().digest()


def test_a_task_on_one_case_does_not_keep_another_from_being_proposed(bench: Bench, snapshot: PersonSnapshot) -> None:
    second = bench.cases.stage.add_case()
    typed = CivilAddress("Håndskrevet Prøvevej", "7", postal_code="9000")
    bench.cases.stage.add_party(second, cpr=snapshot.cpr, address=typed)
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
