"""Raises worker processes that die, or fall asleep, at a numbered point.

Run as a program. It imports Sagsgang once and forks a child for each order, because starting Python anew a thousand
times would take longer than the tests are worth. Orders and reports are JSON, a line each, on stdin and stdout:

    {"act": "kill", "point": 7, ...}  ->  {"pid": 123, "end": "killed"}
    {"continue": 123}                 ->  {"pid": 123, "end": "exited", "code": 0}

A point is the moment before or after a commit of a write transaction, or before or after an outside call. What must
stay true: nothing in the product knows of points; they are put around the driver and the transport from outside.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from sqlmodel import Session

from flows.composition import compose
from flows.running import run_robot
from foundation.actor import resolve_actor
from foundation.database import Database
from foundation.settings import load_settings
from robots.registry import load_robot


class Points:
    """Counts points, writes down their names, and acts at one of them."""

    def __init__(self, *, act: str, at: int, record: Path) -> None:
        self._act = act
        self._at = at
        self._record = record
        self._number = 0
        self._lock = threading.Lock()

    def pass_by(self, name: str) -> None:
        """The worker is at a point."""
        with self._lock:
            number = self._number
            self._number += 1
        if self._act == "count" or number == self._at:
            with self._record.open("a", encoding="utf-8") as file:
                file.write(name + "\n")
        if number == self._at:
            # To this very thread: a signal to the process may leave it running for some instructions more.
            signal.pthread_kill(threading.get_ident(), signal.SIGKILL if self._act == "kill" else signal.SIGSTOP)


def surround_commits(points: Points) -> None:
    """Put points around every commit of a write transaction."""
    writing = threading.local()
    original = Database.write

    @contextlib.contextmanager
    def write(self: Database) -> Iterator[Session]:
        dialect = self.engine.dialect
        if not hasattr(dialect, "surrounded"):
            dialect.surrounded = True  # type: ignore[attr-defined]  # our own mark
            commit = dialect.do_commit

            def do_commit(connection: Any) -> None:  # noqa: ANN401 - the driver's connection
                is_write = getattr(writing, "now", False)
                if is_write:
                    points.pass_by("before commit")
                commit(connection)
                if is_write:
                    points.pass_by("after commit")

            dialect.do_commit = do_commit  # type: ignore[method-assign, assignment]  # from outside, as the module says
        writing.now = True
        try:
            with original(self) as session:
                yield session
        finally:
            writing.now = False

    Database.write = write  # type: ignore[method-assign]  # from outside, as the module says


def surround_calls(points: Points) -> None:
    """Put points around every outside call."""
    original = httpx.HTTPTransport.handle_request

    def handle_request(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        # No part with a digit: a number in the path may be a person's, and an id is another one for each citizen.
        parts = request.url.path.split("/")
        route = "/".join("*" if any(letter.isdigit() for letter in part) else part for part in parts)
        points.pass_by(f"before {request.method} {route}")
        response = original(self, request)
        points.pass_by(f"after {request.method} {route}")
        return response

    httpx.HTTPTransport.handle_request = handle_request  # type: ignore[method-assign]  # from outside, as above


def work(order: dict[str, Any]) -> None:
    """One run of the robot, in a forked child."""
    points = Points(act=order["act"], at=order.get("point", -1), record=Path(order["record"]))
    settings = load_settings(**order["settings"])
    starter = resolve_actor(settings, chosen="dorthe")
    robot = load_robot("address_update")
    surround_commits(points)
    surround_calls(points)
    with compose(settings) as composition:
        run_robot(composition, robot, starter)


def raise_child(order: dict[str, Any]) -> int:
    """Fork a child that works."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        work(order)
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)


def watch(pid: int) -> dict[str, object]:
    """Wait until the child ends or falls asleep."""
    _, status = os.waitpid(pid, os.WUNTRACED)
    if os.WIFSTOPPED(status):
        return {"pid": pid, "end": "stopped"}
    if os.WIFSIGNALED(status):
        return {"pid": pid, "end": "killed"}
    return {"pid": pid, "end": "exited", "code": os.WEXITSTATUS(status)}


def main() -> None:
    """Take orders until stdin ends."""
    for line in sys.stdin:
        order = json.loads(line)
        if "continue" in order:
            os.kill(order["continue"], signal.SIGCONT)
            report = watch(order["continue"])
        else:
            report = watch(raise_child(order))
        sys.stdout.write(json.dumps(report) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
