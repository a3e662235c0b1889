"""Working time in Denmark: days on which somebody can be expected to answer.

A proposal must not run out over a weekend, and the law counts some deadlines in working days (arbejdsdage). What must
stay true: Saturdays, Sundays and public holidays never count; Store Bededag counts from 2024 (lov nr. 214 af 6/3 2023);
and a day lasts from midnight to midnight in Denmark, whatever the clocks do.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from foundation.clock import local_date

_DENMARK: Final = ZoneInfo("Europe/Copenhagen")
_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5

#: A day of every year: month and day of the month.
YearlyDay = tuple[int, int]

#: 1 May, 5 June, 24 and 31 December are no public holidays, yet many municipalities are closed. Each decides for
#: itself, so nothing takes these for granted: hand them in as ``closed_days``.
OFTEN_CLOSED: Final[frozenset[YearlyDay]] = frozenset({(5, 1), (6, 5), (12, 24), (12, 31)})
_NONE_CLOSED: Final[frozenset[YearlyDay]] = frozenset()


def is_working_day(day: date, *, closed_days: AbstractSet[YearlyDay] = _NONE_CLOSED) -> bool:
    """Whether people are at work: neither weekend, public holiday nor one of the municipality's own ``closed_days``."""
    return (
        day.weekday() < _SATURDAY and (day.month, day.day) not in closed_days and day not in _public_holidays(day.year)
    )


def add_working_seconds(
    start: datetime, seconds: float, *, closed_days: AbstractSet[YearlyDay] = _NONE_CLOSED
) -> datetime:
    """The moment (aware UTC) when ``seconds`` of working time have passed since ``start``.

    Each working day counts from 0.00 to 24.00 in Denmark: 24 hours asked for on a Friday at 15.00 end on Monday at
    15.00. A start outside working time counts from the next working day.

    Raises:
        ValueError: ``start`` is naive, or ``seconds`` is negative.
    """
    if seconds < 0:
        raise ValueError(f"working time does not go back: {seconds} seconds")
    day = local_date(start)
    moment, left = start.astimezone(UTC), timedelta(seconds=seconds)
    while True:
        tomorrow = _midnight(day + _DAY)
        if is_working_day(day, closed_days=closed_days):
            if left <= tomorrow - moment:
                return moment + left
            left -= tomorrow - moment
        day, moment = day + _DAY, tomorrow


def add_working_days(day: date, count: int, *, closed_days: AbstractSet[YearlyDay] = _NONE_CLOSED) -> date:
    """The last day of a deadline of ``count`` working days; the day it begins on does not count.

    Seven working days from Friday 19 April 2024 end on Tuesday 30 April 2024 (offentlighedsloven § 36, stk. 2). A
    deadline of the law takes no ``closed_days``: that a municipality is closed does not give it longer.

    Raises:
        ValueError: ``count`` is less than one.
    """
    if count < 1:
        raise ValueError(f"a deadline is at least one working day, not {count}")
    while count:
        day += _DAY
        count -= is_working_day(day, closed_days=closed_days)
    return day


def load_calendar(moment: datetime) -> None:
    """Load the public holidays now, which takes a second or two the first time, so that no transaction waits for it."""
    _public_holidays(local_date(moment).year)


def _midnight(day: date) -> datetime:
    """The moment at which this day begins in Denmark, in UTC."""
    return datetime.combine(day, time(), _DENMARK).astimezone(UTC)


@lru_cache(maxsize=64)
def _public_holidays(year: int) -> frozenset[date]:
    # Imported here because it takes longer than all the rest of the command line, which seldom asks.
    import holidays  # noqa: PLC0415 - see above.

    return frozenset(holidays.country_holidays("DK", years=year, expand=False))
