"""At most once, and never in doubt for long: what the guard makes of what another worker left."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from casework.errors import LeaseLostError
from casework.workplace import Workplace
from connectors.errors import (
    CaseClosed,
    EffectInDoubt,
    OwnerStillAlive,
    Unavailable,
)
from connectors.records import IdempotencyKey, LookUp
from foundation.clock import ManualClock
from tests.connectors.guarding import (
    SETTLE,
    SYSTEM,
    GuardBench,
    PlayedSystem,
    effect_events,
    effect_state,
    let_die,
    write,
)
from tests.workbench import event_types, raw


@pytest.fixture
def bench(place: Workplace, tmp_path: Path) -> Iterator[GuardBench]:
    made = GuardBench(place, tmp_path / "locks")
    yield made
    made.close()


@pytest.fixture
def system(clock: ManualClock) -> PlayedSystem:
    return PlayedSystem(clock)


def _crash_in_call(bench: GuardBench, system: PlayedSystem, *, is_made: bool) -> None:
    """A worker that dies in the middle of its call."""
    worker = bench.hire()
    system.script = [(RuntimeError("dies here"), is_made)]
    with pytest.raises(RuntimeError):
        bench.guard(worker).write(write(system))
    let_die(worker)


def test_what_a_dead_worker_did_is_found_and_not_done_again(bench: GuardBench, system: PlayedSystem) -> None:
    _crash_in_call(bench, system, is_made=True)
    assert bench.guard(bench.hire()).write(write(system)).replayed is True
    assert len(system.received) == 1


def test_what_a_dead_worker_did_not_do_is_done_after_proof_and_settle_time(
    bench: GuardBench, system: PlayedSystem, place: Workplace, clock: ManualClock
) -> None:
    _crash_in_call(bench, system, is_made=False)
    guard = bench.guard(bench.hire())
    before = clock.monotonic()
    assert guard.write(write(system)).replayed is False
    assert len(system.received) == 1
    assert clock.monotonic() - before >= SETTLE
    assert "worker.declared_dead" in event_types(place)


def test_a_long_settle_time_after_a_death_is_waited_for_in_the_queue(
    bench: GuardBench, system: PlayedSystem, clock: ManualClock
) -> None:
    _crash_in_call(bench, system, is_made=False)
    guard = bench.guard(bench.hire())
    with pytest.raises(Unavailable) as caught:
        guard.write(write(system, settle_seconds=100.0))
    assert caught.value.retry_after == pytest.approx(100.0)
    clock.advance(100.0)
    assert guard.write(write(system, settle_seconds=100.0)).replayed is False


def test_a_living_workers_call_is_waited_for(bench: GuardBench, system: PlayedSystem, place: Workplace) -> None:
    paused = bench.hire()
    system.script = [(RuntimeError("stopped here"), False)]
    with pytest.raises(RuntimeError):
        bench.guard(paused).write(write(system))
    with pytest.raises(OwnerStillAlive):
        bench.guard(bench.hire()).write(write(system))
    assert system.calls == 1
    assert effect_state(place) == "intended"


def test_a_living_worker_who_stays_silent_too_long_is_put_to_a_person(
    bench: GuardBench, system: PlayedSystem, place: Workplace, clock: ManualClock
) -> None:
    paused = bench.hire()
    system.script = [(RuntimeError("stopped here"), False)]
    with pytest.raises(RuntimeError):
        bench.guard(paused).write(write(system))
    guard = bench.guard(bench.hire())
    clock.advance(bench.owner_wait_seconds)
    with pytest.raises(EffectInDoubt):
        guard.write(write(system))
    assert system.calls == 1
    assert effect_state(place) == "in_doubt"


def test_a_deduplicating_system_is_called_again_at_once_also_while_the_owner_lives(
    bench: GuardBench, system: PlayedSystem, clock: ManualClock
) -> None:
    paused = bench.hire()
    system.script = [(RuntimeError("stopped here"), False)]
    with pytest.raises(RuntimeError):
        bench.guard(paused).write(write(system, deduplicates=True))
    guard = bench.guard(bench.hire())
    before = clock.monotonic()
    guard.write(write(system, deduplicates=True))
    assert (system.calls, len(system.received)) == (2, 1)
    assert clock.monotonic() - before < 1.0


def test_the_lease_may_be_lost_between_the_look_and_the_intent(bench: GuardBench, system: PlayedSystem) -> None:
    _crash_in_call(bench, system, is_made=False)
    second, third = bench.hire(), bench.hire()
    guard = bench.guard(second)

    class Overtaken(PlayedSystem):
        def look_up(self, key: IdempotencyKey) -> LookUp:
            answer = super().look_up(key)
            if self.looks == 2:
                bench.claim_again(third)
            return answer

    slow = Overtaken(system.clock)
    with pytest.raises(LeaseLostError):
        guard.write(write(slow))
    assert slow.calls == 0


def test_a_paused_owner_is_overtaken_by_no_other_thread_of_his_own_process(
    bench: GuardBench, system: PlayedSystem, place: Workplace
) -> None:
    worker = bench.hire()
    first = bench.guard(worker)
    errors: list[Exception] = []

    def another_thread_claims_the_same_item() -> None:
        system.meanwhile = lambda: None
        second = bench.claim_again(worker)
        try:
            second.write(write(system))
        except OwnerStillAlive as error:
            errors.append(error)

    system.meanwhile = another_thread_claims_the_same_item
    first.write(write(system))
    assert len(errors) == 1
    assert len(system.received) == 1


# A paused owner wakes.


def test_a_late_done_is_kept_though_the_lease_is_gone(
    bench: GuardBench, system: PlayedSystem, place: Workplace
) -> None:
    guard = bench.guard()
    system.meanwhile = lambda: bench.claim_again(bench.hire())
    assert guard.write(write(system)).remote_id == "remote-1"
    assert effect_state(place) == "done"


def test_a_late_refusal_does_not_write_over_what_a_later_owner_did(
    bench: GuardBench, system: PlayedSystem, place: Workplace
) -> None:
    first, second = bench.hire(), bench.hire()
    guard = bench.guard(first)

    def overtaken() -> None:
        system.meanwhile = lambda: None
        let_die(first)
        bench.claim_again(second).write(write(PlayedSystem(system.clock)))

    system.meanwhile = overtaken
    system.script = [(CaseClosed(SYSTEM, "append_journal_note"), False)]
    # The first is dead for all others, but this test lets it speak once more.
    with pytest.raises(CaseClosed):
        guard.write(write(system))
    assert effect_state(place) == "done"


def test_a_late_done_settles_what_was_put_to_a_person(
    bench: GuardBench, system: PlayedSystem, place: Workplace, clock: ManualClock
) -> None:
    first, second = bench.hire(), bench.hire()
    guard = bench.guard(first)

    def given_up() -> None:
        system.meanwhile = lambda: None
        waiting = bench.claim_again(second)
        clock.advance(bench.owner_wait_seconds)
        with pytest.raises(EffectInDoubt):
            waiting.write(write(PlayedSystem(clock)))

    system.meanwhile = given_up
    guard.write(write(system))
    assert effect_state(place) == "done"
    assert effect_events(place) == ["effect.intended", "effect.in_doubt", "effect.done"]


def test_a_worker_that_was_declared_dead_may_not_intend(
    bench: GuardBench, system: PlayedSystem, place: Workplace
) -> None:
    worker = bench.hire()
    guard = bench.guard(worker)
    raw(place, "UPDATE worker SET declared_dead_at = started_at")
    with pytest.raises(LeaseLostError):
        guard.write(write(system))
    assert system.calls == 0


def test_a_worker_that_has_stopped_may_not_intend(bench: GuardBench, system: PlayedSystem) -> None:
    worker = bench.hire()
    guard = bench.guard(worker)
    bench.workers.remove(worker)
    worker.stop()
    with pytest.raises(LeaseLostError):
        guard.write(write(system))
    assert system.calls == 0
