"""Sagsgang's whole work loop with a robot that does nothing: threads, desk, log lines, heartbeat, group commit."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, cast

from pydantic import BaseModel

from benchmarks.work_items_contenders.contender import CODE, MESSAGE, ROBOT
from benchmarks.work_items_contenders.ours import Ours
from casework.workers import enlist
from flows.composition import Composition, Systems
from flows.work_loop import WorkLoop
from foundation.actor import resolve_actor
from foundation.logs import configure_logs
from foundation.settings import load_settings
from robots.address_update.card import CARD
from robots.card import Card
from robots.desk import Desk
from robots.outcome import Completed, Outcome
from robots.robot import WorkItem


class Payload(BaseModel):
    """As the items of this benchmark."""

    citizen: str
    event: str
    effect_from: str


class Idle:
    """A robot that has nothing to do, and notes which items it was handed."""

    card: ClassVar[Card] = replace(CARD, name=ROBOT)
    payload_type: ClassVar[type[BaseModel]] = Payload

    def __init__(self) -> None:
        self.handed: list[str] = []

    def handle(self, item: WorkItem, _desk: Desk) -> Outcome:
        """Done at once."""
        self.handed.append(item.reference)
        return Completed(CODE, MESSAGE)


class WholeLoop(Ours):
    """Sagsgang, from claim to log line."""

    def __init__(self, url: str) -> None:
        """Open the database, enlist as a worker."""
        super().__init__(url)
        configure_logs(json=True, level="ERROR")
        self._folder = tempfile.TemporaryDirectory()
        settings = load_settings(data_dir=Path(self._folder.name), database_url=url, log_level="ERROR")
        # A robot that does nothing asks them nothing.
        nobody = cast("Any", None)
        systems = Systems(cases=nobody, people=nobody, events=nobody)
        worker = enlist(self.place, locks=settings.data_dir / "locks")
        self._composition = Composition(settings=settings, place=self.place, systems=systems, worker=worker)

    def work(self) -> list[str]:
        """One run, until the queue is empty."""
        robot = Idle()
        WorkLoop(self._composition, robot, resolve_actor(self._composition.settings, chosen="dorthe")).run()
        return robot.handed

    def close(self) -> None:
        """Say goodbye."""
        self._composition.worker.stop()
        super().close()
        self._folder.cleanup()
