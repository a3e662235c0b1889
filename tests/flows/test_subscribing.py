"""Whom CPR tells of follows from whom the open cases are about (ADR-39)."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from audit.reading import Entry, Selection, read_entries
from audit.vocabulary import EventType
from casework.incidents import open_incidents
from connectors.errors import CapabilityMissing, Unavailable
from connectors.records import CaseRef
from flows.sweeping import SweepReport, sweep
from foundation.cpr import Cpr
from robots.address_update.policy import Policy
from robots.address_update.robot import AddressUpdate
from tests.flows.office import CITIZENS, OLD, Office

_DAY = 24 * 3600


@pytest.fixture
def subscribing(office: Office) -> Office:
    """The office of a municipality that lets the robot see to its subscriptions."""
    office.composition.settings = office.composition.settings.model_copy(update={"cpr_subscriptions": True})
    return office


def _sweep(office: Office, *, pages: int | None = None) -> SweepReport:
    return sweep(office.composition, office.robot, office.actor("dorthe"), page_size=1, most_pages=pages)


def _settle_in(office: Office, number: str = CITIZENS[0]) -> tuple[Cpr, CaseRef]:
    cpr, case, _ = office.settle_in(number)
    return cpr, case


def _told(office: Office) -> list[Entry]:
    with office.composition.place.database.read() as session:
        return list(read_entries(session, Selection(type=EventType.SUBSCRIPTIONS_CHANGED)))


def test_adr_39_without_the_setting_nobody_is_subscribed_to(office: Office) -> None:
    _settle_in(office)
    _sweep(office)
    assert office.events.subscriptions == set()
    assert _told(office) == []


def test_adr_39_people_on_open_cases_are_subscribed_to(subscribing: Office) -> None:
    first, _ = _settle_in(subscribing, CITIZENS[0])
    second, case = _settle_in(subscribing, CITIZENS[1])
    third, _ = _settle_in(subscribing, CITIZENS[2])
    subscribing.cases.stage.close(case)
    assert _sweep(subscribing).adds_up
    assert subscribing.events.subscriptions == {first, third}
    assert second not in subscribing.events.subscriptions


def test_adr_39_one_event_tells_how_many_and_nobody_by_number(subscribing: Office) -> None:
    for number in CITIZENS[:3]:
        _settle_in(subscribing, number)
    _sweep(subscribing)
    (told,) = _told(subscribing)
    facts = told.body["facts"]
    assert (facts["subscribed"], facts["unsubscribed"], facts["left"]) == (3, 0, 0)
    assert not any(number in str(told.body) for number in CITIZENS)


def test_adr_39_a_second_sweep_asks_for_nobody_once_more_and_tells_of_nothing(
    subscribing: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _settle_in(subscribing)
    _sweep(subscribing)
    monkeypatch.setattr(subscribing.events, "subscribe", None)
    _sweep(subscribing)
    assert len(_told(subscribing)) == 1


def test_adr_39_seven_days_without_an_open_case_end_the_subscription(subscribing: Office) -> None:
    cpr, case = _settle_in(subscribing)
    _sweep(subscribing)
    subscribing.cases.stage.close(case)
    subscribing.clock.advance(6 * _DAY)
    _sweep(subscribing)
    assert subscribing.events.subscriptions == {cpr}
    subscribing.clock.advance(_DAY)
    _sweep(subscribing)
    assert subscribing.events.subscriptions == set()
    assert _told(subscribing)[-1].body["facts"]["unsubscribed"] == 1


def test_adr_39_the_policy_says_how_many_days(subscribing: Office) -> None:
    subscribing.robot = AddressUpdate(Policy(unsubscribe_days=2))
    _, case = _settle_in(subscribing)
    _sweep(subscribing)
    subscribing.cases.stage.close(case)
    subscribing.clock.advance(2 * _DAY)
    _sweep(subscribing)
    assert subscribing.events.subscriptions == set()


def test_adr_39_somebody_who_gets_an_open_case_again_is_subscribed_to_again(subscribing: Office) -> None:
    cpr, case = _settle_in(subscribing)
    _sweep(subscribing)
    subscribing.cases.stage.close(case)
    subscribing.clock.advance(8 * _DAY)
    _sweep(subscribing)
    subscribing.cases.stage.reopen(case)
    _sweep(subscribing)
    assert subscribing.events.subscriptions == {cpr}


def test_adr_39_nobody_whom_a_long_sweep_saw_on_an_open_case_is_unsubscribed_at_its_end(subscribing: Office) -> None:
    people = {_settle_in(subscribing, number)[0] for number in CITIZENS[:3]}
    _sweep(subscribing, pages=1)
    # Broken off, and gone on with long after the days of the policy.
    subscribing.clock.advance(20 * _DAY)
    _sweep(subscribing)
    assert subscribing.events.subscriptions == people


def test_adr_39_with_no_days_at_all_those_on_open_cases_stay(subscribing: Office) -> None:
    subscribing.robot = AddressUpdate(Policy(unsubscribe_days=0))
    people = {_settle_in(subscribing, number)[0] for number in CITIZENS[:3]}
    _sweep(subscribing)
    _sweep(subscribing)
    assert subscribing.events.subscriptions == people


def test_adr_39_a_number_that_cpr_does_not_know_is_not_subscribed_to(subscribing: Office) -> None:
    subscribing.cases.stage.add_party(subscribing.cases.stage.add_case(), cpr=Cpr.parse(CITIZENS[0]), address=OLD)
    _sweep(subscribing)
    assert subscribing.events.subscriptions == set()


def test_adr_39_a_source_that_does_not_answer_is_asked_again_by_the_same_sweep(subscribing: Office) -> None:
    people = {_settle_in(subscribing, number)[0] for number in CITIZENS[:2]}
    for _ in range(3):
        subscribing.events.fail_next(Unavailable("twin_cpr_events", "subscribe"), method="subscribe")
    with pytest.raises(Unavailable):
        _sweep(subscribing)
    report = _sweep(subscribing)
    assert (report.adds_up, subscribing.events.subscriptions) == (True, people)
    assert _told(subscribing)[-1].body["facts"]["subscribed"] == 2


def test_adr_39_one_who_cannot_be_unsubscribed_today_does_not_spoil_the_sweep(subscribing: Office) -> None:
    cpr, case = _settle_in(subscribing)
    _sweep(subscribing)
    subscribing.cases.stage.close(case)
    subscribing.clock.advance(8 * _DAY)
    for _ in range(3):
        subscribing.events.fail_next(Unavailable("twin_cpr_events", "unsubscribe"), method="unsubscribe")
    _sweep(subscribing)
    assert _told(subscribing)[-1].body["facts"]["left"] == 1
    assert subscribing.events.subscriptions == {cpr}
    _sweep(subscribing)
    assert subscribing.events.subscriptions == set()


def test_adr_39_a_source_that_cannot_is_told_of_once_and_is_no_incident(
    subscribing: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(_: Cpr) -> None:
        raise CapabilityMissing("cpr_extract", "subscribe")

    monkeypatch.setattr(subscribing.events, "subscribe", cannot)
    for number in CITIZENS[:3]:
        _settle_in(subscribing, number)
    with capture_logs() as told:
        report = _sweep(subscribing)
    assert [each["event"] for each in told].count("subscriptions.not_possible") == 1
    assert report.adds_up
    assert _told(subscribing) == []
    with subscribing.composition.place.database.read() as session:
        assert open_incidents(session) == []
