"""The Prefect flow around a sweep: everybody on open cases compared with CPR, on a schedule or from Prefect's page.

As in ``flows.prefect_flows`` it decides nothing. What must stay true: Prefect is told names, counts and codes only; and
a sweep that is stopped, or whose robot rests, goes on from the page it had come to when it is started again.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed

from casework.errors import RobotRestsError
from casework.states import SweepState
from flows.composition import compose
from flows.deployments import SWEEP_FLOW_NAME
from flows.missed import make_up_for_missed
from flows.notices import tell_people_quietly
from flows.prefect_flows import OpaqueName, ended, failed, in_thread, log_failure, run_name
from flows.stopping import OF_SWEEP, Stopping, give_up, stopped_by_signals
from flows.sweeping import SweepReport, SweptElsewhereError, sweep, sweeps
from flows.zombies import mend_zombies
from foundation.actor import resolve_actor
from foundation.errors import SagsgangError
from foundation.logs import configure_logs
from foundation.settings import Settings, load_settings
from robots.registry import load_robot

#: What Prefect's page says when the same sweep goes on in another process.
SWEPT_ELSEWHERE = "kører allerede"


class CannotSweepError(SagsgangError):
    """The robot's work is not found by going through all cases."""

    code = "cannot_sweep"


@flow(
    name=SWEEP_FLOW_NAME,
    flow_run_name=run_name,
    description="Gennemgår alle åbne sager med én robot. En afbrudt gennemgang fortsætter, hvor den slap.",
    persist_result=False,
    retries=0,
)
async def run_sweep_flow(robot: OpaqueName, *, as_person: OpaqueName | None = None) -> State[Any]:
    """Sweep, or go on with the sweep that was broken off. Ends Failed with our code when it was stopped early.

    Args:
        robot: the name on the robot's card.
        as_person: who starts it; in ``simulated`` only. Otherwise it is the account of this process.
    """
    try:
        settings = load_settings()
        configure_logs(json=settings.uses_json_logs, level=settings.log_level)
        started = UUID(str(flow_run.id))
        await make_up_for_missed(started)
        await mend_zombies(settings, besides=started)
        report = await _sweep(settings, robot, as_person)
    except RobotRestsError as error:
        # Somebody wanted it so; the sweep goes on from its page when the robot is resumed.
        return Completed(message=error.code)
    except SweptElsewhereError:
        return Completed(message=SWEPT_ELSEWHERE)
    except Exception as error:  # noqa: BLE001 - Prefect would keep the text of any error, which may hold anything.
        log_failure(error)
        return failed(error)
    counts = dict(report.sweep.counts)
    if not report.adds_up:
        return ended("does_not_add_up", counts)
    return ended(None if report.sweep.state is SweepState.FINISHED else "asked_to_stop", counts)


async def _sweep(settings: Settings, robot_name: str, as_person: str | None) -> SweepReport:
    robot = load_robot(robot_name)
    if not sweeps(robot):
        raise CannotSweepError(f"{robot_name} arbejder ikke ved gennemgang af alle sager.")
    starter = resolve_actor(settings, chosen=as_person)
    stopping, grace = Stopping(), settings.stop_grace_seconds
    with compose(settings) as composition, stopped_by_signals(stopping, grace_seconds=grace, words=OF_SWEEP):
        work = partial(sweep, composition, robot, starter, flow=str(flow_run.id), stopping=stopping)
        report = await in_thread(work, stop=partial(stopping.ask_within, grace, give_up=give_up))
        await in_thread(partial(tell_people_quietly, composition.place, settings))
    return report
