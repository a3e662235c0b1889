"""Draining a work pool of Prefect, so that its workers can be stopped with nothing in their hands.

What must stay true: a drained pool starts nothing; what goes on is waited for and never ended; nobody is told that a
pool is empty while a run of it goes on; and nobody waits for a run whose process is dead (``flows.zombies``).
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from flows.prefect_environment import API_URL, prefect_environment, require_api_allowed
from flows.run_request import OrchestratorError
from foundation.errors import ConfigurationError, SagsgangError
from foundation.logs import get_logger
from foundation.settings import Settings

log = get_logger(__name__)

_LOOK_SECONDS = 2.0
#: Between two looks for runs whose process is dead.
_MEND_SECONDS = 30.0


class UnknownPoolError(SagsgangError):
    """Prefect has no work pool of that name."""

    code = "unknown_pool"


@dataclass(frozen=True, slots=True)
class Drained:
    """How a pool stands: ``going`` runs were still at work when we stopped waiting."""

    pool: str
    is_paused: bool
    going: int


def drain_pool(settings: Settings, pool: str, *, wait_seconds: float, tell: Callable[[int], None]) -> Drained:
    """Pause a pool and wait until none of its runs goes on, or the time is up.

    Args:
        settings: tell the environment; the server is the one at ``PREFECT_API_URL``.
        pool: the pool's name.
        wait_seconds: how long to wait; 0 for not at all.
        tell: told how many runs go on, whenever that has changed.

    Raises:
        ConfigurationError: ``PREFECT_API_URL`` is not set.
        UnknownPoolError: there is no such pool.
        OrchestratorError: Prefect does not answer.
    """

    async def drain() -> Drained:
        await _set_paused(pool, is_paused=True)
        started = time.monotonic()
        deadline, told, next_mend = started + wait_seconds, -1, started
        while True:
            going = await _count_going(pool)
            if going and time.monotonic() >= next_mend:
                # A paused pool starts no run that would do it, and a dead one would be waited for for ever.
                await _mend_dead(settings)
                going, next_mend = await _count_going(pool), time.monotonic() + _MEND_SECONDS
            if going != told:
                tell(going)
                told = going
            if going == 0 or time.monotonic() >= deadline:
                return Drained(pool, is_paused=True, going=going)
            await asyncio.sleep(_LOOK_SECONDS)

    return _asked(settings, drain)


def resume_pool(settings: Settings, pool: str) -> Drained:
    """Let a pool start runs again. Raises as ``drain_pool``."""

    async def resume() -> Drained:
        await _set_paused(pool, is_paused=False)
        return Drained(pool, is_paused=False, going=await _count_going(pool))

    return _asked(settings, resume)


def _asked(settings: Settings, ask: Callable[[], Coroutine[None, None, Drained]]) -> Drained:
    url = os.environ.get(API_URL)
    if not url:
        raise ConfigurationError(f"{API_URL} mangler. Den skal være adressen på Prefect-serverens API.")
    require_api_allowed(url, settings=settings)
    os.environ.update(prefect_environment(settings))
    try:
        return asyncio.run(ask())
    except SagsgangError:
        raise
    except Exception as error:
        # Whatever Prefect's client raises: no server, no answer, no leave.
        message = "Prefect svarer ikke, som det skal. Se om serveren kører, og prøv igen."
        raise OrchestratorError(message) from error


async def _mend_dead(settings: Settings) -> None:
    from flows.zombies import mend_zombies  # noqa: PLC0415 - it imports Prefect, which takes two seconds.

    try:
        await mend_zombies(settings)
    except SagsgangError as error:
        # A machine that has Prefect's address and not our database may drain all the same.
        log.warning("draining.not_mended", code=error.code)


async def _set_paused(pool: str, *, is_paused: bool) -> None:
    from prefect.client.orchestration import get_client  # noqa: PLC0415 - takes two seconds.
    from prefect.client.schemas.actions import WorkPoolUpdate  # noqa: PLC0415 - the same.
    from prefect.exceptions import ObjectNotFound  # noqa: PLC0415 - the same.

    async with get_client() as client:
        try:
            await client.update_work_pool(pool, WorkPoolUpdate(is_paused=is_paused))
        except ObjectNotFound:
            message = "Prefect har ingen arbejdspulje med det navn. Se dem med: prefect work-pool ls"
            raise UnknownPoolError(message) from None


async def _count_going(pool: str) -> int:
    from prefect.client.orchestration import get_client  # noqa: PLC0415 - takes two seconds.
    from prefect.client.schemas import filters  # noqa: PLC0415 - the same.
    from prefect.client.schemas.objects import StateType  # noqa: PLC0415 - the same.

    going = [StateType.RUNNING, StateType.PENDING, StateType.CANCELLING]
    async with get_client() as client:
        runs = await client.read_flow_runs(
            work_pool_filter=filters.WorkPoolFilter(name=filters.WorkPoolFilterName(any_=[pool])),
            flow_run_filter=filters.FlowRunFilter(
                state=filters.FlowRunFilterState(type=filters.FlowRunFilterStateType(any_=going))
            ),
            limit=200,
        )
    return len(runs)
