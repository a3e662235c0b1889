"""A municipality, a nursery of workers, and the colleague who takes over."""

from __future__ import annotations

import json
import subprocess
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from casework.approvals import Answer, approve, waiting
from casework.received import bookmark, set_bookmark
from casework.states import ItemState
from casework.tables import WorkItemRow
from connectors.errors import ConnectorError
from flows.composition import Composition
from flows.running import run_robot
from flows.sweeping import sweep
from foundation.actor import resolve_actor
from foundation.errors import SagsgangError
from foundation.settings import Settings
from tests.crash.clocks import LaterClock
from tests.crash.nursery import load

_ITEM = WorkItemRow.__table__
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
        pages: int | None = None,
    ) -> dict[str, Any]:
        """Raise a worker and wait until it ends or falls asleep; with ``act="raise"`` do not wait."""
        record = self.folder / "points"
        record.unlink(missing_ok=True)
        order = {
            "act": act,
            "point": point,
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
    citizens: deque[dict[str, Any]]

    def next_citizen(self) -> dict[str, Any]:
        """Somebody whose case stands as CPR has it."""
        return self.citizens.popleft()

    def give_back(self, citizens: Iterable[dict[str, Any]]) -> None:
        """Their cases stand as CPR has them again."""
        self.citizens.extend(citizens)

    def order(self, path: str, **body: object) -> dict[str, Any]:
        """Let something happen, as the tester's page has it."""
        answer: dict[str, Any] = self.client.post(path, json=body).raise_for_status().json()
        return answer

    def ledger(self, case: str, *, after: int = 0) -> list[dict[str, Any]]:
        """What truly happened to this case since entry ``after``."""
        answer = self.client.get("/ledger", params={"case": case, "after": after})
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


@dataclass
class Recovery:
    """The colleague who takes over: an ordinary worker, and a person who approves what is asked."""

    settings: Settings
    composition: Composition
    clock: LaterClock

    def run(self, robot: str = "address_update") -> None:
        """One ordinary run, after every lease is over."""
        self.clock.skip()
        run_robot(self.composition, load(robot), resolve_actor(self.settings, chosen="dorthe"))

    def sweep(self, robot: str) -> str | None:
        """One sweep to its end; returns the code of what stopped it."""
        self.clock.skip()
        try:
            sweep(self.composition, load(robot), resolve_actor(self.settings, chosen="dorthe"), page_size=30)
        except (ConnectorError, SagsgangError) as error:
            return error.code
        return None

    def skip_events(self) -> None:
        """Let what CPR has told be heard by nobody."""
        place, source = self.composition.place, self.composition.systems.events
        with place.database.read() as session:
            before = bookmark(session, robot="address_update", source=source.system)
        cursor = source.poll(after=before, limit=500).next_cursor
        if cursor is not None:
            with place.database.write() as session:
                set_bookmark(session, place, robot="address_update", source=source.system, before=before, cursor=cursor)

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
    """What happened in the municipality before belongs to other tests."""
    source, last = composition.systems.events, None
    while True:
        batch = source.poll(after=last, limit=500)
        last = batch.next_cursor
        if not batch.has_more:
            break
    if last is not None:
        place = composition.place
        with place.database.write() as session:
            set_bookmark(session, place, robot="address_update", source=source.system, before=None, cursor=last)


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
