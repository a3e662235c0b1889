"""What every contender does: make items, take them, and mark them done, each state durable before the next.

What must stay true: this module imports nothing of Sagsgang, because one contender runs where it is not installed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

PAYLOAD = b'{"citizen":"test","event":"moved","effect_from":"2026-03-02"}'
CODE, MESSAGE = "applied", "Adressen er rettet."
ROBOT = "benchmark"
#: How many of ours and of the plain drivers' batches go into one transaction: ``Settings.claim_batch`` as it comes.
BATCH = 20
#: How many items are made in one transaction where a contender has a call for many.
INTAKE = 1000


class Contender(Protocol):
    """One way to keep a queue of work."""

    def enqueue(self, references: Sequence[str]) -> None:
        """Make these items."""

    def claim(self) -> Sequence[Any]:
        """Take the next items; none when the queue is empty."""

    def done(self, taken: Sequence[Any]) -> None:
        """Mark them done with a result."""

    def references(self, taken: Sequence[Any]) -> list[str]:
        """Which they are."""

    def close(self) -> None:
        """Let go of the database."""
