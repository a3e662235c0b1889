"""Working time leaves out weekends and public holidays, and counts the same whatever the clocks do."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation import working_time
from foundation.working_time import OFTEN_CLOSED, add_working_days, add_working_seconds, is_working_day, load_calendar

DENMARK = ZoneInfo("Europe/Copenhagen")
HOUR = 3600.0

MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone.
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 1))
SPANS = st.floats(0, 40 * 24 * HOUR, allow_nan=False)


def _danish(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=DENMARK)


@pytest.mark.parametrize(
    ("day", "is_working"),
    [
        (date(2026, 3, 2), True),
        (date(2026, 3, 7), False),
        (date(2026, 3, 8), False),
        (date(2026, 1, 1), False),
        (date(2026, 4, 2), False),
        (date(2026, 4, 3), False),
        (date(2026, 4, 6), False),
        (date(2026, 5, 14), False),
        (date(2026, 5, 25), False),
        (date(2026, 12, 25), False),
        (date(2023, 5, 5), False),
        (date(2024, 4, 26), True),
        (date(2026, 5, 1), True),
        (date(2026, 6, 5), True),
        (date(2026, 12, 24), True),
        (date(2026, 12, 31), True),
    ],
    ids=str,
)
def test_weekends_and_public_holidays_are_no_working_days(day: date, *, is_working: bool) -> None:
    assert is_working_day(day) is is_working


@pytest.mark.parametrize("day", [date(2026, 5, 1), date(2026, 6, 5), date(2026, 12, 24), date(2026, 12, 31)], ids=str)
def test_a_municipality_closes_on_days_of_its_own(day: date) -> None:
    assert is_working_day(day)
    assert not is_working_day(day, closed_days=OFTEN_CLOSED)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        (_danish(2026, 3, 6, 15), 24, _danish(2026, 3, 9, 15)),
        (_danish(2026, 3, 3, 15), 24, _danish(2026, 3, 4, 15)),
        (_danish(2026, 3, 7, 10), 24, _danish(2026, 3, 10)),
        (_danish(2026, 3, 7, 10), 1, _danish(2026, 3, 9, 1)),
        # Maundy Thursday to Easter Monday.
        (_danish(2026, 4, 1, 15), 24, _danish(2026, 4, 7, 15)),
        # The clocks go forward on 29 March and back on 25 October, both Sundays.
        (_danish(2026, 3, 27, 15), 24, _danish(2026, 3, 30, 15)),
        (_danish(2026, 10, 23, 15), 24, _danish(2026, 10, 26, 15)),
        (_danish(2026, 12, 23, 12), 24, _danish(2026, 12, 24, 12)),
        (_danish(2026, 3, 6, 15), 9, _danish(2026, 3, 7)),
    ],
    ids=str,
)
def test_working_time_passes_over_days_off(start: datetime, hours: int, end: datetime) -> None:
    assert add_working_seconds(start, hours * HOUR) == end.astimezone(UTC)


def test_days_of_its_own_are_passed_over_too() -> None:
    end = add_working_seconds(_danish(2026, 12, 23, 12), 24 * HOUR, closed_days=OFTEN_CLOSED)
    assert end == _danish(2026, 12, 28, 12)


@given(MOMENTS, SPANS)
def test_working_time_is_never_shorter_than_time(start: datetime, seconds: float) -> None:
    end = add_working_seconds(start, seconds)
    assert end - start >= timedelta(seconds=seconds)
    assert end.tzinfo is UTC


@given(MOMENTS, SPANS)
def test_the_last_moment_lies_in_a_working_day(start: datetime, seconds: float) -> None:
    end = add_working_seconds(start, seconds).astimezone(DENMARK)
    # The end of a day is the first moment of the next.
    assert is_working_day(end.date()) or is_working_day((end - timedelta(microseconds=1)).date())


@given(MOMENTS, SPANS, st.integers(1, 20 * 24 * 3600))
def test_two_spans_in_a_row_are_as_long_as_their_sum(start: datetime, first: float, second: int) -> None:
    first = float(int(first))
    assert add_working_seconds(add_working_seconds(start, first), second) == add_working_seconds(start, first + second)


@given(DAYS, st.integers(0, 22), st.integers(1, 15))
def test_whole_days_of_working_time_end_at_the_same_hour(day: date, hour: int, count: int) -> None:
    begin = add_working_days(day, 1)
    end = add_working_seconds(_danish(begin.year, begin.month, begin.day, hour, 30), count * 24 * HOUR)
    last = add_working_days(begin, count)
    assert end == _danish(last.year, last.month, last.day, hour, 30)


@given(DAYS, st.integers(1, 40))
def test_between_two_deadlines_a_day_apart_no_day_is_a_working_day(day: date, count: int) -> None:
    end, after = add_working_days(day, count), add_working_days(day, count + 1)
    between = [end + timedelta(days=number) for number in range(1, (after - end).days)]
    assert is_working_day(end)
    assert not any(is_working_day(one) for one in between)


@pytest.mark.parametrize(
    ("received", "seventh"),
    [
        (date(2023, 4, 28), date(2023, 5, 10)),
        (date(2024, 4, 19), date(2024, 4, 30)),
        (date(2026, 3, 26), date(2026, 4, 9)),
        (date(2026, 5, 13), date(2026, 5, 26)),
        (date(2026, 5, 29), date(2026, 6, 9)),
        (date(2026, 11, 21), date(2026, 12, 1)),
        (date(2026, 12, 18), date(2026, 12, 30)),
        (date(2026, 12, 22), date(2027, 1, 4)),
        (date(2027, 3, 22), date(2027, 4, 5)),
    ],
    ids=str,
)
def test_a_deadline_of_seven_working_days_ends_as_the_law_counts(received: date, seventh: date) -> None:
    assert add_working_days(received, 7) == seventh


def test_a_deadline_of_no_days_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        add_working_days(date(2026, 3, 2), 0)


def test_working_time_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="go back"):
        add_working_seconds(_danish(2026, 3, 2), -1)


def test_a_calendar_that_was_loaded_is_not_loaded_again() -> None:
    load_calendar(_danish(2026, 3, 2))
    known = working_time._public_holidays.cache_info().misses
    add_working_seconds(_danish(2026, 3, 6, 15), 24 * HOUR)
    assert working_time._public_holidays.cache_info().misses == known


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        add_working_seconds(datetime(2026, 3, 2), 1)  # noqa: DTZ001 - that is what is refused.
