"""The rate limit: no system gets more calls a second from one robot's process than its owner was promised.

What must stay true: the limit holds for one robot in one process, whatever number of threads calls.
"""

from __future__ import annotations

import threading
from collections import deque

from foundation.clock import Clock


class RateLimit:
    """In no second are there more calls than allowed; after a pause a second's worth may come at once."""

    def __init__(self, clock: Clock, *, per_second: float, within: RateLimit | None = None) -> None:
        """Allow ``per_second`` calls; less than one means one in a longer while.

        ``within`` is a wider limit that counts these calls as well.
        """
        self._within = within
        self._clock = clock
        count = max(1, int(per_second))
        self._window = count / per_second
        self._lock = threading.Lock()
        #: The turns of the last ``count`` calls.
        self._turns: deque[float] = deque(maxlen=count)

    def wait(self) -> None:
        """Wait until one more call may be made."""
        with self._lock:
            now = self._clock.monotonic()
            is_full = len(self._turns) == self._turns.maxlen
            turn = max(now, self._turns[0] + self._window) if is_full else now
            self._turns.append(turn)
        if turn > now:
            self._clock.sleep(turn - now)
        if self._within is not None:
            self._within.wait()
