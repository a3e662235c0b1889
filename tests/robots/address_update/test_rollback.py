"""Taking back what the robot wrote (ADR-53)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from pydantic import ValidationError

from casework.results import PrimaryResult
from connectors.errors import VersionConflict
from connectors.records import CaseRef, PartyContact, PartyRef, PersonEvent, PersonSnapshot, WriteOperation
from foundation.addresses import CivilAddress, is_same_address
from foundation.cpr import Cpr
from robots.address_update.payload import AddressChange, for_person, for_rollback
from robots.address_update.plan import Plan
from robots.address_update.policy import Mode, Policy
from robots.address_update.robot import AddressUpdate
from robots.outcome import Completed
from robots.twins.bench import Bench
from tests.robots.address_update.looking import (
    CASE,
    PARTY,
    ROW,
    approved,
    asked,
    note_texts,
    party_of,
    reminders,
    results,
    shown,
)

DAY = date(2026, 11, 22)


def write_and_order_back(bench: Bench, cpr: Cpr) -> None:
    """Let the robot write what it proposes, and order all of it taken back."""
    plan = Plan.from_json(approved(bench).plan)
    bench.handle()
    bench.give_work(for_rollback(plan.rows, cpr=cpr, reference="rollback:item-1", noticed_on=DAY))


def test_adr_53_a_rollback_brings_the_before_image_back_and_says_so(
    bench: Bench, cpr: Cpr, old_address: CivilAddress
) -> None:
    write_and_order_back(bench, cpr)
    (row,) = approved(bench).rows
    assert (row.rule, row.ruling) == ("ADR-53", "APPLY_REVIEW")
    assert row.before == ("Ny Prøvevej 12B, 2. tv", "9000 Aalborg")
    assert row.after == ("Gamle Prøvevej 1", "9000 Aalborg")
    outcome = bench.handle()
    assert isinstance(outcome, Completed)
    assert (outcome.code, outcome.counts) == ("rolled_back", (("rolled_back", 1),))
    assert shown(bench) == PartyContact(old_address, is_protected=False)
    first, second = note_texts(bench)
    assert first.startswith("Adresse opdateret fra CPR")
    assert second.startswith("Adresseændring tilbageført: fejl")
    assert results(bench) == {ROW: PrimaryResult.ROLLED_BACK}


def test_adr_53_the_robot_does_not_fight_cpr_until_the_row_is_released(
    bench: Bench, event: PersonEvent, cpr: Cpr, old_address: CivilAddress, new_address: CivilAddress
) -> None:
    write_and_order_back(bench, cpr)
    bench.settle()
    bench.give_events(AddressUpdate(), [replace(event, id="e-2", sequence=2)])
    assert isinstance(bench.settle(), Completed)
    assert results(bench) == {ROW: PrimaryResult.SKIPPED}
    assert is_same_address(shown(bench).address, old_address)
    bench.memory.held.clear()
    bench.give_events(AddressUpdate(), [replace(event, id="e-3", sequence=3)])
    bench.settle()
    assert is_same_address(shown(bench).address, new_address)


def test_adr_53_what_somebody_changed_meanwhile_is_left_to_him(bench: Bench, cpr: Cpr) -> None:
    by_hand = PartyContact(CivilAddress("Håndskrevet Prøvevej", "7", postal_code="9000"), is_protected=False)
    write_and_order_back(bench, cpr)
    bench.cases.stage.edit_contact(PARTY, by_hand)
    outcome = bench.settle()
    assert isinstance(outcome, Completed)
    assert outcome.code == "tasks_created"
    assert shown(bench) == by_hand
    assert results(bench) == {ROW: PrimaryResult.TASK}
    assert "kan ikke føres tilbage af robotten" in reminders(bench)[-1].text
    assert bench.memory.held == set()


def test_adr_53_what_changes_between_the_approval_and_the_write_is_left_alone(bench: Bench, cpr: Cpr) -> None:
    by_hand = PartyContact(CivilAddress("Håndskrevet Prøvevej", "7", postal_code="9000"), is_protected=False)
    write_and_order_back(bench, cpr)
    approved(bench)
    bench.cases.stage.edit_contact(PARTY, by_hand)
    bench.settle()
    assert shown(bench) == by_hand
    assert results(bench) == {ROW: PrimaryResult.TASK}


def test_adr_53_no_policy_lets_a_rollback_pass_or_hides_it(bench: Bench, cpr: Cpr) -> None:
    for mode in (Mode.SAMPLE, Mode.SHADOW):
        bench.policy = Policy(default_mode=mode, modes={"ADR-01": Mode.APPROVE_ALL}).model_dump_json()
        bench.cases.stage.edit_contact(PARTY, PartyContact(shown(bench).address, is_protected=False))
        bench.give_work(for_person(cpr, source="person", reference=f"person:{mode.value}", noticed_on=DAY))
        write_and_order_back(bench, cpr)
        assert asked(bench).automatic is None
        bench.settle()
        bench.memory.held.clear()


def test_adr_53_a_closed_case_is_not_opened_for_it(bench: Bench, cpr: Cpr) -> None:
    write_and_order_back(bench, cpr)
    bench.cases.stage.close(CASE)
    before = bench.cases.stage.cases[CASE]
    assert isinstance(bench.settle(), Completed)
    assert bench.cases.stage.cases[CASE] == before
    assert results(bench) == {ROW: PrimaryResult.SKIPPED}


def test_adr_53_a_mark_stays_where_cpr_protects_the_person(bench: Bench, snapshot: PersonSnapshot) -> None:
    bench.people.protect(snapshot.cpr, is_protected=True)
    write_and_order_back(bench, snapshot.cpr)
    bench.settle()
    assert shown(bench).is_protected is True
    assert shown(bench).address is not None
    assert "Prøvevej" not in "".join(note_texts(bench))


def test_adr_53_a_mark_goes_last_where_cpr_no_longer_protects_the_person(
    bench: Bench, snapshot: PersonSnapshot, old_address: CivilAddress
) -> None:
    bench.people.protect(snapshot.cpr, is_protected=True)
    write_and_order_back(bench, snapshot.cpr)
    bench.people.protect(snapshot.cpr, is_protected=False)
    bench.settle()
    assert shown(bench) == PartyContact(old_address, is_protected=False)
    assert [effect.intent for effect in bench.memory.effects.values()] == ["address", "note", "unmark", "note"]


def test_adr_53_a_name_goes_back_as_well(bench: Bench, snapshot: PersonSnapshot) -> None:
    bench.people.put(replace(snapshot, addressing_name="Nynavn Prøvesen"))
    write_and_order_back(bench, snapshot.cpr)
    bench.settle()
    assert party_of(bench).name == "Test Prøvesen"


def test_adr_53_a_party_without_an_address_gets_an_empty_one_back(bench: Bench, snapshot: PersonSnapshot) -> None:
    bench.cases.stage.edit_contact(PARTY, PartyContact(None, is_protected=False))
    write_and_order_back(bench, snapshot.cpr)
    bench.settle()
    assert is_same_address(shown(bench).address, None)


def test_adr_53_a_case_that_is_gone_is_said_in_the_trail(bench: Bench, cpr: Cpr) -> None:
    write_and_order_back(bench, cpr)
    del bench.cases.stage.cases[CASE]
    outcome = bench.settle()
    assert isinstance(outcome, Completed)
    assert outcome.code == "skipped"
    assert "rollback_lost" in {each.label for each in bench.memory.evidence}


def test_adr_53_rows_that_were_taken_back_once_are_left_alone(bench: Bench, cpr: Cpr, event: PersonEvent) -> None:
    plan = Plan.from_json(approved(bench).plan)
    bench.handle()
    for number in range(2):
        bench.give_work(for_rollback(plan.rows, cpr=cpr, reference=f"rollback:{number}", noticed_on=DAY))
        bench.settle()
    written = [entry for entry in bench.cases.ledger if entry.operation is WriteOperation.UPDATE_PARTY_CONTACT]
    assert len(written) == 2
    assert results(bench) == {ROW: PrimaryResult.NOOP}


def test_a_rollback_without_rows_is_refused(cpr: Cpr) -> None:
    with pytest.raises(ValueError, match="at least one row"):
        for_rollback((), cpr=cpr, reference="rollback:1", noticed_on=DAY)


@pytest.mark.parametrize("number", ["1012620000", "101262-0000"])
def test_a_reference_with_the_persons_number_is_refused(cpr: Cpr, number: str) -> None:
    with pytest.raises(ValueError, match="must not hold") as caught:
        for_person(cpr, source="person", reference=f"person:{number}", noticed_on=DAY)
    assert number not in str(caught.value)


def test_a_payload_of_version_one_is_still_understood() -> None:
    stored = (
        '{"cpr":"1012620000","event_ids":["e-1"],"effect_from":"2026-11-19","has_future":false,'
        '"noticed_on":"2026-11-20"}'
    )
    work = AddressChange.model_validate_json(stored)
    assert (work.source, work.take_back, work.event_ids) == ("event", (), ("e-1",))


def test_a_rollback_is_stored_and_read_back_as_it_was(bench: Bench, cpr: Cpr) -> None:
    plan = Plan.from_json(approved(bench).plan)
    work = for_rollback(plan.rows, cpr=cpr, reference="rollback:1", noticed_on=DAY).payload
    assert AddressChange.model_validate_json(work.model_dump_json()) == work


def test_an_unknown_source_is_refused() -> None:
    with pytest.raises(ValidationError):
        AddressChange.model_validate({"cpr": "1012620000", "noticed_on": "2026-11-20", "source": "whim"})


def test_adr_53_only_the_named_rows_are_taken_back(
    bench: Bench, cpr: Cpr, old_address: CivilAddress, new_address: CivilAddress
) -> None:
    second: CaseRef = bench.cases.stage.add_case()
    other: PartyRef = bench.cases.stage.add_party(second, cpr=cpr, address=old_address)
    plan = Plan.from_json(approved(bench).plan)
    bench.handle()
    bench.give_work(for_rollback(plan.rows[:1], cpr=cpr, reference="rollback:1", noticed_on=DAY))
    bench.settle()
    assert is_same_address(shown(bench).address, old_address)
    assert is_same_address(shown(bench, other).address, new_address)


def test_adr_53_who_asked_for_a_rollback_does_not_approve_it_himself(bench: Bench, new_address: CivilAddress) -> None:
    plan = approved(bench).plan
    bench.handle()
    rows = {plan: frozenset({ROW})}
    work = AddressUpdate().take_back(rows, reference="rollback:1", noticed_on=DAY, asked_by="dorthe")
    bench.give_work(work)
    proposal = bench.proposal()
    bench.desk.approve(proposal, approved_by="dorthe")
    with pytest.raises(VersionConflict):
        bench.handle()
    assert is_same_address(shown(bench).address, new_address)
    bench.desk.plan_again()
    again = bench.proposal()
    bench.desk.approve(again, approved_by="bo")
    assert isinstance(bench.handle(), Completed)
    assert results(bench) == {ROW: PrimaryResult.ROLLED_BACK}


def test_rows_that_a_plan_does_not_have_cannot_be_taken_back(bench: Bench) -> None:
    plan = approved(bench).plan
    with pytest.raises(ValueError, match="in none of the plans"):
        AddressUpdate().take_back(
            {plan: frozenset({"S2026-00009/1"})}, reference="rollback:1", noticed_on=DAY, asked_by="dorthe"
        )
