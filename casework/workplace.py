"""Where work is kept: the database, the clock and the environment, handed together to everything in this room.

What must stay true: each function of the room that changes something does so in one write transaction, together with
its event.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from audit.events import ActorRef, Event, ProcessRef, PurposeRef, RunRef
from audit.recording import record_all
from audit.vocabulary import ActorKind
from foundation.actor import Actor
from foundation.clock import Clock
from foundation.database import Database
from foundation.environment import Environment


@dataclass(frozen=True, slots=True)
class Workplace:
    """The database with clock and environment."""

    database: Database
    clock: Clock
    environment: Environment

    def now(self) -> datetime:
        """The time, aware UTC."""
        return self.clock.now()

    def record(self, session: Session, *events: Event) -> None:
        """Write events in the caller's transaction."""
        record_all(session, events, at=self.now(), environment=self.environment.value)


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts, with which program, in which run, for which purpose; goes into every event."""

    actor: ActorRef
    process: ProcessRef | None = None
    purpose: PurposeRef | None = None
    run_id: str | None = None
    flow: str | None = None

    def run(
        self,
        *,
        item: object = None,
        attempt: int | None = None,
        step: str | None = None,
        effect: object = None,
    ) -> RunRef:
        """The place within the work, for an event."""
        return RunRef(
            run=self.run_id,
            item=str(item) if item is not None else None,
            attempt=attempt,
            step=step or None,
            effect=str(effect) if effect is not None else None,
            flow=self.flow,
        )


def as_person(actor: Actor) -> Acting:
    """A person who acts himself."""
    return Acting(ActorRef(ActorKind.PERSON, actor.id, actor.established.value))


def as_system(part: str) -> Acting:
    """A part of Sagsgang that acts by itself, such as the reaper."""
    return Acting(ActorRef(ActorKind.SYSTEM, part, "program"))


def in_clauses(values: Sequence[object], *, at_most: int = 500) -> list[Sequence[object]]:
    """The values in portions that fit the databases' limit of parameters."""
    return [values[start : start + at_most] for start in range(0, len(values), at_most)]
