"""A guard over a real database and a system that is only played.

What must stay true: the played system keeps what it received apart from what it answered, so that a test can see a
change made twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlmodel import Session

from audit.events import CaseEventRef, ChangeRef, Event
from audit.vocabulary import EventType
from casework.claiming import ClaimedItem, reap
from casework.effects import EffectRequest
from casework.moves import Lease
from casework.workers import Worker, enlist
from casework.workplace import Workplace
from connectors.circuit import Circuit
from connectors.errors import OutcomeUnknown, Unavailable
from connectors.guard import Guard, Write
from connectors.rate import RateLimit
from connectors.reader import Reader, SystemLimits
from connectors.records import IdempotencyKey, LookUp, LookUpWorth, Sighting, WriteReceipt, WriteTraits
from foundation.clock import Clock
from tests.workbench import ACTING, ROBOT, add_and_take, event_types, rows, take

SYSTEM = "esdh"
SETTLE = 5.0
KEY = "k" * 64


@dataclass
class PlayedSystem:
    """A system that does as its script says, then answers well; ``received`` is what truly happened in it."""

    clock: Clock
    #: What happens at each call, in order: an error instead of an answer, and whether the change was made.
    script: list[tuple[Exception, bool]] = field(default_factory=list)
    #: What each look-up sees, in order; after that the truth, or with ``shows_after`` the truth of that long ago.
    sightings: list[LookUp | Exception] = field(default_factory=list)
    shows_after: float = 0.0
    received: list[tuple[str, float]] = field(default_factory=list)
    calls: int = 0
    looks: int = 0
    #: Run in the middle of each call, for what others do meanwhile.
    meanwhile: Callable[[], object] = lambda: None

    def call(self, key: IdempotencyKey) -> WriteReceipt:
        """One write arrives."""
        self.calls += 1
        self.meanwhile()
        error, is_made = self.script.pop(0) if self.script else (None, True)
        if is_made:
            self.received.append((key.value, self.clock.monotonic()))
        if error is not None:
            raise error
        return WriteReceipt(f"remote-{len(self.received)}", "v1")

    def look_up(self, key: IdempotencyKey) -> LookUp:
        """Somebody looks for a write."""
        self.looks += 1
        if self.sightings:
            seen = self.sightings.pop(0)
            if isinstance(seen, Exception):
                raise seen
            return seen
        shown = self.clock.monotonic() - self.shows_after
        number = next((n for n, (known, at) in enumerate(self.received, 1) if known == key.value and at <= shown), None)
        return LookUp(Sighting.ABSENT) if number is None else LookUp(Sighting.PRESENT, f"remote-{number}")


def silence() -> OutcomeUnknown:
    """No answer came."""
    return OutcomeUnknown(SYSTEM, "append_journal_note")


def request(key: str = KEY, digest: str = "d1") -> EffectRequest:
    """One journal note."""
    return EffectRequest(
        key=key,
        step="skriv",
        system=SYSTEM,
        operation="append_journal_note",
        target="sag-1",
        intent="note",
        occurrence=1,
        approval_id=None,
        digest=digest,
        case=CaseEventRef(SYSTEM, "sag-1"),
        change=ChangeRef(("text",)),
    )


def write(
    system: PlayedSystem,
    *,
    worth: LookUpWorth = LookUpWorth.EVENTUAL,
    deduplicates: bool = False,
    settle_seconds: float = SETTLE,
    asked: EffectRequest | None = None,
) -> Write:
    """One write to the played system."""
    traits = WriteTraits(worth, settle_seconds, deduplicates)
    return Write(request=asked or request(), traits=traits, call=system.call, look_up=system.look_up)


class Nothing:
    """A desk that has worked out nothing."""

    def store(self, session: Session) -> None:
        """Write nothing."""


@dataclass
class GuardBench:
    """Workers with guards, over one database and one folder of locks."""

    place: Workplace
    locks: Path
    owner_wait_seconds: float = 600.0
    circuit_failures: int = 100
    workers: list[Worker] = field(default_factory=list)
    claimed: ClaimedItem | None = None

    def hire(self) -> Worker:
        """One more worker."""
        worker = enlist(self.place, locks=self.locks)
        self.workers.append(worker)
        return worker

    def reader(self, lease: Lease | None) -> Reader:
        """Reads with limits of its own."""
        limits = SystemLimits(
            rate=RateLimit(self.place.clock, per_second=1000.0),
            circuit=Circuit(self.place, robot=ROBOT, system=SYSTEM, failures=self.circuit_failures, pause_seconds=60.0),
        )
        return Reader(place=self.place, acting=ACTING, lease=lease, unstored=Nothing(), limits=lambda _system: limits)

    def guard(self, worker: Worker | None = None) -> Guard:
        """A guard for the one item, in this worker's hands; the lease goes to him."""
        worker = worker or self.hire()
        if self.claimed is None:
            self.claimed = add_and_take(self.place, worker=worker.id)
        lease = self.claimed.lease
        if lease.owner != worker.id:
            lease = self._hand_over(worker)
        return Guard(
            reader=self.reader(lease),
            worker=worker,
            locks=self.locks,
            lease=lease,
            owner_wait_seconds=self.owner_wait_seconds,
        )

    def claim_again(self, worker: Worker) -> Guard:
        """The lease runs out and the item is claimed again, perhaps by the same worker."""
        self._hand_over(worker)
        return self.guard(worker)

    def _hand_over(self, worker: Worker) -> Lease:
        self.place.clock.sleep(61.0)
        assert reap(self.place, max_attempts=100) == 1
        (again,) = take(self.place, worker=worker.id)
        self.claimed = again
        return again.lease

    def close(self) -> None:
        """Let all go who are still there."""
        for worker in self.workers:
            let_die(worker)


def let_die(worker: Worker) -> None:
    """What the operating system and PostgreSQL do when a process ends without a word."""
    worker._lock.release()
    connection = worker._session_lock
    if connection is not None and not connection.closed:
        connection.invalidate()
        connection.close()


def told(kind: EventType) -> Callable[[Session], Event]:
    """An event to record with a read."""
    return lambda _session: Event(type=kind, actor=ACTING.actor)


def effect_state(place: Workplace) -> str:
    """The state of the only effect there is."""
    (row,) = rows(place, "SELECT state FROM effect")
    state: str = row["state"]
    return state


def effect_events(place: Workplace) -> list[str]:
    """The types of all events about effects, in order."""
    return [kind for kind in event_types(place) if kind.startswith("effect.")]


def unavailable(retry_after: float | None = None) -> Unavailable:
    """The system does not answer."""
    return Unavailable(SYSTEM, "append_journal_note", retry_after=retry_after)
