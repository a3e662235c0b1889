"""Acts that happen at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def at_once(*acts: Callable[[], T]) -> list[T]:
    """The answers of all acts, begun at the same moment in a thread each; the first error is raised."""
    start = threading.Barrier(len(acts))

    def act(work: Callable[[], T]) -> T:
        start.wait(10)
        return work()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))
