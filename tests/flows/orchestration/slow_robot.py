"""A robot that takes its time and says so, in a package of its own, as a municipality's robot would be.

What must stay true: it writes one line when a step begins and one when it ends, so that a test from outside can tell
whether a process that was told to stop was let to finish what it was in the middle of.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel

from casework.items import NewItem, enqueue
from casework.workplace import as_person
from flows.composition import open_workplace
from foundation.actor import resolve_actor
from foundation.settings import Settings
from robots.address_update.card import CARD
from robots.desk import Desk
from robots.outcome import Completed, Outcome
from robots.robot import WorkItem

NAME = "slow_robot"
STEPS = 30
_DIARY = "SLOW_ROBOT_DIARY"
_SECONDS = "SLOW_ROBOT_SECONDS"


class Nothing(BaseModel):
    """The payload of its items."""


class SlowRobot:
    """Takes many short steps."""

    card = replace(CARD, name=NAME)
    payload_type = Nothing

    def handle(self, _item: WorkItem, desk: Desk) -> Outcome:
        """Half a minute, unless somebody stops it."""
        for number in range(STEPS):
            desk.step(f"step-{number}", self._take_time, returns=int)
        return Completed("fine")

    def _take_time(self) -> int:
        _note("begun")
        time.sleep(float(os.environ[_SECONDS]))
        _note("ended")
        return 1


def _note(word: str) -> None:
    with Path(os.environ[_DIARY]).open("a", encoding="utf-8") as diary:
        diary.write(word + "\n")


def install(folder: Path, environment: Mapping[str, str], *, seconds: float) -> dict[str, str]:
    """Make a package that offers the robot; returns the environment of processes that are to find it."""
    site = folder / "site"
    package = site / "slow_robot-1.0.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: slow-robot\nVersion: 1.0\n", encoding="utf-8")
    offer = f"[sagsgang.robots]\n{NAME} = tests.flows.orchestration.slow_robot:SlowRobot\n"
    (package / "entry_points.txt").write_text(offer, encoding="utf-8")
    (folder / "diary").touch()
    return {
        **{name: value for name, value in environment.items() if not name.startswith(("SAGSGANG_", "PREFECT_"))},
        "PYTHONPATH": os.pathsep.join([str(site), str(Path(__file__).parents[3])]),
        "SAGSGANG_DATA_DIR": str(folder / "var"),
        _DIARY: str(folder / "diary"),
        _SECONDS: str(seconds),
    }


def read_diary(folder: Path) -> list[str]:
    """What it wrote, in order."""
    return (folder / "diary").read_text(encoding="utf-8").split()


def enqueue_items(settings: Settings, number: int) -> None:
    """Work for it."""
    with open_workplace(settings) as place:
        new = [NewItem(f"slow-{each}", b"{}") for each in range(number)]
        anne = resolve_actor(settings, chosen="anne")
        with place.database.write() as session:
            enqueue(session, place, NAME, new, acting=as_person(anne), run_id=None)
