"""No system gets more calls in any second than its owner was promised."""

import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.rate import RateLimit
from foundation.clock import ManualClock, SystemClock
from tests.concurrency import at_once


def _clock() -> ManualClock:
    return ManualClock(datetime(2026, 3, 2, tzinfo=UTC))


def _times(per_second: float, pauses: list[float]) -> list[float]:
    clock = _clock()
    limit = RateLimit(clock, per_second=per_second)
    times = []
    for pause in pauses:
        clock.advance(pause)
        limit.wait()
        times.append(clock.monotonic())
    return times


@given(st.sampled_from([0.5, 1.0, 2.0, 2.5, 10.0]), st.lists(st.floats(0, 3), max_size=40))
def test_no_window_holds_more_calls_than_allowed(per_second: float, pauses: list[float]) -> None:
    times = _times(per_second, pauses)
    count = max(1, int(per_second))
    for earlier, later in zip(times, times[count:], strict=False):
        assert later - earlier >= count / per_second - 1e-6


def test_a_seconds_worth_may_come_at_once_also_after_a_pause() -> None:
    assert _times(3.0, [0.0] * 4) == pytest.approx([0.0, 0.0, 0.0, 1.0])
    assert _times(3.0, [0.0] * 4 + [10.0] + [0.0] * 2)[-3:] == pytest.approx([11.0, 11.0, 11.0])


def test_less_than_one_call_a_second_is_one_in_a_longer_while() -> None:
    assert _times(0.5, [0.0] * 3) == pytest.approx([0.0, 2.0, 4.0])


def test_the_limit_holds_for_all_threads_together() -> None:
    clock = SystemClock()
    limit = RateLimit(clock, per_second=20.0)
    times: list[float] = []
    lock = threading.Lock()

    def call() -> None:
        for _ in range(4):
            limit.wait()
            with lock:
                times.append(clock.monotonic())

    at_once(*(call for _ in range(6)))
    times.sort()
    # 24 calls at 20 a second: the last four wait for a second after the first four.
    assert all(later - earlier >= 0.95 for earlier, later in zip(times, times[20:], strict=False))


def test_a_narrow_limit_counts_in_the_wide_one_and_leaves_others_the_rest() -> None:
    clock = _clock()
    wide = RateLimit(clock, per_second=3.0)
    narrow = RateLimit(clock, per_second=2.0, within=wide)
    narrow.wait()
    narrow.wait()
    wide.wait()
    assert clock.monotonic() == 0.0
    wide.wait()
    assert clock.monotonic() == pytest.approx(1.0)
