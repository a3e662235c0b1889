"""The disk is full: the worker says so and ends, nothing is half, and with room again the work goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.simulated.server import Running
from tests.crash.conftest import open_stage
from tests.crash.judging import judge
from tests.crash.scenarios import BY_NAME, make_ready
from tests.crash.stage import Nursery, Stage, Town
from tests.databases import SqliteMaker

pytestmark = [pytest.mark.crash, pytest.mark.slow]

_ITEMS = 4


@pytest.fixture
def stage(town: tuple[Running, Town], nursery: Nursery, sqlite_maker: SqliteMaker, tmp_path: Path) -> Iterator[Stage]:
    """On the embedded database, which grows in a file of its own."""
    with open_stage(town, nursery, sqlite_maker.make(), tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("pages", [0, 4, 9])
def test_a_full_disk_leaves_nothing_half_and_is_told_of_in_danish(stage: Stage, pages: int) -> None:
    notes = BY_NAME["notes"]
    many = replace(notes, prepare=lambda stage: [notes.prepare(stage)[0] for _ in range(_ITEMS)])
    ready = make_ready(stage, many)
    said = len(stage.nursery.log())
    report = stage.nursery.run(stage.settings, act="none", robot=notes.robot, pages=pages)
    told = stage.nursery.log()[said:]
    assert report["end"] == "exited"
    if report["code"] == 0:
        # What was rolled back left just enough room to put the item back and close the run in order.
        assert '"stopped_by": "disk_full"' in told
    else:
        assert "ended by DiskFullError: Disken er fuld" in told
    assert "UPDATE" not in told.partition("ended by")[2], "SQL is nothing for a person to read"
    stage.recovery.finish(notes.robot)
    assert judge(stage, many, ready, f"after a full disk with room for {pages} pages").is_clean
    stage.town.give_back(ready.citizens)
