"""Which runs there are, and which of them a short test makes.

    crash    the worker is killed, or stopped and woken, at a point
    fault    a call goes wrong, and the worker lives
    both     a call goes wrong, and the worker is killed or stopped before it writes down what it made of it, or after

What must stay true: the sample is the same every time, and meets every kind of point, each act and every kind of fault.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from connectors.simulated.faults import FaultKind

#: The routes of the calls that these workers make, by how their points are named.
ROUTES = {
    "POST /nova/realms/NovaIntegration/protocol/openid-connect/token": "nova.token",
    "PUT /nova/api/Case/GetList": "nova.case.get_list",
    "PATCH /nova/api/Case/Update": "nova.case.update",
    "PATCH /nova/api/Case/UpdatePartyAddress": "nova.case.update_party_address",
    "POST /nova/api/Task/Import": "nova.task.import",
    "PUT /nova/api/Task/GetList": "nova.task.get_list",
    "PUT /nova/api/Document/GetList": "nova.document.get_list",
    "GET /cpr/persons/*": "cpr.person",
    "GET /cpr/events": "cpr.events",
    "PUT /cpr/subscriptions/*": "cpr.subscribe",
    "DELETE /cpr/subscriptions/*": "cpr.unsubscribe",
    "GET /dar/adresser": "dar.addresses",
    "GET /dar/adresser/*": "dar.address",
    "GET /dar/datavask/adresser": "dar.wash",
}
WRITES = frozenset(
    {"nova.case.update", "nova.case.update_party_address", "nova.task.import", "cpr.subscribe", "cpr.unsubscribe"}
)
#: Called only by whoever looks for a write whose answer was lost, so that no undisturbed worker passes it.
AFTERWARDS = frozenset({"nova.task.get_list"})
#: Where a worker is struck that has met a fault: before and after it writes down what it made of it.
UNTIL = ("before commit", "after commit")
#: What only a change can meet.
_OF_WRITES = frozenset(
    {FaultKind.CONFLICT, FaultKind.PRECONDITION, FaultKind.CLOSED, FaultKind.LOCKED, FaultKind.ARCHIVED}
)
#: What passes: the system answers the next time, and what became of a change can be looked up.
_PASSING = frozenset(
    {
        FaultKind.TIMEOUT_BEFORE_COMMIT,
        FaultKind.TIMEOUT_AFTER_COMMIT,
        FaultKind.SLOW,
        FaultKind.UNAUTHORIZED,
        FaultKind.THROTTLED,
        FaultKind.BROKEN,
        FaultKind.BROKEN_AFTER_COMMIT,
        FaultKind.UNAVAILABLE,
        FaultKind.SERVICE_FAULT,
        FaultKind.CLOCK_SKEW,
    }
)
_SEED = 20


@dataclass(frozen=True, slots=True)
class Fault:
    """One call that goes wrong: the ``skip + 1``-th of its route."""

    route: str
    kind: FaultKind
    skip: int


@dataclass(frozen=True, slots=True)
class Trial:
    """One run of one scenario. ``act`` is ``kill``, ``stop`` or, for a worker that is left alone, ``none``."""

    scenario: str
    act: str = "none"
    point: int = -1
    #: The point's name, as the counting worker wrote it down.
    at: str = ""
    #: The first point of this name after the call at ``point`` is meant, and not ``point`` itself.
    until: str | None = None
    fault: Fault | None = None

    @property
    def family(self) -> str:
        """``crash``, ``fault`` or ``both``."""
        if self.fault is None:
            return "crash"
        return "fault" if self.act == "none" else "both"

    @property
    def asks_nobody(self) -> bool:
        """Whether all is to end well without anybody being asked: no system has said no, and all can be looked up."""
        return self.fault is None or self.fault.kind in _PASSING

    @property
    def features(self) -> frozenset[str]:
        """What it shows; the sample meets each at least once."""
        shown = {self.family, self.scenario}
        if self.fault is None:
            shown |= {self.act, self.at}
        else:
            shown |= {self.fault.kind.value, self.fault.route, f"{self.act} {self.until}"}
        return frozenset(shown)

    def __str__(self) -> str:
        """As a failure tells of it."""
        fault = f", {self.fault.kind.value} at {self.fault.route} after {self.fault.skip}" if self.fault else ""
        at = f"{self.until} after {self.point}" if self.until is not None else f"{self.point} ({self.at})"
        struck = f", {self.act} at {at}" if self.act != "none" else ""
        return f"{self.scenario}{fault}{struck}"


def all_trials(scenario: str, points: Sequence[str]) -> list[Trial]:
    """Every trial of a scenario whose undisturbed worker passes these points."""
    trials = [Trial(scenario, act, number, at) for number, at in enumerate(points) for act in ("kill", "stop")]
    seen: Counter[str] = Counter()
    for number, at in enumerate(points):
        route = ROUTES.get(at.removeprefix("before "))
        if route is None:
            continue
        for kind in FaultKind:
            if kind in _OF_WRITES and route not in WRITES:
                continue
            fault = Fault(route, kind, seen[route])
            trials.append(Trial(scenario, fault=fault))
            trials += [Trial(scenario, act, number, at, until, fault) for act in ("kill", "stop") for until in UNTIL]
        seen[route] += 1
    return trials


def routes(points: Iterable[str]) -> frozenset[str]:
    """The routes of the outside calls among these points."""
    return frozenset(ROUTES[each] for at in points if (each := at.removeprefix("before ")) in ROUTES)


def unknown_calls(points: Iterable[str]) -> set[str]:
    """Outside calls whose route this module does not know."""
    verbs = ("before GET ", "before PUT ", "before POST ", "before PATCH ", "before DELETE ")
    return {at for at in points if at.startswith(verbs) and at.removeprefix("before ") not in ROUTES}


def sample(trials: Mapping[str, Sequence[Trial]], *, salt: str) -> list[Trial]:
    """Few trials that show every feature there is, spread over the scenarios; the same for the same ``salt``."""
    dice = Random(f"{_SEED}:{salt}")
    pool = [trial for own in trials.values() for trial in own]
    dice.shuffle(pool)
    missing = frozenset[str]().union(*(trial.features for trial in pool))
    chosen: list[Trial] = []
    while missing:
        best = max(pool, key=lambda trial: len(trial.features & missing))
        chosen.append(best)
        missing -= best.features
    return chosen
