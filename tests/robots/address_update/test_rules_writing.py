"""The pure rules about cases, systems, municipalities, contact addresses and names: a test for each row, by its id."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from connectors.person_details import ContactAddress, UncertainDate
from connectors.records import CaseState, PartyRole, Progress
from foundation.addresses import CivilAddress
from foundation.cpr import Cpr
from robots.address_update.facts import Facts
from robots.address_update.reasons import Reason
from robots.address_update.rules import rule, rule_not_in_cpr
from robots.address_update.ruling import ContactChange, RulingKind
from tests.robots.address_update.questions import (
    RELATIVE,
    STRANGER,
    able,
    beside,
    knowing,
    past,
    protected,
    showing,
    under,
    with_party,
)

CONTACT = ContactAddress(("c/o Prøvefirma", "Prøvevej 1", "9000 Aalborg"), date(2026, 1, 2), date(2027, 1, 2))
KEPT = CivilAddress(free_lines=CONTACT.lines)
AWAY = CivilAddress("Fjern Prøvevej", "1", postal_code="8000", municipality_code="0751")


@pytest.fixture
def contactable(facts: Facts) -> Facts:
    """A person at his address, with a contact address in CPR, in a system that has a field for it."""
    current = showing(facts, facts.snapshot.address)
    return knowing(able(current, has_contact_address=True), contact_address=CONTACT)


@pytest.fixture
def renamed(facts: Facts) -> Facts:
    """A person at his address with a new name in CPR, in a system whose names can be written."""
    current = showing(facts, facts.snapshot.address)
    return knowing(able(current, writes_name=True), addressing_name="Test Nynavn")


def test_adr_17_a_contact_address_is_written_into_its_own_field(contactable: Facts) -> None:
    ruling = rule(contactable)
    assert (ruling.kind, ruling.rule) == (RulingKind.APPLY, "ADR-17")
    assert ruling.change == ContactChange(None, marks_protected=False, contact_address=KEPT)
    assert rule(showing(contactable, contactable.snapshot.address, contact_address=KEPT)).kind is RulingKind.NOOP


def test_adr_17_a_contact_address_never_takes_the_place_of_the_residence(
    contactable: Facts, old_address: CivilAddress
) -> None:
    ruling = rule(showing(contactable, old_address))
    assert ruling.rule == "ADR-01"
    assert ruling.change == ContactChange(contactable.snapshot.address, marks_protected=False, contact_address=KEPT)


def test_adr_17_without_a_field_or_a_policy_for_it_a_contact_address_is_mentioned(contactable: Facts) -> None:
    for asked in (able(contactable, has_contact_address=False), under(contactable, keeps_contact_address=False)):
        ruling = rule(asked)
        assert (ruling.kind, ruling.mentions) == (RulingKind.NOOP, (Reason.CONTACT_ADDRESS,))


@pytest.mark.parametrize(("begins", "ends"), [(date(2026, 12, 1), None), (None, date(2026, 11, 22))])
def test_adr_17_a_contact_address_that_is_not_in_force_is_not_written(
    contactable: Facts, begins: date | None, ends: date | None
) -> None:
    ruling = rule(knowing(contactable, contact_address=replace(CONTACT, from_day=begins, to_day=ends)))
    assert (ruling.kind, ruling.mentions) == (RulingKind.NOOP, ())


def test_adr_17_a_contact_address_that_cpr_no_longer_has_is_mentioned_and_left(contactable: Facts) -> None:
    kept = showing(knowing(contactable, contact_address=None), contactable.snapshot.address, contact_address=KEPT)
    ruling = rule(kept)
    assert (ruling.kind, ruling.mentions) == (RulingKind.NOOP, (Reason.CONTACT_ADDRESS_ENDED,))


def test_adr_17_a_protected_persons_contact_address_is_reviewed(contactable: Facts) -> None:
    ruling = rule(showing(protected(contactable), contactable.snapshot.address, is_protected=True))
    assert (ruling.kind, ruling.is_protected) == (RulingKind.APPLY_REVIEW, True)


def test_adr_31_a_closed_case_is_left_alone(facts: Facts) -> None:
    ruling = rule(replace(facts, case=replace(facts.case, state=CaseState.CLOSED)))
    assert (ruling.kind, ruling.rule) == (RulingKind.SKIP, "ADR-31")


def test_adr_31_a_case_whose_progress_says_closed_is_closed(facts: Facts) -> None:
    closed = replace(facts, case=replace(facts.case, progress=Progress.AFSLUTTET))
    assert rule(closed).kind is RulingKind.SKIP


def test_adr_32_an_archived_case_is_left_alone(facts: Facts) -> None:
    ruling = rule(replace(facts, case=replace(facts.case, state=CaseState.ARCHIVED)))
    assert (ruling.kind, ruling.rule) == (RulingKind.SKIP, "ADR-32")


def test_adr_35_a_party_shared_with_closed_cases_is_a_persons_business(facts: Facts) -> None:
    ruling = rule(able(facts, party_model="SHARED_MASTER"))
    assert (ruling.kind, ruling.rule) == (RulingKind.TASK, "ADR-35")


@pytest.mark.parametrize("own", ["", "0851"])
def test_adr_36_a_move_to_another_municipality_is_reviewed_and_handed_over_by_a_person(facts: Facts, own: str) -> None:
    ruling = rule(under(knowing(facts, address=AWAY), municipality_code=own))
    assert (ruling.kind, ruling.rule, ruling.tasks) == (RulingKind.APPLY_REVIEW, "ADR-36", (Reason.HANDOVER,))
    assert ruling.change == ContactChange(AWAY, marks_protected=False)


def test_adr_36_the_municipality_that_was_left_may_be_known_from_the_history_alone(
    facts: Facts, old_address: CivilAddress
) -> None:
    ruling = rule(showing(knowing(facts, address=AWAY), replace(old_address, municipality_code="")))
    assert ruling.rule == "ADR-36"


def test_adr_36_a_municipality_that_nobody_knows_is_no_other(facts: Facts) -> None:
    assert rule(showing(facts, None)).rule == "ADR-01"


@pytest.mark.parametrize(("code", "moved_from"), [("0751", ""), ("", "0751"), ("0751", "0751")])
def test_adr_37_a_move_to_our_municipality_is_applied_and_told(facts: Facts, code: str, moved_from: str) -> None:
    shown = replace(AWAY, municipality_code=code)
    arrived = knowing(facts, moved_from_municipality=moved_from, history=(past(shown),))
    ruling = rule(under(showing(arrived, shown), municipality_code="0851"))
    assert (ruling.kind, ruling.rule, ruling.tasks) == (RulingKind.APPLY, "ADR-37", (Reason.MOVED_IN,))


def test_adr_37_a_move_within_the_municipality_brings_nobody_in(facts: Facts) -> None:
    assert rule(under(facts, municipality_code="0851")).rule == "ADR-01"


@pytest.mark.parametrize(("groups", "tasks"), [({"27"}, ()), ({"27.00.00"}, ()), ({"27.12"}, (Reason.HANDOVER,))])
def test_adr_38_where_we_go_on_acting_nobody_hands_over(
    facts: Facts, groups: set[str], tasks: tuple[Reason, ...]
) -> None:
    ruling = rule(under(knowing(facts, address=AWAY), keeps_kle=groups))
    assert (ruling.kind, ruling.tasks) == (RulingKind.APPLY_REVIEW, tasks)
    assert (Reason.KEPT_CASE in ruling.mentions) is not bool(tasks)
    assert Reason.KEPT_CASE.rule == "ADR-38"


def test_adr_40_each_party_is_ruled_by_itself(facts: Facts) -> None:
    alone, among = rule(facts), rule(beside(facts, STRANGER, AWAY))
    assert alone == among


def test_adr_40_an_answer_about_somebody_else_stops_the_robot(facts: Facts) -> None:
    assert rule(knowing(facts, cpr=RELATIVE, current_cpr=RELATIVE)).kind is RulingKind.BLOCK


@pytest.mark.parametrize(("role", "word"), [(PartyRole.PRIMARY, "Primær"), (PartyRole.SECONDARY, "Sekundær")])
def test_adr_41_both_roles_are_ruled_alike_and_the_sentence_names_the_role(
    facts: Facts, role: PartyRole, word: str
) -> None:
    ruling = rule(with_party(facts, replace(facts.party, role=role)))
    assert ruling.kind is RulingKind.APPLY
    assert ruling.sentence.startswith(word)


def test_adr_41_a_role_that_the_policy_does_not_keep_is_left_alone(facts: Facts) -> None:
    other = under(with_party(facts, replace(facts.party, role=PartyRole.SECONDARY)), roles={PartyRole.PRIMARY})
    ruling = rule(other)
    assert (ruling.kind, ruling.rule, ruling.reason) == (RulingKind.SKIP, "ADR-41", Reason.ROLE_NOT_KEPT)
    unknown = rule_not_in_cpr(other.case, other.party, policy=other.policy)
    assert unknown.reason is Reason.ROLE_NOT_KEPT


def test_adr_46_another_name_is_written(renamed: Facts) -> None:
    ruling = rule(renamed)
    assert (ruling.kind, ruling.rule, ruling.reason) == (RulingKind.APPLY, "ADR-46", Reason.NAME)
    assert ruling.change == ContactChange(None, marks_protected=False, name="Test Nynavn")


@pytest.mark.parametrize("told", ["TEST  PRØVESEN", "T. Prøvesen", "T Prøvesen", ""])
def test_adr_46_case_spaces_and_names_shortened_by_cpr_are_no_other_name(renamed: Facts, told: str) -> None:
    assert rule(knowing(renamed, addressing_name=told)).kind is RulingKind.NOOP


def test_adr_46_a_name_is_written_with_the_address_and_mentioned(renamed: Facts, old_address: CivilAddress) -> None:
    ruling = rule(showing(renamed, old_address))
    assert (ruling.rule, ruling.mentions) == ("ADR-01", (Reason.NAME_TOO,))
    assert ruling.change is not None
    assert ruling.change.name == "Test Nynavn"


def test_adr_46_where_names_cannot_be_written_the_name_is_mentioned(renamed: Facts) -> None:
    ruling = rule(able(renamed, writes_name=False))
    assert (ruling.kind, ruling.mentions) == (RulingKind.NOOP, (Reason.NAME_DIFFERS,))


def test_adr_46_a_protected_persons_name_is_reviewed(renamed: Facts) -> None:
    asked = showing(protected(renamed), renamed.snapshot.address, is_protected=True)
    assert rule(asked).kind is RulingKind.APPLY_REVIEW


@pytest.mark.parametrize("number", [None, Cpr("7012620000")])
def test_adr_47_a_party_without_a_cpr_number_is_left_alone(facts: Facts, number: Cpr | None) -> None:
    ruling = rule(with_party(facts, replace(facts.party, cpr=number)))
    assert (ruling.kind, ruling.rule) == (RulingKind.SKIP, "ADR-47")


def test_adr_48_a_number_that_cpr_does_not_know_is_a_persons_business(facts: Facts) -> None:
    ruling = rule_not_in_cpr(facts.case, facts.party)
    assert (ruling.kind, ruling.rule) == (RulingKind.TASK, "ADR-48")


def test_adr_48_an_unknown_number_on_a_closed_case_is_left_alone(facts: Facts) -> None:
    assert rule_not_in_cpr(replace(facts.case, state=CaseState.CLOSED), facts.party).kind is RulingKind.SKIP


def test_adr_53_a_row_on_hold_is_left_alone(facts: Facts) -> None:
    ruling = rule(replace(facts, is_held=True))
    assert (ruling.kind, ruling.rule, ruling.reason) == (RulingKind.SKIP, "ADR-53", Reason.HELD)


@pytest.mark.parametrize(
    ("registered_at", "until"),
    [
        # Registered on Friday, fetched on Monday at the latest, so a difference on Tuesday is drift.
        (datetime(2026, 11, 20, 3, 0, tzinfo=UTC), date(2026, 11, 24)),
        # 23.30 in UTC is the next day in Denmark.
        (datetime(2026, 11, 19, 23, 30, tzinfo=UTC), date(2026, 11, 24)),
        (datetime(2026, 11, 21, 12, 0, tzinfo=UTC), date(2026, 11, 24)),
        # From a Thursday over a weekend.
        (datetime(2026, 11, 19, 3, 0, tzinfo=UTC), date(2026, 11, 23)),
    ],
)
def test_adr_56_a_vendor_who_fetches_addresses_has_his_time(facts: Facts, registered_at: datetime, until: date) -> None:
    asked = knowing(able(facts, party_address_write="SYNCED_BY_VENDOR"), registered_at=registered_at)
    ruling = rule(asked)
    assert (ruling.kind, ruling.rule, ruling.defer_until) == (RulingKind.DEFER, "ADR-56", until)
    late = rule(replace(asked, today=until))
    assert (late.kind, late.rule, late.reason) == (RulingKind.TASK, "ADR-56", Reason.SYNCED_BY_VENDOR)


def test_adr_56_without_a_registration_the_difference_is_told_at_once(facts: Facts) -> None:
    asked = knowing(able(facts, party_address_write="SYNCED_BY_VENDOR"), registered_at=None)
    assert rule(asked).kind is RulingKind.TASK


def test_adr_56_the_time_is_counted_from_the_effect_where_that_is_later(facts: Facts) -> None:
    asked = knowing(able(facts, party_address_write="SYNCED_BY_VENDOR"), moved_in=UncertainDate(date(2026, 11, 22)))
    early = knowing(asked, registered_at=datetime(2026, 10, 1, tzinfo=UTC))
    assert rule(early).defer_until == date(2026, 11, 24)


def test_adr_56_a_protection_that_the_vendor_has_not_fetched_is_drift_too(
    facts: Facts, new_address: CivilAddress
) -> None:
    asked = showing(able(protected(facts), party_address_write="SYNCED_BY_VENDOR"), new_address)
    assert rule(replace(asked, today=date(2026, 12, 1))).reason is Reason.SYNCED_BY_VENDOR
