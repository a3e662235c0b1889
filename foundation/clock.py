"""The time: asked of a clock that is handed in, so that tests and demonstrations can set it.

What must stay true: inside Sagsgang a time is aware UTC; it becomes Danish only for people, through this module.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from threading import Lock
from typing import Final, Protocol
from zoneinfo import ZoneInfo

_DENMARK: Final = ZoneInfo("Europe/Copenhagen")


class Clock(Protocol):
    """What tells the time and waits."""

    def now(self) -> datetime:
        """The time, aware UTC."""

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back. For measuring how long something took."""

    def sleep(self, seconds: float) -> None:
        """Wait; not at all when ``seconds`` is zero or less."""


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """The time, aware UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        if seconds > 0:
            time.sleep(seconds)


class ShiftedClock(SystemClock):
    """The clock of the machine, ahead or behind by a fixed time; it waits and measures as the machine does."""

    def __init__(self, *, by: timedelta) -> None:
        self._by = by

    def now(self) -> datetime:
        """The shifted time, aware UTC."""
        return super().now() + self._by


class ManualClock:
    """A clock that stands still until it is told to go on; ``sleep`` advances it at once. Safe between threads."""

    def __init__(self, start: datetime) -> None:
        """Start at an aware time; raises ``ValueError`` for a naive one."""
        self._now = _aware(start).astimezone(UTC)
        self._elapsed = 0.0
        self._lock = Lock()

    def now(self) -> datetime:
        """The time, aware UTC."""
        with self._lock:
            return self._now

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        with self._lock:
            return self._elapsed

    def sleep(self, seconds: float) -> None:
        """Advance by ``seconds`` without waiting."""
        if seconds > 0:
            self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Go on by ``seconds``; raises ``ValueError`` when that would be back."""
        if seconds < 0:
            raise ValueError(f"a clock does not go back: {seconds} seconds")
        with self._lock:
            self._now += timedelta(seconds=seconds)
            self._elapsed += seconds


def local_date(instant: datetime) -> date:
    """The day in Denmark; raises ``ValueError`` for a naive time."""
    return _aware(instant).astimezone(_DENMARK).date()


def danish_time(instant: datetime) -> str:
    """The time in Denmark as people read it: ``22.11.2026 kl. 14.05``; raises ``ValueError`` for a naive time."""
    return _aware(instant).astimezone(_DENMARK).strftime("%d.%m.%Y kl. %H.%M")


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("the time has no time zone; give aware UTC")
    return instant
