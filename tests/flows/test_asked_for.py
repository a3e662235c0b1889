"""One person or one case now, as work like all other work."""

from __future__ import annotations

import pytest

from audit.reading import Selection, read_entries
from audit.vocabulary import EventType
from connectors.errors import Ambiguous, NotFound
from connectors.records import PartyRole
from flows.asked_for import ask_for_case, ask_for_person
from flows.ending import Result
from flows.running import run_robot
from foundation.cpr import Cpr
from foundation.cpr_environment import RealNumberRefused
from foundation.errors import NotAllowedError
from robots.address_update.policy import Policy
from tests.flows.office import CITIZENS, NEW, OLD, Office


def _ask_for_case(office: Office, number: str, *, starter: str = "dorthe") -> int:
    return ask_for_case(office.composition, office.robot, office.actor(starter), number)


def _ask_for_person(office: Office, cpr: Cpr, *, starter: str = "dorthe") -> int:
    return ask_for_person(office.composition, office.robot, office.actor(starter), cpr)


def _outdated(office: Office, number: str = CITIZENS[0]) -> tuple[Cpr, str]:
    cpr, case, _ = office.settle_in(number)
    office.people.move(cpr, NEW, effect_from=office.clock.now().date())
    return cpr, office.cases.get_case(case).number


def test_one_person_is_proposed_like_everybody_else(office: Office) -> None:
    cpr, _ = _outdated(office)
    assert _ask_for_person(office, cpr) == 1
    assert office.run().summary.counts == {Result.AWAITING_APPROVAL: 1}


def test_asking_twice_for_a_person_looks_twice(office: Office) -> None:
    cpr, _ = _outdated(office)
    _ask_for_person(office, cpr)
    _ask_for_person(office, cpr)
    assert len(office.items()) == 2


def test_the_number_of_whom_was_asked_for_stands_in_no_reference_and_in_no_event(office: Office) -> None:
    cpr, _ = _outdated(office)
    _ask_for_person(office, cpr)
    with office.composition.place.database.read() as session:
        told = [str(entry.body) for entry in read_entries(session, Selection())]
    assert cpr.digits not in "".join([*told, *(item.reference for item in office.items())])


def test_a_case_gives_an_item_for_each_person_on_it(office: Office) -> None:
    _, number = _outdated(office)
    other, _, _ = office.settle_in(CITIZENS[1])
    (case,) = [case.ref for case in office.cases.list_cases().items if case.number == number]
    office.cases.stage.add_party(case, cpr=other, role=PartyRole.SECONDARY, address=OLD)
    office.cases.stage.add_party(case, cpr=None)
    assert _ask_for_case(office, number) == 2
    assert office.run().summary.counts == {Result.AWAITING_APPROVAL: 1, Result.COMPLETED: 1}


def test_whoever_is_in_a_role_that_is_not_kept_is_not_asked_for(office: Office) -> None:
    _, number = _outdated(office)
    (case,) = [case.ref for case in office.cases.list_cases().items if case.number == number]
    office.cases.stage.add_party(case, cpr=Cpr.parse(CITIZENS[1]), role=PartyRole.SECONDARY, address=OLD)
    office.put_policy_in_force(Policy(roles=frozenset({PartyRole.PRIMARY})).model_dump_json())
    assert _ask_for_case(office, number) == 1


def test_a_closed_case_gives_nothing(office: Office) -> None:
    _, number = _outdated(office)
    (case,) = [case.ref for case in office.cases.list_cases().items if case.number == number]
    office.cases.stage.close(case)
    assert _ask_for_case(office, number) == 0
    assert office.items() == []


def test_what_was_asked_for_comes_before_what_came_by_night(office: Office) -> None:
    by_night, _, _ = office.settle_in(CITIZENS[1])
    office.move(by_night)
    cpr, _ = _outdated(office)
    _ask_for_person(office, cpr)
    run_robot(office.composition, office.robot, office.actor("dorthe"), limit=1)
    (waiting,) = office.waiting()
    assert waiting.item_id == next(item.id for item in office.items() if item.reference.startswith("person:"))


def test_a_case_that_there_is_not_is_told_without_what_was_typed(office: Office) -> None:
    with pytest.raises(NotFound) as told:
        _ask_for_case(office, CITIZENS[0])
    assert CITIZENS[0] not in str(told.value)
    with office.composition.place.database.read() as session:
        searched = read_entries(session, Selection(type=EventType.RECORD_SEARCHED))
    assert len(searched) == 1
    assert CITIZENS[0] not in str(searched[0].body)


def test_two_cases_with_one_number_are_a_persons_to_tell_apart(office: Office) -> None:
    office.cases.stage.add_case(number="S2026-1")
    office.cases.stage.add_case(number="S2026-1")
    with pytest.raises(Ambiguous):
        _ask_for_case(office, "S2026-1")
    assert office.items() == []


def test_a_number_that_may_be_somebodys_is_refused_outside_production(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A number that passes modulus 11 and is on no list could be somebody's; here the list is taken away instead.
    monkeypatch.setattr("foundation.cpr_environment.is_published_test_number", lambda _cpr: False)
    with pytest.raises(RealNumberRefused) as told:
        _ask_for_person(office, Cpr.parse(CITIZENS[0]))
    assert CITIZENS[0] not in str(told.value)
    assert office.items() == []


def test_only_a_role_on_the_card_may_ask(office: Office) -> None:
    cpr, number = _outdated(office)
    with pytest.raises(NotAllowedError):
        _ask_for_person(office, cpr, starter="carla")
    with pytest.raises(NotAllowedError):
        _ask_for_case(office, number, starter="carla")
    assert office.people.lookups == []
