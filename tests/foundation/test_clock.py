import time
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from foundation.clock import Clock, ManualClock, ShiftedClock, SystemClock, danish_time, local_date

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CLOCKS: list[Clock] = [SystemClock(), ManualClock(NOON), ShiftedClock(by=timedelta(days=3))]


@pytest.mark.parametrize("clock", CLOCKS)
def test_every_clock_tells_aware_utc(clock: Clock) -> None:
    assert clock.now().tzinfo is UTC


@pytest.mark.parametrize("clock", CLOCKS)
def test_every_clock_measures_forward_over_a_sleep(clock: Clock) -> None:
    before = clock.monotonic()
    clock.sleep(0.01)
    clock.sleep(-1)
    assert clock.monotonic() - before >= 0.01


def test_a_manual_clock_stands_still_until_it_is_told() -> None:
    clock = ManualClock(NOON)
    assert clock.now() == clock.now() == NOON
    clock.advance(90)
    assert clock.now() == NOON + timedelta(seconds=90)


def test_a_manual_clock_sleeps_without_waiting() -> None:
    clock = ManualClock(NOON)
    started = time.monotonic()
    clock.sleep(3600)
    assert time.monotonic() - started < 1
    assert clock.now() == NOON + timedelta(hours=1)


def test_a_manual_clock_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="does not go back"):
        ManualClock(NOON).advance(-1)


def test_a_manual_clock_turns_another_zone_into_utc() -> None:
    start = datetime(2026, 11, 22, 13, 0, tzinfo=timezone(timedelta(hours=1)))
    assert ManualClock(start).now().isoformat() == "2026-11-22T12:00:00+00:00"


def test_a_shifted_clock_is_ahead_by_what_it_was_given() -> None:
    ahead = ShiftedClock(by=timedelta(days=3)).now() - datetime.now(UTC)
    assert abs(ahead - timedelta(days=3)) < timedelta(seconds=5)


@pytest.mark.parametrize(
    ("instant", "day", "text"),
    [
        (datetime(2026, 11, 22, 13, 5, tzinfo=UTC), date(2026, 11, 22), "22.11.2026 kl. 14.05"),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), date(2027, 1, 1), "01.01.2027 kl. 00.30"),
        (datetime(2026, 6, 30, 22, 0, tzinfo=UTC), date(2026, 7, 1), "01.07.2026 kl. 00.00"),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), date(2026, 10, 25), "25.10.2026 kl. 02.30"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), date(2026, 10, 25), "25.10.2026 kl. 02.30"),
    ],
)
def test_people_read_danish_time_in_summer_and_winter(instant: datetime, day: date, text: str) -> None:
    assert (local_date(instant), danish_time(instant)) == (day, text)


def test_a_naive_time_is_refused() -> None:
    naive = NOON.replace(tzinfo=None)
    for use in (local_date, danish_time, ManualClock):
        with pytest.raises(ValueError, match="no time zone"):
            use(naive)
