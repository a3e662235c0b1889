"""A municipality, a nursery of workers, and the means to look at what recovery made of it all."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from casework.approvals import Answer, approve, waiting
from casework.items import unfinished
from casework.received import set_bookmark
from flows.composition import Composition
from flows.running import run_robot
from foundation.actor import resolve_actor
from foundation.clock import SystemClock
from foundation.settings import Settings
from robots.registry import load_robot

#: Longer than a lease, so that the one who recovers finds it over.
_LATER = timedelta(minutes=10)


@dataclass
class Nursery:
    """The process that raises workers; see ``nursery.py``."""

    process: subprocess.Popen[str]
    folder: Path

    def run(self, settings: dict[str, Any], *, act: str, point: int = -1) -> dict[str, Any]:
        """Raise a worker and wait until it ends or falls asleep."""
        record = self.folder / "points"
        record.unlink(missing_ok=True)
        order = {
            "act": act,
            "point": point,
            "settings": settings,
            "record": str(record),
            "log": str(self.folder / "log"),
        }
        return self._say(order)

    def wake(self, pid: int) -> dict[str, Any]:
        """Let a sleeping worker go on, and wait until it ends."""
        return self._say({"continue": pid})

    def points(self) -> list[str]:
        """The points that the last counting worker passed."""
        return (self.folder / "points").read_text(encoding="utf-8").splitlines()

    def _say(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        report: dict[str, Any] = json.loads(self.process.stdout.readline())
        return report


@dataclass
class Town:
    """The simulated municipality, and citizens who can still move."""

    client: httpx.Client
    citizens: Iterator[dict[str, Any]]

    def next_citizen(self) -> dict[str, Any]:
        """Somebody with one open case who has not moved yet."""
        return next(self.citizens)

    def move(self, citizen: dict[str, Any]) -> None:
        """The citizen moves."""
        self.client.post("/people/move", json={"personnummer": citizen["personnummer"]}).raise_for_status()

    def ledger(self, case: str) -> list[dict[str, Any]]:
        """What truly happened to this case."""
        answer = self.client.get("/ledger", params={"case": case})
        entries: list[dict[str, Any]] = answer.raise_for_status().json()["entries"]
        return entries


class LaterClock(SystemClock):
    """The machine's clock, so far ahead that every lease taken before is over."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        """The later time, aware UTC."""
        return super().now() + self._ahead

    def skip(self) -> None:
        """Let more than a lease go by."""
        self._ahead += _LATER


@dataclass
class Recovery:
    """The colleague who takes over: an ordinary worker, and a person who approves what is asked."""

    settings: Settings
    composition: Composition
    clock: LaterClock

    def run(self) -> None:
        """One ordinary run, after every lease is over."""
        self.clock.skip()
        run_robot(self.composition, load_robot("address_update"), resolve_actor(self.settings, chosen="dorthe"))

    def approve_all(self) -> None:
        """Approve whatever waits."""
        with self.composition.place.database.read() as session:
            answers = [Answer(each.item_id, each.digest) for each in waiting(session)]
        if answers:
            approver = resolve_actor(self.settings, chosen="erik")
            approve(self.composition.place, answers, actor=approver, person_seconds=1)

    def finish(self) -> None:
        """What happens in the days after, until nothing is left to do or five runs have not been enough."""
        for _ in range(5):
            self.run()
            self.approve_all()
            with self.composition.place.database.read() as session:
                if unfinished(session, robot="address_update") == 0:
                    return


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
