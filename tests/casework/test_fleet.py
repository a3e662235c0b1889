"""Fleets of worker processes on one queue: none done twice, none lost, by the database and by each worker's own tally.

All workers of a fleet are schedulers, which hand in the same items at the same instant, and reapers. A sample of 2,000
items runs with every test; ``make crash`` has 20,000 on each kind of database. Workers that are paused between the
intent to call and the call are in ``tests/crash``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from casework.workplace import Workplace
from foundation.clock import ManualClock
from foundation.database import Database
from foundation.environment import Environment
from foundation.sealing import KeyRing
from tests import workbench
from tests.conftest import NOON

FEW = 500
#: For each of two fleets on each kind of database.
MANY = 10_000


@dataclass
class Harbour:
    """The program that raises fleets; see ``fleet.py``."""

    process: subprocess.Popen[str]
    folder: Path

    def send(self, url: str, *, workers: int, items: int, sleepers: int = 0, lease: float = 120.0) -> Counter[str]:
        """Let a fleet work until it comes home; returns what the workers say of all that happened, line by line."""
        for old in self.folder.glob("*.tally"):
            old.unlink()
        order = {
            "url": url,
            "workers": workers,
            "folder": str(self.folder),
            "lease": lease,
            "seed": items,
            "sleepers": sleepers,
        }
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert answer["codes"] == [0] * workers
        tallies = sorted(self.folder.glob("*.tally"))
        assert len(tallies) == workers
        return Counter(line for tally in tallies for line in tally.read_text(encoding="ascii").splitlines())


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory, child_environment: dict[str, str]) -> Iterator[Harbour]:
    if sys.platform == "win32":
        pytest.skip("Windows cannot fork")
    program = Path(__file__).with_name("fleet.py")
    with subprocess.Popen(  # noqa: S603 - our own program beside this file.
        [sys.executable, str(program)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=child_environment,
    ) as process:
        yield Harbour(process, tmp_path_factory.mktemp("harbour"))
        assert process.stdin is not None
        process.stdin.close()


def _assert_once(url: str, ring: KeyRing, told: Counter[str], *, items: int) -> None:
    """Each item was handed in once, ended once, and by one worker; the database and the workers say the same."""
    # A claim of an item with its token is one worker's alone.
    assert set(told.values()) == {1}
    done = Counter(line.split()[1] for line in told if line.startswith("done"))
    assert len(done) == items
    assert set(done.values()) == {1}
    database = Database(url, ring)
    try:
        place = Workplace(database, ManualClock(NOON), Environment.SIMULATED)
        rows = workbench.rows(place, "SELECT state, count(*) AS n FROM work_item GROUP BY state")
        assert rows == [{"state": "completed", "n": items}]
        tokens = workbench.rows(place, "SELECT sum(lease_token) AS claims FROM work_item")[0]["claims"]
        kinds = {
            row["type"]: row["n"]
            for row in workbench.rows(place, "SELECT type, count(*) AS n FROM audit_event GROUP BY type")
        }
    finally:
        database.dispose()
    claims = sum(line.startswith("claimed") for line in told)
    assert (kinds["item.created"], kinds["item.completed"]) == (items, items)
    assert kinds["item.claimed"] == tokens == claims
    assert kinds.get("item.lease_expired", 0) == claims - items


@pytest.mark.slow
@pytest.mark.parametrize("workers", [4, 8])
def test_a_fleet_does_every_item_once(harbour: Harbour, database_url: str, ring: KeyRing, workers: int) -> None:
    told = harbour.send(database_url, workers=workers, items=FEW)
    _assert_once(database_url, ring, told, items=FEW)


@pytest.mark.slow
@pytest.mark.crash
@pytest.mark.timeout(600)
@pytest.mark.skipif("SAGSGANG_CRASH" not in os.environ, reason="twenty thousand items: make crash runs it")
@pytest.mark.parametrize("workers", [4, 8])
def test_a_fleet_does_every_one_of_many_items_once(
    harbour: Harbour, database_url: str, ring: KeyRing, workers: int
) -> None:
    told = harbour.send(database_url, workers=workers, items=MANY)
    _assert_once(database_url, ring, told, items=MANY)


@pytest.mark.slow
def test_workers_that_sleep_beyond_their_lease_and_wake_end_nothing_that_others_ended(
    harbour: Harbour, database_url: str, ring: KeyRing
) -> None:
    told = harbour.send(database_url, workers=4, items=120, sleepers=2, lease=0.5)
    _assert_once(database_url, ring, told, items=120)
    assert sum(line.startswith("lost") for line in told) >= 2


@pytest.mark.slow
def test_a_fleet_whose_leases_run_out_all_the_time_still_does_every_item_once(
    harbour: Harbour, database_url: str, ring: KeyRing
) -> None:
    # Everybody takes back what everybody else is at work on, at the same instant and again and again.
    told = harbour.send(database_url, workers=4, items=100, lease=0.01)
    _assert_once(database_url, ring, told, items=100)
