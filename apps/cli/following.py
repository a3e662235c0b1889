"""A run of a robot with its progress on the screen, through Prefect or without.

What must stay true: both ways are the same run of the same loop; Prefect decides where and when, never what.
"""

from __future__ import annotations

from apps.cli.screens import Bar, Screen
from casework.items import count_by_state
from casework.states import ItemState
from casework.workplace import Workplace
from flows.composition import compose
from flows.ending import Result
from flows.orchestration import run_through_prefect
from flows.running import RunReport, run_robot
from flows.work_loop import Progress
from foundation.actor import resolve_actor
from foundation.settings import Settings
from robots.registry import load_robot


class Shown(Progress):
    """Moves a bar on for each item that ends."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar

    def ended(self, result: Result) -> None:
        """One more."""
        del result
        self._bar.advance()


def run_followed(
    settings: Settings,
    robot_name: str,
    screen: Screen,
    *,
    chosen: str | None,
    limit: int | None = None,
    with_prefect: bool = True,
    expected: int = 0,
) -> RunReport:
    """Run a robot; ``expected`` is about how many items the bar counts to. Raises what the run raises."""
    with screen.bar("Opgaver", expected) as bar:
        if with_prefect:
            return run_through_prefect(
                settings,
                robot_name,
                chosen=chosen,
                limit=limit,
                progress=Shown(bar),
                tell=screen.say,
            )
        starter = resolve_actor(settings, chosen=chosen)
        with compose(settings) as composition:
            return run_robot(
                composition,
                load_robot(robot_name),
                starter,
                limit=limit,
                progress=Shown(bar),
                tell=screen.say,
            )


def waiting_work(place: Workplace, robot: str) -> int:
    """How many items a run would find."""
    with place.database.read() as session:
        counts = count_by_state(session, robot=robot)
    return counts.get(ItemState.NEW, 0)
