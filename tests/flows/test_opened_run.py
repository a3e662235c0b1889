"""Intake and work are one run, which is opened first and closed whatever happens."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from audit.reading import Selection, read_entries
from audit.vocabulary import EventType
from casework.errors import AlreadyRunningError, RobotRestsError
from casework.incidents import open_incidents
from casework.pausing import set_state
from casework.states import ItemState, RobotState, SweepState
from casework.tables import RunRow, WorkItemRow
from connectors.errors import Unavailable
from flows.ending import Result
from flows.opened_run import opened_run
from flows.running import run_robot
from flows.sweeping import sweep
from tests.flows.office import CITIZENS, Office

_RUN = RunRow.__table__
_ITEM = WorkItemRow.__table__


def test_what_came_in_carries_the_run_that_works_on_it(office: Office) -> None:
    cpr, _, _ = office.settle_in()
    office.move(cpr)
    run_id = office.run().summary.run_id
    with office.composition.place.database.read() as session:
        assert session.execute(select(_ITEM.c.created_by_run)).scalars().all() == [run_id]
        for kind in (EventType.EVENTS_RECEIVED, EventType.ITEM_CREATED, EventType.ITEM_CLAIMED):
            (entry,) = read_entries(session, Selection(type=kind))
            assert entry.body["run"]["run"] == str(run_id)
        assert session.execute(select(_RUN.c.id)).scalars().all() == [run_id]


def test_the_run_tells_what_kept_new_work_out(office: Office) -> None:
    for _ in range(3):
        office.events.fail_next(Unavailable("twin_cpr_events", "poll"))
    office.run()
    with office.composition.place.database.read() as session:
        assert session.execute(select(_RUN.c.failure)).scalars().all() == ["unavailable"]


def test_a_run_that_broke_is_closed_with_the_kind_of_the_fault(office: Office) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        opened_run(office.composition, office.robot, office.actor("dorthe")),
    ):
        raise ZeroDivisionError
    with office.composition.place.database.read() as session:
        row = session.execute(select(_RUN.c.failure, _RUN.c.ended_at, _RUN.c.log_digest)).one()
    assert row.failure == "ZeroDivisionError"
    assert row.ended_at is not None
    assert row.log_digest


def test_a_run_that_broke_outside_of_any_item_is_an_incident_without_the_text_of_the_fault(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("1012620000")

    cpr, _, _ = office.settle_in()
    office.move(cpr)
    monkeypatch.setattr(type(office.robot), "group", broken)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            office.run()
    with office.composition.place.database.read() as session:
        (incident,) = open_incidents(session)
    assert (incident.code, incident.occurrences) == ("run_fault", 2)
    assert "ZeroDivisionError" in incident.message
    assert "1012620000" not in incident.message


@pytest.mark.parametrize("ending", [KeyboardInterrupt(), RobotRestsError("Robotten er på pause.")])
def test_a_run_that_a_person_ended_is_no_incident(office: Office, ending: BaseException) -> None:
    with (
        pytest.raises(type(ending)),
        opened_run(office.composition, office.robot, office.actor("dorthe")),
    ):
        raise ending
    with office.composition.place.database.read() as session:
        assert open_incidents(session) == []


def test_a_sweep_that_a_system_broke_off_is_an_incident_with_the_command_that_goes_on(office: Office) -> None:
    office.settle_in()
    for _ in range(3):
        office.cases.fail_next("list_cases", Unavailable(office.cases.system, "list_cases"))
    with pytest.raises(Unavailable):
        sweep(office.composition, office.robot, office.actor("dorthe"))
    with office.composition.place.database.read() as session:
        (incident,) = open_incidents(session)
    assert (incident.code, incident.system) == ("unavailable", office.cases.system)
    assert f"sagsgang sweep {office.robot.card.name}" in incident.message


def test_a_sweep_that_breaks_is_closed_with_an_incident(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    office.settle_in()
    monkeypatch.setattr(type(office.robot), "survey", broken)
    with pytest.raises(ZeroDivisionError):
        sweep(office.composition, office.robot, office.actor("dorthe"))
    with office.composition.place.database.read() as session:
        assert [one.code for one in open_incidents(session)] == ["run_fault"]
        assert session.execute(select(_RUN.c.failure)).scalars().all() == ["ZeroDivisionError"]


def test_a_scheduled_run_gives_way_to_one_that_goes_on_and_a_person_does_not(office: Office) -> None:
    dorthe = office.actor("dorthe")
    with opened_run(office.composition, office.robot, dorthe, at_most=1):
        with pytest.raises(AlreadyRunningError), opened_run(office.composition, office.robot, dorthe, at_most=1):
            pytest.fail("two scheduled runs at once")
        assert run_robot(office.composition, office.robot, dorthe).summary.stopped_by is None
    with opened_run(office.composition, office.robot, dorthe, at_most=1):
        pass


@pytest.mark.parametrize("state", [RobotState.PAUSED, RobotState.STOPPED])
def test_a_robot_that_rests_collects_and_claims_nothing_and_goes_on_afterwards(
    office: Office, state: RobotState
) -> None:
    cpr, _, _ = office.settle_in()
    office.move(cpr)
    place, dorthe = office.composition.place, office.actor("dorthe")
    set_state(place, office.robot.card.name, state, actor=dorthe, reason="Vi venter.")
    report = office.run()
    assert (report.collected, report.summary.handled) == (None, 0)
    assert report.summary.stopped_by == f"robot_{state.value}"
    assert office.items() == []
    set_state(place, office.robot.card.name, RobotState.ACTIVE, actor=dorthe, reason="Videre.")
    assert office.run().summary.counts == {Result.AWAITING_APPROVAL: 1}


def test_a_robot_that_is_paused_while_it_works_finishes_what_it_has(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in CITIZENS[:3]:
        cpr, _, _ = office.settle_in(number)
        office.move(cpr)
    lookup, place, dorthe = office.people.lookup, office.composition.place, office.actor("dorthe")
    done: list[bool] = []

    def lookup_while_somebody_pauses(wanted: object) -> object:
        if not done:
            done.append(True)
            set_state(place, office.robot.card.name, RobotState.PAUSED, actor=dorthe, reason="Nu.")
        return lookup(wanted)  # type: ignore[arg-type]  # the robot hands in a number

    monkeypatch.setattr(office.people, "lookup", lookup_while_somebody_pauses)
    report = office.run(limit=1)
    assert report.summary.counts == {Result.AWAITING_APPROVAL: 1}
    assert report.summary.stopped_by == "robot_paused"
    assert [item.state for item in office.items()].count(ItemState.NEW) == 2


def test_a_robot_that_fails_item_after_item_is_stopped_with_an_incident(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in CITIZENS:
        cpr, _, _ = office.settle_in(number)
        office.move(cpr)

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(type(office.robot), "handle", broken)
    report = office.run()
    assert report.summary.stopped_by == "robot_failing"
    # What was begun beside the last failure ends as well; the rest is laid back unattempted.
    assert 5 <= report.summary.counts[Result.DEFERRED] <= 6
    with office.composition.place.database.read() as session:
        assert [one.code for one in open_incidents(session)] == ["robot_failing"]


def test_a_sweep_of_a_robot_that_rests_waits_and_goes_on_when_it_is_resumed(office: Office) -> None:
    office.settle_in()
    place, dorthe = office.composition.place, office.actor("dorthe")
    set_state(place, office.robot.card.name, RobotState.PAUSED, actor=dorthe, reason="Vi venter.")
    with pytest.raises(RobotRestsError, match="robots resume"):
        sweep(office.composition, office.robot, dorthe)
    set_state(place, office.robot.card.name, RobotState.ACTIVE, actor=dorthe, reason="Videre.")
    assert sweep(office.composition, office.robot, dorthe).sweep.state is SweepState.FINISHED
