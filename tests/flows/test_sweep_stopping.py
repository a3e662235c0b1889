"""A sweep that is told to stop, or whose robot rests, ends after its page, and goes on from there."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from casework.errors import RobotRestsError
from casework.pausing import set_state
from casework.states import RobotState, SweepState
from casework.sweeps import SweepView
from casework.tables import RunRow
from flows.stopping import Stopping
from flows.sweeping import sweep
from tests.flows.office import CITIZENS, NEW, Office


def _three_outdated(office: Office) -> None:
    """Three who moved, of whom no event was ever sent."""
    for number in CITIZENS[:3]:
        cpr, _, _ = office.settle_in(number)
        office.people.move(cpr, NEW, effect_from=office.clock.now().date())


def test_a_sweep_that_is_told_to_stop_ends_after_its_page_and_goes_on_from_there(office: Office) -> None:
    _three_outdated(office)
    stopping = Stopping()
    starter = office.actor("dorthe")
    report = sweep(
        office.composition, office.robot, starter, page_size=1, passed=lambda _: stopping.ask(), stopping=stopping
    )
    assert (report.sweep.state, report.sweep.counts["cases"]) == (SweepState.RUNNING, 1)
    assert _run_failures(office) == ["asked_to_stop"]
    report = sweep(office.composition, office.robot, starter, page_size=1)
    assert (report.sweep.state, report.sweep.counts["cases"]) == (SweepState.FINISHED, 3)
    assert len(office.items()) == 3


@pytest.mark.parametrize("rest", [RobotState.PAUSED, RobotState.STOPPED])
def test_a_robot_that_is_paused_or_stopped_ends_its_sweep_after_the_page(office: Office, rest: RobotState) -> None:
    _three_outdated(office)
    place, name, starter = office.composition.place, office.robot.card.name, office.actor("dorthe")

    def stop(_view: SweepView) -> None:
        set_state(place, name, rest, actor=starter, reason="Nu.")

    with pytest.raises(RobotRestsError):
        sweep(office.composition, office.robot, starter, page_size=1, passed=stop)
    assert _run_failures(office) == ["robot_rests"]
    set_state(place, name, RobotState.ACTIVE, actor=starter, reason="Igen.")
    assert sweep(office.composition, office.robot, starter, page_size=1).sweep.counts["cases"] == 3


def _run_failures(office: Office) -> list[str | None]:
    with office.composition.place.database.read() as session:
        return list(session.execute(select(RunRow.__table__.c.failure)).scalars())
