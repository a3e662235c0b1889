"""The plan of what goes wrong, per route.

What must stay true: a fault strikes exactly as often as was ordered, and with the same seed at the same calls.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

#: Routes that change something.
WRITING_ROUTES = (
    "nova.case.update",
    "nova.case.update_party_address",
    "nova.task.import",
    "cpr.subscribe",
    "cpr.unsubscribe",
)
ROUTES = (
    "nova.token",
    "nova.case.get_list",
    *WRITING_ROUTES,
    "nova.task.get_list",
    "nova.document.get_list",
    "nova.cpr.address",
    "cpr.person",
    "cpr.events",
    "cpr.extracts",
    "cpr.extract",
    "dar.addresses",
    "dar.address",
    "dar.wash",
    "dar.events",
)


class FaultKind(StrEnum):
    """What can go wrong with a call."""

    #: The call is never carried out; after ``seconds`` the connection closes without an answer.
    TIMEOUT_BEFORE_COMMIT = "timeout_before_commit"
    #: The call is carried out; after ``seconds`` the connection closes without an answer.
    TIMEOUT_AFTER_COMMIT = "timeout_after_commit"
    #: The call is carried out; the answer comes after ``seconds``.
    SLOW = "slow"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    MISSING = "missing"
    CONFLICT = "conflict"
    PRECONDITION = "precondition"
    CLOSED = "closed"
    #: Somebody has the case open: from the first strike on, every call within ``seconds`` is refused.
    LOCKED = "locked"
    #: The case is with the archive, told as some systems tell it: 423 instead of 409.
    ARCHIVED = "archived"
    THROTTLED = "throttled"
    #: 500, and nothing was done.
    BROKEN = "broken"
    #: 500, although the call was carried out.
    BROKEN_AFTER_COMMIT = "broken_after_commit"
    UNAVAILABLE = "unavailable"
    #: 500 with an error list, as Serviceplatformen tells that the system behind it failed (a SOAP fault, in JSON).
    SERVICE_FAULT = "service_fault"
    #: The call is carried out; half of the answer comes back.
    GARBLED = "garbled"
    #: The call is carried out; the answer has a value or a shape that the contract does not know.
    WRONG_SHAPE = "wrong_shape"
    #: The answer is right and says that it is ``seconds`` later than it is.
    CLOCK_SKEW = "clock_skew"


#: What only a change can meet.
_OF_WRITES = frozenset(
    {FaultKind.CONFLICT, FaultKind.PRECONDITION, FaultKind.CLOSED, FaultKind.LOCKED, FaultKind.ARCHIVED}
)


@dataclass(slots=True)
class Fault:
    """One ordered fault. It passes over ``skip`` calls, then strikes ``times`` times, each with ``probability``."""

    route: str
    kind: FaultKind
    times: int = 1
    skip: int = 0
    seconds: float = 0.0
    retry_after: int = 0
    probability: float = 1.0
    dice: Random = field(default_factory=lambda: Random(0))
    struck: int = 0
    #: The monotonic second until which a lock holds.
    _locked_until: float = 0.0

    def strikes(self, monotonic: Callable[[], float] = time.monotonic) -> bool:
        """Whether this call is hit; counts it. A lock that still holds is one strike, whatever it refuses."""
        if self._locked_until > monotonic():
            return True
        if self.struck >= self.times:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.dice.random() >= self.probability:
            return False
        self.struck += 1
        if self.kind is FaultKind.LOCKED and self.seconds:
            self._locked_until = monotonic() + self.seconds
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


class Storm:
    """A share of the calls to one route goes wrong, each in a way that the dice choose."""

    def __init__(self, route: str, kinds: Sequence[FaultKind], *, share: float, seed: int) -> None:
        self._route = route
        self._kinds = kinds
        self._share = share
        # Each route has dice of its own, so that the order of calls to others does not matter.
        self._dice = Random(f"{seed}:storm:{route}")
        self._struck: Counter[str] = Counter()

    def draw(self) -> Fault | None:
        """The fault that strikes this call, or None."""
        if self._dice.random() >= self._share:
            return None
        kind = self._dice.choice(self._kinds)
        self._struck[kind.value] += 1
        return Fault(self._route, kind)

    def describe(self) -> dict[str, object]:
        """The storm as the admin page tells it."""
        kinds = [kind.value for kind in self._kinds]
        return {"route": self._route, "share": self._share, "kinds": kinds, "struck": dict(self._struck)}


class FaultPlan:
    """All ordered faults, oldest first, and behind them the storm of each route."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._storms: dict[str, Storm] = {}

    def order(self, fault: Fault) -> None:
        """Add a fault to the plan."""
        self._faults.append(fault)

    def lay(self, routes: Sequence[str], kinds: Sequence[FaultKind] | None, *, share: float, seed: int) -> None:
        """Let ``share`` of all calls to these routes go wrong; a route's earlier storm is replaced.

        Without ``kinds`` each route meets everything that can happen to it, a reading no conflict and no lock.
        """
        for route in routes:
            able = [kind for kind in FaultKind if route in WRITING_ROUTES or kind not in _OF_WRITES]
            self._storms[route] = Storm(route, kinds or able, share=share, seed=seed)

    def draw(self, route: str) -> Fault | None:
        """The fault that strikes this call, or None. At most one strikes; the oldest goes first."""
        ordered = next((fault for fault in self._faults if fault.route == route and fault.strikes()), None)
        if ordered is not None or route not in self._storms:
            return ordered
        return self._storms[route].draw()

    def describe(self) -> list[dict[str, object]]:
        """All faults, spent ones as well."""
        return [fault.describe() for fault in self._faults]

    def describe_storms(self) -> list[dict[str, object]]:
        """The storm of each route that has one."""
        return [storm.describe() for storm in self._storms.values()]

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._faults.clear()
        self._storms.clear()
