"""Running a robot through Prefect from the process of whoever asks: the command line, the demo, a test.

What must stay true: Prefect is imported here only when a run is wanted, after its environment is set; and the caller
gets the report, or the error that the run itself met, never one that Prefect made of it.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flows.child import Child, wait_for
from flows.prefect_environment import API_URL, prefect_environment, require_api_allowed
from flows.prefect_server import START_SECONDS, api_url_of, free_port, is_ours, start_prefect_server
from flows.run_request import OrchestratorError, RunRequest, asking
from flows.running import RunReport
from flows.stopping import unheard
from flows.work_loop import Progress
from foundation.actor import resolve_actor
from foundation.logs import get_logger
from foundation.settings import Settings
from robots.registry import load_robot

log = get_logger(__name__)

_STOP_SECONDS = 10.0


def run_through_prefect(
    settings: Settings,
    robot_name: str,
    *,
    chosen: str | None = None,
    limit: int | None = None,
    progress: Progress | None = None,
    tell: Callable[[str], None] | None = None,
) -> RunReport:
    """Run one robot as a Prefect flow in this process; not from within a running event loop.

    The server is the one at ``PREFECT_API_URL``. Where none is named, one is started on this machine, which takes some
    ten to twenty seconds; it serves the further runs of this process as well and ends with it.

    Args:
        settings: the settings.
        robot_name: the name on the robot's card.
        chosen: a name chosen with ``--as``.
        limit: at most so many items.
        progress: told of each item that ends.
        tell: told in Danish what is being waited for, and how the run is being stopped.

    Raises:
        EnvironmentLockedError: ``PREFECT_API_URL`` is not one for this environment.
        NotAllowedError: the starter may not start this robot.
        OrchestratorError: Prefect does not answer or did not carry the run through.
    """
    # What can be refused at once is refused before anybody waits for a server.
    card = load_robot(robot_name).card
    resolve_actor(settings, chosen=chosen).require(card.may_start, f"starte {card.name}")
    request = RunRequest(settings, progress, tell or unheard)
    parameters = {"robot": robot_name, "as_person": chosen, "limit": limit}
    api_url = _server_address(settings, tell or _log_waiting)
    with asking(request):
        _call_flow(api_url, parameters)
    if request.error is not None:
        raise request.error
    if request.report is None:
        raise OrchestratorError("Prefect udførte ikke kørslen. Køen er, som den var. Prøv igen om lidt.")
    return request.report


def _call_flow(api_url: str, parameters: Mapping[str, object]) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings  # noqa: PLC0415 - takes two seconds.

    from flows.prefect_flows import run_robot_flow  # noqa: PLC0415 - it imports Prefect.

    async def call() -> None:
        await run_robot_flow(**parameters, return_state=True)

    try:
        # Prefect may have been imported before there was a server.
        with temporary_settings({PREFECT_API_URL: api_url}):
            asyncio.run(call())
    except Exception as error:
        # Our own part raises nothing through Prefect, so this is Prefect's: no server, no answer, a lost connection.
        log.exception("prefect.failed")
        message = "Prefect svarer ikke, som det skal. Køen er, som den var. Se loggen, og prøv igen."
        raise OrchestratorError(message) from error


@dataclass(frozen=True, slots=True)
class _OwnServer:
    child: Child
    api_url: str


_own: list[_OwnServer] = []


def _server_address(settings: Settings, tell: Callable[[str], None]) -> str:
    os.environ.update(prefect_environment(settings))
    named = os.environ.get(API_URL)
    if named:
        require_api_allowed(named, settings=settings)
        return named
    if _own and not _own[-1].child.has_ended:
        return _own[-1].api_url
    return _start_own_server(settings, tell)


def _start_own_server(settings: Settings, tell: Callable[[str], None]) -> str:
    tell("Starter en Prefect-server på denne maskine. Det tager 10-20 sekunder, på en travl maskine længere.")
    port = free_port()
    child = start_prefect_server(settings, port=port, schedules=False)
    atexit.register(child.stop, grace_seconds=_STOP_SECONDS)
    if "prefect" not in sys.modules:
        # Two seconds that pass while the server starts.
        import prefect  # noqa: F401, PLC0415 - after its environment is set, and only when it is needed.
    if not wait_for(lambda: is_ours(port, settings), child, seconds=START_SECONDS):
        child.stop(grace_seconds=0)
        message = f"Prefect-serveren kom ikke op. Se {child.log.name} i mappen med logge."
        raise OrchestratorError(message)
    _own.append(_OwnServer(child, api_url_of(port)))
    return api_url_of(port)


def _log_waiting(message: str) -> None:
    log.info("prefect.starting", message=message)
