"""The plan of what goes wrong, per route.

What must stay true: a fault strikes exactly as often as was ordered, and with the same seed at the same calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from random import Random

ROUTES = (
    "nova.token",
    "nova.case.get_list",
    "nova.case.update",
    "nova.case.update_party_address",
    "nova.task.import",
    "nova.task.get_list",
    "nova.cpr.address",
    "cpr.person",
    "cpr.events",
)


class FaultKind(StrEnum):
    """What can go wrong with a call."""

    #: The call is never carried out; after ``seconds`` the connection closes without an answer.
    TIMEOUT_BEFORE_COMMIT = "timeout_before_commit"
    #: The call is carried out; after ``seconds`` the connection closes without an answer.
    TIMEOUT_AFTER_COMMIT = "timeout_after_commit"
    UNAUTHORIZED = "unauthorized"
    CONFLICT = "conflict"
    CLOSED = "closed"
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"
    #: The call is carried out; half of the answer comes back.
    GARBLED = "garbled"


@dataclass(slots=True)
class Fault:
    """One ordered fault. It passes over ``skip`` calls, then strikes ``times`` times, each with ``probability``."""

    route: str
    kind: FaultKind
    times: int
    skip: int
    seconds: float
    retry_after: int
    probability: float
    dice: Random
    struck: int = 0

    def strikes(self) -> bool:
        """Whether this call is hit; counts it."""
        if self.struck >= self.times:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.dice.random() >= self.probability:
            return False
        self.struck += 1
        return True

    def describe(self) -> dict[str, object]:
        """The fault as the admin page tells it."""
        return {
            "route": self.route,
            "kind": self.kind.value,
            "times": self.times,
            "skip": self.skip,
            "seconds": self.seconds,
            "retryAfter": self.retry_after,
            "probability": self.probability,
            "struck": self.struck,
        }


class FaultPlan:
    """All ordered faults, oldest first."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def order(self, fault: Fault) -> None:
        """Add a fault to the plan."""
        self._faults.append(fault)

    def draw(self, route: str) -> Fault | None:
        """The fault that strikes this call, or None. At most one strikes; the oldest goes first."""
        return next((fault for fault in self._faults if fault.route == route and fault.strikes()), None)

    def describe(self) -> list[dict[str, object]]:
        """All faults, spent ones as well."""
        return [fault.describe() for fault in self._faults]

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._faults.clear()
