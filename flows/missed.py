"""Runs that fell due while nobody served them: made up for once, and not in a row.

What must stay true: one run makes up for all that its deployment missed, because it works until our own queue is empty;
and a run that a person asked for is never dropped.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.exceptions import PrefectException
from prefect.states import Cancelled

from flows.deployments import MissedRun, to_drop
from foundation.clock import SystemClock
from foundation.logs import get_logger

log = get_logger(__name__)

_PAGE = 200


async def make_up_for_missed(flow_run: UUID) -> int:
    """Drop everything that this run's deployment missed until now, since this very run makes up for it.

    A worker that was never started anew has it too: its machine slept, or its Prefect server was away. Returns how many
    were dropped; a Prefect that does not answer is left alone, because this is tidying.
    """
    try:
        async with get_client() as client:
            deployment = (await client.read_flow_run(flow_run)).deployment_id
            if deployment is None:
                return 0
            missed = [run for run in await _missed(client, [deployment], SystemClock().now()) if run.id != flow_run]
            await _drop(client, [run.id for run in missed])
    except (PrefectException, httpx.HTTPError) as error:
        log.warning("missed.not_looked_for", kind=type(error).__name__)
        return 0
    if missed:
        log.info("missed.dropped", runs=len(missed))
    return len(missed)


async def drop_missed(deployment_ids: Iterable[UUID], *, before: datetime) -> int:
    """Cancel runs that a schedule made for a time before ``before`` and nobody started; returns how many.

    A weekend without a worker would otherwise end in a hundred runs in a row, of which one finds work. The latest stays
    and does it all, at once. Runs that a person asked for stay as well.
    """
    async with get_client() as client:
        dropped = to_drop(await _missed(client, list(deployment_ids), before))
        await _drop(client, dropped)
    return len(dropped)


async def _drop(client: PrefectClient, run_ids: Iterable[UUID]) -> None:
    for run_id in run_ids:
        await client.set_flow_run_state(run_id, Cancelled(message="Tidspunktet var passeret."), force=True)


async def _missed(client: PrefectClient, deployment_ids: list[UUID], before: datetime) -> list[MissedRun]:
    found: list[MissedRun] = []
    read = 0
    while True:
        page = await client.read_flow_runs(
            deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=deployment_ids)),
            flow_run_filter=FlowRunFilter(
                state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
                expected_start_time=FlowRunFilterExpectedStartTime(before_=before),
            ),
            limit=_PAGE,
            offset=read,
        )
        read += len(page)
        found += [
            MissedRun(run.id, run.deployment_id, run.expected_start_time)
            for run in page
            if run.auto_scheduled and run.deployment_id is not None and run.expected_start_time is not None
        ]
        if len(page) < _PAGE:
            return found
