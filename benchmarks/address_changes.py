"""Address changes end to end over HTTP: from the night's events to the journal note, with approval and read-back.

The simulated municipality runs as a process of its own, so that "our own CPU" is this process only. Printed beside the
figures, from the same run: what one bare HTTP exchange with it costs with httpx, and one bare SQLite transaction with
the same durability, so that the figures mean something on another machine.

    python benchmarks/address_changes.py [--changes 2000] [--workers 4] [--database URL]
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from sqlalchemy import event

from casework.approvals import Answer, approve, waiting
from casework.items import count_by_state
from flows.collecting import collect
from flows.composition import Composition, compose
from flows.ending import Result
from flows.opened_run import acting_of
from flows.work_loop import WorkLoop
from foundation.actor import resolve_actor
from foundation.logs import configure_logs
from foundation.settings import Settings, load_settings
from robots.registry import load_robot
from robots.robot import EventRobot, Robot

_PROBES = 300


@dataclass
class Meter:
    """Wall time, our own CPU, commits and calls of the parts of a run."""

    commits: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    wall: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    part: str = ""

    @contextmanager
    def measuring(self, part: str) -> Iterator[None]:
        """Measure one part."""
        self.part = part
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.wall[part] = time.perf_counter() - wall
        self.cpu[part] = time.process_time() - cpu
        self.part = ""

    def count_commits(self, composition: Composition) -> None:
        """Count the commits of write transactions."""
        reading = "sagsgang_read_only"

        @event.listens_for(composition.place.database.engine, "commit")
        def _(connection: object) -> None:
            if not connection.get_execution_options().get(reading):  # type: ignore[attr-defined]  # a Connection
                self.commits[self.part] += 1


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--changes", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--database", default="", help="a migrated database; SQLite in a temporary folder by default")
    options = parser.parse_args()
    configure_logs(json=True, level="ERROR")
    with tempfile.TemporaryDirectory() as folder, municipality(Path(folder), options.changes) as url:
        settings = load_settings(
            data_dir=Path(folder) / "var",
            database_url=options.database,
            nova_url=f"{url}/nova",
            nova_token_url=f"{url}/nova/realms/NovaIntegration/protocol/openid-connect/token",
            cpr_url=f"{url}/cpr",
            dar_url=f"{url}/dar",
            workers=options.workers,
            calls_per_second=100_000,
            log_level="ERROR",
        )
        night = httpx.post(
            f"{url}/__admin/nights", json={"moves": options.changes, "seed": 1}, timeout=600
        ).raise_for_status()
        changes = night.json()["events"]
        exchange = bare_exchange(url)
        commit = bare_commit(Path(folder))
        meter = Meter()
        with compose(settings) as composition:
            meter.count_commits(composition)
            writes = change_all(composition, settings, meter, url)
        tell(meter, changes=changes, writes=writes, exchange=exchange, commit=commit)


def change_all(composition: Composition, settings: Settings, meter: Meter, url: str) -> int:
    """Collect, propose, approve and apply; returns the number of writes that the municipality received."""
    robot = load_robot("address_update")
    starter = resolve_actor(settings, chosen="dorthe")
    with meter.measuring("collect"):
        collect(composition, _collecting(robot), acting=acting_of(robot, starter), starter=starter.id)
    with meter.measuring("propose"):
        WorkLoop(composition, robot, starter).run()
    with meter.measuring("approve"):
        with composition.place.database.read() as session:
            answers = [Answer(each.item_id, each.digest) for each in waiting(session, limit=100_000)]
        approve(composition.place, answers, actor=resolve_actor(settings, chosen="erik"), person_seconds=60)
    with meter.measuring("apply"):
        summary = WorkLoop(composition, robot, starter).run()
    if set(summary.counts) != {Result.COMPLETED}:
        with composition.place.database.read() as session:
            sys.exit(f"not every change was completed: {summary.counts}, {count_by_state(session)}")
    entries = httpx.get(f"{url}/__admin/ledger", timeout=600).raise_for_status().json()["entries"]
    # A note under a client id that was seen before left one note; an address bears no id and must come once.
    kept = [entry for entry in entries if entry["committed"] and not (entry["replay"] and entry["clientId"])]
    if len(kept) != len({(entry["route"], entry["case"], entry["target"]) for entry in kept}):
        sys.exit("the municipality received a change twice")
    return len(kept)


def tell(meter: Meter, *, changes: int, writes: int, exchange: tuple[float, float], commit: float) -> None:
    """Print the figures."""
    wall, cpu, commits = sum(meter.wall.values()), sum(meter.cpu.values()), sum(meter.commits.values())
    print(f"{changes} changes of address, {writes} writes in the municipality ({writes / changes:.2f} a change)")
    print(f"{'part':<10}{'seconds':>10}{'own CPU s':>11}{'commits':>9}")
    for part, seconds in meter.wall.items():
        print(f"{part:<10}{seconds:>10.2f}{meter.cpu[part]:>11.2f}{meter.commits[part]:>9}")
    print(f"{'all':<10}{wall:>10.2f}{cpu:>11.2f}{commits:>9}")
    print(f"changes a second:            {changes / wall:8.1f}")
    print(f"own CPU per change:          {1000 * cpu / changes:8.2f} ms")
    print(f"own CPU per write:           {1000 * cpu / writes:8.2f} ms")
    print(f"commits per change:          {commits / changes:8.2f}")
    print(f"a bare HTTP exchange:        {1000 * exchange[0]:8.2f} ms wall, {1000 * exchange[1]:.2f} ms CPU (httpx)")
    print(f"a bare SQLite commit:        {1000 * commit:8.2f} ms wall (WAL, FULL)")
    print(f"own CPU as bare exchanges:   {cpu / changes / exchange[1]:8.1f} a change")
    print(f"wall as bare commits:        {wall / changes / commit:8.1f} a change")


@contextmanager
def municipality(folder: Path, changes: int) -> Iterator[str]:
    """The simulated municipality in a process of its own, large enough for so many moves in one night."""
    citizens = max(300, changes * 3 // 2)
    command = [sys.executable, "-m", "connectors.simulated", "--store", str(folder / "simulated"), "--port", "0"]
    command += ["--seed", "1", "--citizens", str(citizens), "--cases", str(citizens * 5 // 2)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own program.
        try:
            if process.stdout is None:
                sys.exit("the simulated municipality says nothing")
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.terminate()


def bare_exchange(url: str) -> tuple[float, float]:
    """Wall and CPU seconds of one exchange with the municipality, made with httpx and nothing else; the median wall."""
    walls = []
    with httpx.Client(base_url=url) as client:
        cpu = time.process_time()
        for _ in range(_PROBES):
            started = time.perf_counter()
            client.get("/__admin/health").raise_for_status()
            walls.append(time.perf_counter() - started)
        return sorted(walls)[_PROBES // 2], (time.process_time() - cpu) / _PROBES


def bare_commit(folder: Path) -> float:
    """Wall seconds of one durable SQLite transaction that writes one row; the median."""
    walls = []
    connection = sqlite3.connect(folder / "probe.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE probe (body BLOB)")
    for _ in range(_PROBES):
        started = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO probe VALUES (?)", (b"x" * 900,))
        connection.execute("COMMIT")
        walls.append(time.perf_counter() - started)
    connection.close()
    return sorted(walls)[_PROBES // 2]


def _collecting(robot: Robot) -> EventRobot:
    if not hasattr(robot, "group"):
        sys.exit("the robot takes no events")
    return robot  # type: ignore[return-value]  # it has what an EventRobot has more than a Robot


if __name__ == "__main__":
    main()
