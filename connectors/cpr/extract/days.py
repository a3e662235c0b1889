"""The dates of the extract: ``YYYYMMDDhhmm`` and ``YYYY-MM-DD``, partly or wholly unknown, with a mark of uncertainty.

What must stay true: a date that the calendar does not have is an error, and an unknown day is never guessed.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Final

from connectors.person_details import UncertainDate

#: The time of day is digits and nothing more: CPR's older dates end in 1299 or 0099.
_MOMENT: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})[0-9]{4}")
_DAY: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_UNKNOWN: Final = UncertainDate(None, is_uncertain=True)
_NONE: Final = UncertainDate(None)


@lru_cache(maxsize=4096)
def read_moment(text: str) -> UncertainDate:
    """``YYYYMMDDhhmm``. No day for zeros or blanks; an uncertain none where month or day is 00; else ``ValueError``."""
    if not text.strip(" 0"):
        return _NONE
    return _read(_MOMENT.fullmatch(text))


@lru_cache(maxsize=4096)
def read_day(text: str) -> UncertainDate:
    """``YYYY-MM-DD``. No day for blanks; an uncertain none where month or day is 00; else ``ValueError``."""
    if not text.strip() or text == "0000-00-00":
        return _NONE
    return _read(_DAY.fullmatch(text))


def marked(found: UncertainDate, mark: str) -> UncertainDate:
    """The same day with CPR's mark (``*``) beside it taken in."""
    return UncertainDate(found.day, is_uncertain=True) if mark else found


def _read(match: re.Match[str] | None) -> UncertainDate:
    if match is None:
        raise ValueError
    year, month, day = (int(part) for part in match.groups())
    # A month or day of 00 is how CPR writes that it does not know it; the rest must still be able to be a date.
    found = date(year, month or 1, day or 1)
    return UncertainDate(found) if month and day else _UNKNOWN
