"""A sweep's look at one case: the same rules as in an item, and no side effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from connectors.person_details import Guardianship, GuardianshipKind
from connectors.records import Case, CaseParty, CaseState, PartyContact, PartyRef, PartyRole, PersonSnapshot, Progress
from foundation.addresses import CivilAddress
from foundation.cpr import Cpr
from robots.address_update.policy import Policy
from robots.address_update.reasons import Reason
from robots.address_update.remembered import Remembered
from robots.address_update.robot import AddressUpdate
from robots.address_update.ruling import RulingKind
from robots.address_update.surveying import to_look_up
from robots.survey import SurveyedParty, SurveyResult, SurveyTools
from robots.twins.bench import Bench
from robots.twins.case_register import CAPABLE
from tests.robots.address_update.looking import PARTY

TODAY = date(2026, 11, 22)


def look(
    case: Case,
    snapshots: Mapping[Cpr, PersonSnapshot | None],
    *,
    remembered: str | None = None,
    held: frozenset[str] = frozenset(),
    policy: Policy | None = None,
) -> tuple[SurveyedParty, ...]:
    tools = SurveyTools(
        today=TODAY,
        capabilities=CAPABLE,
        policy=policy.model_dump_json() if policy is not None else None,
        recall=lambda _: remembered,
        is_held=lambda row: row in held,
    )
    return tuple(AddressUpdate().survey(case, snapshots, tools))


def with_contact(case: Case, contact: PartyContact) -> Case:
    return replace(case, parties=(replace(case.parties[0], contact=contact),))


def test_a_party_that_is_current_is_equal(case: Case, snapshot: PersonSnapshot, new_address: CivilAddress) -> None:
    current = with_contact(case, PartyContact(new_address, is_protected=False))
    (found,) = look(current, {snapshot.cpr: snapshot})
    assert (found.result, found.ruling, found.row) == (SurveyResult.EQUAL, RulingKind.NOOP, "S2026-00001/1")


def test_an_outdated_cpr_address_needs_an_item(case: Case, snapshot: PersonSnapshot) -> None:
    (found,) = look(case, {snapshot.cpr: snapshot})
    assert (found.result, found.reason) == (SurveyResult.NEEDS_ITEM, Reason.MOVE)


def test_adr_42_an_address_typed_by_hand_needs_an_item(case: Case, snapshot: PersonSnapshot) -> None:
    typed = PartyContact(CivilAddress("Håndskrevet Prøvevej", "7", postal_code="9000"), is_protected=False)
    (found,) = look(with_contact(case, typed), {snapshot.cpr: snapshot})
    assert (found.result, found.reason) == (SurveyResult.NEEDS_ITEM, Reason.MANUAL_ADDRESS)


def test_adr_31_a_closed_case_is_skipped_and_nobody_on_it_is_looked_up(case: Case) -> None:
    closed = replace(case, state=CaseState.CLOSED, progress=Progress.AFSLUTTET)
    assert tuple(AddressUpdate().to_look_up(closed, None)) == ()
    assert [found.result for found in look(closed, {})] == [SurveyResult.SKIP]


def test_a_party_without_a_number_is_skipped(case: Case, party: CaseParty) -> None:
    firm = replace(party, ref=PartyRef(party.ref.case, "2"), cpr=None)
    mixed = replace(case, parties=(firm,))
    assert tuple(AddressUpdate().to_look_up(mixed, None)) == ()
    assert [(found.result, found.cpr) for found in look(mixed, {})] == [(SurveyResult.SKIP, None)]


def test_adr_41_a_role_that_is_not_kept_is_skipped_and_not_looked_up(case: Case, party: CaseParty) -> None:
    secondary = replace(case, parties=(replace(party, role=PartyRole.SECONDARY),))
    policy = Policy(roles=frozenset({PartyRole.PRIMARY}))
    assert to_look_up(secondary, policy=policy) == ()
    assert [found.result for found in look(secondary, {}, policy=policy)] == [SurveyResult.SKIP]


def test_adr_48_a_number_that_cpr_does_not_know_needs_an_item(case: Case, cpr: Cpr) -> None:
    (found,) = look(case, {cpr: None})
    assert (found.result, found.reason) == (SurveyResult.NEEDS_ITEM, Reason.NOT_IN_CPR)


def test_adr_53_a_row_on_hold_is_skipped(case: Case, snapshot: PersonSnapshot) -> None:
    (found,) = look(case, {snapshot.cpr: snapshot}, held=frozenset({"S2026-00001/1"}))
    assert (found.result, found.reason) == (SurveyResult.SKIP, Reason.HELD)


def test_a_person_on_two_places_of_a_case_is_looked_up_once(case: Case, party: CaseParty, cpr: Cpr) -> None:
    twice = replace(case, parties=(party, replace(party, ref=PartyRef(party.ref.case, "2"))))
    assert tuple(AddressUpdate().to_look_up(twice, None)) == (cpr,)


def test_a_number_that_was_not_looked_up_is_a_fault(case: Case) -> None:
    with pytest.raises(KeyError):
        look(case, {})


def test_a_guardian_nobody_was_told_of_needs_an_item_though_the_address_is_current(
    case: Case, snapshot: PersonSnapshot, new_address: CivilAddress
) -> None:
    current = with_contact(case, PartyContact(new_address, is_protected=False))
    guarded = replace(snapshot, guardianship=Guardianship(GuardianshipKind.FULL, Cpr("0904414131")))
    (found,) = look(current, {snapshot.cpr: guarded})
    assert (found.result, found.ruling) == (SurveyResult.NEEDS_ITEM, RulingKind.NOOP)


def test_a_sweep_after_the_item_finds_nothing_more(bench: Bench, snapshot: PersonSnapshot) -> None:
    bench.people.put(replace(snapshot, guardianship=Guardianship(GuardianshipKind.FULL, Cpr("0904414131"))))
    bench.settle()
    case = bench.cases.stage.cases[PARTY.case]
    person = bench.people.person(snapshot.cpr)
    (found,) = look(case, {snapshot.cpr: person}, remembered=bench.memory.remembered[snapshot.cpr])
    assert found.result is SurveyResult.EQUAL


def test_what_version_one_remembered_is_understood() -> None:
    stored = '{"registered_at":"2026-11-20T03:00:00Z","effect_from":"2026-11-19"}'
    remembered = Remembered.from_json(stored)
    assert remembered.applied is not None
    assert remembered.applied.effect_from == date(2026, 11, 19)
    assert remembered.told_on("S2026-00001/1", but_by="") == {}
    assert Remembered.from_json(remembered.to_json()) == remembered


def test_what_an_item_told_is_as_before_for_itself_and_told_for_others() -> None:
    row = "S2026-00001/1"
    first = Remembered().with_told(row, [("guardian", "one")], item="a")
    second = first.with_told(row, [("guardian", "two")], item="b").with_told(row, [("guardian", "two")], item="b")
    assert second.told_on(row, but_by="b") == {"guardian": "one"}
    assert second.told_on(row, but_by="c") == {"guardian": "two"}
    assert first.told_on(row, but_by="a") == {}
    assert second.told_on("S2026-00002/1", but_by="c") == {}
    assert AddressUpdate.card.version == "2.0.0"
