"""A flow run is called crashed when our own record says that nobody is at work on it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from casework.runs import RunView
from casework.workplace import Workplace
from flows.deployments import MissedRun, at_once_of, to_drop
from tests.conftest import NOON

FLOW, OURS = UUID(int=1), UUID(int=2)


def _ours(*, ended: timedelta | None) -> RunView:
    begun = NOON - timedelta(hours=3)
    return RunView(OURS, "r", str(FLOW), begun, None if ended is None else NOON - ended, None)


@pytest.mark.parametrize(
    ("ours", "running_for", "is_dead"),
    [
        (None, timedelta(minutes=9), False),
        (None, timedelta(minutes=11), True),
        (_ours(ended=None), timedelta(days=2), False),
        (_ours(ended=timedelta(seconds=50)), timedelta(hours=3), False),
        (_ours(ended=timedelta(minutes=2)), timedelta(hours=3), True),
    ],
    ids=["just begun", "never opened", "at work", "just ended", "ended"],
)
def test_only_what_is_over_or_never_began_is_a_zombie(
    ours: RunView | None, running_for: timedelta, *, is_dead: bool
) -> None:
    from flows.zombies import GoingRun, is_zombie  # noqa: PLC0415 - it imports Prefect, which takes two seconds.

    assert is_zombie(GoingRun(FLOW, NOON - running_for), ours, now=NOON) is is_dead


def test_zombies_are_found_by_the_id_of_the_flow_run(place: Workplace) -> None:
    from flows.zombies import GoingRun, zombies_among  # noqa: PLC0415 - the same.

    old = GoingRun(FLOW, place.now() - timedelta(hours=1))
    young = GoingRun(UUID(int=3), place.now())
    assert zombies_among(place, [old, young]) == [FLOW]


def _missed(number: int, deployment: int, hours: float) -> MissedRun:
    return MissedRun(UUID(int=number), UUID(int=deployment), NOON + timedelta(hours=hours))


def test_of_what_was_missed_the_latest_of_each_deployment_is_made_up_for() -> None:
    missed = [_missed(1, 7, 2), _missed(2, 7, 3), _missed(3, 7, 1), _missed(4, 8, 0)]
    assert to_drop(missed) == [UUID(int=3), UUID(int=1)]
    assert to_drop(_missed(number, 7, 0) for number in (5, 6)) == [UUID(int=5)]
    assert to_drop([]) == []


def test_a_robot_without_a_deployment_runs_one_at_a_time() -> None:
    assert at_once_of("ingen") == 1
    assert at_once_of("address_update") == 1
