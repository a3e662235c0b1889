"""At most once, and never in doubt for long: what the guard does after each way a call can go wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from casework.errors import KeyReusedError, LeaseLostError
from casework.workplace import Workplace
from connectors.errors import (
    AuthExpired,
    CaseClosed,
    CircuitOpen,
    EffectInDoubt,
    LockedByUser,
    OwnerStillAlive,
    RefusedBySystem,
    Throttled,
    Unavailable,
)
from connectors.records import IdempotencyKey, LookUp, LookUpWorth, Sighting
from foundation.clock import ManualClock
from foundation.errors import DatabaseError
from tests.connectors.guarding import (
    SETTLE,
    SYSTEM,
    GuardBench,
    PlayedSystem,
    let_die,
    request,
    silence,
    write,
)
from tests.workbench import event_types, events, raw, rows


@pytest.fixture
def bench(place: Workplace, tmp_path: Path) -> Iterator[GuardBench]:
    made = GuardBench(place, tmp_path / "locks")
    yield made
    made.close()


@pytest.fixture
def system(clock: ManualClock) -> PlayedSystem:
    return PlayedSystem(clock)


def _effect_state(place: Workplace) -> str:
    (row,) = rows(place, "SELECT state FROM effect")
    state: str = row["state"]
    return state


def _effect_events(place: Workplace) -> list[str]:
    return [kind for kind in event_types(place) if kind.startswith("effect.")]


def _unavailable(retry_after: float | None = None) -> Unavailable:
    return Unavailable(SYSTEM, "append_journal_note", retry_after=retry_after)


# The plain way.


def test_a_write_is_intended_then_called_then_done(bench: GuardBench, system: PlayedSystem, place: Workplace) -> None:
    seen: list[str] = []
    guard = bench.guard()
    system.meanwhile = lambda: seen.append(_effect_state(place))
    receipt = guard.write(write(system))
    assert seen == ["intended"]
    assert (receipt.remote_id, receipt.replayed) == ("remote-1", False)
    assert _effect_state(place) == "done"
    assert _effect_events(place) == ["effect.intended", "effect.done"]


def test_a_done_write_is_replayed_without_a_call(bench: GuardBench, system: PlayedSystem) -> None:
    guard = bench.guard()
    guard.write(write(system))
    receipt = guard.write(write(system))
    assert (receipt.remote_id, receipt.remote_version, receipt.replayed) == ("remote-1", "v1", True)
    assert (system.calls, system.looks) == (1, 0)


def test_the_same_key_with_another_request_is_refused(bench: GuardBench, system: PlayedSystem) -> None:
    guard = bench.guard()
    guard.write(write(system))
    with pytest.raises(KeyReusedError):
        guard.write(write(system, asked=request(digest="d2")))
    assert system.calls == 1


def test_no_call_is_made_while_a_transaction_is_open(bench: GuardBench, system: PlayedSystem, place: Workplace) -> None:
    guard = bench.guard()
    with pytest.raises(DatabaseError), place.database.read():
        guard.write(write(system))
    assert system.calls == 0


def test_no_transaction_is_open_during_a_call_or_a_look(
    bench: GuardBench, system: PlayedSystem, place: Workplace
) -> None:
    guard = bench.guard()
    system.meanwhile = lambda: place.database.require_no_open_transaction("the call")
    system.script = [(silence(), False)]
    guard.write(write(system))
    assert system.calls == 2


def test_a_write_without_the_lease_is_not_called(bench: GuardBench, system: PlayedSystem) -> None:
    first = bench.guard()
    bench.claim_again(bench.hire())
    with pytest.raises(LeaseLostError):
        first.write(write(system))
    assert system.calls == 0


# The system says no.


def test_a_refusal_is_remembered_and_given_again_without_a_call(
    bench: GuardBench, system: PlayedSystem, place: Workplace
) -> None:
    guard = bench.guard()
    system.script = [(CaseClosed(SYSTEM, "append_journal_note"), False)]
    with pytest.raises(CaseClosed):
        guard.write(write(system))
    assert _effect_state(place) == "refused"
    with pytest.raises(CaseClosed):
        guard.write(write(system))
    assert (system.calls, system.looks) == (1, 0)
    assert _effect_events(place) == ["effect.intended", "effect.refused"]


def test_a_refusal_of_an_unknown_kind_is_given_again_as_a_refusal(
    bench: GuardBench, system: PlayedSystem, place: Workplace
) -> None:
    guard = bench.guard()
    system.script = [(RefusedBySystem(SYSTEM, "append_journal_note", "E42"), False)]
    for _ in range(2):
        with pytest.raises(RefusedBySystem):
            guard.write(write(system))
    assert system.calls == 1


def test_a_case_that_a_colleague_has_open_may_be_tried_again(
    bench: GuardBench, system: PlayedSystem, place: Workplace
) -> None:
    guard = bench.guard()
    system.script = [(LockedByUser(SYSTEM, "append_journal_note"), False)]
    with pytest.raises(LockedByUser):
        guard.write(write(system))
    assert _effect_state(place) == "not_done"
    assert guard.write(write(system)).replayed is False
    assert len(system.received) == 1


# The system does not take the call.


@pytest.mark.parametrize("error", [_unavailable(), Throttled(SYSTEM, "append_journal_note", retry_after=2.0)])
def test_a_call_that_was_not_taken_is_made_again(bench: GuardBench, system: PlayedSystem, error: Exception) -> None:
    system.script = [(error, False)]
    assert bench.guard().write(write(system)).remote_id == "remote-1"
    assert (system.calls, system.looks) == (2, 0)


def test_a_call_is_tried_three_times_and_then_put_aside(
    bench: GuardBench, system: PlayedSystem, place: Workplace
) -> None:
    system.script = [(_unavailable(), False) for _ in range(5)]
    with pytest.raises(Unavailable):
        bench.guard().write(write(system))
    assert system.calls == 3
    assert _effect_state(place) == "not_done"


def test_a_long_pause_that_the_system_asks_for_is_not_slept(
    bench: GuardBench, system: PlayedSystem, clock: ManualClock
) -> None:
    guard = bench.guard()
    system.script = [(Throttled(SYSTEM, "append_journal_note", retry_after=120.0), False)]
    before = clock.monotonic()
    with pytest.raises(Throttled) as caught:
        guard.write(write(system))
    assert caught.value.retry_after == 120.0
    assert clock.monotonic() - before < 1.0
    assert system.calls == 1


def test_an_expired_access_is_not_tried_again_here(bench: GuardBench, system: PlayedSystem, place: Workplace) -> None:
    system.script = [(AuthExpired(SYSTEM, "append_journal_note"), False)]
    with pytest.raises(AuthExpired):
        bench.guard().write(write(system))
    assert system.calls == 1
    assert _effect_state(place) == "not_done"


# No answer.


def test_a_silent_write_that_is_seen_is_done_once(bench: GuardBench, system: PlayedSystem, place: Workplace) -> None:
    system.script = [(silence(), True)]
    receipt = bench.guard().write(write(system))
    assert (receipt.remote_id, receipt.replayed) == ("remote-1", True)
    assert (system.calls, len(system.received)) == (1, 1)
    assert [event["facts"]["found"] for event in events(place) if event["type"] == "effect.done"] == [True]


def test_a_silent_write_that_shows_late_is_waited_for(
    bench: GuardBench, system: PlayedSystem, clock: ManualClock
) -> None:
    system.script = [(silence(), True)]
    system.shows_after = SETTLE - 1
    assert bench.guard().write(write(system)).replayed is True
    assert (system.calls, system.looks) == (1, 2)


def test_a_silent_write_that_stays_absent_is_made_again_after_the_settle_time(
    bench: GuardBench, system: PlayedSystem, clock: ManualClock
) -> None:
    guard = bench.guard()
    system.script = [(silence(), False)]
    before = clock.monotonic()
    assert guard.write(write(system)).replayed is False
    assert (system.calls, system.looks, len(system.received)) == (2, 2, 1)
    assert clock.monotonic() - before >= SETTLE


def test_absence_in_an_authoritative_system_needs_no_settle_time(
    bench: GuardBench, system: PlayedSystem, clock: ManualClock
) -> None:
    guard = bench.guard()
    system.script = [(silence(), False)]
    before = clock.monotonic()
    guard.write(write(system, worth=LookUpWorth.AUTHORITATIVE))
    assert (system.calls, system.looks) == (2, 1)
    assert clock.monotonic() - before < SETTLE


def test_a_silent_write_that_nobody_can_look_up_is_put_to_a_person(
    bench: GuardBench, system: PlayedSystem, place: Workplace
) -> None:
    guard = bench.guard()
    system.script = [(silence(), False)]
    for _ in range(2):
        with pytest.raises(EffectInDoubt):
            guard.write(write(system, worth=LookUpWorth.NONE))
    assert (system.calls, system.looks) == (1, 0)
    assert _effect_state(place) == "in_doubt"


def test_a_silent_write_where_something_else_stands_is_put_to_a_person(
    bench: GuardBench, system: PlayedSystem, place: Workplace
) -> None:
    system.script = [(silence(), False)]
    system.sightings = [LookUp(Sighting.UNCLEAR)]
    with pytest.raises(EffectInDoubt):
        bench.guard().write(write(system))
    assert system.calls == 1


def test_a_silent_write_to_a_deduplicating_system_that_cannot_be_looked_up_is_sent_again(
    bench: GuardBench, system: PlayedSystem
) -> None:
    system.script = [(silence(), True)]
    bench.guard().write(write(system, worth=LookUpWorth.NONE, deduplicates=True))
    assert system.calls == 2


def test_a_silent_write_is_not_made_again_when_the_look_fails_too(
    bench: GuardBench, system: PlayedSystem, place: Workplace
) -> None:
    system.script = [(silence(), True)]
    system.sightings = [_unavailable() for _ in range(3)]
    guard = bench.guard()
    with pytest.raises(Unavailable):
        guard.write(write(system))
    assert system.calls == 1
    assert _effect_state(place) == "intended"
    # The system is back, and what it took is found.
    assert guard.write(write(system)).replayed is True
    assert len(system.received) == 1


def test_a_silent_write_is_not_made_again_when_the_circuit_forbids_the_look(
    bench: GuardBench, system: PlayedSystem, place: Workplace
) -> None:
    bench.circuit_failures = 1
    system.script = [(silence(), True)]
    with pytest.raises(CircuitOpen):
        bench.guard().write(write(system))
    assert (system.calls, system.looks) == (1, 0)
    assert _effect_state(place) == "intended"


def test_an_error_that_nobody_foresaw_leaves_the_intent_to_be_looked_for(
    bench: GuardBench, system: PlayedSystem, place: Workplace
) -> None:
    guard = bench.guard()
    system.script = [(RuntimeError("a fault in the adapter"), True)]
    with pytest.raises(RuntimeError):
        guard.write(write(system))
    assert guard.write(write(system)).replayed is True
    assert (system.calls, len(system.received)) == (1, 1)


# Somebody else intended it.


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
    assert _effect_state(place) == "intended"


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
    assert _effect_state(place) == "in_doubt"


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
    assert _effect_state(place) == "done"


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
    assert _effect_state(place) == "done"


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
    assert _effect_state(place) == "done"
    assert _effect_events(place) == ["effect.intended", "effect.in_doubt", "effect.done"]


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
