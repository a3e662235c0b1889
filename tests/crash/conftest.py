"""Fixtures of the crash tests."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.simulated.server import Running, running
from flows.composition import compose
from foundation.settings import load_settings
from tests.crash.stage import LaterClock, Nursery, Recovery, Town, read_to_the_end
from tests.databases import DatabaseMaker


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    if sys.platform == "win32":
        pytest.skip("processes cannot be paused by signal on Windows")
    program = Path(__file__).with_name("nursery.py")
    with subprocess.Popen(  # noqa: S603 - our own program beside this file.
        [sys.executable, str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Nursery(process, tmp_path_factory.mktemp("nursery"))
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("municipality"), seed=7, citizens=3000, cases=4000) as served:
        yield served


@pytest.fixture(scope="module")
def town(simulator: Running) -> Iterator[Town]:
    with httpx.Client(base_url=f"{simulator.url}/__admin") as client:
        people = client.get("/people", params={"limit": 3000}).raise_for_status().json()["people"]
        yield Town(client, (person for person in people if _is_ordinary(client, person)))


def _is_ordinary(client: httpx.Client, person: dict[str, Any]) -> bool:
    is_plain = person["status"] == "1" and not person["protected"] and person["esdhSpelling"] == "same"
    if not is_plain or person["origin"] != "generated":
        return False
    cases = client.get(f"/cases/by-person/{person['personnummer']}").raise_for_status().json()["cases"]
    # A case that a second citizen is a party of would show his move as well.
    if len(cases) != 1 or person["openCases"] != 1 or len(cases[0]["caseParties"]) != 1:
        return False
    person["case"] = cases[0]["common"]["uuid"]
    return True


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def worker_settings(
    request: pytest.FixtureRequest, simulator: Running, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """Settings that a worker in another process can be raised with."""
    folder = tmp_path_factory.mktemp("var")
    settings = {
        "data_dir": str(folder),
        # The key of the fixture ``ring``, which the databases are migrated with.
        "seal_key": bytes(range(32)).hex(),
        "nova_url": f"{simulator.url}/nova",
        "nova_token_url": f"{simulator.url}/nova/realms/NovaIntegration/protocol/openid-connect/token",
        "cpr_url": f"{simulator.url}/cpr",
        "dar_url": f"{simulator.url}/dar",
        # A worker that sleeps within a transaction keeps nobody waiting for longer.
        "longest_transaction": 0.5,
        "workers": 1,
        "claim_batch": 1,
        "settle_seconds": 0.05,
        # The colleague lives in the future, so a worker that sleeps for a second has slept for hours.
        "owner_wait_seconds": 1e9,
        "calls_per_second": 10_000,
        "log_level": "WARNING",
    }
    maker: DatabaseMaker = request.getfixturevalue(f"{request.param}_maker")
    settings["database_url"] = maker.make(is_empty=False)
    return settings


@pytest.fixture(scope="module")
def recovery(worker_settings: dict[str, Any]) -> Iterator[Recovery]:
    settings, clock = load_settings(**worker_settings), LaterClock()
    with compose(settings, clock=clock) as composition:
        read_to_the_end(composition)
        yield Recovery(settings, composition, clock)
