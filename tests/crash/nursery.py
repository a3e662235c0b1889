"""Raises worker processes that die, or fall asleep, at a numbered point.

Run as a program. It imports Sagsgang once and forks a child for each order, because starting Python anew a thousand
times would take longer than the tests are worth. Orders and reports are JSON, a line each, on stdin and stdout:

    {"act": "kill", "point": 7, ...}  ->  {"pid": 123, "end": "killed"}
    {"continue": 123}                 ->  {"pid": 123, "end": "exited", "code": 0}
    {"act": "raise", ...}             ->  {"pid": 123, "end": "working"}
    {"watch": 123}                    ->  as above, when it has ended

A point is the moment before or after a commit of a write transaction (the sequencer's and the signer's among them), an
outside call, a file that the signer keeps, or a robot's step. With ``until`` the worker is struck at the first point of
that name after the call that begins at ``point``. What must stay true: nothing in the product knows of points; they are
put around it from outside.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine, event
from sqlmodel import Session

import audit.signer_folder
import audit.write_once
from connectors.cpr.extract.source import ExtractPersonEvents
from connectors.http import HttpClient
from flows.asked_for import ask_for_case, ask_for_person
from flows.comparing import compare
from flows.composition import Composition, compose
from flows.live_desk import LiveDesk
from flows.running import run_robot
from flows.sweeping import sweep
from foundation.actor import Actor, resolve_actor
from foundation.cpr import Cpr
from foundation.database import Database
from foundation.settings import load_settings
from robots.registry import load_robot
from tests.crash.clocks import TownClock

#: Cases at a time, so that a sweep has more than one page.
PAGE = 30


class Points:
    """Counts points, writes down their names, and acts at one of them."""

    def __init__(self, *, act: str, at: int, until: str | None, record: Path) -> None:
        self._act = act
        self._at = at
        self._until = until
        self._record = record
        self._number = 0
        self._has_struck = False
        self._lock = threading.Lock()

    def pass_by(self, name: str) -> None:
        """The worker is at a point."""
        with self._lock:
            number = self._number
            self._number += 1
            is_it = self._is_it(number, name)
            self._has_struck = self._has_struck or is_it
        if self._act == "count" or is_it:
            with self._record.open("a", encoding="utf-8") as file:
                file.write(name + "\n")
        if is_it:
            # To this very thread: a signal to the process may leave it running for some instructions more.
            signal.pthread_kill(threading.get_ident(), signal.SIGKILL if self._act == "kill" else signal.SIGSTOP)

    def _is_it(self, number: int, name: str) -> bool:
        if self._has_struck or self._at < 0:
            return False
        if self._until is None:
            return number == self._at
        # The call's own two points are passed by.
        return number > self._at + 1 and name == self._until

    @contextlib.contextmanager
    def around(self, name: str) -> Iterator[None]:
        """A point before the block and one after it, however it ends."""
        self.pass_by(f"before {name}")
        try:
            yield
        finally:
            self.pass_by(f"after {name}")


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
                if getattr(writing, "now", False):
                    points.pass_by("before commit")
                    commit(connection)
                    points.pass_by("after commit")
                else:
                    commit(connection)

            dialect.do_commit = do_commit  # type: ignore[method-assign, assignment]  # from outside, as the module says
        writing.now = True
        try:
            with original(self) as session:
                yield session
        finally:
            writing.now = False

    Database.write = write  # type: ignore[method-assign]  # from outside, as the module says


class Surrounded(httpx.BaseTransport):
    """A transport with points around every call."""

    def __init__(self, inner: httpx.BaseTransport, points: Points) -> None:
        self._inner, self._points = inner, points

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """As the transport within."""
        # No part with a digit: a number in the path may be a person's, and an id is another one for each citizen.
        parts = request.url.path.split("/")
        route = "/".join("*" if any(letter.isdigit() for letter in part) else part for part in parts)
        with self._points.around(f"{request.method} {route}"):
            return self._inner.handle_request(request)

    def close(self) -> None:
        """As the transport within."""
        self._inner.close()


def surround_calls(points: Points) -> None:
    """Put points around every outside call."""
    original = HttpClient.__init__

    def __init__(self: HttpClient, *given: Any, **named: Any) -> None:  # noqa: ANN401, N807 - as the original
        original(self, *given, **named)
        self._transport = Surrounded(self._transport, points)

    HttpClient.__init__ = __init__  # type: ignore[method-assign]  # from outside, as the module says


def surround_files(points: Points) -> None:
    """Put points around what the signer writes down, and around the reading of what CPR has delivered."""
    original = audit.write_once.write_durably

    def write_durably(path: Path, data: bytes, *, mode: int) -> None:
        with points.around("file"):
            original(path, data, mode=mode)

    for module in (audit.write_once, audit.signer_folder):
        setattr(module, original.__name__, write_durably)
    poll = ExtractPersonEvents.poll

    def read(self: ExtractPersonEvents, *, after: str | None, limit: int) -> Any:  # noqa: ANN401 - as the original
        with points.around("extract"):
            return poll(self, after=after, limit=limit)

    ExtractPersonEvents.poll = read  # type: ignore[method-assign]  # from outside, as the module says


def surround_steps(points: Points) -> None:
    """Put points around every step of a robot."""
    original = LiveDesk.step

    def step(self: LiveDesk, name: str, work: Callable[[], Any], **rest: Any) -> Any:  # noqa: ANN401 - any result
        with points.around(f"step {name}"):
            return original(self, name, work, **rest)

    LiveDesk.step = step  # type: ignore[method-assign]  # from outside, as above


def leave_little_room(pages: int) -> None:
    """Let SQLite find the disk full after so many more pages."""

    @event.listens_for(Engine, "connect")
    def limit(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's connection
        (count,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {count + pages}")


@functools.cache
def load(name: str) -> Any:  # noqa: ANN401 - a robot of any kind
    """The robot of this name; ``module:Class`` for one that no package offers."""
    if ":" not in name:
        return load_robot(name)
    module, _, made = name.partition(":")
    return getattr(importlib.import_module(module), made)()


def perform(what: str, composition: Composition, robot: Any, starter: Actor, *, about: str = "") -> None:  # noqa: ANN401 - as above
    """One run, sweep or comparison; or one citizen or case that somebody asks for, and a run."""
    match what:
        case "sweep":
            sweep(composition, robot, starter, page_size=PAGE)
        case "compare":
            compare(composition, robot, starter, page_size=PAGE)
        case "person":
            ask_for_person(composition, robot, starter, Cpr.parse(about))
            run_robot(composition, robot, starter)
        case "case":
            ask_for_case(composition, robot, starter, about)
            run_robot(composition, robot, starter)
        case _:
            run_robot(composition, robot, starter)


def worker_name(pid: int) -> str:
    """What PostgreSQL calls the sessions of this worker."""
    return f"crash-{pid}"


def work(order: dict[str, Any]) -> None:
    """What a forked child does."""
    # Read by PostgreSQL's own library.
    os.environ["PGAPPNAME"] = worker_name(os.getpid())
    at, until = order.get("point", -1), order.get("until")
    points = Points(act=order["act"], at=at, until=until, record=Path(order["record"]))
    settings = load_settings(**order["settings"])
    starter = resolve_actor(settings, chosen="dorthe")
    robot = load(order["robot"])
    if order.get("pages") is not None:
        leave_little_room(order["pages"])
    surround_commits(points)
    surround_calls(points)
    surround_files(points)
    surround_steps(points)
    with compose(settings, clock=TownClock(settings.data_dir / "clock")) as composition:
        perform(order["what"], composition, robot, starter, about=order.get("about", ""))


def raise_child(order: dict[str, Any]) -> int:
    """Fork a child that works."""
    # Here, so that the next child has it already.
    load(order["robot"])
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
    except Exception as error:  # noqa: BLE001 - whatever ended it is told to the log, as the command line would.
        sys.stderr.write(f"ended by {type(error).__name__}: {error}\n")
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


def answer(order: dict[str, Any]) -> dict[str, object]:
    """Carry one order out."""
    if "watch" in order:
        return watch(order["watch"])
    if "continue" in order:
        os.kill(order["continue"], signal.SIGCONT)
        return watch(order["continue"])
    pid = raise_child(order)
    return {"pid": pid, "end": "working"} if order["act"] == "raise" else watch(pid)


def warm_up() -> None:
    """Import what is imported at first use, so that not every child does it again."""
    with tempfile.TemporaryDirectory() as folder, compose(load_settings(data_dir=folder, log_level="ERROR")):
        pass


def main() -> None:
    """Take orders until stdin ends."""
    warm_up()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
