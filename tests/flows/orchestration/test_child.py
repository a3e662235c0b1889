"""Children end when they are asked, when they must, and when nobody is left to ask."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.child import Child, answers, start_child, wait_for
from flows.prefect_server import free_port

# Programs that end only when the pipe from their parent does; killed by the system's own means on POSIX.
STUBBORN = (
    "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(60)\n"
)


def _serve(port: int, log: Path) -> Child:
    arguments = (str(port), "--bind", "127.0.0.1", "--directory", str(log.parent))
    return start_child("web", "http.server", arguments, environment={}, log=log)


def test_a_child_stops_when_it_is_asked(tmp_path: Path) -> None:
    port = free_port()
    child = _serve(port, tmp_path / "web.log")
    assert wait_for(lambda: answers(f"http://127.0.0.1:{port}/"), child, seconds=20)
    assert child.stop(grace_seconds=10)
    assert child.has_ended


@pytest.mark.skipif(sys.platform == "win32", reason="a program cannot ignore the signal there")
def test_a_child_that_will_not_stop_is_killed(tmp_path: Path) -> None:
    (tmp_path / "stubborn.py").write_text(STUBBORN, encoding="utf-8")
    log = tmp_path / "stubborn.log"
    child = start_child("stubborn", "stubborn", environment={"PYTHONPATH": str(tmp_path)}, log=log)
    assert wait_for(lambda: b"up" in log.read_bytes(), child, seconds=20)
    assert not child.stop(grace_seconds=0.5)
    assert child.has_ended


def test_a_child_that_ends_by_itself_is_not_waited_for(tmp_path: Path) -> None:
    child = start_child("gone", "no_such_module_at_all", environment={}, log=tmp_path / "gone.log")
    started = time.monotonic()
    assert not wait_for(lambda: False, child, seconds=60)
    assert time.monotonic() - started < 30
    assert child.exit_code
    child.stop(grace_seconds=1)


def test_a_child_does_not_outlive_a_parent_that_was_killed(tmp_path: Path) -> None:
    port = free_port()
    program = (
        "import sys, time; from pathlib import Path; from flows.child import start_child; "
        f"arguments = ('{port}', '--bind', '127.0.0.1'); "
        "start_child('web', 'http.server', arguments, environment={}, log=Path(sys.argv[1])); "
        "time.sleep(60)"
    )
    url = f"http://127.0.0.1:{port}/"
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "web.log")]) as parent:  # noqa: S603 - our own
        try:
            _until(lambda: answers(url))
        finally:
            parent.kill()
    _until(lambda: not answers(url))


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)
