"""Serves the simulated municipality on this machine, in a thread.

What must stay true: it listens on loopback and nowhere else, and what was committed stands when it stops.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from connectors.simulated.application import make_application
from connectors.simulated.seed import open_municipality
from connectors.simulated.store import Store
from connectors.simulated.wire import CuttableProtocol
from connectors.simulated.world import CPR_BEARER, NOVA_CLIENTS, World

_START_SECONDS = 20.0


class NotLoopbackError(Exception):
    """The simulated municipality is asked to listen where others could reach it."""

    def __init__(self, host: str) -> None:
        super().__init__(f"the simulated municipality listens on loopback only, not on {host}; use 127.0.0.1")


@dataclass(frozen=True, slots=True)
class Running:
    """A municipality that is being served. The credentials open nothing but a simulator."""

    #: For example ``http://127.0.0.1:40123``; Nova lies under ``/nova``, CPR under ``/cpr``.
    url: str
    client_id: str
    client_secret: str
    cpr_token: str


def demand_loopback(host: str) -> None:
    """Raise ``NotLoopbackError`` unless the host is this machine speaking to itself."""
    try:
        is_loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise NotLoopbackError(host)


@contextmanager
def running(
    store: Path, port: int = 0, seed: int = 1, citizens: int = 2000, cases: int = 5000, *, host: str = "127.0.0.1"
) -> Iterator[Running]:
    """Serve the municipality in ``store`` until the block ends; ``port=0`` takes a free one.

    Raises ``NotLoopbackError``, ``StoreMismatchError`` where the folder holds another municipality, and ``OSError``
    where the port is taken.
    """
    demand_loopback(host)
    kept = Store(store)
    try:
        open_municipality(kept, seed=seed, citizens=citizens, cases=cases)
        world = World(kept, seed, citizens, cases)
        with _listen(host, port) as listener:
            address, chosen = listener.getsockname()[:2]
            with _served(uvicorn.Server(_config(world)), listener):
                client_id, client_secret = next(iter(NOVA_CLIENTS.items()))
                place = f"[{address}]" if ":" in address else address
                yield Running(f"http://{place}:{chosen}", client_id, client_secret, CPR_BEARER)
    finally:
        kept.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's delay off only for sockets that say TCP themselves; with it each answer takes 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    return listener


def _config(world: World) -> uvicorn.Config:
    return uvicorn.Config(
        make_application(world),
        http=CuttableProtocol,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        # A connection that a client keeps open is not closed under its hands between two nights.
        timeout_keep_alive=600,
        # A fault that still waits does not hold up the end.
        timeout_graceful_shutdown=1,
    )


@contextmanager
def _served(server: uvicorn.Server, listener: socket.socket) -> Iterator[None]:
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name="simulated-municipality", daemon=True
    )
    thread.start()
    deadline = time.monotonic() + _START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the simulated municipality did not start")
        time.sleep(0.005)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
