"""When it is written down that a call was done: at once, or at the latest in the transaction before the next call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from sqlmodel import Session

from casework.workplace import Workplace
from connectors.guard import Guard
from foundation.clock import ManualClock
from tests.connectors.guarding import (
    GuardBench,
    PlayedSystem,
    effect_events,
    effect_state,
    let_die,
    request,
    write,
)
from tests.workbench import rows


@dataclass
class Later:
    """A desk that has outcomes to store and nothing else."""

    outcomes: list[Callable[[Session], None]] = field(default_factory=list)

    def store(self, session: Session) -> None:
        for write_down in self.outcomes:
            write_down(session)
        self.outcomes.clear()


@pytest.fixture
def bench(place: Workplace, tmp_path: Path) -> Iterator[GuardBench]:
    made = GuardBench(place, tmp_path / "locks")
    yield made
    made.close()


@pytest.fixture
def system(clock: ManualClock) -> PlayedSystem:
    return PlayedSystem(clock)


@pytest.fixture
def later() -> Later:
    return Later()


def _guard(bench: GuardBench, later: Later) -> Guard:
    guard = bench.guard()
    return replace(guard, reader=replace(guard.reader, unstored=later), later=later.outcomes.append)


def test_what_cannot_be_sent_twice_unharmed_is_written_down_at_once(
    bench: GuardBench, system: PlayedSystem, place: Workplace, later: Later
) -> None:
    _guard(bench, later).write(write(system))
    assert effect_state(place) == "done"
    assert later.outcomes == []


def test_what_the_system_makes_one_of_is_written_down_before_the_next_call(
    bench: GuardBench, system: PlayedSystem, place: Workplace, later: Later
) -> None:
    guard = _guard(bench, later)
    guard.write(write(system, deduplicates=True))
    assert effect_state(place) == "intended"
    seen: list[list[str]] = []
    system.meanwhile = lambda: seen.append(
        [row["state"] for row in rows(place, "SELECT state FROM effect ORDER BY id")]
    )
    guard.write(write(system, asked=request("n" * 64)))
    assert seen == [["done", "intended"]]
    assert effect_events(place) == ["effect.intended", "effect.done", "effect.intended", "effect.done"]


def test_the_same_change_asked_for_again_finds_its_own_outcome(
    bench: GuardBench, system: PlayedSystem, place: Workplace, later: Later
) -> None:
    guard = _guard(bench, later)
    guard.write(write(system, deduplicates=True))
    assert guard.write(write(system, deduplicates=True)).replayed
    assert (system.calls, system.looks) == (1, 0)
    assert effect_events(place) == ["effect.intended", "effect.done"]


def test_a_worker_that_dies_before_it_is_written_down_leaves_an_intent_that_the_next_one_finds(
    bench: GuardBench, system: PlayedSystem, place: Workplace, later: Later
) -> None:
    guard = _guard(bench, later)
    guard.write(write(system, deduplicates=True))
    let_die(guard.worker)
    assert bench.claim_again(bench.hire()).write(write(system, deduplicates=True)).replayed
    assert len(system.received) == 1
    assert effect_state(place) == "done"


def test_an_outcome_that_comes_late_is_told_once(
    bench: GuardBench, system: PlayedSystem, place: Workplace, later: Later
) -> None:
    _guard(bench, later).write(write(system, deduplicates=True))
    bench.claim_again(bench.hire()).write(write(system, deduplicates=True))
    with place.database.write() as session:
        later.store(session)
    assert effect_events(place) == ["effect.intended", "effect.done"]
