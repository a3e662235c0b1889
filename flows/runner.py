"""Prefect's runner, taught to drain.

Prefect's own answer to SIGTERM is to cancel what runs. What must stay true: a run that is told to stop gets the time to
end what it has begun, and a run that will not is ended by its process, with its items left to the reaper.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from types import FrameType

from prefect.runner import Runner

from flows.composition import open_workplace
from flows.database_loss import log_missed
from flows.deployments import Deployment
from flows.missed import drop_missed
from flows.notices import tell_people_quietly
from flows.prefect_deployments import for_prefect
from flows.zombies import mend_zombies
from foundation.clock import SystemClock
from foundation.logs import get_logger
from foundation.settings import Settings

log = get_logger(__name__)

_POLL_SECONDS = 5.0
_TELL_SECONDS = 900.0
#: What a run needs besides its grace to tell Prefect how it ended.
_ENDING_SECONDS = 10.0
#: Another worker may be about to start what fell due a moment ago.
_MISSED_AFTER = timedelta(minutes=5)


class DrainingRunner(Runner):
    """Serves until ``drain`` is called; SIGTERM calls it."""

    drain_seconds = 0.0
    #: How long a run that was told to stop has; after that its process is killed.
    stop_seconds = 0.0

    def handle_sigterm(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Prefect registers this for SIGTERM when it starts."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.drain)

    def drain(self) -> None:
        """Take no new run; what goes on after ``drain_seconds`` is told to stop. ``start`` returns after the last."""
        if self.stopping or not self.started:
            return
        self.stopping = True
        log.info("serving.draining", seconds=self.drain_seconds)
        # Leaves Prefect's poll loop, after which it waits for what runs.
        self._loops_task_group.cancel_scope.cancel()
        asyncio.get_running_loop().call_later(self.drain_seconds, self._end_what_runs)

    def _end_what_runs(self) -> None:
        """Tell each run to stop, as systemd would: cancelled by Prefect, its process would be killed in its step."""
        for flow_run in self._process_manager.flow_run_ids():
            handle = self._process_manager.get(flow_run)
            if handle is not None:
                log.warning("serving.ending_run", flow=str(flow_run))
                with contextlib.suppress(ProcessLookupError):
                    handle.graceful_kill()
        asyncio.get_running_loop().call_later(self.stop_seconds, self._kill_what_runs)

    def _kill_what_runs(self) -> None:
        if hasattr(self, "_runs_task_group"):
            log.error("serving.killing_runs")
            self._runs_task_group.cancel_scope.cancel()


async def serve(
    deployments: Sequence[Deployment],
    *,
    settings: Settings,
    at_once: int,
    drain_seconds: float,
    ready: Callable[[], None],
) -> None:
    """Register the deployments, mend what died, say ``ready``, and run what falls due until SIGTERM or Ctrl-C.

    People are told of what waits meanwhile, whether anything runs or not. Schedules are not paused when this ends:
    others may serve the same deployments.
    """
    runner = DrainingRunner(
        name="sagsgang", limit=at_once, query_seconds=_POLL_SECONDS, pause_on_shutdown=False, webserver=False
    )
    runner.drain_seconds = drain_seconds
    runner.stop_seconds = settings.stop_grace_seconds + _ENDING_SECONDS
    ids = [await runner.aadd_deployment(for_prefect(deployment)) for deployment in deployments]
    dropped = await drop_missed(ids, before=SystemClock().now() - _MISSED_AFTER)
    mended = await mend_zombies(settings)
    log.info("serving.started", deployments=len(ids), missed=dropped, mended=mended)
    telling = asyncio.create_task(_keep_telling(settings))
    ready()
    if sys.platform != "win32":
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, runner.drain)
    try:
        await runner.start()
    finally:
        telling.cancel()
    log.info("serving.stopped")


async def _keep_telling(settings: Settings) -> None:
    """Look every quarter of an hour; a robot that does not run at all leaves the most to tell of."""
    while settings.notice_urls.get_secret_value().strip():
        try:
            await asyncio.to_thread(_tell, settings)
        except Exception as error:  # noqa: BLE001 - such as a database that is away; the next look may find it back.
            log_missed(log, "notices.missed", error)
        await asyncio.sleep(_TELL_SECONDS)


def _tell(settings: Settings) -> None:
    with open_workplace(settings) as place:
        tell_people_quietly(place, settings)
