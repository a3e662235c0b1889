"""OpenOrchestrator's own queue functions on SQLite, as it comes.

It keeps no audit events, no leases and no result beyond a message, so it does less than the others. What must stay
true: this module runs in an environment of its own, where Sagsgang is not installed.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from benchmarks.work_items_contenders.contender import CODE, INTAKE, PAYLOAD, ROBOT


class OpenOrchestratorQueue:
    """Its queue, through the functions that its robots call."""

    def __init__(self, url: str) -> None:
        """Connect, and make its tables where they are missing."""
        self._calls = import_module("OpenOrchestrator.database.db_util")
        self._queues = import_module("OpenOrchestrator.database.queues")
        base = import_module("OpenOrchestrator.database.base")
        if not self._calls.connect(url):
            raise RuntimeError("OpenOrchestrator does not open the database")
        base.Base.metadata.create_all(self._calls._connection_engine)  # noqa: SLF001 - it makes tables by migration only.

    def enqueue(self, references: Sequence[str]) -> None:
        """A thousand in a transaction, by its call for many."""
        for start in range(0, len(references), INTAKE):
            portion = tuple(references[start : start + INTAKE])
            self._calls.bulk_create_queue_elements(ROBOT, portion, (PAYLOAD.decode(),) * len(portion), "benchmark")

    def claim(self) -> Sequence[Any]:
        """The next one."""
        element = self._calls.get_next_queue_element(ROBOT)
        return [] if element is None else [element]

    def done(self, taken: Sequence[Any]) -> None:
        """With its message for a result."""
        for element in taken:
            self._calls.set_queue_element_status(element.id, self._queues.QueueStatus.DONE, CODE)

    def references(self, taken: Sequence[Any]) -> list[str]:
        """Which they are."""
        return [element.reference for element in taken]

    def close(self) -> None:
        """Let go of the database."""
        self._calls.disconnect()
