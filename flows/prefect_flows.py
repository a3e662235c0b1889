"""The Prefect flow around one run of one robot: collect, then work.

It decides nothing. What must stay true: nothing personal reaches Prefect, neither as a parameter, a result, a state's
message nor a log line; and Prefect repeats nothing, because our step table is the only memory (docs/adr/0003).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, TypeVar
from uuid import UUID

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from pydantic import Field

from casework.errors import AlreadyRunningError
from casework.runs import ANY_NUMBER
from connectors.errors import ConnectorError
from flows.composition import Composition, compose
from flows.deployments import at_once_of
from flows.missed import make_up_for_missed
from flows.notices import tell_people_quietly
from flows.opened_run import OpenedRun, opened_run
from flows.run_request import OrchestratorError, RunRequest, current_request
from flows.running import RESTS, Intake, RunReport, take_in
from flows.stopping import Tell, give_up, stopped_by_signals
from flows.work_loop import Progress, RunSummary, WorkLoop
from flows.zombies import mend_zombies
from foundation.actor import Actor, resolve_actor
from foundation.clock import SystemClock
from foundation.database_faults import fault_of
from foundation.errors import SagsgangError
from foundation.logs import configure_logs, get_logger
from foundation.settings import load_settings
from robots.registry import load_robot
from robots.robot import Robot

log = get_logger(__name__)

T = TypeVar("T")

#: What Prefect's page says of a run that had nothing to do, because another one of the robot goes on.
ALREADY_RUNNING = "kører allerede"

#: Prefect keeps parameters in clear, and refuses before that what does not look like this. No CPR number does.
OpaqueName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9._-]{0,62}$")]


@dataclass
class _Job:
    """What the two tasks of one flow run work with, and what came of them."""

    composition: Composition
    robot: Robot
    starter: Actor
    opened: OpenedRun
    progress: Progress | None
    tell: Tell
    intake: Intake | None = None
    summary: RunSummary | None = None
    error: Exception | None = None


# Not an argument of the tasks: Prefect searches every argument for results of other tasks, field by field.
_job: ContextVar[_Job] = ContextVar("sagsgang_flow_job")


def run_name() -> str:
    """What stands in the list of runs: robot and start, instead of a name that Prefect invents."""
    started = SystemClock().now().astimezone()
    return f"{flow_run.parameters.get('robot', 'robot')} {started:%Y-%m-%d %H:%M:%S}"


# Async, because each sync flow run waits a second for its heartbeat to end.
@flow(
    name="sagsgang-robot",
    flow_run_name=run_name,
    description="Henter nye opgaver og behandler køen med én robot. Kø og journal er Sagsgangs egne tabeller.",
    persist_result=False,
    retries=0,
)
async def run_robot_flow(
    robot: OpaqueName, *, as_person: OpaqueName | None = None, limit: int | None = None
) -> State[Any]:
    """Run one robot. Ends Failed with our code when it failed, was stopped early, or got no new work in.

    Args:
        robot: the name on the robot's card.
        as_person: who starts it; in ``simulated`` only. Otherwise it is the account of this process.
        limit: at most so many items.
    """
    request = current_request()
    at_most = ANY_NUMBER
    try:
        if request is None:
            # Prefect started this process; there is no command line that configured it.
            request = RunRequest(load_settings())
            configure_logs(json=request.settings.uses_json_logs, level=request.settings.log_level)
            started = UUID(str(flow_run.id))
            await make_up_for_missed(started)
            await mend_zombies(request.settings, besides=started)
            at_most = at_once_of(robot)
        report = await _run(request, robot, as_person, limit=limit, at_most=at_most)
    except AlreadyRunningError:
        log.info("flow.already_running")
        return Completed(message=ALREADY_RUNNING)
    except Exception as error:  # noqa: BLE001 - Prefect would keep the text of any error, which may hold anything.
        if request is not None:
            request.error = error
        log_failure(error)
        return failed(error)
    request.report = report
    return ended(report.summary.stopped_by or report.collect_error, counts_of(report))


def counts_of(report: RunReport) -> dict[str, int]:
    """The run in numbers, which is all that Prefect is told of it."""
    collected = report.collected
    came_in = {} if collected is None else {"events": collected.events, "new_items": collected.items}
    return came_in | {result.value: number for result, number in sorted(report.summary.counts.items())}


async def _run(
    request: RunRequest, robot_name: str, as_person: str | None, *, limit: int | None, at_most: int
) -> RunReport:
    robot = load_robot(robot_name)
    starter = resolve_actor(request.settings, chosen=as_person)
    with compose(request.settings) as composition:
        job = await _run_opened(composition, robot, starter, request, limit=limit, at_most=at_most)
        await in_thread(partial(tell_people_quietly, composition.place, request.settings))
    if job.intake is None or job.summary is None:
        # Prefect itself kept a task from running, for example because its server went away.
        raise OrchestratorError("Prefect kunne ikke udføre kørslen. Se om Prefect-serveren kører, og prøv igen.")
    return RunReport(job.intake.collected, job.summary, job.intake.error, needs_person=job.intake.needs_person)


async def _run_opened(
    composition: Composition, robot: Robot, starter: Actor, request: RunRequest, *, limit: int | None, at_most: int
) -> _Job:
    with opened_run(composition, robot, starter, flow=flow_run.id, at_most=at_most) as opened:
        job = _Job(composition, robot, starter, opened, request.progress, request.tell)
        token = _job.set(job)
        try:
            await collect_task(return_state=True)  # type: ignore[misc]  # typed as if sync
            if job.error is None:
                await work_task(limit=limit, return_state=True)  # type: ignore[misc]  # the same
        finally:
            _job.reset(token)
        if job.error is not None:
            raise job.error
        return job


@task(name="hent nye opgaver", persist_result=False, cache_policy=NO_CACHE, retries=0)
async def collect_task() -> State[Any]:
    """What came in becomes work items."""
    job = _job.get()
    collecting = partial(take_in, job.composition, job.robot, job.starter, job.opened)
    try:
        job.intake = await in_thread(collecting)
    except Exception as error:  # noqa: BLE001 - the flow raises it again, where Prefect does not read it.
        job.error = error
        return failed(error)
    return ended(job.intake.error)


@task(name="behandl opgaver", persist_result=False, cache_policy=NO_CACHE, retries=0)
async def work_task(*, limit: int | None) -> State[Any]:
    """Claim and handle until the queue is empty; takes back first what dead workers left."""
    job = _job.get()
    loop = WorkLoop(job.composition, job.robot, job.starter, progress=job.progress or Progress())
    grace, stopping = job.composition.settings.stop_grace_seconds, loop.stopping
    try:
        # A signal that Prefect's worker sends is for the items first; the flow ends when they are laid down.
        with stopped_by_signals(stopping, grace_seconds=grace, tell=job.tell):
            work = partial(loop.run, limit=limit, opened=job.opened)
            gave_up = partial(give_up, job.tell)
            job.summary = await in_thread(work, stop=partial(stopping.ask_within, grace, give_up=gave_up))
    except Exception as error:  # noqa: BLE001 - the flow raises it again, where Prefect does not read it.
        job.error = error
        return failed(error)
    return ended(job.summary.stopped_by)


async def in_thread(work: Callable[[], T], *, stop: Callable[[], None] | None = None) -> T:
    """Do blocking work beside the event loop. When Prefect ends the run, ``stop`` it and wait for its end.

    The wait is what lets nobody close the database under the hands of a thread that writes down an effect.
    """
    future = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        if stop is not None:
            stop()
        await asyncio.wait({future})
        raise


def ended(code: str | None, counts: dict[str, int] | None = None) -> State[Any]:
    """The state of a run that came to its end: Failed with the code of what kept it from doing all it should."""
    if code in RESTS:
        # Somebody wanted it so; a failure every half hour would only teach people to look away.
        return Completed(message=code, data=counts)
    return Failed(message=code) if code else Completed(message="OK", data=counts)


def failed(error: Exception) -> State[Any]:
    """Our code, or the kind of a fault that has none; never its text."""
    return Failed(message=_code_of(error) or type(error).__name__)


def log_failure(error: Exception) -> None:
    """By its code; only what has none is logged with its trace."""
    code = _code_of(error)
    if code is not None:
        log.warning("flow.failed", code=code)
    else:
        log.error("flow.fault", kind=type(error).__name__, exc_info=error)


def _code_of(error: Exception) -> str | None:
    fault = fault_of(error)
    if fault is not None:
        return fault.code
    return error.code if isinstance(error, SagsgangError | ConnectorError) else None
