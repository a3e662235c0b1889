"""Our deployments as Prefect wants them: served by a process of ours, or registered in a work pool.

The code is installed where it runs, so a deployment names the module and fetches nothing. What must stay true: two runs
of one deployment never overlap beyond ``at_once``, and what was missed while nobody served is made up for once, not in
a row.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy, StateType
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron
from prefect.states import Cancelled
from prefect.types.entrypoint import EntrypointType

from flows.deployments import TIMEZONE, Deployment, MissedRun, to_drop
from flows.prefect_flows import run_robot_flow
from flows.prefect_sweeps import run_sweep_flow

_PAGE = 200


def for_prefect(deployment: Deployment) -> RunnerDeployment:
    """The deployment in Prefect's terms.

    A run that would be one too many is cancelled, not queued: the one that goes on works until our own queue is empty,
    so a queued one would find nothing. A slot that a dead run holds is given back after five minutes.
    """
    return RunnerDeployment.from_flow(
        run_sweep_flow if deployment.is_sweep else run_robot_flow,
        name=deployment.name,
        schedules=[Cron(line, timezone=TIMEZONE) for line in deployment.schedules],
        parameters=dict(deployment.flow_parameters),
        concurrency_limit=ConcurrencyLimitConfig(
            limit=deployment.at_once, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW
        ),
        tags=list(deployment.tags),
        description=deployment.description,
        entrypoint_type=EntrypointType.MODULE_PATH,
    )


async def register_in_pool(deployments: Iterable[Deployment], *, pool: str) -> list[UUID]:
    """Register the deployments in a process work pool that exists; returns their ids.

    For several machines whose workers (``prefect worker start``) have Sagsgang installed.
    """
    return [await for_prefect(deployment).aapply(work_pool_name=pool) for deployment in deployments]


async def drop_missed(deployment_ids: Iterable[UUID], *, before: datetime) -> int:
    """Cancel runs that a schedule made for a time before ``before`` and nobody started; returns how many.

    A weekend without a worker would otherwise end in a hundred runs in a row, of which one finds work. The latest stays
    and does it all, at once. Runs that a person asked for stay as well.
    """
    dropped = 0
    async with get_client() as client:
        for run_id in to_drop(await _missed(client, list(deployment_ids), before)):
            await client.set_flow_run_state(run_id, Cancelled(message="Tidspunktet var passeret."), force=True)
            dropped += 1
    return dropped


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
