"""Reading through the guard: recorded first, limited, and tried again where the error allows it.

What must stay true: no answer about a person or a case is released before actor, purpose and place in the work stand in
the trail; and no transaction is open while another system is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sqlmodel import Session

from audit.events import Event, RunRef
from audit.vocabulary import EventType
from casework.moves import Lease, require_lease
from casework.workplace import Acting, Workplace
from connectors.circuit import Circuit
from connectors.errors import (
    AccessDenied,
    Ambiguous,
    AuthExpired,
    CaseArchived,
    CaseClosed,
    ConnectorError,
    LockedByUser,
    NotFound,
    RefusedBySystem,
    Throttled,
    Unavailable,
    VersionConflict,
)
from connectors.rate import RateLimit

T = TypeVar("T")

#: Errors that show that the system answers.
ANSWERS = (NotFound, Ambiguous, AccessDenied, RefusedBySystem, CaseClosed, CaseArchived, LockedByUser, VersionConflict)
#: Seconds between the tries of one call; after the last the item is put aside.
PAUSES = (0.2, 1.0)
#: A system that asks for a longer pause than this gets it from the queue and not from a sleeping worker.
LONGEST_SLEEP = 10.0


class Unstored(Protocol):
    """What a desk has worked out and not stored yet; it goes into the next transaction."""

    def store(self, session: Session) -> None:
        """Write it in the caller's transaction."""


class NothingUnstored:
    """Where nothing is worked out before a call."""

    def store(self, session: Session) -> None:
        """Write nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemLimits:
    """How one system is treated by one process."""

    rate: RateLimit
    circuit: Circuit


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads for one work item, or, in a dry run, for none (then ``lease`` is None)."""

    place: Workplace
    acting: Acting
    lease: Lease | None
    unstored: Unstored
    limits: Callable[[str], SystemLimits]

    def read(self, system: str, operation: str, call: Callable[[], T], tell: Callable[[Session], Event]) -> T:
        """Make a reading call; it is recorded before it is made, so no answer is released unrecorded.

        Raises:
            ConnectorError: what the system answered, after the retries that its kind allows.
            LeaseLostError: the item is in other hands.
        """
        self.record(lambda session: [tell(session)])
        return self.try_call(system, operation, call)

    def record(self, tell: Callable[[Session], Sequence[Event]]) -> None:
        """Write events, and before them what was worked out, in one transaction.

        Raises:
            LeaseLostError: the item is in other hands; nothing is written then.
        """
        with self.place.database.write() as session:
            if self.lease is not None:
                require_lease(session, self.lease)
            self.unstored.store(session)
            self.place.record(session, *tell(session))

    def try_call(self, system: str, operation: str, call: Callable[[], T]) -> T:
        """Make a call that changes nothing, with the retries that its errors allow; records nothing."""
        limits = self.limits(system)
        pauses = iter(PAUSES)
        while True:
            limits.circuit.require_closed(operation)
            limits.rate.wait()
            self.place.database.require_no_open_transaction("a call to another system")
            try:
                answer = call()
            except (Unavailable, Throttled, AuthExpired) as error:
                limits.circuit.failed(error.code, acting=self.acting)
                self.pause_or_raise(error, None if isinstance(error, AuthExpired) else next(pauses, None))
            except ANSWERS:
                # No is an answer: the system works.
                limits.circuit.succeeded(acting=self.acting)
                raise
            else:
                limits.circuit.succeeded(acting=self.acting)
                return answer

    def pause_or_raise(self, error: ConnectorError, pause: float | None) -> None:
        """Sleep before the next try; raise the error when there is none, or the system wants a long pause."""
        wait = max(pause or 0.0, error.retry_after or 0.0)
        if pause is None or wait > LONGEST_SLEEP:
            raise error
        self.place.clock.sleep(wait)

    def run(self, step: str) -> RunRef:
        """Where in the work this is, for an event."""
        if self.lease is None:
            return self.acting.run(step=step)
        return self.acting.run(item=self.lease.item_id, attempt=self.lease.attempt, step=step)

    def event(self, kind: EventType, step: str, **parts: Any) -> Event:  # noqa: ANN401 - the optional parts of an Event.
        """An event with who, why and where filled in."""
        acting = self.acting
        return Event(
            type=kind,
            actor=acting.actor,
            process=acting.process,
            purpose=acting.purpose,
            run=self.run(step),
            **parts,
        )
