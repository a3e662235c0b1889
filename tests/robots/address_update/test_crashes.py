"""The robot dies at every point at which a process could die, and ends as if it never had."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.errors import OutcomeUnknown
from connectors.records import PersonEvent, PersonSnapshot, PersonStatus
from foundation.addresses import CivilAddress
from foundation.cpr import Cpr
from robots.address_update.robot import AddressUpdate
from robots.twins.bench import Bench
from robots.twins.desk_memory import Crash

Scene = Callable[[], Bench]


@pytest.fixture(params=["move", "protected", "two cases", "task beside a move", "dead"])
def scene(
    request: pytest.FixtureRequest,
    event: PersonEvent,
    snapshot: PersonSnapshot,
    old_address: CivilAddress,
    new_address: CivilAddress,
) -> Scene:
    """Makes the same bench anew each time: what the robot finds stands in the parameter."""

    def make() -> Bench:
        robot = AddressUpdate()
        bench = Bench(robot, at=datetime(2026, 11, 22, 12, 0, tzinfo=UTC))
        bench.give_events(robot, [event])
        bench.people.put(snapshot)
        stage = bench.cases.stage
        stage.add_party(stage.add_case(), cpr=snapshot.cpr, address=old_address)
        if request.param == "protected":
            bench.people.protect(snapshot.cpr, is_protected=True)
        elif request.param == "two cases":
            second = stage.add_case()
            stage.add_party(second, cpr=Cpr("0709614673"), address=old_address)
            stage.add_party(second, cpr=snapshot.cpr)
        elif request.param == "task beside a move":
            stage.add_party(stage.add_case(), cpr=snapshot.cpr, address=new_address, is_protected=True)
        elif request.param == "dead":
            bench.people.put(replace(snapshot, status=PersonStatus.DEAD))
        return bench

    return make


def final_state(bench: Bench) -> dict[str, Any]:
    """All that is left in the world: cases, notes and reminders without their ids, and each effect with its count."""
    stage = bench.cases.stage
    return {
        "cases": dict(stage.cases),
        "notes": {case: [(n.title, n.text, n.at) for n in notes.values()] for case, notes in stage.notes.items()},
        "reminders": {case: list(reminders.values()) for case, reminders in stage.reminders.items()},
        "effects": Counter((entry.operation, entry.case, entry.target) for entry in bench.cases.ledger),
        "remembered": bench.memory.remembered,
    }


def test_it_ends_as_if_it_never_died_wherever_it_dies(scene: Scene) -> None:
    whole = scene()
    outcome = whole.settle()
    points = len(whole.memory.points)
    assert points > 5
    for point in range(points):
        bench = scene()
        bench.memory.dies_after = point
        with pytest.raises(Crash):
            bench.settle()
        assert bench.settle() == outcome
        assert final_state(bench) == final_state(whole), whole.memory.points[point]


def test_time_that_passes_while_it_is_dead_changes_nothing_that_was_begun(scene: Scene) -> None:
    whole = scene()
    outcome = whole.settle()
    for point in range(len(whole.memory.points)):
        bench = scene()
        bench.memory.dies_after = point
        with pytest.raises(Crash):
            bench.settle()
        bench.clock.advance(90.0)
        assert bench.settle() == outcome
        assert final_state(bench)["effects"] == final_state(whole)["effects"]


def test_it_ends_as_if_it_never_died_when_it_dies_twice(scene: Scene) -> None:
    whole = scene()
    outcome = whole.settle()
    for point in range(len(whole.memory.points)):
        bench = scene()
        bench.memory.dies_after = point
        with pytest.raises(Crash):
            bench.settle()
        bench.memory.dies_after = len(bench.memory.points) + 2
        try:
            assert bench.settle() == outcome
        except Crash:
            assert bench.settle() == outcome
        assert final_state(bench) == final_state(whole)


@pytest.mark.parametrize("method", ["update_party_contact", "append_journal_note", "create_reminder"])
def test_an_answer_that_was_lost_leads_to_no_second_write(scene: Scene, method: str) -> None:
    whole = scene()
    outcome = whole.settle()
    bench = scene()
    bench.cases.fail_next(method, OutcomeUnknown("twin", method), after_effect=True)
    try:
        found = bench.settle()
    except OutcomeUnknown:
        found = bench.settle()
    assert found == outcome
    assert final_state(bench) == final_state(whole)
