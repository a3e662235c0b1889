"""Our deployments as Prefect wants them: served by a process of ours, or registered in a work pool.

The code is installed where it runs, so a deployment names the module and fetches nothing. What must stay true: two runs
of one deployment never overlap beyond ``at_once``.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron
from prefect.types.entrypoint import EntrypointType

from flows.deployments import TIMEZONE, Deployment
from flows.prefect_flows import run_robot_flow
from flows.prefect_sweeps import run_sweep_flow


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
