"""The tasks for people: what they say, and that each is made once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from connectors.errors import CapabilityMissing
from connectors.person_details import Guardianship, GuardianshipKind, UncertainDate
from connectors.records import DocumentDirection, PartyContact, PersonEvent, PersonSnapshot, PersonStatus
from foundation.addresses import CivilAddress
from foundation.cpr import Cpr
from robots.address_update.policy import Policy
from robots.address_update.robot import AddressUpdate
from robots.twins.bench import Bench
from tests.robots.address_update.looking import CASE, PARTY, ROW, approved, asked, reminders, results, words_of

AFTERWARDS = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ELSEWHERE = CivilAddress("Fjern Prøvevej", "5", postal_code="1000", municipality_code="0101")
GUARDIAN = Guardianship(GuardianshipKind.FULL, Cpr("0904414131"), from_day=date(2026, 1, 1))


def test_adr_06_letters_sent_since_the_move_are_a_task_that_names_them(bench: Bench) -> None:
    stage = bench.cases.stage
    letter = stage.add_document(CASE, at=AFTERWARDS)
    stage.add_document(CASE, at=AFTERWARDS, direction=DocumentDirection.INCOMING)
    stage.add_document(CASE, at=datetime(2026, 11, 1, tzinfo=UTC))
    asked(bench)
    (reminder,) = reminders(bench)
    assert f"Breve fra sagen siden da: {letter.id}." in reminder.text
    assert bench.memory.results[ROW].tasks == 1


def test_adr_06_a_letter_of_the_day_itself_counts_in_danish_time(bench: Bench) -> None:
    # 23.30 UTC on the 18th is the 19th in Denmark, the day from which the address counts.
    letter = bench.cases.stage.add_document(CASE, at=datetime(2026, 11, 18, 23, 30, tzinfo=UTC))
    asked(bench)
    assert letter.id in reminders(bench)[0].text


def test_adr_06_documents_are_not_asked_for_where_the_day_is_uncertain(bench: Bench, snapshot: PersonSnapshot) -> None:
    bench.cases.stage.add_document(CASE, at=AFTERWARDS)
    bench.people.put(replace(snapshot, moved_in=UncertainDate(date(2026, 11, 19), is_uncertain=True)))
    asked(bench)
    assert "list_documents" not in [operation for operation, _ in bench.memory.reads]
    assert reminders(bench) == []


def test_adr_06_documents_are_not_asked_for_where_nothing_is_written(bench: Bench, snapshot: PersonSnapshot) -> None:
    bench.cases.stage.edit_contact(PARTY, PartyContact(snapshot.address, is_protected=False))
    bench.settle()
    assert "list_documents" not in [operation for operation, _ in bench.memory.reads]


def test_adr_06_a_system_that_cannot_list_documents_is_no_obstacle_and_the_trail_says_so(bench: Bench) -> None:
    bench.cases.fail_next("list_documents", CapabilityMissing("twin", "list_documents"))
    assert len(asked(bench).proposal.rows) == 1
    assert "letters_unknown" in {each.label for each in bench.memory.evidence}


def test_adr_06_the_task_is_made_at_the_proposal_and_not_again_when_it_is_carried_out(bench: Bench) -> None:
    bench.cases.stage.add_document(CASE, at=AFTERWARDS)
    approved(bench)
    bench.handle()
    assert len(reminders(bench)) == 1
    assert bench.memory.results[ROW].tasks == 1


def test_adr_06_a_further_letter_before_the_next_proposal_is_a_task_of_its_own(bench: Bench) -> None:
    bench.cases.stage.add_document(CASE, at=AFTERWARDS)
    asked(bench)
    bench.desk.plan_again()
    later = bench.cases.stage.add_document(CASE, at=datetime(2026, 11, 22, 8, 0, tzinfo=UTC))
    asked(bench)
    assert [later.id in reminder.text for reminder in reminders(bench)] == [False, True]


def test_adr_13_the_task_tells_the_day_and_asks_for_no_letter(bench: Bench, snapshot: PersonSnapshot) -> None:
    bench.people.put(replace(snapshot, status=PersonStatus.DEAD, status_day=date(2026, 11, 18)))
    bench.settle()
    (reminder,) = reminders(bench)
    assert "afgået ved døden" in reminder.text
    assert "Dødsdato i CPR: 18.11.2026." in reminder.text


def test_adr_36_the_handover_names_municipality_day_and_open_cases(bench: Bench, snapshot: PersonSnapshot) -> None:
    stage = bench.cases.stage
    stage.add_party(stage.add_case(kle="32.18.04"), cpr=snapshot.cpr, address=snapshot.address)
    closed = stage.add_case(kle="15.20.00")
    stage.add_party(closed, cpr=snapshot.cpr)
    stage.close(closed)
    bench.people.put(replace(snapshot, address=ELSEWHERE))
    asked(bench)
    text = reminders(bench)[0].text
    assert "Ny kommune: kommunekode 0101. Gælder fra: 19.11.2026." in text
    assert "Personens åbne sager: S2026-00001 (KLE 27.00.00), S2026-00002 (KLE 32.18.04)." in text
    assert not any(word in text for word in words_of(ELSEWHERE))


def test_adr_36_the_handover_of_a_protected_person_says_not_even_the_municipality(
    bench: Bench, snapshot: PersonSnapshot
) -> None:
    bench.people.put(replace(snapshot, address=ELSEWHERE))
    bench.people.protect(snapshot.cpr, is_protected=True)
    asked(bench)
    (reminder,) = reminders(bench)
    assert "se kommunekoden i CPR" in reminder.text
    assert "0101" not in reminder.text


def test_adr_36_the_handover_is_made_once_however_often_the_item_is_planned(
    bench: Bench, snapshot: PersonSnapshot
) -> None:
    bench.people.put(replace(snapshot, address=ELSEWHERE))
    for _ in range(3):
        asked(bench)
        bench.desk.plan_again()
    assert len(reminders(bench)) == 1


def test_adr_22_a_guardian_is_told_of_once_and_not_by_the_next_item(
    bench: Bench, event: PersonEvent, snapshot: PersonSnapshot
) -> None:
    bench.people.put(replace(snapshot, guardianship=GUARDIAN))
    bench.settle()
    bench.give_events(AddressUpdate(), [replace(event, id="e-2", sequence=2)])
    bench.settle()
    assert len(reminders(bench)) == 1
    assert bench.memory.results[ROW].tasks == 0


def test_adr_22_another_guardian_is_told_of_again(bench: Bench, event: PersonEvent, snapshot: PersonSnapshot) -> None:
    bench.people.put(replace(snapshot, guardianship=GUARDIAN))
    bench.settle()
    bench.people.put(replace(snapshot, guardianship=replace(GUARDIAN, guardian=Cpr("0709614738"))))
    bench.give_events(AddressUpdate(), [replace(event, id="e-2", sequence=2)])
    bench.settle()
    assert len(reminders(bench)) == 2


def test_adr_22_an_item_that_is_planned_again_rules_as_it_did(bench: Bench, snapshot: PersonSnapshot) -> None:
    bench.people.put(replace(snapshot, guardianship=GUARDIAN))
    asked(bench)
    bench.desk.plan_again()
    asked(bench)
    assert len(reminders(bench)) == 1
    assert bench.memory.results[ROW].tasks == 1


def test_adr_24_the_end_of_a_guardianship_is_told_even_when_it_is_planned_twice(
    bench: Bench, event: PersonEvent, snapshot: PersonSnapshot
) -> None:
    bench.people.put(replace(snapshot, guardianship=GUARDIAN))
    bench.settle()
    bench.people.put(snapshot)
    bench.give_events(AddressUpdate(), [replace(event, id="e-2", sequence=2)])
    for _ in range(2):
        bench.settle()
        bench.desk.plan_again()
    assert [("ophørt" in reminder.text) for reminder in reminders(bench)] == [False, True]


def test_a_task_beside_a_row_that_nobody_answers_comes_again_after_its_time(
    bench: Bench, snapshot: PersonSnapshot
) -> None:
    bench.people.put(replace(snapshot, address=ELSEWHERE))
    asked(bench)
    bench.desk.plan_again()
    bench.clock.advance(timedelta(days=Policy().reminder_days + 1).total_seconds())
    asked(bench)
    assert len(reminders(bench)) == 2


def test_a_reminder_says_what_made_the_robot_look(bench: Bench, snapshot: PersonSnapshot) -> None:
    bench.people.set_status(snapshot.cpr, PersonStatus.DEAD)
    bench.settle()
    assert reminders(bench)[0].text.endswith("Opgaven er oprettet, fordi CPR har meldt en ændring.")
    assert set(results(bench)) == {ROW}
