"""Prefect's zombies: flow runs that say PENDING or RUNNING for ever, because whoever would have ended them is dead.

Ours is the record of whether a run goes on: its worker holds a lock that dies with the process
(``casework.workers``). What must stay true: only a run that is over by our own record, or that never became one, is
called crashed; and none is started again by this, for the queue has its items and the next run takes them
(docs/adr/0017).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.exceptions import PrefectException
from prefect.states import Crashed
from sqlalchemy.exc import SQLAlchemyError

from casework.runs import RunView, close_dead_runs, runs_of_flows
from casework.workplace import Workplace
from flows.composition import lock_folder, open_workplace
from flows.deployments import FLOW_NAME, SWEEP_FLOW_NAME
from flows.opened_run import log_folder
from foundation.logs import get_logger
from foundation.settings import Settings

log = get_logger(__name__)

#: After the end of our run, Prefect's process has this long to tell Prefect so. Its worker reports a killed process
#: some seconds late, and a second time.
ENDING_TIME: Final = timedelta(minutes=1)
#: A process that has not opened a run of ours by then died before it could.
OPENING_TIME: Final = timedelta(minutes=10)
_PAGE: Final = 200
#: States of which a dead process cannot get out.
_GOING: Final = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]


@dataclass(frozen=True, slots=True)
class GoingRun:
    """A flow run that goes on, by Prefect's word, and since when."""

    id: UUID
    since: datetime


def is_zombie(run: GoingRun, ours: RunView | None, *, now: datetime) -> bool:
    """Whether nobody is at work on a flow run that Prefect says is running.

    Args:
        run: the flow run.
        ours: our latest run of it, after those of dead workers were closed; None when it never opened one.
        now: the time.
    """
    if ours is None:
        return now - run.since > OPENING_TIME
    return ours.ended_at is not None and now - ours.ended_at > ENDING_TIME


def zombies_among(place: Workplace, going: Sequence[GoingRun]) -> list[UUID]:
    """Which of these flow runs are zombies."""
    ours = runs_of_flows(place, [str(run.id) for run in going])
    return [run.id for run in going if is_zombie(run, ours.get(str(run.id)), now=place.now())]


async def mend_zombies(settings: Settings, *, besides: UUID | None = None) -> int:
    """Set Prefect's zombies to Crashed; returns how many.

    A Prefect or a database that does not answer is left alone: this is tidying, and must not keep a run from its work.

    Args:
        settings: where the database and the locks are.
        besides: a flow run that is not looked at, such as one's own.
    """
    try:
        async with get_client() as client:
            going = [run for run in await _going(client) if run.id != besides]
            dead = await asyncio.to_thread(_find, settings, going)
            for run_id in dead:
                message = "Processen er død. Opgaverne er i køen og tages af næste kørsel."
                await client.set_flow_run_state(run_id, Crashed(message=message), force=True)
                log.warning("zombie.mended", flow=str(run_id))
    except (PrefectException, httpx.HTTPError, SQLAlchemyError) as error:
        log.warning("zombie.not_looked_for", kind=type(error).__name__)
        return 0
    return len(dead)


def _find(settings: Settings, going: Sequence[GoingRun]) -> list[UUID]:
    with open_workplace(settings) as place:
        close_dead_runs(place, locks=lock_folder(settings), logs=log_folder(settings))
        return zombies_among(place, going)


async def _going(client: PrefectClient) -> list[GoingRun]:
    found: list[GoingRun] = []
    read = 0
    while True:
        page = await client.read_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=[FLOW_NAME, SWEEP_FLOW_NAME])),
            flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=_GOING))),
            limit=_PAGE,
            offset=read,
        )
        read += len(page)
        # One whose worker died before it began to run has no start, but has been pending since a time.
        sinces = [(run.id, run.start_time or (run.state.timestamp if run.state is not None else None)) for run in page]
        found += [GoingRun(run, since) for run, since in sinces if since is not None]
        if len(page) < _PAGE:
            return found
