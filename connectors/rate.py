"""The rate limit: no system gets more calls a second than its owner was promised.

What must stay true: the limit holds for the whole process, whatever number of threads calls.
"""

from __future__ import annotations

import threading

from foundation.clock import Clock


class RateLimit:
    """Calls are spaced evenly; a second's worth may come at once after a pause."""

    def __init__(self, clock: Clock, *, per_second: float) -> None:
        """Allow ``per_second`` calls."""
        self._clock = clock
        self._gap = 1.0 / per_second
        self._burst = 1.0
        self._lock = threading.Lock()
        self._next = clock.monotonic() - self._burst

    def wait(self) -> None:
        """Wait until one more call may be made."""
        with self._lock:
            now = self._clock.monotonic()
            turn = max(self._next, now - self._burst)
            self._next = turn + self._gap
        if turn > now:
            self._clock.sleep(turn - now)
