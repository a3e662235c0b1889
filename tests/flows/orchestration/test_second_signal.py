"""One Ctrl-C lets what is begun come to its end; a second one ends everything at once, with one sentence."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from casework.claiming import reap
from casework.items import count_by_state
from casework.states import ItemState, SweepKind, SweepState
from casework.sweeps import latest_sweep
from connectors.nova.reading import MAX_PAGE
from connectors.simulated.server import Running as Town
from connectors.simulated.server import running
from flows.child import answers
from flows.composition import open_workplace
from flows.prefect_server import free_port
from foundation.clock import ShiftedClock
from foundation.settings import Settings
from tests.flows.orchestration import slow_robot

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal that a test can send"),
]

#: In the place of Prefect: it never answers, and ends only when it is killed.
_STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(200)
"""
_SWEEP = ("sweep", "address_update", "--as", "dorthe")
_RUN = ("run", slow_robot.NAME, "--without-prefect", "--as", "dorthe")


@contextmanager
def _sagsgang(folder: Path, environment: dict[str, str], *words: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """The command in a process of its own, and the file of what it says."""
    said = folder / "said.txt"
    with said.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - our own Python and our own command.
            [sys.executable, "-m", "apps.cli.main", *words],
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process, said
    finally:
        process.kill()
        process.wait()


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 100
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _states(settings: Settings) -> dict[ItemState, int]:
    with open_workplace(settings, clock=ShiftedClock(by=timedelta(hours=1))) as place:
        reap(place, max_attempts=5)
        with place.database.read() as session:
            return dict(count_by_state(session))


def test_one_signal_lets_a_run_finish_its_step_and_says_so(
    settings: Settings, tmp_path: Path, child_environment: dict[str, str]
) -> None:
    slow_robot.enqueue_items(settings, 3)
    environment = slow_robot.install(tmp_path, child_environment, seconds=0.3) | {"SAGSGANG_STOP_GRACE_SECONDS": "6"}
    with _sagsgang(tmp_path, environment, *_RUN) as (process, said):
        _until(lambda: "begun" in slow_robot.read_diary(tmp_path))
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    diary = slow_robot.read_diary(tmp_path)
    assert diary.count("begun") == diary.count("ended")
    assert "Ctrl-C igen afbryder straks." in " ".join(said.read_text(encoding="utf-8").split())
    assert _states(settings) == {ItemState.NEW: 3}


def test_a_second_signal_ends_a_run_at_once_and_its_items_come_back_by_their_lease(
    settings: Settings, tmp_path: Path, child_environment: dict[str, str]
) -> None:
    slow_robot.enqueue_items(settings, 3)
    environment = slow_robot.install(tmp_path, child_environment, seconds=90)
    with _sagsgang(tmp_path, environment, *_RUN) as (process, said):
        _until(lambda: "begun" in slow_robot.read_diary(tmp_path))
        process.send_signal(signal.SIGINT)
        _until(lambda: b"Ctrl-C igen" in said.read_bytes())
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    told = " ".join(said.read_text(encoding="utf-8").split())
    assert "Afbrudt straks. Opgaver, der var i gang, kommer tilbage af sig selv" in told
    assert "Traceback" not in told
    assert _states(settings) == {ItemState.NEW: 3}


@contextmanager
def _slow_town(folder: Path, environment: dict[str, str], *, seconds: int) -> Iterator[tuple[Town, dict[str, str]]]:
    """A municipality of two pages of cases, the first of which takes its time; and the environment that leads to it."""
    kept = {name: value for name, value in environment.items() if not name.startswith(("SAGSGANG_", "PREFECT_"))}
    with running(folder / "town", citizens=40, cases=MAX_PAGE + 50) as served:
        fault = {"route": "nova.case.get_list", "kind": "slow", "seconds": seconds}
        httpx.post(f"{served.url}/__admin/faults", json=fault, trust_env=False).raise_for_status()
        yield (
            served,
            kept
            | {
                "SAGSGANG_DATA_DIR": str(folder / "var"),
                "SAGSGANG_NOVA_URL": served.url + "/nova",
                "SAGSGANG_NOVA_TOKEN_URL": served.url + "/nova/realms/NovaIntegration/protocol/openid-connect/token",
                "SAGSGANG_CPR_URL": served.url + "/cpr",
                "SAGSGANG_DAR_URL": "",
                "SAGSGANG_CALLS_PER_SECOND": "1000",
                "SAGSGANG_SWEEP_PER_SECOND": "1000",
                "SAGSGANG_READ_TIMEOUT": "120",
                "SAGSGANG_STOP_GRACE_SECONDS": "90",
            },
        )


def _is_reading(town: Town) -> bool:
    told = httpx.get(f"{town.url}/__admin/faults", trust_env=False).raise_for_status().json()
    return bool(told["faults"][0]["struck"])


def _sweep_state(settings: Settings) -> tuple[SweepState, int]:
    """How the latest sweep stands, and how many cases it has gone through."""
    with open_workplace(settings) as place, place.database.read() as session:
        view = latest_sweep(session, robot="address_update", kind=SweepKind.SWEEP)
    assert view is not None
    return view.state, view.counts.get("cases", 0)


def _go_on(folder: Path, environment: dict[str, str]) -> None:
    with _sagsgang(folder, environment, *_SWEEP) as (process, _):
        assert process.wait(100) == 0


def test_one_signal_lets_a_sweep_finish_its_page_and_the_next_goes_on_from_there(
    settings: Settings, tmp_path: Path, child_environment: dict[str, str]
) -> None:
    with _slow_town(tmp_path, child_environment, seconds=3) as (town, environment):
        with _sagsgang(tmp_path, environment, *_SWEEP) as (process, said):
            _until(lambda: _is_reading(town))
            process.send_signal(signal.SIGINT)
            assert process.wait(100) == 130
        told = " ".join(said.read_text(encoding="utf-8").split())
        assert "den side, der er i gang, bliver færdig" in told
        assert "Gennemgang af alle sager for address_update (ikke færdig)" in told
        assert _sweep_state(settings) == (SweepState.RUNNING, MAX_PAGE)
        _go_on(tmp_path, environment)
    assert _sweep_state(settings) == (SweepState.FINISHED, MAX_PAGE + 50)


def test_a_second_signal_ends_a_sweep_at_once_and_its_page_is_taken_again(
    settings: Settings, tmp_path: Path, child_environment: dict[str, str]
) -> None:
    with _slow_town(tmp_path, child_environment, seconds=100) as (town, environment):
        with _sagsgang(tmp_path, environment, *_SWEEP) as (process, said):
            _until(lambda: _is_reading(town))
            process.send_signal(signal.SIGINT)
            _until(lambda: b"Ctrl-C igen" in said.read_bytes())
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 130
        told = said.read_text(encoding="utf-8")
        assert "Afbrudt straks. Den side, der var i gang, tages forfra" in " ".join(told.split())
        assert "Traceback" not in told
        assert _sweep_state(settings) == (SweepState.RUNNING, 0)
        _go_on(tmp_path, environment)
    assert _sweep_state(settings) == (SweepState.FINISHED, MAX_PAGE + 50)


def test_a_second_signal_ends_up_at_once_and_leaves_no_part_behind(
    tmp_path: Path, child_environment: dict[str, str]
) -> None:
    town = f"http://127.0.0.1:{free_port()}"
    (tmp_path / "site" / "prefect").mkdir(parents=True)
    (tmp_path / "site" / "prefect" / "__init__.py").touch()
    (tmp_path / "site" / "prefect" / "__main__.py").write_text(_STUBBORN, encoding="utf-8")
    kept = {name: value for name, value in child_environment.items() if not name.startswith(("SAGSGANG_", "PREFECT_"))}
    environment = kept | {
        "PYTHONPATH": str(tmp_path / "site"),
        "SAGSGANG_DATA_DIR": str(tmp_path / "var"),
        "SAGSGANG_NOVA_URL": town + "/nova",
        "SAGSGANG_NOVA_TOKEN_URL": town + "/token",
        "SAGSGANG_CPR_URL": town + "/cpr",
    }
    stubborn = tmp_path / "var" / "logs" / "prefect-server.log"
    with _sagsgang(tmp_path, environment, "up") as (process, said):
        _until(lambda: stubborn.is_file() and b"up" in stubborn.read_bytes())
        process.send_signal(signal.SIGINT)
        _until(lambda: "prefect    Standser." in said.read_text(encoding="utf-8"))
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    told = said.read_text(encoding="utf-8")
    assert told.splitlines()[-1].startswith("Afbrudt straks.")
    assert "Loggen indlemmes hvert 2. sekund" in told
    assert "Traceback" not in told
    assert not answers(town + "/__admin/health")
