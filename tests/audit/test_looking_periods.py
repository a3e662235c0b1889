from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import LookingRefusedError
from audit.looking.periods import Period, parse_day, parse_period
from foundation.clock import local_date

DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))


def test_a_summer_day_begins_two_hours_before_it_does_in_utc() -> None:
    assert Period(date(2026, 7, 1), date(2026, 7, 1)).start == datetime(2026, 6, 30, 22, tzinfo=UTC)


def test_the_day_on_which_the_clock_goes_forward_has_twenty_three_hours() -> None:
    day = Period(date(2026, 3, 29), date(2026, 3, 29))
    assert day.end - day.start == timedelta(hours=23)


@given(DAYS, st.integers(0, 400))
def test_a_period_holds_its_days_and_no_others(first: date, length: int) -> None:
    period = Period(first, first + timedelta(days=length))
    assert local_date(period.start) == period.first
    assert local_date(period.end) == period.last + timedelta(days=1)
    assert local_date(period.end - timedelta(microseconds=1)) == period.last


@given(DAYS, st.integers(0, 400))
def test_what_is_written_is_read_again(first: date, length: int) -> None:
    period = Period(first, first + timedelta(days=length))
    assert parse_period(period.to_text()) == period


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(LookingRefusedError, match="slutter, før"):
        Period(date(2026, 2, 1), date(2026, 1, 1))


@pytest.mark.parametrize("text", ["2026-01-31", "31.01.2026", " 31.01.2026 "])
def test_a_day_is_read_in_both_spellings(text: str) -> None:
    assert parse_day(text) == date(2026, 1, 31)


def test_what_is_no_day_is_not_repeated() -> None:
    with pytest.raises(LookingRefusedError) as caught:
        parse_day("0709614452")
    assert "0709" not in str(caught.value)


def test_periods_that_share_a_day_overlap() -> None:
    january = Period(date(2026, 1, 1), date(2026, 1, 31))
    assert january.overlaps(Period(date(2026, 1, 31), date(2026, 2, 2)))
    assert not january.overlaps(Period(date(2026, 2, 1), date(2026, 2, 2)))
