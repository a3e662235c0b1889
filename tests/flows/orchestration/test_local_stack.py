"""The whole stack on one machine: up, one run, down, and nothing left."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

import flows.local_stack
import flows.prefect_server
from casework.items import count_by_state
from flows.child import Child, answers, start_child
from flows.composition import open_workplace
from flows.local_stack import PartStoppedError, run_local_stack
from flows.prefect_server import free_port
from foundation.settings import Settings, load_settings
from tests.flows.orchestration.prefect_api import ask

# A Prefect server, a worker and a run, each a process that imports Prefect: two minutes on a busy machine.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(500)]


@pytest.fixture
def stack_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.delenv("PREFECT_HOME", raising=False)
    town = f"http://127.0.0.1:{free_port()}"
    return load_settings(
        data_dir=tmp_path / "var",
        nova_url=town + "/nova",
        nova_token_url=town + "/nova/realms/NovaIntegration/protocol/openid-connect/token",
        cpr_url=town + "/cpr",
        dar_url=town + "/dar",
        settle_seconds=0.1,
        audit_sequence_seconds=0.2,
        audit_checkpoint_seconds=0.5,
    )


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list[Child]:
    """The children, as they are started."""
    started: list[Child] = []

    def start(*arguments: Any, **named: Any) -> Child:  # noqa: ANN401 - whatever start_child takes.
        started.append(start_child(*arguments, **named))
        return started[-1]

    monkeypatch.setattr(flows.local_stack, "start_child", start)
    monkeypatch.setattr(flows.prefect_server, "start_child", start)
    return started


def test_the_stack_comes_up_runs_a_deployment_and_leaves_nothing(
    stack_settings: Settings, children: list[Child]
) -> None:
    told: list[tuple[str, str]] = []
    seen: dict[str, Any] = {}
    stop = threading.Event()

    def tell(part: str, message: str) -> None:
        told.append((part, message))
        if "følger tidsplanen" in message:
            threading.Thread(target=_use_stack, args=(stack_settings, told, seen, stop)).start()

    assert run_local_stack(stack_settings, tell=tell, stop=stop)

    assert seen["state"] == ("COMPLETED", "OK")
    assert seen["signed"], "the log is signed on its interval, before any run has ended"
    with open_workplace(stack_settings) as place, place.database.read() as session:
        assert sum(count_by_state(session).values()) == 3
        assert session.execute(text("SELECT count(*) FROM audit_pending")).scalar_one() == 0
        tree = session.execute(text("SELECT size FROM audit_tree")).scalar_one()
        assert session.execute(text("SELECT max(size) FROM audit_checkpoint")).scalar_one() == tree
    stopped = [part for part, message in told if message == "Standset."]
    assert stopped == ["arbejder", "prefect", "indlemmer", "kommune"], "in this order, each by itself within its time"
    assert not answers(_town(stack_settings) + "/__admin/health")
    assert not answers(seen["api"] + "/health")
    assert "Traceback" not in (stack_settings.data_dir / "logs" / "arbejder.log").read_text(encoding="utf-8")
    assert [child.name for child in children] == ["kommune", "indlemmer", "prefect", "arbejder"]
    if sys.platform != "win32":
        for child in children:
            with pytest.raises(ProcessLookupError):
                os.killpg(child.pid, 0)


def test_when_one_part_dies_all_are_stopped_and_the_caller_is_told(
    stack_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, str]] = []
    # The child finds this first and ends while it imports it.
    (stack_settings.data_dir / "broken" / "prefect").mkdir(parents=True)
    (stack_settings.data_dir / "broken" / "prefect" / "__init__.py").write_text("raise SystemExit(3)", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(stack_settings.data_dir / "broken"))
    with pytest.raises(PartStoppedError, match="prefect kom ikke op"):
        run_local_stack(stack_settings, tell=lambda part, what: told.append((part, what)), stop=threading.Event())
    assert told[-1] == ("kommune", "Standset.")
    assert not answers(_town(stack_settings) + "/__admin/health")


def _town(settings: Settings) -> str:
    return settings.nova_url.removesuffix("/nova")


def _use_stack(settings: Settings, told: list[tuple[str, str]], seen: dict[str, Any], stop: threading.Event) -> None:
    try:
        page = next(message for part, message in told if part == "prefect" and "http://" in message)
        api = seen["api"] = "http://" + page.split("http://")[1].split(" ")[0] + "/api"
        httpx.post(_town(settings) + "/__admin/nights", json={"moves": 3, "seed": 1}).raise_for_status()
        deployment = ask("GET", api + "/deployments/name/sagsgang-robot/address_update")
        # At the full and the half hour the schedule starts a run, and ours would be the one too many.
        for schedule in deployment["schedules"]:
            url = f"{api}/deployments/{deployment['id']}/schedules/{schedule['id']}"
            ask("PATCH", url, {"active": False})
        checkpoints = settings.data_dir / "checkpoints"
        _until(lambda: checkpoints.is_dir() and any(checkpoints.iterdir()), seconds=60)
        seen["signed"] = any(checkpoints.iterdir())
        run = ask("POST", f"{api}/deployments/{deployment['id']}/create_flow_run", {})
        state: dict[str, Any] = {}
        _until(lambda: _final(state, f"{api}/flow_runs/{run['id']}"), seconds=150)
        seen["state"] = (state["type"], state["message"])
    finally:
        stop.set()


def _final(state: dict[str, Any], url: str) -> bool:
    state.update(ask("GET", url)["state"])
    return state["type"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


def _until(condition: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.5)
