"""Child processes that never outlive us: Prefect's server, the worker, the simulated municipality.

Each child holds one end of a pipe as its standard input (``flows.kept_child``). What must stay true: closing the pipe
is how a child is asked to stop, on every platform, and the system closes it when this process dies in any way.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

_LOOK_SECONDS = 0.2
_STOP_LOOK_SECONDS = 0.05


@dataclass
class Child:
    """A module that runs as a process of its own."""

    name: str
    log: Path
    _process: subprocess.Popen[bytes]

    @property
    def has_ended(self) -> bool:
        """Whether the process is over."""
        return self._process.poll() is not None

    @property
    def exit_code(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._process.poll()

    @property
    def pid(self) -> int:
        """The number of the process, for whoever looks at it from outside."""
        return self._process.pid

    def stop(self, *, grace_seconds: float, hurry: Callable[[], bool] = lambda: False) -> bool:
        """Ask it to stop, wait, and kill what remains of it and its own children; whether it went by itself.

        ``hurry`` ends the wait at once when it comes true.
        """
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        deadline = time.monotonic() + grace_seconds
        while not self.has_ended and not hurry() and time.monotonic() < deadline:
            time.sleep(_STOP_LOOK_SECONDS)
        went = self.has_ended
        self._kill_what_remains()
        self._process.wait()
        return went

    def _kill_what_remains(self) -> None:
        if sys.platform == "win32":
            self._process.kill()
            return
        # It leads a group of its own, which its children belong to.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


def start_child(
    name: str, module: str, arguments: Sequence[str] = (), *, environment: Mapping[str, str], log: Path
) -> Child:
    """Start ``python -m module arguments``; what it writes goes to ``log``, which begins anew.

    Args:
        name: what it is called in messages.
        module: the module.
        arguments: its arguments.
        environment: added to our own environment.
        log: the file for its output.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - our own Python and a module that stands in this room; no shell.
            [sys.executable, "-m", "flows.kept_child", module, *arguments],
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.STDOUT,
            # Ctrl-C in a terminal reaches us alone, so that we can stop the children in their order.
            start_new_session=sys.platform != "win32",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    return Child(name, log, process)


def answers(url: str) -> bool:
    """Whether a server answers this address with a success."""
    try:
        return httpx.get(url, timeout=2, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def wait_for(
    is_ready: Callable[[], bool], child: Child, *, seconds: float, stop: threading.Event | None = None
) -> bool:
    """Whether ``is_ready`` comes true in time; False as well when the child ends, or ``stop`` is set."""
    deadline = time.monotonic() + seconds
    while not is_ready():
        if child.has_ended or time.monotonic() > deadline or (stop is not None and stop.is_set()):
            return False
        time.sleep(_LOOK_SECONDS)
    return True
