"""Fixtures of the crash tests."""

from __future__ import annotations

import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.simulated.server import Running, running
from flows.composition import compose
from foundation.settings import load_settings
from tests.crash.clocks import LaterClock
from tests.crash.stage import Nursery, Recovery, Stage, Town, read_to_the_end
from tests.crash.tallies import Tallies, table
from tests.databases import DatabaseMaker

_ALL_TALLIES: pytest.StashKey[list[Tallies]] = pytest.StashKey()


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory, child_environment: dict[str, str]) -> Iterator[Nursery]:
    """The process that raises workers."""
    if sys.platform == "win32":
        pytest.skip("processes cannot be paused by signal on Windows")
    program = Path(__file__).with_name("nursery.py")
    with subprocess.Popen(  # noqa: S603 - our own program beside this file.
        [sys.executable, str(program)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=child_environment,
        cwd=program.parents[2],
    ) as process:
        yield Nursery(process, tmp_path_factory.mktemp("nursery"))
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Town]]:
    """A municipality with enough people for a run each."""
    with open_town(tmp_path_factory.mktemp("municipality"), citizens=2000, cases=2600) as opened:
        yield opened


@pytest.fixture(scope="session")
def hamlet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Town]]:
    """A municipality so small that all its cases are gone through in no time."""
    with open_town(tmp_path_factory.mktemp("hamlet"), citizens=60, cases=60) as opened:
        yield opened


@contextmanager
def open_town(folder: Path, *, citizens: int, cases: int) -> Iterator[tuple[Running, Town]]:
    """A simulated municipality, and those of its citizens that a run can be about."""
    with (
        running(folder, seed=7, citizens=citizens, cases=cases) as served,
        httpx.Client(base_url=f"{served.url}/__admin") as client,
    ):
        people = client.get("/people", params={"limit": 3000}).raise_for_status().json()["people"]
        ordinary = (found for person in people if (found := _ordinary(client, person)) is not None)
        yield served, Town(client, deque(ordinary))


def _ordinary(client: httpx.Client, person: dict[str, Any]) -> dict[str, Any] | None:
    is_plain = person["status"] == "1" and not person["protected"] and person["esdhSpelling"] == "same"
    if not is_plain or person["origin"] != "generated" or person["openCases"] != 1:
        return None
    cases = client.get(f"/cases/by-person/{person['personnummer']}").raise_for_status().json()["cases"]
    # A case that a second citizen is a party of would show his move as well.
    if len(cases) != 1 or len(cases[0]["caseParties"]) != 1:
        return None
    return {**person, "case": cases[0]["common"]["uuid"], "party": cases[0]["caseParties"][0]["index"]}


def settings_for(served: Running, folder: Path) -> dict[str, Any]:
    """Settings that a worker in another process can be raised with."""
    return {
        "data_dir": str(folder),
        # The key of the fixture ``ring``, which the databases are migrated with.
        "seal_key": bytes(range(32)).hex(),
        "nova_url": f"{served.url}/nova",
        "nova_token_url": f"{served.url}/nova/realms/NovaIntegration/protocol/openid-connect/token",
        "cpr_url": f"{served.url}/cpr",
        "dar_url": f"{served.url}/dar",
        # A worker that sleeps within a transaction keeps nobody waiting for longer.
        "longest_transaction": 1.5,
        "workers": 1,
        "claim_batch": 1,
        "settle_seconds": 0.05,
        # The colleague lives in the future, so a worker that sleeps for a second has slept for hours.
        "owner_wait_seconds": 1e9,
        "calls_per_second": 10_000,
        "sweep_per_second": 10_000,
        "log_level": "WARNING",
    }


@contextmanager
def open_stage(opened: tuple[Running, Town], nursery: Nursery, url: str, folder: Path) -> Iterator[Stage]:
    """A database with everything around it, for a municipality whose past is not looked at."""
    served, town = opened
    values = settings_for(served, folder) | {"database_url": url}
    # The colleague on a busy machine is in no such hurry.
    settings, clock = load_settings(**values | {"longest_transaction": 30.0}), LaterClock()
    with compose(settings, clock=clock) as composition:
        read_to_the_end(composition)
        yield Stage(town, nursery, Recovery(settings, composition, clock), values)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def stages(
    request: pytest.FixtureRequest,
    nursery: Nursery,
    town: tuple[Running, Town],
    hamlet: tuple[Running, Town],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Stage]]:
    """One for runs and one for sweeps, on each kind of database in turn."""
    maker: DatabaseMaker = request.getfixturevalue(f"{request.param}_maker")
    with ExitStack() as stack:
        made: dict[str, Stage] = {}
        for act, opened in (("run", town), ("sweep", hamlet)):
            folder = tmp_path_factory.mktemp("var")
            made[act] = stack.enter_context(open_stage(opened, nursery, maker.make(is_empty=False), folder))
        # What differs in the hamlet from its first day on is settled before anything is counted.
        for _ in range(2):
            made["sweep"].recovery.sweep("address_update")
            made["sweep"].recovery.finish()
        yield made


@pytest.fixture
def tallies(request: pytest.FixtureRequest, stages: dict[str, Stage]) -> Tallies:
    """What is counted on this database, for the table at the end."""
    kept = request.config.stash.setdefault(_ALL_TALLIES, [])
    database = "sqlite" if stages["run"].is_sqlite else "postgresql"
    known = next((each for each in kept if each.database == database), None)
    if known is None:
        known = Tallies(database)
        kept.append(known)
    return known


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Tell what was run of the crash matrix."""
    kept = config.stash.get(_ALL_TALLIES, [])
    if kept:
        terminalreporter.section("crash matrix")
        for line in table(kept):
            terminalreporter.write_line(line)
