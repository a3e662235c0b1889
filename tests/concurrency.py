"""Acts that happen at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

from sqlalchemy import text
from sqlmodel import Session

T = TypeVar("T")

_WAITS_FOR_US = text("SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")


def at_once(*acts: Callable[[], T]) -> list[T]:
    """The answers of all acts, begun at the same moment in a thread each; the first error is raised."""
    start = threading.Barrier(len(acts))

    def act(work: Callable[[], T]) -> T:
        start.wait(10)
        return work()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))


def meanwhile(session: Session, pool: ThreadPoolExecutor, act: Callable[[], T]) -> Future[T]:
    """Begin an act in another thread, and return when it is done or waits for what this transaction has locked.

    On SQLite, which has one writer, it waits for the whole transaction.
    """
    answer = pool.submit(act)
    if session.get_bind().dialect.name == "postgresql":
        for _ in range(1000):
            if wait([answer], timeout=0.01).done or session.execute(_WAITS_FOR_US).first() is not None:
                return answer
        raise TimeoutError
    return answer
