import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.apps.conftest import Sagsgang, Town


def test_a_night_tells_how_many_moved_and_not_who(sagsgang: Sagsgang, town: Town) -> None:
    said = sagsgang("simulator", "night", "--moves", "3", "--seed", "8", "--json")
    assert said.code == 0
    assert (said.document["persons"], said.document["events"]) == (3, 3)
    assert set(said.document) == {"environment", "stamp", "persons", "events"}


def test_a_silent_municipality_is_a_temporary_failure(
    sagsgang: Sagsgang, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAGSGANG_NOVA_URL", "http://127.0.0.1:9/nova")
    said = sagsgang("simulator", "night", "--json")
    assert said.code == 75
    assert said.document["error"]["code"] == "simulator_silent"


@pytest.mark.parametrize("words", [("simulator",), ("simulator", "night"), ("demo",)])
def test_there_is_no_municipality_outside_simulated(
    sagsgang: Sagsgang, data_dir: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    for name in ("NOVA_URL", "NOVA_TOKEN_URL", "CPR_URL", "DAR_URL"):
        monkeypatch.setenv(f"SAGSGANG_{name}", "https://nova.example.invalid")
    monkeypatch.setenv("SAGSGANG_ENVIRONMENT", "test")
    monkeypatch.setenv("SAGSGANG_NOVA_CLIENT_SECRET", "x")
    monkeypatch.setenv("SAGSGANG_CPR_TOKEN", "x")
    monkeypatch.setenv("SAGSGANG_SEAL_KEY", "00" * 32)
    monkeypatch.setenv("SAGSGANG_PEOPLE_FILE", str(data_dir / "people.toml"))
    said = sagsgang(*words)
    assert said.code == 6
    assert "simulated" in said.err


@contextmanager
def _in_the_foreground(folder: Path) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    """``sagsgang simulator`` in a session of its own, and the address that it answers on."""
    words = ("simulator", "--port", "0", "--citizens", "60", "--cases", "80", "--json", "--data-dir", str(folder))
    with subprocess.Popen(  # noqa: S603  # our own module with fixed arguments
        [sys.executable, "-m", "apps.cli.main", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if not name.startswith("SAGSGANG_")},
        start_new_session=True,
        # Where the tests themselves run in the background, Ctrl-C is switched off and would stay so.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - no threads yet
    ) as child:
        assert child.stdout is not None
        told = b""
        for line in child.stdout:
            told += line
            if line == b"}\n":
                break
        yield child, json.loads(told)["url"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT between processes")
def test_the_foreground_municipality_answers_and_stops_on_ctrl_c(tmp_path: Path) -> None:
    with _in_the_foreground(tmp_path) as (child, url):
        assert url.startswith("http://127.0.0.1:")
        os.killpg(child.pid, signal.SIGINT)
        assert child.wait(20) == 0


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL between processes")
def test_a_municipality_whose_terminal_was_killed_gives_its_port_back(tmp_path: Path) -> None:
    with _in_the_foreground(tmp_path) as (child, url):
        assert httpx.get(f"{url}/__admin/people").is_success
        child.kill()
        child.wait(20)
    ended = time.monotonic() + 20
    while time.monotonic() < ended and _answers(url):
        time.sleep(0.1)
    assert not _answers(url)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/__admin/people", timeout=5).is_success
    except httpx.TransportError:
        return False
