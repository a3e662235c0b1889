"""One run of one robot, from collecting to the last item: what the command line and the Prefect flow both use.

What must stay true: there is one way to run a robot, whoever starts it and whatever schedules it. The flow calls the
two halves one at a time, so that both stand in its timeline; ``run_robot`` calls them in a row.
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
class Intake:
    """What the first half came to. ``error`` is the code of what kept new work from coming in."""

    collected: Collected | None = None
    error: str | None = None


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
    progress: Progress | None = None,
) -> RunReport:
    """Collect what came in, then work until the queue is empty.

    Args:
        composition: the other systems and the database.
        robot: the robot.
        starter: who starts it; must hold a role that its card names.
        flow: the id of the orchestrator's flow run, where there is one.
        limit: at most so many items.
        progress: told of each item that ends.

    Raises:
        NotAllowedError: the starter may not start this robot.
    """
    intake = take_in(composition, robot, starter, flow=flow)
    loop = WorkLoop(composition, robot, starter, flow, progress or Progress())
    return RunReport(intake.collected, loop.run(limit=limit), intake.error)


def take_in(composition: Composition, robot: Robot, starter: Actor, *, flow: str | None = None) -> Intake:
    """The first half of a run: what came in becomes work items.

    A source that is silent must not keep approved work from being done: its code is returned instead of raised, and the
    bookmark has not moved.

    Raises:
        NotAllowedError: the starter may not start this robot.
    """
    starter.require(robot.card.may_start, f"starte {robot.card.name}")
    if not collects(robot):
        return Intake()
    try:
        acting = acting_of(robot, starter, flow)
        return Intake(collect(composition, robot, acting=acting, starter=starter.id))
    except (ConnectorError, SagsgangError) as error:
        log.warning("collect.failed", code=error.code)
        return Intake(error=error.code)


def collects(robot: Robot) -> TypeGuard[EventRobot]:
    """Whether the robot's work comes from the person register's events."""
    return hasattr(robot, "group")
