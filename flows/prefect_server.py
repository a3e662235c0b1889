"""A Prefect server of our own on this machine, as a child process.

What must stay true: it listens on loopback only, keeps its database in the data folder, sends nothing out, and ends
when we end.
"""

from __future__ import annotations

import socket
from pathlib import Path

import httpx

from flows.child import Child, answers, start_child
from flows.prefect_environment import prefect_environment
from foundation.settings import Settings

#: It makes its database at the first start: up to 25 s were measured on two busy cores.
START_SECONDS = 120.0
_ASK_SECONDS = 5.0
#: Where people expect Prefect's page.
USUAL_PORT = 4200


def free_port(wanted: int = 0) -> int:
    """``wanted`` when nobody listens there on loopback, otherwise a port that is free now."""
    for port in (wanted, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            free: int = probe.getsockname()[1]
            return free
    raise OSError("no port is free on 127.0.0.1")


def api_url_of(port: int) -> str:
    """The address of the API of a server on this port."""
    return f"http://127.0.0.1:{port}/api"


def start_prefect_server(settings: Settings, *, port: int, schedules: bool) -> Child:
    """Start the server; it answers some ten seconds later, see ``is_ours``.

    Args:
        settings: where its data goes.
        port: the port on loopback.
        schedules: with Prefect's page and its schedules; without, it serves the runs of one process and no more.
    """
    switch = "true" if schedules else "false"
    own = {
        # It does not follow the port by itself.
        "PREFECT_SERVER_UI_API_URL": api_url_of(port),
        "PREFECT_SERVER_UI_ENABLED": switch,
        "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": switch,
        "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": switch,
    }
    return start_child(
        "prefect",
        "prefect",
        ("--no-prompt", "server", "start", "--host", "127.0.0.1", "--port", str(port)),
        environment={**prefect_environment(settings), **own},
        log=settings.data_dir / "logs" / "prefect-server.log",
    )


def is_ours(port: int, settings: Settings) -> bool:
    """Whether the server on this port takes calls, and is the one that keeps its data where ours does.

    Two that begin at the same time find the same port free, and one of them gets it. The other must not take the first
    one's server for its own: it would put its robots into a stranger's schedule.
    """
    if not answers(api_url_of(port) + "/health"):
        return False
    try:
        told = httpx.get(api_url_of(port) + "/admin/settings", timeout=_ASK_SECONDS, trust_env=False)
    except httpx.HTTPError:
        return False
    if not told.is_success:
        # It asks for a password, which this process does not know; then its answer must do.
        return True
    home: str = told.json().get("home", "")
    return Path(home) == Path(prefect_environment(settings)["PREFECT_HOME"]).expanduser()
