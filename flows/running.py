"""One run of one robot, from collecting to the last item: what the command line and the Prefect flow both use.

What must stay true: there is one way to run a robot, whoever starts it and whatever schedules it, and intake and work
are one run. The flow calls the two halves one at a time, so that both stand in its timeline; ``run_robot`` calls them
in a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeGuard

import structlog

from casework.pausing import state_of
from casework.states import RobotState
from connectors.errors import ConnectorError
from flows.collecting import Collected, collect, needs_person
from flows.composition import Composition
from flows.notices import tell_people_quietly
from flows.opened_run import OpenedRun, opened_run
from flows.stopping import Tell, stopped_by_signals, unheard
from flows.work_loop import Progress, RunSummary, WorkLoop
from foundation.actor import Actor
from foundation.errors import SagsgangError
from foundation.logs import get_logger
from robots.robot import EventRobot, Robot

log = get_logger(__name__)

#: What stops a run because a person paused or stopped the robot.
RESTS = frozenset({"robot_paused", "robot_stopped"})


@dataclass(frozen=True, slots=True)
class Intake:
    """What the first half came to. ``error`` is the code of what kept new work from coming in."""

    collected: Collected | None = None
    error: str | None = None
    #: Whether waiting does not help against the error; there is an incident then.
    needs_person: bool = False


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run came to. ``collect_error`` is the code of what kept new work from coming in; old work was done."""

    collected: Collected | None
    summary: RunSummary
    collect_error: str | None = None
    #: Whether waiting does not help against that.
    needs_person: bool = False


def run_robot(
    composition: Composition,
    robot: Robot,
    starter: Actor,
    *,
    flow: str | None = None,
    limit: int | None = None,
    progress: Progress | None = None,
    tell: Tell = unheard,
) -> RunReport:
    """Collect what came in, then work until the queue is empty, or a signal asks us to stop.

    Args:
        composition: the other systems and the database.
        robot: the robot.
        starter: who starts it; must hold a role that its card names.
        flow: the id of the orchestrator's flow run, where there is one.
        limit: at most so many items.
        progress: told of each item that ends.
        tell: told in Danish when a signal stops the run, and when a second one ends it.

    Raises:
        NotAllowedError: the starter may not start this robot.
    """
    loop = WorkLoop(composition, robot, starter, flow, progress or Progress())
    with (
        opened_run(composition, robot, starter, flow=flow) as opened,
        stopped_by_signals(loop.stopping, grace_seconds=composition.settings.stop_grace_seconds, tell=tell),
    ):
        intake = take_in(composition, robot, starter, opened)
        summary = loop.run(limit=limit, opened=opened)
        report = RunReport(intake.collected, summary, intake.error, needs_person=intake.needs_person)
    tell_people_quietly(composition.place, composition.settings)
    return report


def take_in(composition: Composition, robot: Robot, starter: Actor, opened: OpenedRun) -> Intake:
    """The first half of a run: what came in becomes work items.

    A source that is silent must not keep approved work from being done: its code is returned instead of raised, and the
    bookmark has not moved. Of a robot that is paused or stopped nothing is taken in.
    """
    if not collects(robot) or _rests(composition, robot):
        return Intake()
    with structlog.contextvars.bound_contextvars(run=str(opened.id), robot=robot.card.name):
        try:
            collected = collect(composition, robot, acting=opened.acting, run_id=opened.id, starter=starter.id)
        except (ConnectorError, SagsgangError) as error:
            log.warning("collect.failed", code=error.code)
            opened.collect_error = error.code
            return Intake(error=error.code, needs_person=needs_person(error))
    return Intake(collected)


def collects(robot: Robot) -> TypeGuard[EventRobot]:
    """Whether the robot's work comes from the person register's events."""
    return hasattr(robot, "group")


def _rests(composition: Composition, robot: Robot) -> bool:
    with composition.place.database.read() as session:
        return state_of(session, robot.card.name) is not RobotState.ACTIVE
