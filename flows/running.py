"""One run of one robot, from collecting to the last item: what the command line and the Prefect flow both call.

What must stay true: there is one way to run a robot, whoever starts it and whatever schedules it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeGuard

from connectors.errors import ConnectorError
from flows.collecting import Collected, collect
from flows.composition import Composition
from flows.work_loop import Progress, RunSummary, WorkLoop, acting_of
from foundation.actor import Actor
from foundation.errors import SagsgangError
from foundation.logs import get_logger
from robots.robot import EventRobot, Robot

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run came to. ``collect_error`` is the code of what kept new work from coming in; old work was done."""

    collected: Collected | None
    summary: RunSummary
    collect_error: str | None = None


def run_robot(
    composition: Composition,
    robot: Robot,
    starter: Actor,
    *,
    flow: str | None = None,
    limit: int | None = None,
    accept_gap: bool = False,
    progress: Progress | None = None,
) -> RunReport:
    """Collect what came in, then work until the queue is empty.

    Args:
        composition: the other systems and the database.
        robot: the robot.
        starter: who starts it; must hold a role that its card names.
        flow: the id of the orchestrator's flow run, where there is one.
        limit: at most so many items.
        accept_gap: go on over a hole in the source's numbers.
        progress: told of each item that ends.

    Raises:
        NotAllowedError: the starter may not start this robot.
    """
    card = robot.card
    starter.require(card.may_start, f"starte {card.name}")
    collected, collect_error = None, None
    if collects(robot):
        try:
            acting = acting_of(robot, starter, flow)
            collected = collect(composition, robot, acting=acting, accept_gap=accept_gap)
        except (ConnectorError, SagsgangError) as error:
            # A source that is silent must not keep approved work from being done; the bookmark has not moved.
            collect_error = error.code
            log.warning("collect.failed", code=error.code)
    loop = WorkLoop(composition, robot, starter, flow, progress or Progress())
    return RunReport(collected, loop.run(limit=limit), collect_error)


def collects(robot: Robot) -> TypeGuard[EventRobot]:
    """Whether the robot's work comes from the person register's events."""
    return hasattr(robot, "group")
