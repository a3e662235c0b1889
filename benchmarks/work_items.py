"""Work items: make, claim, mark done with a result; every state durable and told of in the trail.

The same job for each contender, in worker processes of their own and in turn, so that a busy machine is busy for all.
Printed are the cost per item, its spread over the repeats, and how many times as fast as one SQLModel transaction per
change (``sqlmodel``) it is in the same run. What must stay true: at the end of each run no item was handed out twice
and none is lost, or the program stops.

    python benchmarks/work_items.py [--items 10000] [--repeats 3] [--large] [--flatness]

Contenders: ``sagsgang`` as its work loop does it, ``sagsgang-loop`` the work loop itself with a robot that does
nothing (desk, log lines, threads and all); ``driver`` and ``driver-batch``, the same rows by sqlite3 or psycopg alone,
one transaction per change and in our batches; ``openorchestrator``, the queue functions of that package on SQLite as
it comes, which keep no audit events and no leases. One transaction per change is slow, so those do fewer items.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from benchmarks.work_items_contenders.databases import migrated, postgres_maker, sqlite_maker
from benchmarks.work_items_contenders.filling import fill

ROOT = Path(__file__).resolve().parent.parent
_WORKER = "benchmarks.work_items_contenders.worker"
_REFERENCE = "sqlmodel"
#: One transaction per change takes long: so much less is asked of it.
_FEWER = {"sqlmodel": 10, "driver": 5, "openorchestrator": 10}
#: The measured items are numbered from here, beyond all that are filled in.
_OURS = 10_000_000
_OTHER = "OpenOrchestrator==3.0.0"


@dataclass(frozen=True, slots=True)
class Setting:
    """One part of the table: a database, how many workers, and who takes part."""

    title: str
    make: Callable[[], str]
    workers: int
    contenders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds per item of one run, wall and CPU; ``work`` is claim and done without making the items."""

    wall: float
    work: float
    cpu: float
    work_cpu: float


@dataclass
class Costs:
    """All runs of one contender in one setting."""

    runs: list[Cost] = field(default_factory=list)

    def median(self, part: str = "wall") -> float:
        """The median over the repeats."""
        parts: list[float] = [getattr(run, part) for run in self.runs]
        return statistics.median(parts)

    def spread(self, part: str = "wall") -> str:
        """The fastest and the slowest run."""
        parts: list[float] = [getattr(run, part) for run in self.runs]
        return f"{min(parts):.2f}-{max(parts):.2f}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--large", action="store_true", help="flatness also with 1,000,000 finished items")
    parser.add_argument("--flatness", action="store_true", help="flatness only")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sqlite = sqlite_maker(folder)
        other = None if options.flatness else environment_of_other(folder)
        contenders = ("sagsgang", "sagsgang-loop", _REFERENCE, "driver", "driver-batch")
        settings = [Setting("SQLite, 1 worker", sqlite, 1, (*contenders, *(["openorchestrator"] if other else [])))]
        try:
            postgres = stack.enter_context(postgres_maker())
        except (ImportError, OSError, RuntimeError) as error:
            print(f"PostgreSQL is left out: {type(error).__name__}; set TEST_DATABASE_URL to a server's address")
        else:
            settings += [Setting("PostgreSQL, 1 worker", postgres, 1, contenders)]
            settings += [Setting("PostgreSQL, 4 workers", postgres, 4, contenders)]
        print(f"{options.items} items, {options.repeats} repeats; milliseconds per item")
        if not options.flatness:
            compare(settings, items=options.items, repeats=options.repeats, other=other)
        for title, make in {setting.title.split(",")[0]: setting.make for setting in settings}.items():
            flatness(make, title, items=options.items // 5, repeats=options.repeats, is_large=options.large)


def compare(settings: Sequence[Setting], *, items: int, repeats: int, other: Path | None) -> None:
    """Every contender in every setting; they take turns within each repeat."""
    one_worker: dict[str, float] = {}
    for setting in settings:
        costs = {name: Costs() for name in setting.contenders}
        for _ in range(repeats):
            for name in setting.contenders:
                count = max(200, items // _FEWER.get(name, 1))
                url = setting.make()
                is_other = name == "openorchestrator"
                python = str(other) if is_other else sys.executable
                url = url if is_other else migrated(url)
                costs[name].runs.append(run(name, url, python=python, workers=setting.workers, items=count))
        reference = costs[_REFERENCE].median()
        base = setting.title.split(",")[0]
        one_worker.setdefault(base, reference)
        print(f"\n{setting.title}")
        print(f"{'':<18}{'ms/item':>9}{'spread':>14}{'CPU ms':>8}{'x sqlmodel':>12}{'x its 1 worker':>16}")
        for name, cost in costs.items():
            wall = cost.median()
            line = f"{name:<18}{wall:>9.2f}{cost.spread():>14}{cost.median('cpu'):>8.2f}{reference / wall:>12.1f}"
            print(f"{line}{one_worker[base] / wall:>16.1f}")


def flatness(make: Callable[[], str], title: str, *, items: int, repeats: int, is_large: bool) -> None:
    """What claim and done cost with ever more finished items in the table."""
    print(f"\n{title}: claim and done, {items} items at a time, by finished items in the table")
    print(f"{'finished':>12}{'ms/item':>9}{'spread':>14}{'CPU ms':>8}{'x the first':>13}{'CPU x':>8}")
    url, filled, number, first = migrated(make()), 0, _OURS, (0.0, 0.0)
    for wanted in (10_000, 100_000, *([1_000_000] if is_large else [])):
        fill(url, first=filled, count=wanted - filled)
        costs, filled = Costs(), wanted
        # Before them one run that is not counted: it finds nothing in any cache.
        for _ in range(repeats + 1):
            costs.runs.append(run("sagsgang", url, python=sys.executable, workers=1, items=items, first=number))
            number += items
        del costs.runs[0]
        now = costs.median("work"), costs.median("work_cpu")
        first = first if any(first) else now
        line = f"{wanted:>12,}{now[0]:>9.3f}{costs.spread('work'):>14}{now[1]:>8.3f}"
        print(f"{line}{now[0] / first[0]:>13.2f}{now[1] / first[1]:>8.2f}", flush=True)


def run(name: str, url: str, *, python: str, workers: int, items: int, first: int = 0) -> Cost:
    """One run of one contender: all workers make their share, and then all work at once."""
    command = [python, "-m", _WORKER, name, url]
    share = items // workers
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own program.
            )
            for _ in range(workers)
        ]
        for process in processes:
            hear(process)
        started = time.perf_counter()
        for number, process in enumerate(processes):
            say(process, ["enqueue", first + number * share, share])
        making: float = sum(hear(process)["cpu"] for process in processes)
        made = time.perf_counter()
        for process in processes:
            say(process, ["work"])
        answers = [hear(process) for process in processes]
        ended = time.perf_counter()
        for process in processes:
            if process.stdin is not None:
                process.stdin.close()
    working: float = sum(answer["cpu"] for answer in answers)
    handed = Counter(reference for answer in answers for reference in answer["handed"])
    prove(name, url, handed, items=share * workers)
    count = share * workers / 1000
    wall, work = ended - started, ended - made
    return Cost(wall / count, work / count, cpu=(making + working) / count, work_cpu=working / count)


def prove(name: str, url: str, handed: Counter[str], *, items: int) -> None:
    """Stop when an item was handed out twice or is lost, by the workers' own tally and by the database."""
    if len(handed) != items or set(handed.values()) - {1}:
        sys.exit(f"{name}: {items} items were made, {len(handed)} handed out, {sum(handed.values())} times")
    if name == "openorchestrator":
        return
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        open_items = connection.execute(text("SELECT count(*) FROM work_item WHERE state <> 'completed'")).scalar_one()
        kinds = connection.execute(text("SELECT type, count(*) FROM audit_event GROUP BY type")).all()
    engine.dispose()
    told = {kind: count for kind, count in kinds if kind.startswith("item.")}
    if open_items or any(told.get(f"item.{kind}", 0) < items for kind in ("created", "claimed", "completed")):
        sys.exit(f"{name}: {open_items} items are not done; events: {told}")


def say(process: subprocess.Popen[str], order: list[object]) -> None:
    """One order."""
    if process.stdin is None:
        sys.exit("a worker cannot hear")
    process.stdin.write(json.dumps(order) + "\n")
    process.stdin.flush()


def hear(process: subprocess.Popen[str]) -> dict[str, Any]:
    """One answer; stops when the worker is gone."""
    line = process.stdout.readline() if process.stdout is not None else ""
    if not line:
        sys.exit(f"a worker ended: {process.args!r}")
    answer: dict[str, Any] = json.loads(line)
    return answer


def environment_of_other(folder: Path) -> Path | None:
    """The Python of a virtual environment with OpenOrchestrator in it, or None, said with a word."""
    place = folder / "openorchestrator"
    python = place / ("Scripts" if os.name == "nt" else "bin") / "python"
    venv.create(place, with_pip=True)
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    installer = [uv, "pip", "install", "--python", str(python)] if uv else [str(python), "-m", "pip", "install"]
    done = subprocess.run([*installer, "--quiet", _OTHER], capture_output=True, text=True, check=False)  # noqa: S603 - a fixed package.
    if done.returncode != 0:
        print(f"{_OTHER} is left out: it could not be installed")
        return None
    return python


if __name__ == "__main__":
    main()
