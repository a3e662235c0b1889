"""A municipality, a nursery of workers, and the colleague who takes over."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select, text

from casework.approvals import Answer, approve, waiting
from casework.received import bookmark, set_bookmark
from casework.states import ItemState
from casework.tables import WorkItemRow
from connectors.errors import ConnectorError
from flows.composition import Composition
from flows.running import run_robot
from flows.sequencing import Settled, settle_after_work
from flows.sweeping import sweep
from foundation.actor import resolve_actor
from foundation.clock import SystemClock, local_date
from foundation.errors import SagsgangError
from foundation.settings import Settings
from tests.crash.clocks import TownClock
from tests.crash.nursery import PAGE, load, worker_name

_ITEM = WorkItemRow.__table__
#: The day of all extracts but today's.
LONG_AGO = "2000-01-01"
#: Nothing is left for a worker to do, nor for whoever approves.
_AT_REST = frozenset(
    state.value
    for state in (
        ItemState.COMPLETED,
        ItemState.REJECTED,
        ItemState.FAILED,
        ItemState.CANCELLED,
        ItemState.IN_DOUBT,
    )
)
#: Times that the log is asked to settle, a twentieth of a second apart.
_PATIENCE = 200
#: More runs than any item has attempts, so that what is not at rest then never will be.
_MOST_RUNS = 9


@dataclass
class Nursery:
    """The process that raises workers; see ``nursery.py``."""

    process: subprocess.Popen[str]
    folder: Path

    def run(
        self,
        settings: dict[str, Any],
        *,
        act: str,
        point: int = -1,
        robot: str = "address_update",
        what: str = "run",
        until: str | None = None,
        about: str = "",
        pages: int | None = None,
    ) -> dict[str, Any]:
        """Raise a worker and wait until it ends or falls asleep; with ``act="raise"`` do not wait.

        Args:
            settings: the worker's settings.
            act: what happens to it: ``kill``, ``stop``, ``none``, ``count`` or ``raise``.
            point: where.
            robot: entry point, or ``module:Class``.
            what: ``run``, ``sweep``, ``compare``, ``person`` or ``case``.
            until: the name of the point after the call at ``point`` where it happens instead.
            about: the citizen or the case that is asked for.
            pages: so many pages more, and SQLite's disk is full.
        """
        record = self.folder / "points"
        record.unlink(missing_ok=True)
        order = {
            "act": act,
            "point": point,
            "until": until,
            "about": about,
            "robot": robot,
            "what": what,
            "pages": pages,
            "settings": settings,
            "record": str(record),
            "log": str(self.folder / "log"),
        }
        return self._say(order)

    def wake(self, pid: int) -> dict[str, Any]:
        """Let a sleeping worker go on, and wait until it ends."""
        return self._say({"continue": pid})

    def watch(self, pid: int) -> dict[str, Any]:
        """Wait until a worker ends that was raised without waiting."""
        return self._say({"watch": pid})

    def points(self) -> list[str]:
        """The points that the last counting worker passed, or the one at which the last worker was struck."""
        record = self.folder / "points"
        return record.read_text(encoding="utf-8").splitlines() if record.exists() else []

    def log(self) -> str:
        """What all workers have said."""
        log = self.folder / "log"
        return log.read_text(encoding="utf-8") if log.exists() else ""

    def _say(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        report: dict[str, Any] = json.loads(self.process.stdout.readline())
        return report


@dataclass
class Town:
    """The simulated municipality, and citizens with one open case on which nobody else is a party."""

    client: httpx.Client
    #: Who was in no run yet, or whose case stands again as CPR has it.
    citizens: deque[dict[str, Any]]
    #: Where more are found.
    others: Iterator[dict[str, Any]]
    #: The database of the simulated municipality.
    store: Path

    def next_citizen(self) -> dict[str, Any]:
        """Somebody whose case stands as CPR has it."""
        found = self.citizens.popleft() if self.citizens else next(self.others, None)
        assert found is not None, "everybody in the municipality has been in a run: make it larger (conftest.py)"
        return found

    def give_back(self, citizens: Iterable[dict[str, Any]]) -> None:
        """Their cases stand as CPR has them again."""
        self.citizens.extend(citizens)

    def order(self, path: str, **body: object) -> dict[str, Any]:
        """Let something happen, as the tester's page has it."""
        answer: dict[str, Any] = self.client.post(path, json=body).raise_for_status().json()
        return answer

    def move(self, citizen: dict[str, Any], *, days_ago: int = 1, **rest: object) -> dict[str, Any]:
        """Let a citizen move, with effect from a day that is over.

        One who moves today has moved on an earlier day for a colleague who lives some hours later, whose robot then
        looks for letters, and so passes other points.
        """
        day = local_date(SystemClock().now()) - timedelta(days=days_ago)
        return self.order("/people/move", personnummer=citizen["personnummer"], effectFrom=day.isoformat(), **rest)

    def ledger(self, case: str | None = None, *, after: int = 0) -> list[dict[str, Any]]:
        """What truly happened since entry ``after``, to this case or to all."""
        answer = self.client.get("/ledger", params={"after": after} | ({"case": case} if case is not None else {}))
        entries: list[dict[str, Any]] = answer.raise_for_status().json()["entries"]
        return entries

    def spoil(self, route: str, kind: str, *, skip: int) -> None:
        """Let one call go wrong."""
        self.order("/faults", route=route, kind=kind, skip=skip, retryAfter=1)

    def heal(self) -> int:
        """Let nothing go wrong any more; returns how many calls did."""
        faults = self.client.get("/faults").raise_for_status().json()["faults"]
        self.client.delete("/faults").raise_for_status()
        return sum(fault["struck"] for fault in faults)

    def newest_entry(self) -> int:
        """The number of the ledger's newest entry; 0 when it has none."""
        with closing(sqlite3.connect(self.store, timeout=10)) as connection:
            (number,) = connection.execute("SELECT coalesce(max(number), 0) FROM ledger").fetchone()
        return int(number)

    def subscriptions(self) -> set[str]:
        """Whom CPR tells of."""
        return set(self.client.get("/subscriptions").raise_for_status().json()["personnumre"])

    def deliver(self, folder: Path) -> None:
        """Let CPR lay a file of all that happened since the last one in this folder."""
        self.order("/extracts", folder=str(folder), again=True)
        self.forget_extracts()

    def forget_extracts(self) -> None:
        """Let all extracts be of a day long ago, so that today there can be another."""
        with closing(sqlite3.connect(self.store, timeout=10)) as connection, connection:
            connection.execute(
                "UPDATE person_extract SET name = 'D000101.' || number, produced = ? WHERE produced <> ?",
                (LONG_AGO, LONG_AGO),
            )


@dataclass
class Recovery:
    """The colleague who takes over: an ordinary worker, and a person who approves what is asked."""

    settings: Settings
    composition: Composition
    clock: TownClock

    def run(self, robot: str = "address_update") -> None:
        """One ordinary run, after every lease is over."""
        self.clock.skip()
        run_robot(self.composition, load(robot), resolve_actor(self.settings, chosen="dorthe"))

    def go_through(self, robot: str, go: Callable[..., object] = sweep) -> str | None:
        """One sweep, or what else goes through all cases, to its end; returns the code of what stopped it."""
        self.clock.skip()
        try:
            go(self.composition, load(robot), resolve_actor(self.settings, chosen="dorthe"), page_size=PAGE)
        except (ConnectorError, SagsgangError) as error:
            return error.code
        return None

    def settle(self) -> Settled:
        """Put what was recorded into the log's tree and sign it, as at the end of every run."""
        for _ in range(_PATIENCE):
            settled = settle_after_work(self.settings, self.composition.place)
            assert settled is not None, "the log has no signer"
            if settled.sequenced.is_leader:
                return settled
            # PostgreSQL takes a moment to notice that a killed worker, which led, is gone.
            time.sleep(0.05)
        raise AssertionError("somebody who is gone still leads the sequencing")

    def wait_until_gone(self, pid: int) -> None:
        """PostgreSQL takes a moment to notice that a killed worker is gone; until then its locks are held."""
        database = self.composition.place.database
        if database.engine.dialect.name == "sqlite":
            return
        query = text("SELECT count(*) FROM pg_stat_activity WHERE application_name = :name")
        for _ in range(_PATIENCE):
            with database.read() as session:
                if not session.execute(query, {"name": worker_name(pid)}).scalar():
                    return
            time.sleep(0.02)
        raise AssertionError("the sessions of a killed worker are still there")

    def skip_events(self) -> None:
        """Let what CPR has told be heard by nobody."""
        read_to_the_end(self.composition)

    def mark(self) -> str:
        """Where the intake stands, as it names it when it stops."""
        return f"{self.composition.systems.events.system}:{self._bookmark() or 'start'}"

    def put_bookmark(self, cursor: str) -> None:
        """Let the intake go on from here."""
        place, source, before = self.composition.place, self.composition.systems.events.system, self._bookmark()
        with place.database.write() as session:
            set_bookmark(session, place, robot="address_update", source=source, before=before, cursor=cursor)

    def _bookmark(self) -> str | None:
        with self.composition.place.database.read() as session:
            return bookmark(session, robot="address_update", source=self.composition.systems.events.system)

    def approve_all(self) -> None:
        """Approve whatever waits."""
        with self.composition.place.database.read() as session:
            answers = [Answer(each.item_id, each.digest) for each in waiting(session)]
        if answers:
            approver = resolve_actor(self.settings, chosen="erik")
            approve(self.composition.place, answers, actor=approver, person_seconds=1)

    def finish(self, robot: str = "address_update") -> None:
        """What happens in the days after, until nothing moves any more."""
        for _ in range(_MOST_RUNS):
            self.run(robot)
            self.approve_all()
            if self.is_at_rest(robot):
                return

    def is_at_rest(self, robot: str) -> bool:
        """Whether every item has ended, or waits for a person who does more than approve."""
        query = (
            select(_ITEM.c.id).where(_ITEM.c.robot == load(robot).card.name, _ITEM.c.state.not_in(_AT_REST)).limit(1)
        )
        with self.composition.place.database.read() as session:
            return session.execute(query).one_or_none() is None


def read_to_the_end(composition: Composition) -> None:
    """What happened in the municipality before now belongs to other tests."""
    place, source = composition.place, composition.systems.events
    with place.database.read() as session:
        before = bookmark(session, robot="address_update", source=source.system)
    last = before
    while True:
        batch = source.poll(after=last, limit=500)
        last = batch.next_cursor
        if not batch.has_more:
            break
    if last not in (None, before):
        assert last is not None
        with place.database.write() as session:
            set_bookmark(session, place, robot="address_update", source=source.system, before=before, cursor=last)


@dataclass
class Stage:
    """One database with everything around it."""

    town: Town
    nursery: Nursery
    recovery: Recovery
    settings: dict[str, Any]

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.recovery.composition.place.database.is_sqlite
