"""Several worker processes at once on one queue, with the whole loop: intake, desk, guard and the systems around them.

The fleets of ``tests/casework/test_fleet.py`` show for many items that the queue hands each out once. Here what they do
in other systems is looked at: the ledger of the municipality is held against the record, as after every run of the
matrix. What must stay true: nobody is disturbed, so nobody may be asked.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.crash.conftest import Stages
from tests.crash.judging import judge
from tests.crash.scenarios import BY_NAME, Citizen, Scenario, make_ready
from tests.crash.stage import Stage

pytestmark = [pytest.mark.crash, pytest.mark.slow, pytest.mark.timeout(600)]

_WORKERS = 4


def _together(stage: Stage, scenario: Scenario) -> None:
    """Raise all workers at once, and wait until each has gone home in order."""
    # They wait for each other, however busy the machine is.
    settings = stage.settings | {"longest_transaction": 30.0}
    pids = [stage.nursery.run(settings, act="raise", robot=scenario.robot)["pid"] for _ in range(_WORKERS)]
    endings = [stage.nursery.watch(pid) for pid in pids]
    assert [ending.get("code") for ending in endings] == [0] * _WORKERS, stage.nursery.log()[-2000:]


def test_workers_that_share_a_queue_write_everything_once(stages: Stages) -> None:
    one = BY_NAME["notes"]
    many = replace(one, prepare=lambda stage: [one.prepare(stage)[0] for _ in range(12)])
    stage = stages.of(many)
    ready = make_ready(stage, many)
    _together(stage, many)
    # Nobody leaves anything to the next run.
    assert stage.recovery.is_at_rest(many.robot)
    assert judge(stage, many, ready, f"{_WORKERS} workers on one queue").is_clean
    stage.town.give_back(ready.citizens)


def test_schedulers_that_collect_at_the_same_instant_make_each_item_once(stages: Stages) -> None:
    one = BY_NAME["propose"]

    def move_several(stage: Stage) -> list[Citizen]:
        return [one.prepare(stage)[0] for _ in range(6)]

    many = replace(one, prepare=move_several)
    stage = stages.of(many)
    ready = make_ready(stage, many)
    _together(stage, many)
    stage.recovery.approve_all()
    # What was approved is carried out by all of them together as well.
    _together(stage, many)
    stage.recovery.finish(many.robot)
    assert judge(stage, many, ready, f"{_WORKERS} schedulers at one instant").is_clean
    stage.town.give_back(ready.citizens)
