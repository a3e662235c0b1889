"""The pure rules: a test for each row of the rule table, named by its id, and what must hold for every person."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import TypeAdapter

from connectors.records import (
    AddressProtection,
    Case,
    CaseCapabilities,
    CaseParty,
    CaseState,
    PartyContact,
    PartyRef,
    PartyRole,
    PendingMove,
    PersonSnapshot,
    PersonStatus,
    Progress,
    UncertainDate,
)
from foundation.addresses import CivilAddress
from foundation.cpr import Cpr
from robots.address_update.reasons import Reason
from robots.address_update.rules import rule, rule_not_in_cpr
from robots.address_update.ruling import AppliedVersion, ContactChange, Policy, Ruling, RulingKind
from robots.twins.case_register import CAPABLE

TODAY = date(2026, 11, 22)


def ask(snapshot: PersonSnapshot, case: Case, party: CaseParty | None = None, **changes: Any) -> Ruling:  # noqa: ANN401 - the arguments of ``rule`` by name, checked by ``rule`` itself.
    arguments: dict[str, Any] = {
        "today": TODAY,
        "capabilities": CAPABLE,
        "policy": Policy(),
        "last_applied": None,
        **changes,
    }
    return rule(snapshot, case, party or case.parties[0], **arguments)


def showing(
    case: Case, address: CivilAddress | None, *, is_protected: bool | None = False, role: PartyRole = PartyRole.PRIMARY
) -> Case:
    party = replace(case.parties[0], contact=PartyContact(address, is_protected), role=role)
    return replace(case, parties=(party,))


def protected(snapshot: PersonSnapshot) -> PersonSnapshot:
    return replace(snapshot, protection=AddressProtection(is_protected=True))


def test_adr_01_ordinary_move_is_applied(snapshot: PersonSnapshot, case: Case) -> None:
    ruling = ask(snapshot, case)
    assert (ruling.kind, ruling.rule) == (RulingKind.APPLY, "ADR-01")
    assert ruling.change == ContactChange(snapshot.address, marks_protected=False)


def test_adr_01_a_case_with_no_address_gets_one(snapshot: PersonSnapshot, case: Case) -> None:
    assert ask(snapshot, showing(case, None)).kind is RulingKind.APPLY


def test_adr_02_an_address_that_is_only_spelled_otherwise_is_left_alone(snapshot: PersonSnapshot, case: Case) -> None:
    spelled = CivilAddress("Ny Prøvevej", "12b", "2. sal", "tv", postal_code="9000", postal_district="Aalborg")
    ruling = ask(snapshot, showing(case, spelled))
    assert (ruling.kind, ruling.rule) == (RulingKind.NOOP, "ADR-02")


@pytest.mark.parametrize("hours", [-1, -24 * 400])
def test_adr_04_a_snapshot_older_than_what_was_written_is_refused(
    snapshot: PersonSnapshot, case: Case, hours: int
) -> None:
    written = AppliedVersion(datetime(2026, 11, 21, tzinfo=UTC), date(2026, 11, 20))
    older = replace(snapshot, registered_at=datetime(2026, 11, 21, tzinfo=UTC) + timedelta(hours=hours))
    ruling = ask(older, case, last_applied=written)
    assert (ruling.kind, ruling.rule) == (RulingKind.TASK, "ADR-04")
    shown = ask(older, showing(case, older.address), last_applied=written)
    assert (shown.kind, shown.rule) == (RulingKind.NOOP, "ADR-04")


def test_adr_04_at_the_same_registration_the_earlier_effect_is_the_older(snapshot: PersonSnapshot, case: Case) -> None:
    written = AppliedVersion(snapshot.registered_at, date(2026, 11, 20))
    assert ask(snapshot, case, last_applied=written).rule == "ADR-04"


def test_adr_04_the_version_that_was_written_is_not_older_than_itself(snapshot: PersonSnapshot, case: Case) -> None:
    written = AppliedVersion(snapshot.registered_at, snapshot.moved_in.day)
    assert ask(snapshot, case, last_applied=written).kind is RulingKind.APPLY


def test_adr_07_a_correction_with_an_earlier_effect_is_newer(snapshot: PersonSnapshot, case: Case) -> None:
    written = AppliedVersion(datetime(2026, 11, 19, tzinfo=UTC), date(2026, 11, 21))
    assert ask(snapshot, case, last_applied=written).kind is RulingKind.APPLY


def test_adr_05_a_pending_move_is_waited_for(
    snapshot: PersonSnapshot, case: Case, old_address: CivilAddress, new_address: CivilAddress
) -> None:
    waiting = replace(snapshot, address=old_address, pending=PendingMove(new_address, date(2026, 12, 1)))
    ruling = ask(waiting, case)
    assert (ruling.kind, ruling.rule, ruling.defer_until) == (RulingKind.DEFER, "ADR-05", date(2026, 12, 1))


def test_adr_05_an_address_given_before_its_day_is_waited_for(snapshot: PersonSnapshot, case: Case) -> None:
    early = replace(snapshot, moved_in=UncertainDate(date(2026, 12, 1)))
    ruling = ask(early, case)
    assert (ruling.kind, ruling.defer_until) == (RulingKind.DEFER, date(2026, 12, 1))


def test_adr_05_a_move_takes_effect_on_its_day(snapshot: PersonSnapshot, case: Case) -> None:
    assert ask(replace(snapshot, moved_in=UncertainDate(TODAY)), case).kind is RulingKind.APPLY


def test_adr_05_a_day_that_came_without_the_register_following_is_looked_at_tomorrow(
    snapshot: PersonSnapshot, case: Case, old_address: CivilAddress, new_address: CivilAddress
) -> None:
    late = replace(snapshot, address=old_address, pending=PendingMove(new_address, TODAY))
    assert ask(late, case).defer_until == date(2026, 11, 23)


def test_adr_05_a_present_difference_comes_before_a_pending_move(snapshot: PersonSnapshot, case: Case) -> None:
    later = CivilAddress("Tredje Prøvevej", "3", postal_code="9000", municipality_code="0851")
    both = replace(snapshot, pending=PendingMove(later, date(2026, 12, 1)))
    assert ask(both, case).change == ContactChange(snapshot.address, marks_protected=False)


def test_adr_05_the_coming_address_on_the_case_is_not_written_back(
    snapshot: PersonSnapshot, case: Case, old_address: CivilAddress
) -> None:
    ahead = replace(snapshot, pending=PendingMove(old_address, date(2026, 12, 1)))
    assert ask(ahead, case).kind is RulingKind.DEFER


@pytest.mark.parametrize("moved_in", [UncertainDate(date(2026, 11, 1), is_uncertain=True), UncertainDate(None)])
def test_adr_08_an_uncertain_date_is_looked_at(snapshot: PersonSnapshot, case: Case, moved_in: UncertainDate) -> None:
    ruling = ask(replace(snapshot, moved_in=moved_in), case)
    assert (ruling.kind, ruling.rule) == (RulingKind.APPLY_REVIEW, "ADR-08")


@pytest.mark.parametrize(("shown", "told"), [("", "Vært Prøvesen"), ("Anden Prøvesen", "Vært Prøvesen"), ("Vært", "")])
def test_adr_09_a_care_of_name_added_changed_or_removed_is_a_change(
    snapshot: PersonSnapshot, case: Case, new_address: CivilAddress, shown: str, told: str
) -> None:
    told_address = replace(new_address, care_of=told)
    ruling = ask(replace(snapshot, address=told_address), showing(case, replace(new_address, care_of=shown)))
    assert (ruling.kind, ruling.rule) == (RulingKind.APPLY, "ADR-09")
    assert ruling.change == ContactChange(told_address, marks_protected=False)


@pytest.mark.parametrize("part", ["locality", "town"])
def test_adr_10_locality_and_town_are_changes_of_their_own(
    snapshot: PersonSnapshot, case: Case, new_address: CivilAddress, part: str
) -> None:
    told = replace(new_address, locality="Prøvegården") if part == "locality" else replace(new_address, town="Prøveby")
    ruling = ask(replace(snapshot, address=told), showing(case, new_address))
    assert (ruling.kind, ruling.rule) == (RulingKind.APPLY, "ADR-10")


def test_adr_11_a_protected_move_is_reviewed_and_marks_the_party(snapshot: PersonSnapshot, case: Case) -> None:
    ruling = ask(protected(snapshot), case)
    assert (ruling.kind, ruling.rule, ruling.is_protected) == (RulingKind.APPLY_REVIEW, "ADR-11", True)
    assert ruling.change == ContactChange(snapshot.address, marks_protected=True)


def test_adr_11_a_marked_party_is_not_marked_again(
    snapshot: PersonSnapshot, case: Case, old_address: CivilAddress
) -> None:
    ruling = ask(protected(snapshot), showing(case, old_address, is_protected=True))
    assert ruling.change == ContactChange(snapshot.address, marks_protected=False)
    assert ruling.kind is RulingKind.APPLY_REVIEW


def test_adr_11_new_protection_without_a_move_sets_the_mark_only(
    snapshot: PersonSnapshot, case: Case, new_address: CivilAddress
) -> None:
    ruling = ask(protected(snapshot), showing(case, new_address))
    assert (ruling.kind, ruling.change) == (RulingKind.APPLY_REVIEW, ContactChange(None, marks_protected=True))


def test_adr_11_a_mark_is_not_kept_waiting_by_a_move_that_lies_ahead(snapshot: PersonSnapshot, case: Case) -> None:
    early = replace(protected(snapshot), moved_in=UncertainDate(date(2026, 12, 1)))
    assert ask(early, case).change == ContactChange(None, marks_protected=True)


def test_adr_11_a_system_that_cannot_protect_gets_no_protected_address(snapshot: PersonSnapshot, case: Case) -> None:
    ruling = ask(protected(snapshot), case, capabilities=replace(CAPABLE, protects_address=False))
    assert (ruling.kind, ruling.rule) == (RulingKind.TASK, "ADR-11")


def test_adr_11_a_party_whose_mark_is_unknown_gets_no_protected_address(
    snapshot: PersonSnapshot, case: Case, old_address: CivilAddress
) -> None:
    assert ask(protected(snapshot), showing(case, old_address, is_protected=None)).kind is RulingKind.TASK


def test_adr_11_a_protected_person_who_is_current_and_marked_is_left_alone(
    snapshot: PersonSnapshot, case: Case, new_address: CivilAddress
) -> None:
    assert ask(protected(snapshot), showing(case, new_address, is_protected=True)).kind is RulingKind.NOOP


@pytest.mark.parametrize("is_moved", [True, False])
def test_adr_12_a_mark_that_cpr_lacks_is_a_persons_business(
    snapshot: PersonSnapshot, case: Case, old_address: CivilAddress, new_address: CivilAddress, *, is_moved: bool
) -> None:
    ruling = ask(snapshot, showing(case, old_address if is_moved else new_address, is_protected=True))
    assert (ruling.kind, ruling.rule, ruling.is_protected) == (RulingKind.TASK, "ADR-12", True)


@pytest.mark.parametrize("address", [None, CivilAddress("Sognet", "1", road_code="9950", postal_code="9000")])
def test_adr_12b_a_protected_person_without_an_ordinary_address_is_never_mended(
    snapshot: PersonSnapshot, case: Case, address: CivilAddress | None
) -> None:
    ruling = ask(replace(protected(snapshot), address=address), case)
    assert (ruling.kind, ruling.rule, ruling.is_protected) == (RulingKind.TASK, "ADR-12b", True)


@pytest.mark.parametrize(
    ("status", "row"),
    [
        (PersonStatus.DEAD, "ADR-13"),
        (PersonStatus.EMIGRATED, "ADR-14"),
        (PersonStatus.DISAPPEARED, "ADR-15"),
        (PersonStatus.RESIDENT_SPECIAL_ROAD, "ADR-16"),
        (PersonStatus.GREENLAND, "ADR-18"),
        (PersonStatus.GREENLAND_SPECIAL_ROAD, "ADR-18"),
        (PersonStatus.NO_RESIDENCE, "ADR-19"),
        (PersonStatus.ANNULLED, "ADR-20"),
        (PersonStatus.DELETED, "ADR-20"),
        (PersonStatus.NUMBER_CHANGED, "ADR-21"),
    ],
)
def test_adr_13_to_21_every_other_status_is_a_persons_business(
    snapshot: PersonSnapshot, case: Case, status: PersonStatus, row: str
) -> None:
    ruling = ask(replace(snapshot, status=status), case)
    assert (ruling.kind, ruling.rule, ruling.change) == (RulingKind.TASK, row, None)


@pytest.mark.parametrize(
    "address",
    [
        None,
        CivilAddress(),
        CivilAddress("Ukendt", "1", postal_code="9999"),
        CivilAddress("Uden fast bopæl", "1", postal_code="9000", road_code="9900"),
        CivilAddress("Uden fast bopæl", "1", postal_code="9000", road_code="9999"),
        CivilAddress("Prøvestrasse", "1", postal_code="13579"),
        CivilAddress("Prøvevej", "", postal_code="9000"),
        CivilAddress("", "1", postal_code="9000"),
    ],
)
def test_adr_16_an_address_that_is_no_ordinary_danish_one_is_a_persons_business(
    snapshot: PersonSnapshot, case: Case, address: CivilAddress | None
) -> None:
    ruling = ask(replace(snapshot, address=address), case)
    assert (ruling.kind, ruling.rule) == (RulingKind.TASK, "ADR-16")


def test_adr_21_another_number_in_force_is_a_persons_business(snapshot: PersonSnapshot, case: Case) -> None:
    ruling = ask(replace(snapshot, current_cpr=Cpr("0709614673")), case)
    assert (ruling.kind, ruling.rule) == (RulingKind.TASK, "ADR-21")


def test_adr_29_a_protected_party_on_the_case_has_the_move_reviewed_and_masked(
    snapshot: PersonSnapshot, case: Case, party: CaseParty
) -> None:
    parent = replace(
        party,
        ref=PartyRef(case.ref, "2"),
        cpr=Cpr("0709614673"),
        contact=PartyContact(party.contact.address, is_protected=True),
    )
    ruling = ask(snapshot, replace(case, parties=(party, parent)))
    assert (ruling.kind, ruling.rule, ruling.is_protected) == (RulingKind.APPLY_REVIEW, "ADR-29", True)


def test_adr_31_a_closed_case_is_left_alone(snapshot: PersonSnapshot, case: Case) -> None:
    ruling = ask(snapshot, replace(case, state=CaseState.CLOSED))
    assert (ruling.kind, ruling.rule) == (RulingKind.SKIP, "ADR-31")


def test_adr_31_a_case_whose_progress_says_closed_is_closed(snapshot: PersonSnapshot, case: Case) -> None:
    assert ask(snapshot, replace(case, progress=Progress.AFSLUTTET)).kind is RulingKind.SKIP


def test_adr_32_an_archived_case_is_left_alone(snapshot: PersonSnapshot, case: Case) -> None:
    ruling = ask(snapshot, replace(case, state=CaseState.ARCHIVED))
    assert (ruling.kind, ruling.rule) == (RulingKind.SKIP, "ADR-32")


def test_adr_35_a_party_shared_with_closed_cases_is_not_written(snapshot: PersonSnapshot, case: Case) -> None:
    ruling = ask(snapshot, case, capabilities=replace(CAPABLE, party_model="SHARED_MASTER"))
    assert (ruling.kind, ruling.rule) == (RulingKind.TASK, "ADR-35")


@pytest.mark.parametrize("policy", [Policy(), Policy(municipality_code="0851")])
def test_adr_36_a_move_to_another_municipality_is_a_persons_business(
    snapshot: PersonSnapshot, case: Case, new_address: CivilAddress, policy: Policy
) -> None:
    away = replace(snapshot, address=replace(new_address, municipality_code="0751"))
    ruling = ask(away, case, policy=policy)
    assert (ruling.kind, ruling.rule) == (RulingKind.TASK, "ADR-36")


def test_adr_37_a_move_to_our_municipality_is_a_persons_business(snapshot: PersonSnapshot, case: Case) -> None:
    before = CivilAddress("Fjern Prøvevej", "1", postal_code="8000", municipality_code="0751")
    ruling = ask(snapshot, showing(case, before), policy=Policy(municipality_code="0851"))
    assert (ruling.kind, ruling.rule) == (RulingKind.TASK, "ADR-37")


def test_adr_40_an_answer_about_somebody_else_stops_the_robot(snapshot: PersonSnapshot, case: Case) -> None:
    other = replace(snapshot, cpr=Cpr("0709614673"), current_cpr=Cpr("0709614673"))
    assert ask(other, case).kind is RulingKind.BLOCK


@pytest.mark.parametrize(("role", "word"), [(PartyRole.PRIMARY, "Primær"), (PartyRole.SECONDARY, "Sekundær")])
def test_adr_41_both_roles_are_ruled_alike_and_the_sentence_names_the_role(
    snapshot: PersonSnapshot, case: Case, old_address: CivilAddress, role: PartyRole, word: str
) -> None:
    ruling = ask(snapshot, showing(case, old_address, role=role))
    assert ruling.kind is RulingKind.APPLY
    assert ruling.sentence.startswith(word)


def test_adr_45_an_address_that_reads_the_same_under_other_codes_is_reviewed(
    snapshot: PersonSnapshot, case: Case, new_address: CivilAddress
) -> None:
    told = replace(snapshot, address=replace(new_address, address_id=UUID(int=1)))
    ruling = ask(told, showing(case, replace(new_address, address_id=UUID(int=2))))
    assert (ruling.kind, ruling.rule) == (RulingKind.APPLY_REVIEW, "ADR-45")


@pytest.mark.parametrize("number", [None, Cpr("7012620000")])
def test_adr_47_a_party_without_a_cpr_number_is_left_alone(
    snapshot: PersonSnapshot, case: Case, party: CaseParty, number: Cpr | None
) -> None:
    ruling = ask(snapshot, case, replace(party, cpr=number))
    assert (ruling.kind, ruling.rule) == (RulingKind.SKIP, "ADR-47")


def test_adr_48_a_number_that_cpr_does_not_know_is_a_persons_business(case: Case) -> None:
    ruling = rule_not_in_cpr(case, case.parties[0])
    assert (ruling.kind, ruling.rule) == (RulingKind.TASK, "ADR-48")


def test_adr_48_an_unknown_number_on_a_closed_case_is_left_alone(case: Case) -> None:
    closed = replace(case, state=CaseState.CLOSED)
    assert rule_not_in_cpr(closed, closed.parties[0]).kind is RulingKind.SKIP


@pytest.mark.parametrize(("writes", "row"), [("NONE", "ADR-01"), ("UI_ONLY", "ADR-01"), ("SYNCED_BY_VENDOR", "ADR-56")])
def test_adr_56_a_system_that_the_robot_cannot_write_to_gives_a_person_the_task(
    snapshot: PersonSnapshot,
    case: Case,
    writes: str,
    row: str,
) -> None:
    able = TypeAdapter(CaseCapabilities).validate_python({**asdict(CAPABLE), "party_address_write": writes})
    for person in (snapshot, protected(snapshot)):
        ruling = ask(person, case, capabilities=able)
        assert (ruling.kind, ruling.rule) == (RulingKind.TASK, row)


def test_every_reason_has_a_row_and_a_sentence() -> None:
    assert all(reason.rule.startswith("ADR-") and reason.sentence.endswith(".") for reason in Reason)


def test_a_ruling_that_writes_nothing_cannot_carry_a_change() -> None:
    with pytest.raises(ValueError, match="cannot carry"):
        Ruling(
            kind=RulingKind.TASK,
            reason=Reason.DEAD,
            role=PartyRole.PRIMARY,
            change=ContactChange(CivilAddress(), marks_protected=False),
        )
