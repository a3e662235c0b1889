"""The clocks of the crash tests: nobody sleeps for real.

What must stay true: a clock only ever goes forward, and never slower than the machine's.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from foundation.clock import SystemClock

#: Longer than a lease, so that the one who recovers finds it over.
_LATER = timedelta(minutes=10)


class HastyClock(SystemClock):
    """The machine's clock; who sleeps by it wakes at once and finds that the time has passed."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        """The time, aware UTC."""
        return super().now() + self._ahead

    def monotonic(self) -> float:
        """Seconds, with those that were slept."""
        return super().monotonic() + self._ahead.total_seconds()

    def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        if seconds > 0:
            self._ahead += timedelta(seconds=seconds)


class LaterClock(HastyClock):
    """A clock that can be put so far ahead that every lease taken before is over."""

    def skip(self) -> None:
        """Let more than a lease go by."""
        self._ahead += _LATER
