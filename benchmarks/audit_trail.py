"""The audit trail: what recording costs beside a raw insert, how fast it is verified, what a million events ask for.

    python benchmarks/audit_trail.py [--events 6000] [--repeats 9] [--quick] [--million [COUNT]]

``record_all`` of ready-made events is set against the same rows handed to the driver, ready-made too, into the same
tables with the same indexes and triggers; both in turn within each repeat, so that a busy machine is busy for both.
Printed are the ratio of the medians, its spread over the repeats, and what is missing to the target. What must stay
true: both leave the same number of rows behind, or the program stops. PostgreSQL is measured with four writing
processes, ours with the sequencer at work beside them. ``--million`` is
printed with the peak of resident memory.
"""

from __future__ import annotations

import argparse
import hashlib
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from audit.events import freeze_all
from audit.sequencer import drain
from audit.verification import Expected, examine
from benchmarks.audit_parts.filling import ENVIRONMENT, fill, made_events, ready_rows
from benchmarks.audit_parts.million import MILLION, look_at_a_million
from benchmarks.audit_parts.writers import (
    Writers,
    append,
    copies_of,
    insert_by_driver,
    insert_in_transaction,
    insert_raw,
    opened,
)
from benchmarks.work_items_contenders.databases import migrated, postgres_maker, sqlite_maker
from foundation.database import Database

#: Ratios that the trail is to reach, by database and events per commit.
SQLITE_TARGETS = {1: 0.90, 100: 0.65, 1000: 0.65}
POSTGRES_TARGETS = {1: 0.75, 100: 0.75}
VERIFIED_PER_SECOND = 250_000
_QUICK_REPEATS = 3
#: With one event to a transaction.
_COMMITS_A_TURN = 20


@dataclass(frozen=True, slots=True)
class Pair:
    """Events per second of one repeat, without and with the trail."""

    raw: float
    ours: float
    #: The ready-made rows in a transaction of ``Database.write``, where that was measured.
    in_transaction: float | None = None

    @property
    def ratio(self) -> float:
        """How much of the raw speed is left."""
        return self.ours / self.raw


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=6000, help="events a repeat in batches; a tenth one per commit")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--quick", action="store_true", help="a look of less than a minute; its ratios are noise")
    parser.add_argument(
        "--million", type=int, nargs="?", const=MILLION, help="also verify, export and prune a million events, or COUNT"
    )
    options = parser.parse_args()
    repeats = _QUICK_REPEATS if options.quick else options.repeats
    events = min(options.events, 1000) if options.quick else options.events
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        make = copies_of(migrated(sqlite_maker(folder)()), folder)
        print(f"{events} events, {repeats} repeats; events a second, and the ratio of each pair in one repeat")
        for batch, target in SQLITE_TARGETS.items():
            count = events if batch > 1 else max(events // 10, 100)
            title = f"SQLite, {batch} per commit"
            told(title, [sqlite_pair(make, count, batch) for _ in range(repeats)], target)
        where_the_time_goes(make, events)
        verifying(make, events=4000 if options.quick else 40_000, repeats=repeats)
        try:
            postgres = stack.enter_context(postgres_maker())
        except (ImportError, OSError, RuntimeError) as error:
            print(f"PostgreSQL is left out: {type(error).__name__}; set TEST_DATABASE_URL to a server's address")
        else:
            for batch, target in POSTGRES_TARGETS.items():
                count = events if batch > 1 else max(events // 10, 100)
                title = f"PostgreSQL, 4 writers and the sequencer, {batch} per commit"
                url = migrated(postgres())
                told(title, [postgres_pair(url, count, batch) for _ in range(repeats)], target)
        if options.million:
            look_at_a_million(make, folder, count=options.million)


def told(title: str, pairs: Sequence[Pair], target: float) -> None:
    """One line: speeds, ratio, spread, and how far from the target."""
    ratios = [pair.ratio for pair in pairs]
    ratio = statistics.median(ratios)
    raw, ours = statistics.median(pair.raw for pair in pairs), statistics.median(pair.ours for pair in pairs)
    verdict = "reached" if ratio >= target else f"MISSED by {target - ratio:.2f}"
    print(
        f"{title}: raw {raw:,.0f}/s, ours {ours:,.0f}/s, ratio {ratio:.2f} ({min(ratios):.2f}-{max(ratios):.2f}); "
        f"target {target:.2f} {verdict}"
    )
    within = [pair.ours / pair.in_transaction for pair in pairs if pair.in_transaction is not None]
    if within:
        print(
            f"  of that the transaction is the caller's: against the same rows in one, ratio "
            f"{statistics.median(within):.2f} ({min(within):.2f}-{max(within):.2f})"
        )


def sqlite_pair(make: Callable[[], str], count: int, batch: int) -> Pair:
    """The same events into new databases, each way.

    They take turns of a few transactions, so that what else the machine does meets all three; who begins is left to
    chance in every round. Each writes to a database of its own, whose pages are as cold or warm as the others'.
    """
    events, rows = made_events(count), ready_rows(made_events(count), is_sqlite=True)
    taken = dict.fromkeys(("raw", "in_transaction", "ours"), 0.0)
    with ExitStack() as stack:
        databases = {name: stack.enter_context(opened(make())) for name in taken}
        driver: Any = stack.enter_context(databases["raw"].engine.connect()).connection.driver_connection
        ways: dict[str, Callable[[slice], None]] = {
            "raw": lambda some: insert_by_driver(driver, rows[some], dialect="sqlite", batch=batch),
            "in_transaction": lambda some: insert_in_transaction(databases["in_transaction"], rows[some], batch=batch),
            "ours": lambda some: append(databases["ours"], events[some], batch=batch),
        }
        turn = batch * (_COMMITS_A_TURN if batch == 1 else 1)
        for start in range(0, count, turn):
            for name in sorted(ways, key=lambda _name: secrets.randbelow(1000)):
                begun = time.perf_counter()
                ways[name](slice(start, start + turn))
                taken[name] += time.perf_counter() - begun
        for database in databases.values():
            require_all(database, count)
    return Pair(**{name: count / seconds for name, seconds in taken.items()})


def postgres_pair(url: str, count: int, batch: int) -> Pair:
    """Four writing processes each way; ours beside a sequencer that is at work until the last has ended."""
    speeds = {}
    for name in sorted(("raw", "ours"), key=lambda _name: secrets.randbelow(1000)):
        with opened(url) as database:
            before = count_all(database)
            speeds[name] = 4 * count / Writers(url, name, count=count, batch=batch).seconds()
            require_all(database, before + 4 * count)
            # What the other one must not find in its way.
            drain(database, now=_now, environment=ENVIRONMENT)
    return Pair(**speeds)


def count_all(database: Database) -> int:
    """How many events there are."""
    with database.read() as session:
        count: int = session.connection().exec_driver_sql("SELECT count(*) FROM audit_event").scalar_one()
    return count


def require_all(database: Database, count: int) -> None:
    """Stop unless every event is there, and the one that every database begins with."""
    if count_all(database) not in {count, count + 1}:
        message = "not every event was written, so nothing was measured"
        raise SystemExit(message)


def where_the_time_goes(make: Callable[[], str], count: int) -> None:
    """What an event costs, part by part, in batches of 100 on SQLite."""
    events = made_events(count)
    begun = time.perf_counter()
    freeze_all(events, at=_now(), environment=ENVIRONMENT)
    frozen = time.perf_counter() - begun
    rows = ready_rows(events, is_sqlite=True)
    with opened(make()) as database:
        begun = time.perf_counter()
        insert_raw(database, rows, batch=100)
        raw = time.perf_counter() - begun
    with opened(make()) as database:
        begun = time.perf_counter()
        append(database, events, batch=100)
        ours = time.perf_counter() - begun
    micro = 1e6 / count
    rest = max(ours - raw - frozen, 0.0)
    print(
        f"  where the time of one event goes: {raw * micro:.0f} us the driver and the disk, {frozen * micro:.0f} us "
        f"freezing and hashing, {rest * micro:.0f} us rows, session and statement"
    )


def verifying(make: Callable[[], str], *, events: int, repeats: int) -> None:
    """Hash-only verification of a whole log on one core, beside hashing the same bodies in memory."""
    with opened(make()) as database:
        fill(database, events)
        drain(database, now=_now, environment=ENVIRONMENT)
        with database.read() as session:
            bodies = list(session.connection().exec_driver_sql("SELECT body FROM audit_event").scalars())
        quick = Expected(origin="benchmark.example/log", keys=(), is_thorough=False)
        thorough = Expected(origin="benchmark.example/log", keys=())
        speeds: dict[str, list[float]] = {"hash-only": [], "thorough": [], "the same bodies hashed in memory": []}
        for _ in range(repeats):
            speeds["hash-only"].append(_verified(database, quick))
            speeds["thorough"].append(_verified(database, thorough))
            begun = time.process_time()
            for body in bodies:
                hashlib.sha256(b"\x00" + body).digest()
            speeds["the same bodies hashed in memory"].append(len(bodies) / (time.process_time() - begun))
    for name, each in speeds.items():
        median = statistics.median(each)
        print(f"Verify, {name}: {median:,.0f} events per second of processor ({min(each):,.0f}-{max(each):,.0f})")
    median = statistics.median(speeds["hash-only"])
    missing = VERIFIED_PER_SECOND - median
    verdict = "reached" if missing <= 0 else f"MISSED by {missing:,.0f}"
    pairs = zip(speeds["hash-only"], speeds["the same bodies hashed in memory"], strict=True)
    share = statistics.median(ours / alone for ours, alone in pairs)
    print(f"  target {VERIFIED_PER_SECOND:,} {verdict}; {share:.2f} of what hashing alone allows on this machine now")


def _verified(database: Database, expected: Expected) -> float:
    # Of the processor, for what is asked is what one core can do, whatever else it has to do meanwhile.
    begun = time.process_time()
    report = examine(database, expected, now=_now())
    if report.broken:
        raise SystemExit(report.broken[0].sentence)
    return report.size / (time.process_time() - begun)


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    main()
