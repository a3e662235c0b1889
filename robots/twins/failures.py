"""Errors that a test has ordered from a twin.

What must stay true: each ordered error is raised exactly once, in the order in which it was ordered.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager

from connectors.errors import ConnectorError


class OrderedFailures:
    """The errors of one twin, by method name."""

    def __init__(self, methods: frozenset[str]) -> None:
        self._methods = methods
        self._before: dict[str, deque[ConnectorError | None]] = defaultdict(deque)
        self._after: dict[str, deque[ConnectorError | None]] = defaultdict(deque)

    def order(self, method: str, error: ConnectorError, *, after_effect: bool) -> None:
        """Let the next call of ``method`` that has nothing ordered yet fail, before or after it does its work.

        Raises:
            ValueError: the twin has no such method.
        """
        if method not in self._methods:
            raise ValueError(f"no such method: {method}; there are {', '.join(sorted(self._methods))}")
        self._before[method].append(None if after_effect else error)
        self._after[method].append(error if after_effect else None)

    @contextmanager
    def around(self, method: str) -> Iterator[None]:
        """Around the work of one call: raises what is ordered on its side of the work."""
        before = self._before[method].popleft() if self._before[method] else None
        after = self._after[method].popleft() if self._after[method] else None
        if before is not None:
            raise before
        yield
        if after is not None:
            raise after
