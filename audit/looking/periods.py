"""A period of whole days, as people say it: from the first day to the last, both with.

What must stay true: a day is a day in Denmark, also when the clock is changed, and inside Sagsgang it is two moments.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from audit.errors import LookingRefusedError

_DENMARK = ZoneInfo("Europe/Copenhagen")


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """From the first day to the last, both with."""

    first: date
    last: date

    def __post_init__(self) -> None:
        """Refuse a period that ends before it begins.

        Raises:
            LookingRefusedError: saying so.
        """
        if self.last < self.first:
            raise LookingRefusedError("Perioden slutter, før den begynder. Skriv den første dag først.")

    @property
    def start(self) -> datetime:
        """Its first moment, aware UTC."""
        return _midnight(self.first)

    @property
    def end(self) -> datetime:
        """The first moment after it, aware UTC."""
        return _midnight(self.last + timedelta(days=1))

    def to_text(self) -> str:
        """As it stands in events and form headings: ``2026-01-01/2026-01-31``."""
        return f"{self.first.isoformat()}/{self.last.isoformat()}"

    def in_danish(self) -> str:
        """As people read it."""
        return f"{_danish(self.first)} til {_danish(self.last)}"

    def overlaps(self, other: Period) -> bool:
        """Whether they share a day."""
        return self.first <= other.last and other.first <= self.last


def parse_period(text: str) -> Period:
    """What ``Period.to_text`` gives.

    Raises:
        LookingRefusedError: it is no period.
    """
    first, _, last = text.partition("/")
    return Period(parse_day(first), parse_day(last))


def parse_day(text: str) -> date:
    """A day as ``2026-01-31`` or ``31.01.2026``.

    Raises:
        LookingRefusedError: it is neither. What was typed is not repeated.
    """
    for form in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            return datetime.strptime(text.strip(), form).replace(tzinfo=_DENMARK).date()
        except ValueError:
            continue
    raise LookingRefusedError("Det er ikke en dag. Skriv den som 2026-01-31 eller 31.01.2026.")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=_DENMARK).astimezone(UTC)


def _danish(day: date) -> str:
    return day.strftime("%d.%m.%Y")
