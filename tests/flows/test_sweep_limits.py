"""What holds a sweep back: too many differences at once (ADR-50), and a pace of its own."""

from __future__ import annotations

import pytest

from casework.acceptances import accept
from casework.incidents import open_incidents
from casework.states import AcceptanceKind, SweepState
from connectors.records import CaseRef, PartyRef
from flows.collecting import MassChangeError
from flows.ending import Result
from flows.sweeping import SweepReport, sweep
from foundation.cpr import Cpr
from robots.address_update.policy import Policy
from robots.address_update.robot import AddressUpdate
from tests.flows.office import CITIZENS, NEW, OLD, Office


def _sweep(
    office: Office, *, starter: str = "dorthe", pages: int | None = None, size: int | None = None
) -> SweepReport:
    # A sweep of another day: in one instant nobody could tell an earlier sweep's item from this one's.
    office.clock.advance(3600)
    return sweep(office.composition, office.robot, office.actor(starter), page_size=size, most_pages=pages)


def _outdated(office: Office, number: str = CITIZENS[0]) -> tuple[Cpr, CaseRef, PartyRef]:
    """Somebody who moved, of whom no event was ever sent."""
    cpr, case, party = office.settle_in(number)
    office.people.move(cpr, NEW, effect_from=office.clock.now().date())
    return cpr, case, party


def _settle(office: Office) -> None:
    """Propose, approve, write."""
    office.run()
    office.approve_all()
    office.run()


def _crowd(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two people whose addresses differ, and one as CPR says; that is enough to tell a share."""
    monkeypatch.setattr("flows.sweeping._ENOUGH_PEOPLE", 3)
    office.settle_in(CITIZENS[0])
    _outdated(office, CITIZENS[1])
    _outdated(office, CITIZENS[2])


def _accept(office: Office, report: str, *, by: str) -> None:
    place, robot = office.composition.place, office.robot.card.name
    mark = report.rsplit(" ", 1)[-1]
    accept(place, robot=robot, what=AcceptanceKind.MASS_CHANGE, mark=mark, actor=office.actor(by), reason="Set på.")


def test_adr_50_a_sweep_in_which_too_many_differ_stops_and_takes_nothing_of_the_page(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _crowd(office, monkeypatch)
    with pytest.raises(MassChangeError, match="sagsgang intake accept address_update mass_change sweep:"):
        _sweep(office)
    assert office.items() == []
    with office.composition.place.database.read() as session:
        assert [incident.code for incident in open_incidents(session)] == ["mass_change"]


def test_adr_50_a_stopped_sweep_goes_on_when_another_person_accepts_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _crowd(office, monkeypatch)
    with pytest.raises(MassChangeError) as stopped:
        _sweep(office)
    _accept(office, str(stopped.value), by="dorthe")
    with pytest.raises(MassChangeError):
        _sweep(office)
    _accept(office, str(stopped.value), by="bo")
    report = _sweep(office)
    assert (report.sweep.state, len(office.items()), report.adds_up) == (SweepState.FINISHED, 2, True)


def test_adr_50_an_acceptance_is_for_one_sweep_and_not_the_next(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _crowd(office, monkeypatch)
    with pytest.raises(MassChangeError) as stopped:
        _sweep(office)
    _accept(office, str(stopped.value), by="bo")
    # Once accepted, the sweep is not stopped again on its later pages.
    _sweep(office, size=1)
    for item in office.items():
        assert item.state.value == "new"
    _settle(office)
    for number in CITIZENS[3:]:
        _outdated(office, number)
    with pytest.raises(MassChangeError) as again:
        _sweep(office)
    assert str(again.value) != str(stopped.value)


def test_adr_50_a_person_on_many_cases_counts_once_among_those_compared(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.sweeping._ENOUGH_PEOPLE", 2)
    office.robot = AddressUpdate(Policy(mass_percent=40))
    equal, _, _ = office.settle_in(CITIZENS[0])
    for _ in range(6):
        office.cases.stage.add_party(office.cases.stage.add_case(), cpr=equal, address=OLD)
    _outdated(office, CITIZENS[1])
    with pytest.raises(MassChangeError):
        _sweep(office, size=1)


def test_a_sweep_looks_up_no_faster_than_its_own_pace_and_leaves_other_work_alone(office: Office) -> None:
    office.composition.settings = office.composition.settings.model_copy(update={"sweep_per_second": 2.0})
    for number in CITIZENS:
        _outdated(office, number)
    before = office.clock.monotonic()
    sweep(office.composition, office.robot, office.actor("dorthe"))
    took = office.clock.monotonic() - before
    assert took == pytest.approx((len(CITIZENS) - 2) / 2, abs=0.01)
    before = office.clock.monotonic()
    assert office.run().summary.counts == {Result.AWAITING_APPROVAL: len(CITIZENS)}
    assert office.clock.monotonic() - before < 0.1
