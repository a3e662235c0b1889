"""What the robot asks for, what it says of each row, and how far the policy lets it go by itself."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from casework.results import PrimaryResult
from connectors.person_details import ContactAddress, Departure, UncertainDate
from connectors.records import PartyContact, PersonEvent, PersonSnapshot, PersonStatus, WriteOperation
from foundation.addresses import CivilAddress, is_same_address
from robots.address_update.payload import for_person
from robots.address_update.policy import Mode, Policy
from robots.address_update.policy_in_force import BrokenPolicyError
from robots.address_update.robot import AddressUpdate
from robots.outcome import Automatic, Completed, Deferred
from robots.survey import IntakeLimits
from robots.twins.bench import Bench
from robots.twins.case_register import CAPABLE
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
    words_of,
)


def under(bench: Bench, event: PersonEvent, policy: Policy) -> None:
    """Put the policy in force, and the item on a clean desk."""
    bench.policy = policy.model_dump_json()
    bench.give_events(AddressUpdate(), [event])


def test_adr_03_the_same_person_noticed_twice_is_written_once(bench: Bench, event: PersonEvent) -> None:
    bench.settle()
    written = bench.cases.ledger
    bench.give_events(AddressUpdate(), [replace(event, id="e-7", sequence=7)])
    assert isinstance(bench.settle(), Completed)
    assert bench.cases.ledger == written
    assert results(bench) == {ROW: PrimaryResult.NOOP}


def test_adr_05_a_future_move_is_a_deferred_row(
    bench: Bench, snapshot: PersonSnapshot, old_address: CivilAddress, new_address: CivilAddress
) -> None:
    bench.people.put(replace(snapshot, address=old_address, moved_in=UncertainDate(date(2020, 1, 1)), history=()))
    bench.people.move(snapshot.cpr, new_address, effect_from=date(2026, 12, 1))
    assert isinstance(bench.handle(), Deferred)
    assert results(bench) == {ROW: PrimaryResult.DEFERRED}


def test_adr_12_a_mark_is_proposed_to_go_alone_and_the_address_after_it(
    bench: Bench, old_address: CivilAddress, new_address: CivilAddress
) -> None:
    bench.cases.stage.edit_contact(PARTY, PartyContact(old_address, is_protected=True))
    (row,) = approved(bench).rows
    assert row.rule == "ADR-12"
    assert row.before == ("Navne- og adressebeskyttelse: ja",)
    assert row.after == ("Navne- og adressebeskyttelse: nej",)
    bench.settle()
    assert is_same_address(shown(bench).address, new_address)
    assert shown(bench).is_protected is False
    assert len(note_texts(bench)) == 2
    assert "er fjernet, fordi CPR ikke længere har den" in note_texts(bench)[0]


def test_adr_12_the_mark_goes_only_on_what_cpr_says_at_that_moment(
    bench: Bench, snapshot: PersonSnapshot, new_address: CivilAddress
) -> None:
    bench.cases.stage.edit_contact(PARTY, PartyContact(new_address, is_protected=True))
    approved(bench)
    before = len(bench.people.lookups)
    bench.people.protect(snapshot.cpr, is_protected=True)
    bench.settle()
    assert len(bench.people.lookups) > before
    assert shown(bench).is_protected is True
    assert bench.cases.ledger == ()


def test_adr_17_a_contact_address_is_written_beside_the_residence(bench: Bench, snapshot: PersonSnapshot) -> None:
    bench.people.put(replace(snapshot, contact_address=ContactAddress(("Prøvekontoret", "Prøvetorv 4"))))
    (row,) = approved(bench).rows
    assert "Kontaktadresse: ingen" in row.before
    assert "Kontaktadresse: Prøvekontoret, Prøvetorv 4" in row.after
    bench.handle()
    contact = shown(bench).contact_address
    assert contact is not None
    assert contact.free_lines == ("Prøvekontoret", "Prøvetorv 4")
    assert shown(bench).address != contact
    assert "Kontaktadressen er opdateret fra CPR: Prøvekontoret, Prøvetorv 4." in note_texts(bench)[0]


def test_adr_46_a_new_name_is_written_and_neither_title_nor_note_tells_it(
    bench: Bench, snapshot: PersonSnapshot, new_address: CivilAddress
) -> None:
    bench.cases.stage.edit_contact(PARTY, PartyContact(new_address, is_protected=False))
    bench.people.put(replace(snapshot, addressing_name="Nynavn Prøvesen"))
    title = bench.cases.stage.cases[CASE].title
    (row,) = approved(bench).rows
    assert (row.before, row.after) == (("Navn: Test Prøvesen",), ("Navn: Nynavn Prøvesen",))
    bench.handle()
    assert party_of(bench).name == "Nynavn Prøvesen"
    assert bench.cases.stage.cases[CASE].title == title
    (note,) = note_texts(bench)
    assert note.startswith("Oplysninger opdateret fra CPR\nPartens navn er opdateret efter CPR.")
    assert "Prøvesen" not in note


def test_adr_46_a_name_that_was_changed_by_hand_meanwhile_is_not_written_over(
    bench: Bench, snapshot: PersonSnapshot, new_address: CivilAddress
) -> None:
    bench.cases.stage.edit_contact(PARTY, PartyContact(new_address, is_protected=False))
    bench.people.put(replace(snapshot, addressing_name="Nynavn Prøvesen"))
    approved(bench)
    bench.cases.stage.rename(PARTY, "Håndnavn Prøvesen")
    bench.settle()
    assert party_of(bench).name == "Nynavn Prøvesen"
    assert "Håndnavn Prøvesen" in str(bench.desk.approval)


def test_adr_51_a_dry_desk_gets_a_proposal_and_not_one_write(bench: Bench) -> None:
    (row,) = asked(bench).proposal.rows
    assert dict(row.evidence)["CPR-hændelse"] == "e-1"
    assert bench.cases.ledger == ()
    assert results(bench) == {ROW: PrimaryResult.AWAITING_APPROVAL}


def test_adr_52_an_unanswered_proposal_is_valid_as_long_as_the_policy_says(bench: Bench, event: PersonEvent) -> None:
    under(bench, event, Policy(approval_seconds=7200.0))
    assert asked(bench).valid_for == 7200.0


@pytest.mark.parametrize(
    ("policy", "automatic"),
    [
        (Policy(), None),
        (Policy(default_mode=Mode.SAMPLE, sample_percent=7), Automatic(7)),
        (Policy(modes={"ADR-01": Mode.SAMPLE}), Automatic(10)),
        (Policy(modes={"ADR-09": Mode.SAMPLE}), None),
    ],
)
def test_adr_52_only_a_sampled_rule_passes_without_a_person(
    bench: Bench, event: PersonEvent, policy: Policy, automatic: Automatic | None
) -> None:
    under(bench, event, policy)
    assert asked(bench).automatic == automatic


def test_adr_52_no_policy_lets_a_protected_person_pass_without_a_person(
    bench: Bench, event: PersonEvent, snapshot: PersonSnapshot
) -> None:
    under(bench, event, Policy(default_mode=Mode.SAMPLE))
    bench.people.protect(snapshot.cpr, is_protected=True)
    assert asked(bench).automatic is None


def test_adr_52_one_row_for_review_keeps_the_others_for_a_person(
    bench: Bench, event: PersonEvent, snapshot: PersonSnapshot, new_address: CivilAddress
) -> None:
    stage = bench.cases.stage
    stage.add_party(stage.add_case(), cpr=snapshot.cpr, address=new_address, is_protected=True)
    under(bench, event, Policy(default_mode=Mode.SAMPLE))
    asked_for = asked(bench)
    assert len(asked_for.proposal.rows) == 2
    assert asked_for.automatic is None


def test_adr_52_the_note_is_true_where_a_policy_approved(bench: Bench, event: PersonEvent) -> None:
    under(bench, event, Policy(default_mode=Mode.SAMPLE))
    bench.settle()
    (note,) = note_texts(bench)
    assert "efter den godkendte politik, version 1, uden særskilt godkendelse." in note
    assert "medarbejder" not in note


def test_shadow_mode_neither_writes_nor_reminds_nor_asks(
    bench: Bench, event: PersonEvent, snapshot: PersonSnapshot
) -> None:
    typed = CivilAddress("Håndskrevet Prøvevej", "7", postal_code="9000")
    bench.cases.stage.add_party(bench.cases.stage.add_case(), cpr=snapshot.cpr, address=typed)
    under(bench, event, Policy(default_mode=Mode.SHADOW))
    outcome = bench.handle()
    assert isinstance(outcome, Completed)
    assert (outcome.code, outcome.counts) == ("shadow", (("shadow", 2),))
    assert set(results(bench).values()) == {PrimaryResult.SHADOW}
    assert bench.cases.ledger == ()


def test_a_task_whose_own_rule_is_in_shadow_is_not_made(bench: Bench, event: PersonEvent) -> None:
    bench.cases.stage.add_document(CASE, at=datetime(2026, 11, 20, 12, 0, tzinfo=UTC))
    under(bench, event, Policy(modes={"ADR-06": Mode.SHADOW}))
    asked(bench)
    assert reminders(bench) == []
    assert bench.memory.results[ROW].tasks == 0


def test_a_policy_that_cannot_be_read_stops_the_item_with_a_sentence(bench: Bench, event: PersonEvent) -> None:
    bench.policy = '{"sample_percent": "mange"}'
    bench.give_events(AddressUpdate(), [event])
    with pytest.raises(BrokenPolicyError, match="sample_percent") as caught:
        bench.handle()
    assert "mange" not in str(caught.value)
    assert bench.cases.ledger == ()


def test_every_row_has_one_result_whatever_becomes_of_it(bench: Bench, snapshot: PersonSnapshot) -> None:
    stage = bench.cases.stage
    closed = stage.add_case()
    stage.add_party(closed, cpr=snapshot.cpr)
    stage.close(closed)
    current = stage.add_case()
    stage.add_party(current, cpr=snapshot.cpr, address=snapshot.address)
    left_out = stage.add_case()
    stage.add_party(left_out, cpr=snapshot.cpr)
    approved(bench, excluded_rows=frozenset({"S2026-00004/1"}))
    bench.handle()
    assert results(bench) == {
        ROW: PrimaryResult.APPLIED,
        "S2026-00002/1": PrimaryResult.SKIPPED,
        "S2026-00003/1": PrimaryResult.NOOP,
        "S2026-00004/1": PrimaryResult.LEFT_OUT,
    }


def test_adr_20_an_annulled_number_is_a_task_and_never_a_write(bench: Bench, snapshot: PersonSnapshot) -> None:
    bench.people.set_status(snapshot.cpr, PersonStatus.ANNULLED)
    assert isinstance(bench.settle(), Completed)
    assert len(reminders(bench)) == 1
    assert {entry.operation for entry in bench.cases.ledger} == {WriteOperation.CREATE_REMINDER}


def test_adr_56_a_vendor_has_his_time_and_then_a_person_is_told(
    event: PersonEvent, snapshot: PersonSnapshot, old_address: CivilAddress
) -> None:
    robot = AddressUpdate()
    able = replace(CAPABLE, party_address_write="SYNCED_BY_VENDOR")
    bench = Bench(robot, at=datetime(2026, 11, 20, 12, 0, tzinfo=UTC), capabilities=able)
    bench.people.put(snapshot)
    bench.cases.stage.add_party(bench.cases.stage.add_case(), cpr=snapshot.cpr, address=old_address)
    bench.give_events(robot, [event])
    outcome = bench.handle()
    assert isinstance(outcome, Deferred)
    assert outcome.code == "vendor_grace"
    assert results(bench) == {ROW: PrimaryResult.DEFERRED}
    assert bench.cases.ledger == ()
    bench.clock.advance((outcome.until - bench.clock.now()).total_seconds() + timedelta(days=1).total_seconds())
    assert isinstance(bench.settle(), Completed)
    assert results(bench) == {ROW: PrimaryResult.TASK}
    assert len(reminders(bench)) == 1


def test_an_item_that_no_event_asked_for_says_what_did(bench: Bench, snapshot: PersonSnapshot) -> None:
    work = for_person(snapshot.cpr, source="sweep", reference="sweep:1:row-7", noticed_on=date(2026, 11, 22))
    bench.give_work(work)
    (row,) = approved(bench).rows
    assert ("Anledning", "en gennemgang af åbne sager") in row.evidence
    bench.handle()
    assert note_texts(bench)[0].endswith("Anledning: en gennemgang af åbne sager.")


def test_adr_43_what_was_written_before_planning_anew_keeps_its_result(bench: Bench, snapshot: PersonSnapshot) -> None:
    second = bench.cases.stage.add_case()
    bench.cases.stage.add_party(second, cpr=snapshot.cpr)
    approved(bench)
    bench.cases.stage.edit_contact(PARTY, PartyContact(None, is_protected=False))
    bench.settle()
    assert results(bench) == {ROW: PrimaryResult.APPLIED, "S2026-00002/1": PrimaryResult.APPLIED}


def test_the_limits_of_an_intake_are_those_of_the_policy() -> None:
    policy = Policy(mass_people=7, mass_percent=3, unsubscribe_days=9).model_dump_json()
    assert AddressUpdate().intake_limits(policy) == IntakeLimits(most_people=7, most_percent=3, unsubscribe_days=9)
    assert AddressUpdate().intake_limits(None).most_people == Policy().mass_people


def test_adr_12_cpr_is_asked_again_before_each_mark_is_taken_away(
    bench: Bench, snapshot: PersonSnapshot, new_address: CivilAddress
) -> None:
    stage = bench.cases.stage
    stage.edit_contact(PARTY, PartyContact(new_address, is_protected=True))
    stage.add_party(stage.add_case(), cpr=snapshot.cpr, address=new_address, is_protected=True)
    assert len(approved(bench).rows) == 2
    before = len(bench.people.lookups)
    bench.handle()
    assert len(bench.people.lookups) == before + 2
    assert set(results(bench).values()) == {PrimaryResult.APPLIED}


def test_adr_14_who_left_the_country_gets_the_foreign_lines_and_a_task(bench: Bench, snapshot: PersonSnapshot) -> None:
    left = Departure("SVERIGE", UncertainDate(date(2026, 11, 18)), ("Prøvgatan 4", "S 45678 Prøvstad"))
    bench.people.put(replace(snapshot, status=PersonStatus.EMIGRATED, departure=left, address=None))
    (row,) = approved(bench).rows
    assert (row.rule, row.ruling) == ("ADR-14", "APPLY_REVIEW")
    assert row.after == ("Prøvgatan 4", "S 45678 Prøvstad", "SVERIGE")
    assert ("Gælder fra", "18.11.2026") in row.evidence
    bench.handle()
    address = shown(bench).address
    assert address is not None
    assert address.free_lines == ("Prøvgatan 4", "S 45678 Prøvstad")
    assert "Adressen gælder fra 18.11.2026." in note_texts(bench)[0]
    assert "retten til ydelser" in reminders(bench)[0].text


def test_adr_34_a_case_that_was_closed_since_is_a_skipped_row_of_that_rule(bench: Bench) -> None:
    approved(bench)
    bench.cases.stage.close(CASE)
    bench.handle()
    assert results(bench) == {ROW: PrimaryResult.SKIPPED}
    told = bench.memory.results[ROW]
    assert (told.rule, told.reason) == ("ADR-34", "closed_since_plan")


def test_adr_55_every_look_up_is_recorded_and_no_log_line_tells_of_the_person(
    bench: Bench, snapshot: PersonSnapshot, new_address: CivilAddress, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        bench.settle()
    looked_up = [target for operation, target in bench.memory.reads if operation == "lookup"]
    assert looked_up == [snapshot.cpr.masked()] * len(bench.people.lookups)
    told = (caplog.text, str(bench.memory.reads), str(bench.memory.evidence), str(bench.memory.results))
    assert not any(word in text for word in words_of(new_address)[:1] for text in told)
    assert not any(snapshot.cpr.digits in text for text in told)
