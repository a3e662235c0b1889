"""A robot that rests is handed nothing, and only a named person lets it rest or work."""

import pytest

from audit.vocabulary import EventType
from casework.errors import ReasonMissingError, RobotRestsError, TransitionRefusedError
from casework.pausing import RobotCondition, condition_of, require_active, resting, set_state, state_of
from casework.states import RobotState
from casework.workplace import Workplace
from foundation.actor import Role
from foundation.errors import NotAllowedError
from tests.workbench import ANNE, ROBOT, add, event_types, events, person, rows, take

DORTHE = person("dorthe", Role.DIGITAL_AGENT)


def _set(place: Workplace, state: RobotState, reason: str = "Leverandøren flytter.") -> RobotCondition:
    return set_state(place, ROBOT, state, actor=DORTHE, reason=reason)


def test_a_robot_that_nobody_paused_works(place: Workplace) -> None:
    with place.database.read() as session:
        assert condition_of(session, ROBOT) == RobotCondition(ROBOT, RobotState.ACTIVE)
        assert resting(session) == []


@pytest.mark.parametrize("state", [RobotState.PAUSED, RobotState.STOPPED])
def test_a_robot_that_rests_is_handed_nothing_until_it_is_resumed(place: Workplace, state: RobotState) -> None:
    add(place, "en", "to")
    _set(place, state)
    assert take(place, limit=5) == []
    _set(place, RobotState.ACTIVE)
    assert len(take(place, limit=5)) == 2


def test_another_robot_goes_on(place: Workplace) -> None:
    add(place, "en")
    set_state(place, "en anden", RobotState.STOPPED, actor=DORTHE, reason="x")
    assert len(take(place)) == 1


def test_what_is_begun_stays_with_its_worker(place: Workplace) -> None:
    add(place, "en")
    (claimed,) = take(place)
    _set(place, RobotState.PAUSED)
    assert rows(place, "SELECT state, lease_token FROM work_item") == [
        {"state": "in_progress", "lease_token": claimed.lease.token}
    ]


def test_who_and_why_are_told_and_the_reason_is_sealed(place: Workplace) -> None:
    _set(place, RobotState.PAUSED)
    with place.database.read() as session:
        (seen,) = resting(session)
    assert (seen.state, seen.changed_by, seen.reason) == (RobotState.PAUSED, "dorthe", "Leverandøren flytter.")
    assert "flytter" not in str(rows(place, "SELECT * FROM robot_state")) + str(events(place))


def test_each_change_is_an_event(place: Workplace) -> None:
    for state in (RobotState.PAUSED, RobotState.STOPPED, RobotState.ACTIVE):
        _set(place, state)
    assert event_types(place) == [EventType.ROBOT_PAUSED, EventType.ROBOT_STOPPED, EventType.ROBOT_RESUMED]
    assert events(place)[0]["facts"] == {"robot": ROBOT}


@pytest.mark.parametrize("role", [Role.DIGITAL_AGENT, Role.ROBOTEJER, Role.ADMINISTRATOR])
def test_those_who_answer_for_robots_may(place: Workplace, role: Role) -> None:
    set_state(place, ROBOT, RobotState.PAUSED, actor=person("nogen", role), reason="x")
    with place.database.read() as session:
        assert state_of(session, ROBOT) is RobotState.PAUSED


def test_a_case_worker_may_not(place: Workplace) -> None:
    with pytest.raises(NotAllowedError):
        set_state(place, ROBOT, RobotState.PAUSED, actor=ANNE, reason="x")
    assert rows(place, "SELECT * FROM robot_state") == []


def test_who_meets_a_robot_that_rests_is_told_the_whole_command(place: Workplace) -> None:
    _set(place, RobotState.PAUSED)
    with pytest.raises(RobotRestsError, match=f"sagsgang robots resume {ROBOT} --reason '…'"):
        require_active(place, ROBOT)


def test_a_reason_is_needed(place: Workplace) -> None:
    with pytest.raises(ReasonMissingError):
        _set(place, RobotState.PAUSED, " ")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (RobotState.ACTIVE, RobotState.ACTIVE),
        (RobotState.PAUSED, RobotState.PAUSED),
        (RobotState.STOPPED, RobotState.STOPPED),
        (RobotState.STOPPED, RobotState.PAUSED),
    ],
)
def test_what_would_change_nothing_or_less_is_refused(place: Workplace, before: RobotState, after: RobotState) -> None:
    if before is not RobotState.ACTIVE:
        _set(place, before)
    with pytest.raises(TransitionRefusedError):
        _set(place, after)
    with place.database.read() as session:
        assert state_of(session, ROBOT) is before
