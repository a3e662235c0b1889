from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from casework.proposals import Proposal
from casework.results import PrimaryResult, RowResult
from connectors.errors import OutcomeUnknown, Unavailable
from connectors.records import CaseRef, NewJournalNote, NewReminder, PartyContact, PartyContactChange
from foundation.addresses import CivilAddress
from foundation.clock import ManualClock
from foundation.cpr import Cpr
from robots.desk import Desk
from robots.twins.address_register import TwinAddressRegister
from robots.twins.case_register import TwinCaseRegister
from robots.twins.desk import TwinDesk
from robots.twins.desk_memory import Crash
from robots.twins.person_register import TwinPersonRegister

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CPR = Cpr("1012620000")
NOTE = NewJournalNote("Titel", "Tekst", NOW)


@pytest.fixture
def cases() -> TwinCaseRegister:
    return TwinCaseRegister()


@pytest.fixture
def case(cases: TwinCaseRegister) -> CaseRef:
    return cases.stage.add_case()


@pytest.fixture
def desk(cases: TwinCaseRegister) -> TwinDesk:
    clock = ManualClock(NOW)
    return TwinDesk(cases, TwinPersonRegister(clock=clock), clock)


def note(desk: Desk, case: CaseRef, text: str = "Tekst") -> str:
    """The one step of a small robot."""

    def work() -> str:
        return desk.cases.append_journal_note(case, NewJournalNote("Titel", text, NOW), intent="note").remote_id

    return desk.step("note", work, returns=str)


def test_a_step_is_done_once_and_its_result_is_remembered(desk: TwinDesk) -> None:
    done: list[int] = []

    def work() -> date:
        done.append(1)
        return date(2026, 11, 22)

    assert desk.step("day", work, returns=date) == desk.again().step("day", work, returns=date) == date(2026, 11, 22)
    assert done == [1]


def test_steps_of_one_name_are_told_apart_by_their_key(desk: TwinDesk) -> None:
    assert [desk.step("n", lambda: 1, returns=int, key="a"), desk.step("n", lambda: 2, returns=int, key="b")] == [1, 2]


def test_a_step_within_a_step_is_refused(desk: TwinDesk) -> None:
    with pytest.raises(RuntimeError, match="do not nest"):
        desk.step("outer", lambda: desk.step("inner", lambda: 1, returns=int), returns=int)


def test_a_step_that_failed_is_done_again(desk: TwinDesk, cases: TwinCaseRegister, case: CaseRef) -> None:
    cases.fail_next("append_journal_note", Unavailable("twin", "append_journal_note"))
    with pytest.raises(Unavailable):
        note(desk, case)
    note(desk, case)
    assert len(cases.ledger) == 1


@pytest.mark.parametrize("point", range(6))
def test_an_effect_happens_once_wherever_the_process_dies(
    desk: TwinDesk, cases: TwinCaseRegister, case: CaseRef, point: int
) -> None:
    desk.memory.dies_after = point
    with pytest.raises(Crash):
        note(desk, case)
    note(desk.again(), case)
    assert len(cases.ledger) == 1


def test_two_notes_in_one_step_are_two(desk: TwinDesk, cases: TwinCaseRegister, case: CaseRef) -> None:
    def work() -> int:
        for _ in range(2):
            desk.cases.append_journal_note(case, NOTE, intent="note")
        return 2

    desk.step("notes", work, returns=int)
    assert len(cases.ledger) == 2


def test_the_same_intent_with_another_request_is_a_fault(desk: TwinDesk, case: CaseRef) -> None:
    desk.memory.dies_after = 3
    with pytest.raises(Crash):
        note(desk, case)
    with pytest.raises(ValueError, match="two different things"):
        note(desk.again(), case, "En anden tekst")


def test_an_effect_that_rests_on_another_approval_is_another(
    desk: TwinDesk, cases: TwinCaseRegister, case: CaseRef
) -> None:
    for _ in range(2):
        desk.plan_again()
        desk.approve(Proposal("Titel", (), "{}"))
        note(desk, case)
    assert len(cases.ledger) == 2


def test_the_twin_is_a_desk(desk: TwinDesk, case: CaseRef) -> None:
    real: Desk = desk
    assert real.cases.get_case(case).ref == case


def test_an_address_that_nobody_can_judge_is_left_to_a_person(
    desk: TwinDesk, cases: TwinCaseRegister, case: CaseRef
) -> None:
    party = cases.stage.add_party(case, cpr=CPR)
    before = PartyContact(None, is_protected=False)
    change = PartyContactChange(before, address=CivilAddress("Prøvevej", "1", postal_code="9000"))
    cases.fail_next("update_party_contact", OutcomeUnknown("twin", "update_party_contact"))
    with pytest.raises(OutcomeUnknown):
        desk.cases.update_party_contact(party, change, intent="address")
    cases.stage.edit_contact(party, PartyContact(CivilAddress("Prøvevej", "9", postal_code="9000"), is_protected=False))
    with pytest.raises(OutcomeUnknown):
        desk.again().cases.update_party_contact(party, change, intent="address")
    assert cases.ledger == ()


def test_every_reading_is_recorded_without_the_number(desk: TwinDesk, case: CaseRef) -> None:
    desk.cases.search_cases(party=CPR)
    desk.cases.get_case(case)
    desk.cases.list_journal_notes(case)
    operations = [("search_cases", "101262-xxxx"), ("get_case", "case-1"), ("list_journal_notes", "case-1")]
    assert desk.memory.reads == operations


def test_evidence_and_memory_are_kept_with_the_next_step(desk: TwinDesk) -> None:
    desk.evidence("found", rows=2)
    desk.remember(CPR, "one")
    assert (desk.recall(CPR), desk.again().recall(CPR), desk.memory.evidence) == ("one", None, [])
    desk.step("s", lambda: 1, returns=int)
    assert (desk.again().recall(CPR), desk.memory.evidence[0].facts) == ("one", (("rows", 2),))


def test_planning_again_keeps_effects_and_forgets_steps(desk: TwinDesk, cases: TwinCaseRegister, case: CaseRef) -> None:
    note(desk, case)
    desk.plan_again()
    assert desk.memory.steps == {}
    note(desk.again(), case)
    assert len(cases.ledger) == 1


def test_a_reminder_is_put_on_the_case(desk: TwinDesk, cases: TwinCaseRegister, case: CaseRef) -> None:
    reminder = NewReminder("Titel", "Tekst", date(2026, 12, 1))
    desk.cases.create_reminder(case, reminder, intent="reminder")
    assert list(cases.stage.reminders[case].values()) == [reminder]


def test_results_and_holds_are_kept_with_the_next_step(desk: TwinDesk) -> None:
    for result in (PrimaryResult.AWAITING_APPROVAL, PrimaryResult.APPLIED):
        desk.result(RowResult(row="S2026-00001/1", result=result, rule="ADR-01", reason="move"))
    desk.hold("S2026-00001/1")
    assert desk.is_held("S2026-00001/1")
    assert not desk.again().is_held("S2026-00001/1")
    assert desk.memory.results == {}
    desk.step("s", lambda: 1, returns=int)
    assert desk.again().is_held("S2026-00001/1")
    assert [each.result for each in desk.memory.results.values()] == [PrimaryResult.APPLIED]


def test_the_desk_has_the_policy_and_the_address_register_it_was_given(cases: TwinCaseRegister) -> None:
    clock, places = ManualClock(NOW), TwinAddressRegister()
    people = TwinPersonRegister(clock=clock)
    desk = TwinDesk(cases, people, clock, addresses=places, policy="{}").again()
    assert (desk.addresses, desk.policy) == (places, "{}")
    bare = TwinDesk(cases, people, clock)
    assert (bare.addresses, bare.policy) == (None, None)


def test_finding_a_case_and_listing_its_documents_are_recorded(desk: TwinDesk, case: CaseRef) -> None:
    assert desk.cases.find_case("S2026-00001").ref == case
    assert desk.cases.list_documents(case) == ()
    assert desk.memory.reads == [("find_case", "S2026-00001"), ("list_documents", "case-1")]
