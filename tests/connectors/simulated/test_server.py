from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.simulated.server import NotLoopbackError, Running, demand_loopback, running

SEED, CITIZENS, CASES = 2, 60, 80


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])  # noqa: S104 - must be refused.
def test_a_host_that_others_could_reach_is_refused(tmp_path: Path, host: str) -> None:
    with pytest.raises(NotLoopbackError, match="loopback only"), running(tmp_path / "store", host=host):
        pass
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.5", "::1", "localhost"])
def test_loopback_is_accepted(host: str) -> None:
    demand_loopback(host)


def test_a_taken_port_is_an_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=r"in use|forbidden|permitted"), _served(tmp_path, port):
            pass


def test_answers_leave_without_nagle_s_delay(tmp_path: Path) -> None:
    with _served(tmp_path) as served, httpx.Client(base_url=served.url) as client:
        client.get("/__admin/health")
        fastest = min(client.get("/__admin/health").elapsed.total_seconds() for _ in range(20))
    assert fastest < 0.03


def test_a_fault_that_still_waits_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        with _served(tmp_path) as served:
            headers = {"Authorization": f"Bearer {served.cpr_token}"}
            fault = {"route": "cpr.events", "kind": "timeout_before_commit", "seconds": 60}
            httpx.post(f"{served.url}/__admin/faults", json=fault)
            waiting = pool.submit(httpx.get, f"{served.url}/cpr/events", headers=headers, timeout=60)
            while not httpx.get(f"{served.url}/__admin/faults").json()["faults"][0]["struck"]:
                time.sleep(0.01)
            ended = time.monotonic()
        assert time.monotonic() - ended < 10
        assert isinstance(waiting.exception(timeout=10), httpx.TransportError)


def test_a_restart_keeps_store_ledger_events_and_settings(tmp_path: Path, address: dict[str, str]) -> None:
    with _served(tmp_path) as served, httpx.Client(base_url=served.url) as client:
        client.post("/__admin/people/move", json={"personnummer": "1012620000", "address": address})
        client.post("/__admin/settings", json={"repeatMode": "conflict"})
        case = _write_note(client, served.client_id, served.client_secret)
        before = _state(client, case)
    with _served(tmp_path) as served, httpx.Client(base_url=served.url) as client:
        assert _state(client, case) == before
    assert len(before["ledger"]["entries"]) == 1


def test_a_killed_process_keeps_what_it_said_was_done(tmp_path: Path) -> None:
    with _process(tmp_path) as (process, line), httpx.Client(base_url=line["url"]) as client:
        case = _write_note(client, line["clientId"], line["clientSecret"])
        before = _state(client, case)
        process.kill()
    with _served(tmp_path) as served, httpx.Client(base_url=served.url) as client:
        assert _state(client, case) == before
    assert [entry["committed"] for entry in before["ledger"]["entries"]] == [True]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send to another process")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_tells_where_it_is_and_stops_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with _process(tmp_path) as (process, line):
        assert httpx.get(f"{line['url']}/__admin/health").json()["seed"] == SEED
        process.send_signal(number)
        assert process.wait(timeout=20) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_the_process_refuses_a_host_that_others_could_reach(tmp_path: Path) -> None:
    with _started(tmp_path, "--host", "192.0.2.1") as process:
        out, complaint = process.communicate(timeout=30)
    assert (process.returncode, out) == (2, "")
    assert "loopback only" in complaint


def _served(folder: Path, port: int = 0) -> AbstractContextManager[Running]:
    return running(folder, port, SEED, CITIZENS, CASES)


@contextmanager
def _started(folder: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    sizes = [f"--seed={SEED}", f"--citizens={CITIZENS}", f"--cases={CASES}"]
    command = [sys.executable, "-m", "connectors.simulated", "--store", str(folder), *sizes, *more]
    with subprocess.Popen(  # noqa: S603 - our own module with fixed arguments.
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def _process(folder: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    with _started(folder) as process:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())


def _write_note(client: httpx.Client, client_id: str, secret: str) -> str:
    form = {"client_id": client_id, "client_secret": secret, "grant_type": "client_credentials", "scope": "client"}
    token = client.post("/nova/realms/NovaIntegration/protocol/openid-connect/token", data=form).json()["access_token"]
    cases = client.get("/__admin/cases/by-person/1012620000").json()["cases"]
    case: str = next(case for case in cases if case["state"]["progressState"] != "Afsluttet")["common"]["uuid"]
    attributes = {
        "journalNoteDate": "2026-11-20T09:00:00+00:00",
        "title": "Prøvenotat",
        "journalNoteType": "Bruger",
        "format": "Text",
        "note": "UHLDuHZl",
    }
    note = {"uuid": "7a0c6a2e-0000-4000-8000-000000000009", "approved": True, "journalNoteAttributes": attributes}
    answer = client.patch(
        "/nova/api/Case/Update",
        params={"api-version": "2.0-Case"},
        headers={"Authorization": f"Bearer {token}"},
        json={
            "common": {"transactionId": "7a0c6a2e-0000-4000-8000-000000000008", "uuid": case},
            "journalNotes": [note],
        },
    )
    assert answer.status_code == 200
    return case


def _state(client: httpx.Client, case: str) -> dict[str, Any]:
    headers = {"Authorization": "Bearer kun-til-simulatoren"}
    paths = {
        "cases": "/__admin/cases/by-person/1012620000",
        "ledger": f"/__admin/ledger?case={case}",
        "settings": "/__admin/settings",
        "person": "/cpr/persons/1012620000",
        "events": "/cpr/events",
    }
    return {name: client.get(path, headers=headers).json() for name, path in paths.items()}
