"""A worker is told to stop while it works: what systemd and ``docker stop`` do, with a real server and real signals."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from casework.claiming import reap
from casework.items import count_by_state
from casework.states import ItemState
from casework.tables import RunRow
from casework.workplace import Workplace
from flows.child import wait_for
from flows.composition import open_workplace
from flows.prefect_environment import prefect_environment
from flows.prefect_server import START_SECONDS, api_url_of, free_port, is_ours, start_prefect_server
from foundation.clock import ShiftedClock
from foundation.settings import Settings, load_settings
from tests.conftest import forget_settings
from tests.flows.orchestration import slow_robot
from tests.flows.orchestration.prefect_api import ask

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(400),
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal that a test can send"),
]

_POOL = "prøvepulje"
_REGISTER = f"""
import asyncio
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from flows.deployments import DEPLOYMENTS
from flows.prefect_deployments import register_in_pool

async def register():
    async with get_client() as client:
        await client.create_work_pool(WorkPoolCreate(name={_POOL!r}, type="process"))
    await register_in_pool(DEPLOYMENTS[:1], pool={_POOL!r})

asyncio.run(register())
"""
#: A shell without a terminal has what it starts in the background ignore SIGINT, which Prefect's worker sends itself.
_START = """
import runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""
#: As if the minute had passed that the worker has to tell Prefect of a death.
_MEND = """
import asyncio
from datetime import timedelta
import flows.zombies
from foundation.clock import ShiftedClock
from foundation.settings import load_settings

flows.zombies.ENDING_TIME = timedelta(0)
assert asyncio.run(flows.zombies.mend_zombies(load_settings())) == 1
"""


@dataclass(frozen=True)
class House:
    """A Prefect server, a database with three slow items, and what processes need to find both."""

    settings: Settings
    api: str
    environment: dict[str, str]
    folder: Path

    def start_run(self) -> str:
        """Ask for a run of the slow robot; returns the flow run's id."""
        deployment = ask("GET", f"{self.api}/deployments/name/sagsgang-robot/address_update")
        asked = {"parameters": {"robot": slow_robot.NAME, "as_person": "dorthe"}}
        return str(ask("POST", f"{self.api}/deployments/{deployment['id']}/create_flow_run", asked)["id"])

    def state(self, flow_run: str) -> dict[str, Any]:
        state: dict[str, Any] = ask("GET", f"{self.api}/flow_runs/{flow_run}")["state"]
        return state

    def steps(self) -> tuple[int, int]:
        """How many steps were begun, and how many ended."""
        diary = slow_robot.read_diary(self.folder)
        return diary.count("begun"), diary.count("ended")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a Prefect server, and the folder it keeps its data in."""
    with pytest.MonkeyPatch.context() as patch:
        forget_settings(patch)
        patch.delenv("PREFECT_API_URL", raising=False)
        patch.delenv("PREFECT_HOME", raising=False)
        settings = load_settings(data_dir=tmp_path_factory.mktemp("server"))
        port = free_port()
        child = start_prefect_server(settings, port=port, schedules=False)
        try:
            assert wait_for(lambda: is_ours(port, settings), child, seconds=START_SECONDS * 2)
            yield api_url_of(port), settings.data_dir / "prefect"
        finally:
            child.stop(grace_seconds=20)


@pytest.fixture
def house(
    server: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, child_environment: dict[str, str]
) -> House:
    api, home = server
    forget_settings(monkeypatch)
    settings = load_settings(data_dir=tmp_path / "var")
    slow_robot.enqueue_items(settings, 3)
    environment = slow_robot.install(tmp_path, child_environment, seconds=0.4)
    environment |= prefect_environment(settings) | {
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": api,
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "SAGSGANG_STOP_GRACE_SECONDS": "6",
        "SAGSGANG_WORKERS": "1",
    }
    return House(settings, api, environment, tmp_path)


@contextmanager
def _worker(house: House, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    log = house.folder / "worker.log"
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - our own Python with modules of ours and Prefect's.
            [sys.executable, "-c", _START, *words],
            env=house.environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _until(condition: Callable[[], bool], *, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _failures(place: Workplace) -> list[str | None]:
    with place.database.read() as session:
        return list(session.execute(select(RunRow.__table__.c.failure)).scalars())


def _states(place: Workplace) -> dict[ItemState, int]:
    with place.database.read() as session:
        return dict(count_by_state(session))


def test_our_worker_lets_the_step_end_closes_the_run_and_holds_no_item(house: House) -> None:
    ready = house.folder / "ready"
    with _worker(house, "flows.serving", "--ready", str(ready), "--drain-seconds", "0") as worker:
        _until(ready.exists)
        flow_run = house.start_run()
        _until(lambda: house.steps()[0] > 1)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0
    begun, ended = house.steps()
    assert begun == ended < slow_robot.STEPS, "the step that was going on came to its end, and no other was begun"
    with open_workplace(house.settings) as place:
        assert _states(place) == {ItemState.NEW: 3}
        assert _failures(place) == ["asked_to_stop"]
    state = house.state(flow_run)
    assert (state["type"], state["message"]) == ("FAILED", "asked_to_stop")


def test_what_prefects_own_worker_leaves_behind_is_mended_at_the_next_start(house: House) -> None:
    _run(house, _REGISTER)
    with _worker(house, "prefect", "worker", "start", "--pool", _POOL, "--type", "process") as worker:
        flow_run = house.start_run()
        _until(lambda: house.steps()[0] > 1)
        worker.send_signal(signal.SIGTERM)
        worker.wait(60)
    assert house.state(flow_run)["type"] == "RUNNING", "Prefect 3.8 leaves it so; if not, this mending can go"
    _run(house, _MEND)
    assert house.state(flow_run)["type"] == "CRASHED"
    with open_workplace(house.settings, clock=ShiftedClock(by=timedelta(hours=1))) as place:
        assert _failures(place) == ["worker_died"]
        reap(place, max_attempts=5)
        assert _states(place) == {ItemState.NEW: 3}


def _run(house: House, program: str) -> None:
    subprocess.run([sys.executable, "-c", program], env=house.environment, check=True, timeout=120)  # noqa: S603 - our own Python and a program above.
