"""The comparison puts every party in one class, and writes nothing anywhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.holds import place_hold
from casework.states import SweepState
from casework.workplace import as_person
from connectors.errors import Unavailable
from connectors.records import Case, CaseRef, Page, PartyContact, PartyRef, PartyRole, Progress
from flows.comparing import Comparison, PartyClass, compare
from flows.sweeping import SweptElsewhereError, sweep
from foundation.addresses import CivilAddress
from foundation.clock import local_date
from foundation.cpr import Cpr
from foundation.errors import NotAllowedError
from robots.twins.case_register import TwinCaseRegister
from robots.twins.person_register import TwinPersonRegister
from tests.flows.office import CITIZENS, NEW, OLD, Office

TYPED = CivilAddress("Hospitalsvej", "9", postal_code="9000", postal_district="Aalborg", municipality_code="0851")


def _compare(office: Office, *, size: int | None = None) -> Comparison:
    office.clock.advance(3600)
    return compare(office.composition, office.robot, office.actor("dorthe"), page_size=size)


def _classes(office: Office) -> dict[PartyClass, int]:
    comparison = _compare(office)
    assert comparison.adds_up
    return {each: number for each, number in comparison.classes.items() if number}


def _move(office: Office, cpr: Cpr) -> None:
    office.people.move(cpr, NEW, effect_from=local_date(office.clock.now()))


def _drifted(office: Office, number: str = CITIZENS[0]) -> tuple[Cpr, CaseRef, PartyRef]:
    cpr, case, party = office.settle_in(number)
    _move(office, cpr)
    return cpr, case, party


def _closed(office: Office) -> tuple[CaseRef, PartyRef]:
    _, case, party = _drifted(office)
    office.cases.stage.close(case)
    return case, party


def test_adr_54_what_cpr_says_is_equal(office: Office) -> None:
    office.settle_in()
    assert _classes(office) == {PartyClass.EQUAL: 1}


def test_adr_54_a_difference_that_nothing_explains_is_drift(office: Office) -> None:
    _drifted(office)
    assert _classes(office) == {PartyClass.DRIFT_UNEXPLAINED: 1}


def test_adr_54_a_difference_that_was_proposed_waits(office: Office) -> None:
    _drifted(office)
    sweep(office.composition, office.robot, office.actor("dorthe"))
    office.run()
    assert _classes(office) == {PartyClass.AWAITING: 1}
    office.approve_all()
    assert _classes(office) == {PartyClass.AWAITING: 1}
    office.run()
    assert _classes(office) == {PartyClass.EQUAL: 1}


def test_adr_54_a_party_without_a_number_is_not_kept(office: Office) -> None:
    office.cases.stage.add_party(office.cases.stage.add_case(), cpr=None)
    assert _classes(office) == {PartyClass.NOT_KEPT: 1}


def test_adr_54_a_move_that_lies_ahead_is_deferred(office: Office) -> None:
    cpr, _, _ = office.settle_in()
    office.people.move(cpr, NEW, effect_from=local_date(office.clock.now() + timedelta(days=9)))
    assert _classes(office) == {PartyClass.DEFERRED: 1}


def test_adr_54_a_row_on_hold_is_held(office: Office) -> None:
    _, case, party = _drifted(office)
    place = office.composition.place
    row = f"{office.cases.get_case(case).number}/{party.id}"
    with place.database.write() as session:
        acting = as_person(office.actor("bo"))
        place_hold(session, place, robot=office.robot.card.name, row=row, acting=acting, reason="Prøve.")
    assert _classes(office) == {PartyClass.HELD: 1}


def test_adr_54_an_address_typed_by_hand_is_for_a_person(office: Office) -> None:
    _, _, party = office.settle_in()
    office.cases.stage.edit_contact(party, PartyContact(TYPED, is_protected=False))
    assert _classes(office) == {PartyClass.FOR_A_PERSON: 1}


def test_adr_54_a_protected_person_without_a_mark_is_an_alarm(office: Office) -> None:
    cpr, _, _ = office.settle_in()
    office.people.protect(cpr, is_protected=True)
    comparison = _compare(office)
    assert comparison.classes[PartyClass.PROTECTED_MISSING_FLAG] == 1
    assert comparison.alarms == 1


def test_adr_54_a_closed_case_is_read_and_nobody_on_it_looked_up(office: Office) -> None:
    _closed(office)
    assert _classes(office) == {PartyClass.CLOSED: 1}
    assert office.people.lookups == []


def test_adr_54_a_closed_case_that_was_changed_is_an_alarm(office: Office) -> None:
    _, party = _closed(office)
    assert _compare(office).alarms == 0
    office.cases.stage.edit_contact(party, PartyContact(NEW, is_protected=False))
    comparison = _compare(office)
    assert comparison.classes[PartyClass.CLOSED_CHANGED] == 1
    assert comparison.alarms == 1


def test_adr_54_another_name_on_a_closed_case_is_an_alarm_too(office: Office) -> None:
    _, party = _closed(office)
    _compare(office)
    office.cases.stage.rename(party, "Anden Prøvesen")
    assert _classes(office) == {PartyClass.CLOSED_CHANGED: 1}


def test_adr_54_a_case_that_was_opened_changed_and_closed_again_is_no_alarm(office: Office) -> None:
    case, party = _closed(office)
    _compare(office)
    office.cases.stage.reopen(case)
    assert _classes(office) == {PartyClass.DRIFT_UNEXPLAINED: 1}
    office.cases.stage.edit_contact(party, PartyContact(NEW, is_protected=False))
    office.cases.stage.close(case)
    assert _classes(office) == {PartyClass.CLOSED: 1}


def test_adr_54_a_case_whose_two_marks_disagree_is_watched_as_closed(office: Office) -> None:
    _, case, party = _drifted(office)
    stage = office.cases.stage
    stage.cases[case] = replace(stage.cases[case], progress=Progress.AFSLUTTET)
    assert _classes(office) == {PartyClass.CLOSED: 1}
    stage.edit_contact(party, PartyContact(NEW, is_protected=False))
    assert _classes(office) == {PartyClass.CLOSED_CHANGED: 1}


def test_adr_54_an_archived_case_is_watched_as_closed(office: Office) -> None:
    _, case, party = _drifted(office)
    office.cases.stage.archive(case)
    assert _classes(office) == {PartyClass.CLOSED: 1}
    office.cases.stage.edit_contact(party, PartyContact(TYPED, is_protected=False))
    assert _classes(office) == {PartyClass.CLOSED_CHANGED: 1}


def test_a_comparison_proposes_and_writes_nothing(office: Office) -> None:
    _drifted(office)
    _compare(office)
    assert (office.items(), office.written()) == ([], [])


def test_a_comparison_that_was_broken_off_goes_on_where_it_was(office: Office) -> None:
    for number in CITIZENS[:3]:
        _drifted(office, number)
    passed: list[str | None] = []
    listing = office.cases.list_cases

    def list_twice(*, cursor: str | None = None, limit: int = 500) -> Page[Case]:
        if len(passed) == 2:
            passed.append(cursor)
            raise Unavailable("twin", "list_cases", retry_after=60.0)
        passed.append(cursor)
        return listing(cursor=cursor, limit=limit)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(office.cases, "list_cases", list_twice)
        with pytest.raises(Unavailable):
            _compare(office, size=1)
    comparison = _compare(office, size=1)
    assert (comparison.view.state, comparison.parties) == (SweepState.FINISHED, 3)
    assert len(office.people.lookups) == 3


def test_of_two_processes_at_one_comparison_the_second_gives_way(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _drifted(office)
    listing = office.cases.list_cases

    def list_while_another_compares(*, cursor: str | None = None, limit: int = 500) -> Page[Case]:
        page = listing(cursor=cursor, limit=limit)
        monkeypatch.setattr(office.cases, "list_cases", listing)
        _compare(office)
        return page

    monkeypatch.setattr(office.cases, "list_cases", list_while_another_compares)
    with pytest.raises(SweptElsewhereError):
        _compare(office)


def test_only_a_role_on_the_card_may_compare(office: Office) -> None:
    with pytest.raises(NotAllowedError):
        compare(office.composition, office.robot, office.actor("carla"))


_PARTIES = st.tuples(
    st.sampled_from([None, *range(len(CITIZENS))]),
    st.sampled_from([OLD, NEW, TYPED, None]),
    st.sampled_from([True, False, None]),
    st.sampled_from(list(PartyRole)),
)
_CASES = st.lists(
    st.tuples(st.sampled_from(["open", "closed", "archived"]), st.lists(_PARTIES, max_size=3)), max_size=5
)
#: For each citizen: whether CPR knows him, whether he moved, and whether he is protected.
_PEOPLE = st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=6, max_size=6)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_CASES, _PEOPLE, st.integers(1, 3))
def test_adr_54_every_party_of_any_municipality_is_in_exactly_one_class(
    office: Office,
    cases: list[tuple[str, list[tuple[int | None, CivilAddress | None, bool | None, PartyRole]]]],
    people: list[tuple[bool, bool, bool]],
    size: int,
) -> None:
    office.cases, office.people = TwinCaseRegister(), TwinPersonRegister(clock=office.clock)
    systems = replace(office.composition.systems, cases=office.cases, people=office.people)
    office.composition.systems = systems
    for number, (is_known, has_moved, is_protected) in zip(CITIZENS, people, strict=True):
        if is_known:
            cpr = Cpr.parse(number)
            office.people.add_person(cpr, address=OLD)
            office.people.protect(cpr, is_protected=is_protected)
            if has_moved:
                _move(office, cpr)
    for state, parties in cases:
        case = office.cases.stage.add_case()
        for citizen, address, marked, role in parties:
            cpr_or_none = None if citizen is None else Cpr.parse(CITIZENS[citizen])
            office.cases.stage.add_party(case, cpr=cpr_or_none, address=address, is_protected=marked, role=role)
        if state == "closed":
            office.cases.stage.close(case)
        if state == "archived":
            office.cases.stage.archive(case)
    comparison = _compare(office, size=size)
    assert comparison.adds_up
    assert comparison.parties == sum(len(parties) for _, parties in cases)
    closed = comparison.classes[PartyClass.CLOSED] + comparison.classes[PartyClass.CLOSED_CHANGED]
    assert closed == sum(len(parties) for state, parties in cases if state != "open")
    without_number = sum(who is None for state, parties in cases if state == "open" for who, *_ in parties)
    assert comparison.classes[PartyClass.NOT_KEPT] == without_number
