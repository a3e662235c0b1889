"""Fixtures of the crash tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.simulated.server import Running, running
from flows.composition import compose
from foundation.settings import load_settings
from tests.crash.clocks import TownClock
from tests.crash.scenarios import Scenario
from tests.crash.stage import Nursery, Recovery, Stage, Town, read_to_the_end
from tests.crash.tallies import PROPERTY, Tally, table
from tests.databases import DatabaseMaker

#: Every run is made, of all scenarios or of some.
IS_WHOLE = bool(os.environ.get("SAGSGANG_CRASH"))
#: Seconds that the clock of a stage is ahead of the municipality's from the first.
_A_DAY_LATER = 36 * 3600.0
#: People whose cases stay open where all cases are gone through.
_HAMLET = 6


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
    """A municipality with enough people for a run each of a short test."""
    with open_town(tmp_path_factory.mktemp("municipality"), citizens=900, cases=1150) as opened:
        yield opened


@contextmanager
def open_town(folder: Path, *, citizens: int, cases: int) -> Iterator[tuple[Running, Town]]:
    """A simulated municipality, and those of its citizens that a run can be about."""
    with (
        running(folder, seed=7, citizens=citizens, cases=cases) as served,
        httpx.Client(base_url=f"{served.url}/__admin") as client,
    ):
        people = client.get("/people", params={"limit": 100_000}).raise_for_status().json()["people"]
        ordinary = (found for person in people if (found := _ordinary(client, person)) is not None)
        yield served, Town(client, deque(), ordinary, folder / "municipality.sqlite3")


@contextmanager
def open_hamlet(folder: Path) -> Iterator[tuple[Running, Town]]:
    """A municipality with so few open cases that all are gone through in no time."""
    with open_town(folder, citizens=60, cases=60) as (served, town):
        town.give_back([town.next_citizen() for _ in range(_HAMLET)])
        kept = {citizen["case"] for citizen in town.citizens}
        people = town.client.get("/people").raise_for_status().json()["people"]
        for person in people:
            found = town.client.get(f"/cases/by-person/{person['personnummer']}").raise_for_status().json()["cases"]
            for case in {each["common"]["uuid"] for each in found} - kept:
                town.order("/cases/close", case=case)
        yield served, town


def _ordinary(client: httpx.Client, person: dict[str, Any]) -> dict[str, Any] | None:
    is_plain = person["status"] == "1" and not person["protected"] and person["esdhSpelling"] == "same"
    if not is_plain or person["origin"] != "generated" or person["openCases"] != 1:
        return None
    cases = client.get(f"/cases/by-person/{person['personnummer']}").raise_for_status().json()["cases"]
    # A case that a second citizen is a party of would show his move as well.
    if len(cases) != 1 or len(cases[0]["caseParties"]) != 1:
        return None
    return {
        **person,
        "case": cases[0]["common"]["uuid"],
        "number": cases[0]["caseAttributes"]["userFriendlyCaseNumber"],
        "party": cases[0]["caseParties"][0]["index"],
    }


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
def open_stage(
    opened: tuple[Running, Town], nursery: Nursery, url: str, folder: Path, more: Mapping[str, Any] | None = None
) -> Iterator[Stage]:
    """A database with everything around it, for a municipality whose past is not looked at.

    Args:
        opened: the municipality.
        nursery: raises the workers.
        url: the database.
        folder: the workers' folder.
        more: settings beside the ordinary ones; ``{folder}`` in them is ``folder``.
    """
    served, town = opened
    own = {
        name: value.format(folder=folder) if isinstance(value, str) else value for name, value in (more or {}).items()
    }
    values = settings_for(served, folder) | {"database_url": url} | own
    # The colleague on a busy machine is in no such hurry.
    settings, clock = load_settings(**values | {"longest_transaction": 30.0}), TownClock(folder / "clock")
    # What takes effect today is a day old for everybody, now and hours later: else midnight would change the ways.
    clock.sleep(_A_DAY_LATER)
    if settings.cpr_extract_dir is not None:
        settings.cpr_extract_dir.mkdir()
    with compose(settings, clock=clock) as composition:
        read_to_the_end(composition)
        stage = Stage(town, nursery, Recovery(settings, composition, clock), values)
        # The log is begun, so that no worker is the first to sign it.
        stage.recovery.run()
        stage.recovery.settle()
        yield stage


class Stages:
    """The stages of one test, each made when it is asked for.

    Scenarios with the same settings share one, unless each shall have one of its own.
    """

    def __init__(self, make: Callable[[Scenario], Stage], kind: str) -> None:
        self._make = make
        self._made: dict[object, Stage] = {}
        #: ``sqlite`` or ``postgresql``.
        self.kind = kind

    def of(self, scenario: Scenario) -> Stage:
        """The stage that this scenario is played on."""
        key = (scenario.goes_through_all, *scenario.settings.items())
        if key not in self._made:
            self._made[key] = self._make(scenario)
        return self._made[key]

    def all(self) -> list[Stage]:
        """All that were made."""
        return list(self._made.values())


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def stages(
    request: pytest.FixtureRequest, nursery: Nursery, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stages]:
    """Stages on each kind of database in turn, with municipalities of their own when every run is made."""
    maker: DatabaseMaker = request.getfixturevalue(f"{request.param}_maker")
    with ExitStack() as stack:

        def make(scenario: Scenario) -> Stage:
            folder = tmp_path_factory.mktemp("var")
            if scenario.goes_through_all:
                opened = stack.enter_context(open_hamlet(tmp_path_factory.mktemp("hamlet")))
            elif IS_WHOLE or scenario.settings:
                # What happens in a town is heard on every stage in it, so another kind of stage has a town of its own.
                size = 400 if not IS_WHOLE else 3000 if scenario.leaves_no_trace else 5200
                town = open_town(tmp_path_factory.mktemp("municipality"), citizens=size, cases=size * 5 // 4)
                opened = stack.enter_context(town)
            else:
                opened = request.getfixturevalue("town")
            url = maker.make(is_empty=False)
            stack.callback(maker.drop, url)
            stage = stack.enter_context(open_stage(opened, nursery, url, folder, scenario.settings))
            # What differs in the hamlet from its first day on is settled before anything is counted.
            for _ in range(2 if scenario.goes_through_all else 0):
                stage.recovery.go_through(scenario.robot)
                stage.recovery.finish(scenario.robot)
            return stage

        yield Stages(make, "sqlite" if request.param == "sqlite" else "postgresql")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell what was run of the crash matrix, also by processes beside this one."""
    reports = [each for kind in ("passed", "failed") for each in terminalreporter.stats.get(kind, [])]
    found = [value for report in reports for name, value in report.user_properties if name == PROPERTY]
    if found:
        terminalreporter.section("crash matrix")
        for line in table([Tally(**row) for rows in found for row in json.loads(rows)]):
            terminalreporter.write_line(line)
