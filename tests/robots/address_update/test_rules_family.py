"""The pure rules about guardians, children and custody: a test for each row of the rule table, named by its id."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from connectors.person_details import Custody, CustodyKind, Family, Guardianship, GuardianshipKind
from connectors.records import PersonStatus
from foundation.addresses import CivilAddress
from robots.address_update.facts import Facts
from robots.address_update.reasons import Reason
from robots.address_update.rules import rule
from robots.address_update.ruling import Ruling, RulingKind
from tests.robots.address_update.questions import RELATIVE, STRANGER, beside, knowing, showing, under

GUARDED = Guardianship(GuardianshipKind.FULL, RELATIVE, from_day=date(2025, 1, 2))
CUSTODY = (Custody(CustodyKind.MOTHER, RELATIVE), Custody(CustodyKind.FATHER, STRANGER))


def told(facts: Facts, ruling: Ruling) -> Facts:
    """The same facts, once a person was told of the ruling."""
    return replace(facts, told={**facts.told, **dict(ruling.tells)})


def test_adr_22_a_guardian_who_is_no_party_is_a_task_and_the_address_is_updated(facts: Facts) -> None:
    ruling = rule(knowing(facts, guardianship=GUARDED))
    assert (ruling.kind, ruling.rule, ruling.tasks) == (RulingKind.APPLY, "ADR-01", (Reason.GUARDIAN,))
    assert Reason.GUARDIAN.rule == "ADR-22"


def test_adr_22_a_guardian_is_told_of_once(facts: Facts) -> None:
    guarded = knowing(facts, guardianship=GUARDED)
    again = rule(told(guarded, rule(guarded)))
    assert (again.tasks, again.tells) == ((), ())


def test_adr_22_a_guardian_who_is_a_party_is_remembered_and_no_task(facts: Facts) -> None:
    ruling = rule(beside(knowing(facts, guardianship=GUARDED), RELATIVE))
    assert ruling.tasks == ()
    assert ruling.tells


def test_adr_22_another_guardian_is_a_task_also_where_he_is_a_party(facts: Facts) -> None:
    asked = beside(knowing(facts, guardianship=GUARDED), STRANGER)
    changed = knowing(told(asked, rule(asked)), guardianship=replace(GUARDED, guardian=STRANGER))
    assert rule(changed).tasks == (Reason.GUARDIAN,)


def test_adr_22_a_guardian_is_told_of_also_where_the_address_is_current(facts: Facts) -> None:
    asked = knowing(facts, guardianship=GUARDED)
    ruling = rule(showing(asked, asked.snapshot.address))
    assert (ruling.kind, ruling.tasks) == (RulingKind.NOOP, (Reason.GUARDIAN,))


def test_adr_22_a_guardianship_that_has_not_begun_is_no_matter_yet(facts: Facts) -> None:
    ruling = rule(knowing(facts, guardianship=replace(GUARDED, from_day=date(2026, 12, 1))))
    assert (ruling.tasks, ruling.tells) == ((), ())


def test_adr_23_a_guardian_for_particular_matters_is_told_of_once(facts: Facts) -> None:
    asked = beside(knowing(facts, guardianship=replace(GUARDED, kind=GuardianshipKind.PARTIAL)), RELATIVE)
    ruling = rule(asked)
    assert ruling.tasks == (Reason.PARTIAL_GUARDIAN,)
    assert Reason.PARTIAL_GUARDIAN.rule == "ADR-23"
    assert rule(told(asked, ruling)).tasks == ()


@pytest.mark.parametrize("after", [None, replace(GUARDED, ended_on=date(2026, 11, 1))])
def test_adr_24_a_guardianship_that_ended_is_told_of_once(facts: Facts, after: Guardianship | None) -> None:
    before = knowing(facts, guardianship=GUARDED)
    ended = knowing(told(before, rule(before)), guardianship=after)
    ruling = rule(ended)
    assert ruling.tasks == (Reason.GUARDIAN_ENDED,)
    assert Reason.GUARDIAN_ENDED.rule == "ADR-24"
    assert rule(told(ended, ruling)).tasks == ()


def test_adr_24_a_guardian_who_comes_back_is_told_of_again(facts: Facts) -> None:
    first = knowing(facts, guardianship=GUARDED)
    none = knowing(told(first, rule(first)), guardianship=None)
    again = knowing(told(none, rule(none)), guardianship=GUARDED)
    assert rule(again).tasks == (Reason.GUARDIAN,)


def test_adr_25_a_guardian_without_number_is_a_task_with_no_name_in_it(facts: Facts) -> None:
    lines = ("Dieter Planckhardt", "Dresdener Allé 33", "D 13579 Celle")
    asked = knowing(facts, guardianship=Guardianship(GuardianshipKind.FULL, None, lines))
    ruling = rule(asked)
    assert ruling.tasks == (Reason.GUARDIAN_WITHOUT_NUMBER,)
    assert Reason.GUARDIAN_WITHOUT_NUMBER.rule == "ADR-25"
    assert not any(line in text for line in lines for _, text in ruling.tells)
    assert rule(told(asked, ruling)).tasks == ()


@pytest.mark.parametrize("family", [Family(children=(RELATIVE,)), Family(parents=(RELATIVE,))])
def test_adr_26_parent_and_child_who_no_longer_share_an_address_are_a_task(
    facts: Facts, old_address: CivilAddress, family: Family
) -> None:
    asked = under(beside(knowing(facts, family=family), RELATIVE, old_address), custody_kle={"27"})
    ruling = rule(asked)
    assert (ruling.kind, ruling.tasks) == (RulingKind.APPLY, (Reason.MOVED_APART,))
    assert Reason.MOVED_APART.rule == "ADR-26"


def test_adr_26_where_custody_does_not_matter_nobody_is_told(facts: Facts, old_address: CivilAddress) -> None:
    asked = beside(knowing(facts, family=Family(children=(RELATIVE,))), RELATIVE, old_address)
    assert rule(asked).tasks == ()


def test_adr_26_a_child_who_moved_too_is_no_task(facts: Facts, new_address: CivilAddress) -> None:
    asked = beside(knowing(facts, family=Family(children=(RELATIVE,))), RELATIVE, new_address)
    assert rule(under(asked, custody_kle={"27"})).tasks == ()


def test_adr_26_a_stranger_at_the_old_address_is_no_task(facts: Facts, old_address: CivilAddress) -> None:
    asked = beside(knowing(facts, family=Family(children=(RELATIVE,))), STRANGER, old_address)
    assert rule(under(asked, custody_kle={"27"})).tasks == ()


def test_adr_27_shared_residence_is_mentioned_and_changes_nothing(facts: Facts) -> None:
    ruling = rule(knowing(facts, family=Family(is_shared_residence=True)))
    assert (ruling.kind, ruling.mentions) == (RulingKind.APPLY, (Reason.SHARED_RESIDENCE,))
    assert ruling.change == rule(facts).change
    assert Reason.SHARED_RESIDENCE.rule == "ADR-27"


def test_adr_28_custody_at_first_sight_is_only_remembered(facts: Facts) -> None:
    ruling = rule(knowing(facts, family=Family(custody=CUSTODY)))
    assert ruling.tasks == ()
    assert ruling.tells


@pytest.mark.parametrize("after", [(), CUSTODY[:1], (replace(CUSTODY[0], ended_on=date(2026, 11, 1)), CUSTODY[1])])
def test_adr_28_a_change_of_custody_is_a_task(facts: Facts, after: tuple[Custody, ...]) -> None:
    first = knowing(facts, family=Family(custody=CUSTODY))
    changed = knowing(told(first, rule(first)), family=Family(custody=after))
    ruling = rule(changed)
    assert ruling.tasks == (Reason.CUSTODY_CHANGED,)
    assert Reason.CUSTODY_CHANGED.rule == "ADR-28"
    assert rule(told(changed, ruling)).tasks == ()


def test_adr_28_the_order_of_those_with_custody_is_no_change(facts: Facts) -> None:
    first = knowing(facts, family=Family(custody=CUSTODY))
    again = knowing(told(first, rule(first)), family=Family(custody=CUSTODY[::-1]))
    assert rule(again).tasks == ()


def test_adr_28_custody_that_ends_because_the_child_came_of_age_is_no_task(facts: Facts) -> None:
    first = knowing(facts, family=Family(custody=CUSTODY), birth_day=date(2008, 11, 22))
    assert rule(knowing(told(first, rule(first)), family=Family())).tasks == ()


def test_nothing_is_told_of_the_guardian_of_somebody_who_died(facts: Facts) -> None:
    ruling = rule(knowing(facts, guardianship=GUARDED, status=PersonStatus.DEAD))
    assert (ruling.tasks, ruling.tells) == ((), ())
