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
    RefusedBySystem,
    Throttled,
    Unavailable,
)
from connectors.records import LookUp, LookUpWorth, Sighting
from foundation.clock import ManualClock
from foundation.errors import DatabaseError
from tests.connectors.guarding import (
    SETTLE,
    SYSTEM,
    GuardBench,
    PlayedSystem,
    effect_events,
    effect_state,
    request,
    silence,
    unavailable,
    write,
)
from tests.workbench import events


@pytest.fixture
def bench(place: Workplace, tmp_path: Path) -> Iterator[GuardBench]:
    made = GuardBench(place, tmp_path / "locks")
    yield made
    made.close()


@pytest.fixture
def system(clock: ManualClock) -> PlayedSystem:
    return PlayedSystem(clock)


def test_a_write_is_intended_then_called_then_done(bench: GuardBench, system: PlayedSystem, place: Workplace) -> None:
    seen: list[str] = []
    guard = bench.guard()
    system.meanwhile = lambda: seen.append(effect_state(place))
    receipt = guard.write(write(system))
    assert seen == ["intended"]
    assert (receipt.remote_id, receipt.replayed) == ("remote-1", False)
    assert effect_state(place) == "done"
    assert effect_events(place) == ["effect.intended", "effect.done"]


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
    assert effect_state(place) == "refused"
    with pytest.raises(CaseClosed):
        guard.write(write(system))
    assert (system.calls, system.looks) == (1, 0)
    assert effect_events(place) == ["effect.intended", "effect.refused"]


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
    assert effect_state(place) == "not_done"
    assert guard.write(write(system)).replayed is False
    assert len(system.received) == 1


# The system does not take the call.


@pytest.mark.parametrize("error", [unavailable(), Throttled(SYSTEM, "append_journal_note", retry_after=2.0)])
def test_a_call_that_was_not_taken_is_made_again(bench: GuardBench, system: PlayedSystem, error: Exception) -> None:
    system.script = [(error, False)]
    assert bench.guard().write(write(system)).remote_id == "remote-1"
    assert (system.calls, system.looks) == (2, 0)


def test_a_call_is_tried_three_times_and_then_put_aside(
    bench: GuardBench, system: PlayedSystem, place: Workplace
) -> None:
    system.script = [(unavailable(), False) for _ in range(5)]
    with pytest.raises(Unavailable):
        bench.guard().write(write(system))
    assert system.calls == 3
    assert effect_state(place) == "not_done"


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
    assert effect_state(place) == "not_done"


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
    assert effect_state(place) == "in_doubt"


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
    system.sightings = [unavailable() for _ in range(3)]
    guard = bench.guard()
    with pytest.raises(Unavailable):
        guard.write(write(system))
    assert system.calls == 1
    assert effect_state(place) == "intended"
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
    assert effect_state(place) == "intended"


def test_an_error_that_nobody_foresaw_leaves_the_intent_to_be_looked_for(
    bench: GuardBench, system: PlayedSystem, place: Workplace
) -> None:
    guard = bench.guard()
    system.script = [(RuntimeError("a fault in the adapter"), True)]
    with pytest.raises(RuntimeError):
        guard.write(write(system))
    assert guard.write(write(system)).replayed is True
    assert (system.calls, len(system.received)) == (1, 1)
