"""The clock of the crash tests: nobody sleeps for real, and everybody in a municipality has the same time.

How far the clock is ahead of the machine's stands in a file that the colleague and all workers share, so that time goes
forward for the record as well, whoever writes it. What must stay true: the clock only ever goes forward, and never
slower than the machine's.
"""

from __future__ import annotations

import mmap
import os
import struct
from datetime import datetime, timedelta
from pathlib import Path

from foundation.clock import SystemClock

#: Longer than a lease, so that the one who recovers finds it over.
_LATER = timedelta(minutes=10)
_SECONDS = struct.Struct("<d")


class TownClock(SystemClock):
    """The machine's clock; who sleeps by it wakes at once and finds that the time has passed, also for others."""

    def __init__(self, path: Path) -> None:
        """The time of everybody who has opened the file at ``path``, which is made when there is none."""
        self.path = path
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.fstat(descriptor).st_size < _SECONDS.size:
                os.write(descriptor, _SECONDS.pack(0.0))
            self._shared = mmap.mmap(descriptor, _SECONDS.size)
        finally:
            os.close(descriptor)

    @property
    def _ahead(self) -> float:
        seconds: float = _SECONDS.unpack_from(self._shared)[0]
        return seconds

    def now(self) -> datetime:
        """The time, aware UTC."""
        return super().now() + timedelta(seconds=self._ahead)

    def monotonic(self) -> float:
        """Seconds, with those that were slept."""
        return super().monotonic() + self._ahead

    def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        if seconds > 0:
            wanted = self._ahead + seconds
            # Somebody else may have slept longer meanwhile.
            _SECONDS.pack_into(self._shared, 0, max(wanted, self._ahead))

    def skip(self) -> None:
        """Let more than a lease go by."""
        self.sleep(_LATER.total_seconds())
