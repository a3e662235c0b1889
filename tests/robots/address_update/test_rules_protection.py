"""The pure rules about protected people: a test for each row of the rule table, named by its id."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from connectors.person_details import Departure, Family, OtherProtection, UncertainDate
from connectors.records import AddressProtection, PartyRole, PersonStatus
from foundation.addresses import CivilAddress
from robots.address_update.facts import Facts
from robots.address_update.reasons import Reason
from robots.address_update.rules import rule
from robots.address_update.rules_place import may_be_looked_up
from robots.address_update.ruling import ContactChange, Ruling, RulingKind
from tests.robots.address_update.questions import RELATIVE, able, beside, knowing, protected, showing


def test_adr_11_a_protected_move_is_reviewed_and_marks_the_party(facts: Facts) -> None:
    ruling = rule(protected(facts))
    assert (ruling.kind, ruling.rule, ruling.is_protected) == (RulingKind.APPLY_REVIEW, "ADR-11", True)
    assert ruling.change == ContactChange(facts.snapshot.address, marks_protected=True)


def test_adr_11_a_marked_party_is_not_marked_again(facts: Facts, old_address: CivilAddress) -> None:
    ruling = rule(showing(protected(facts), old_address, is_protected=True))
    assert ruling.change == ContactChange(facts.snapshot.address, marks_protected=False)
    assert ruling.kind is RulingKind.APPLY_REVIEW


def test_adr_11_new_protection_without_a_move_sets_the_mark_only(facts: Facts, new_address: CivilAddress) -> None:
    ruling = rule(showing(protected(facts), new_address))
    assert (ruling.kind, ruling.change) == (RulingKind.APPLY_REVIEW, ContactChange(None, marks_protected=True))


def test_adr_11_a_mark_is_not_kept_waiting_by_a_move_that_lies_ahead(facts: Facts) -> None:
    early = knowing(protected(facts), moved_in=UncertainDate(date(2026, 12, 1)))
    assert rule(early).change == ContactChange(None, marks_protected=True)


def test_adr_11_a_system_that_cannot_protect_gets_no_protected_address(facts: Facts) -> None:
    ruling = rule(able(protected(facts), protects_address=False))
    assert (ruling.kind, ruling.rule) == (RulingKind.TASK, "ADR-11")


def test_adr_11_a_party_whose_mark_is_unknown_gets_no_protected_address(
    facts: Facts, old_address: CivilAddress
) -> None:
    ruling = rule(showing(protected(facts), old_address, is_protected=None))
    assert (ruling.kind, ruling.reason) == (RulingKind.TASK, Reason.NO_PROTECTED_FIELD)


def test_adr_11_a_protected_person_who_is_current_and_marked_is_left_alone(
    facts: Facts, new_address: CivilAddress
) -> None:
    assert rule(showing(protected(facts), new_address, is_protected=True)).kind is RulingKind.NOOP


def test_adr_11_a_protected_person_who_left_the_country_is_marked_before_the_foreign_address(facts: Facts) -> None:
    departure = Departure("5120", UncertainDate(date(2026, 11, 1)), ("Grantoften 4", "S 45678"))
    ruling = rule(knowing(protected(facts), status=PersonStatus.EMIGRATED, departure=departure))
    assert (ruling.kind, ruling.reason) == (RulingKind.APPLY_REVIEW, Reason.PROTECTED_MOVE)
    assert ruling.mentions == (Reason.EMIGRATED,)
    assert ruling.change is not None
    assert ruling.change.marks_protected


@pytest.mark.parametrize("is_moved", [True, False])
def test_adr_12_a_mark_that_cpr_lacks_may_be_taken_away_alone(
    facts: Facts, old_address: CivilAddress, new_address: CivilAddress, *, is_moved: bool
) -> None:
    ruling = rule(showing(facts, old_address if is_moved else new_address, is_protected=True))
    assert (ruling.kind, ruling.rule, ruling.is_protected) == (RulingKind.APPLY_REVIEW, "ADR-12", True)
    assert ruling.change == ContactChange(None, marks_protected=False, unmarks_protected=True)
    assert ruling.mentions == ((Reason.ADDRESS_WAITS,) if is_moved else ())


def test_adr_12_a_computed_date_neither_sets_nor_takes_away_a_mark(facts: Facts, new_address: CivilAddress) -> None:
    lapsed = AddressProtection(is_protected=True, to_day=date(2020, 1, 2))
    running = AddressProtection(is_protected=False, from_day=date(2026, 1, 2), to_day=date(2101, 1, 2))
    marked = showing(facts, new_address, is_protected=True)
    assert rule(knowing(marked, protection=lapsed)).kind is RulingKind.NOOP
    assert rule(knowing(marked, protection=running)).reason is Reason.PROTECTION_OFF


def test_adr_12_a_system_that_takes_nothing_from_us_leaves_the_mark_to_a_person(
    facts: Facts, new_address: CivilAddress
) -> None:
    asked = showing(able(facts, party_address_write="NONE"), new_address, is_protected=True)
    assert rule(asked).kind is RulingKind.TASK


def test_adr_12_taking_a_mark_away_with_an_address_cannot_be_said() -> None:
    with pytest.raises(ValueError, match="alone"):
        ContactChange(CivilAddress("Prøvevej"), marks_protected=False, unmarks_protected=True)


@pytest.mark.parametrize(
    ("status", "address"),
    [
        (PersonStatus.RESIDENT, None),
        (PersonStatus.RESIDENT, CivilAddress("Sognet", "1", road_code="9950", postal_code="9000")),
        (PersonStatus.RESIDENT_SPECIAL_ROAD, CivilAddress("Uden fast bopæl", "1", postal_code="9000")),
        (PersonStatus.GREENLAND, None),
    ],
)
def test_adr_12b_a_protected_person_without_an_ordinary_address_is_never_mended(
    facts: Facts, status: PersonStatus, address: CivilAddress | None
) -> None:
    asked = knowing(protected(facts), status=status, address=address)
    ruling = rule(asked)
    assert (ruling.kind, ruling.rule, ruling.is_protected) == (RulingKind.TASK, "ADR-12b", True)
    assert (ruling.tasks, ruling.mentions) == ((), ())
    assert not may_be_looked_up(asked.snapshot)


@pytest.mark.parametrize("other", OtherProtection)
def test_adr_12c_other_protections_are_no_name_and_address_protection(facts: Facts, other: OtherProtection) -> None:
    assert rule(knowing(facts, other_protections=frozenset({other}))) == rule(facts)


def test_adr_29_a_protected_party_on_the_case_has_the_move_reviewed_and_masked(facts: Facts) -> None:
    ruling = rule(beside(facts, RELATIVE, marked=True))
    assert (ruling.kind, ruling.rule, ruling.is_protected) == (RulingKind.APPLY_REVIEW, "ADR-29", True)


def test_adr_29_the_mark_of_a_child_whose_protected_parent_is_on_the_case_stays(
    facts: Facts, new_address: CivilAddress, old_address: CivilAddress
) -> None:
    child = beside(knowing(facts, family=Family(parents=(RELATIVE,))), RELATIVE, marked=True)
    assert rule(showing(child, new_address, is_protected=True)).kind is RulingKind.NOOP
    assert rule(showing(child, old_address, is_protected=True)).reason is Reason.HOUSEHOLD_PROTECTED


def test_adr_30_a_protected_person_with_another_party_on_the_case_is_reviewed_and_masked(facts: Facts) -> None:
    ruling = rule(beside(protected(facts), RELATIVE))
    assert (ruling.kind, ruling.rule, ruling.is_protected) == (RulingKind.APPLY_REVIEW, "ADR-30", True)
    assert ruling.change == ContactChange(facts.snapshot.address, marks_protected=True)


def test_adr_30_a_party_without_a_number_is_not_another_party(facts: Facts) -> None:
    assert rule(beside(protected(facts), None)).rule == "ADR-11"


def test_a_ruling_that_writes_nothing_cannot_carry_a_change() -> None:
    with pytest.raises(ValueError, match="cannot carry"):
        Ruling(
            kind=RulingKind.TASK,
            reason=Reason.DEAD,
            role=PartyRole.PRIMARY,
            change=ContactChange(CivilAddress(), marks_protected=False),
        )


def test_a_protected_persons_typed_care_of_is_reviewed_under_its_weightiest_reason(
    facts: Facts, new_address: CivilAddress
) -> None:
    ruling = rule(showing(protected(facts), replace(new_address, care_of="Vært"), is_protected=True))
    assert (ruling.reason, ruling.mentions) == (Reason.PROTECTED_MOVE, (Reason.CARE_OF,))
