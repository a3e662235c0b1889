"""Collecting: what came in becomes work items.

What must stay true: bookmark, received events and new items are written in one transaction, so that a crash loses
nothing and doubles nothing; and two collectors at once cannot both succeed with the same events.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from audit.events import Event
from audit.vocabulary import EventType
from casework.acceptances import use_acceptance
from casework.incidents import report
from casework.items import NewItem, enqueue
from casework.policies import policy_in_force
from casework.received import bookmark, known_events, mark_received, set_bookmark
from casework.states import AcceptanceKind
from casework.workplace import Acting
from connectors.errors import AuthExpired, ConnectorError
from connectors.records import EventBatch, PersonEvent
from flows.composition import Composition
from foundation.errors import SagsgangError
from robots.robot import EventRobot

#: Events asked for at a time; a night of a large municipality is three thousand.
_PORTION = 500


class MassChangeError(SagsgangError):
    """More people differ than the policy takes for ordinary; a second person must let the robot go on (ADR-50)."""

    code = "mass_change"


class GapError(SagsgangError):
    """The source's numbers have a hole: events are missing, and going on would hide it (ADR-49)."""

    code = "event_gap"


@dataclass(frozen=True, slots=True)
class Collected:
    """What collecting came to: events = duplicates + events that became part of an item."""

    events: int = 0
    duplicates: int = 0
    items: int = 0

    def plus(self, other: Collected) -> Collected:
        """The two together."""
        return Collected(self.events + other.events, self.duplicates + other.duplicates, self.items + other.items)


def collect(
    composition: Composition,
    robot: EventRobot,
    *,
    acting: Acting,
    run_id: UUID | None = None,
    starter: str,
) -> Collected:
    """Read all new events and make the robot's work items from them.

    A hole in the source's numbers, or unusually many people with news, stops the intake until a second person lets it
    go on (``casework.acceptances``); ``starter`` is the id of the one who started this run.

    Raises:
        GapError: the source has a hole; an incident is made and nothing after the hole is taken.
        MassChangeError: more people have news than the policy takes for ordinary; nothing is taken.
        ConnectorError: the source does not answer; the bookmark stands where it stood. Where waiting does not help, an
            incident is made; of a system that is silent the circuit tells.
    """
    source = composition.systems.events
    intake = _Intake(composition, robot, acting, run_id, starter)
    total = Collected()
    while True:
        with composition.place.database.read() as session:
            before = bookmark(session, robot=robot.card.name, source=source.system)
        try:
            batch = poll(composition, robot.card.name, acting, after=before)
            total = total.plus(intake.take(batch, before))
        except (GapError, MassChangeError, ConnectorError) as error:
            if needs_person(error):
                intake.report(error)
            raise
        if not batch.has_more or batch.next_cursor in (None, before):
            return total


@dataclass
class _Intake:
    """One intake of one run."""

    composition: Composition
    robot: EventRobot
    acting: Acting
    run_id: UUID | None
    starter: str
    _is_counted: bool = False

    def take(self, batch: EventBatch, before: str | None) -> Collected:
        """Make items of a batch, in one transaction with the bookmark and with what lets it go on."""
        obstacles = self._obstacles(batch, before)
        stands_still = not batch.events and batch.next_cursor in (None, before)
        if stands_still and not obstacles:
            return Collected()
        with self.composition.place.database.write() as session:
            for what, error in obstacles:
                self._require_accepted(session, what, error, before)
            if not stands_still:
                return self._store(session, batch, before)
            # The acceptance was looked for and is kept: it is used with the first event after the hole.
            session.rollback()
            return Collected()

    def report(self, error: SagsgangError | ConnectorError) -> None:
        """Make an incident of what stopped the intake."""
        place, source = self.composition.place, self.composition.systems.events.system
        # The text of another system's error is for the log; its advice is our own sentence.
        message = error.advice if isinstance(error, ConnectorError) else str(error)
        with place.database.write() as session:
            report(session, place, robot=self.robot.card.name, system=source, code=error.code, message=message)

    def _obstacles(self, batch: EventBatch, before: str | None) -> list[tuple[AcceptanceKind, SagsgangError]]:
        name, mark = self.robot.card.name, self._mark(before)
        found: list[tuple[AcceptanceKind, SagsgangError]] = []
        if batch.has_gap:
            message = (
                "Der mangler hændelser fra CPR. Robotten er standset, så ingen borger glemmes. Bed leverandøren "
                f"om dem, eller sammenlign alle med CPR: sagsgang sweep {name}. Derefter kan en anden end den, "
                f"der kører robotten, lade den gå videre: sagsgang intake accept {name} gap {mark}"
            )
            found.append((AcceptanceKind.GAP, GapError(message)))
        most = self._most_people()
        if most and not self._is_counted and batch.events and self._people(batch, most) > most:
            message = (
                f"CPR melder nyt om flere end {most} borgere på én gang. Robotten er standset, og intet er hentet. "
                "Undersøg hvorfor; en anden end den, der kører robotten, kan lade den gå videre: "
                f"sagsgang intake accept {name} mass_change {mark}"
            )
            found.append((AcceptanceKind.MASS_CHANGE, MassChangeError(message)))
        # What waits is counted once an intake: the batches that follow were counted with the first.
        self._is_counted = True
        return found

    def _most_people(self) -> int:
        limits = getattr(self.robot, "intake_limits", None)
        if limits is None:
            return 0
        with self.composition.place.database.read() as session:
            policy = policy_in_force(session, robot=self.robot.card.name)
        most: int = limits(policy.body if policy is not None else None).most_people
        return most

    def _people(self, batch: EventBatch, most: int) -> int:
        """How many people everything that waits tells of; counting stops when there are more than ``most``."""
        people = {event.cpr for event in batch.events}
        cursors: set[str | None] = {None}
        while batch.has_more and len(people) <= most and batch.next_cursor not in cursors:
            cursors.add(batch.next_cursor)
            batch = poll(self.composition, self.robot.card.name, self.acting, after=batch.next_cursor)
            people |= {event.cpr for event in batch.events}
        return len(people)

    def _mark(self, before: str | None) -> str:
        return f"{self.composition.systems.events.system}:{before or 'start'}"

    def _require_accepted(
        self, session: Session, what: AcceptanceKind, error: SagsgangError, before: str | None
    ) -> None:
        accepted = use_acceptance(
            session,
            self.composition.place,
            robot=self.robot.card.name,
            what=what,
            mark=self._mark(before),
            starter=self.starter,
            acting=self.acting,
        )
        if not accepted:
            raise error

    def _store(self, session: Session, batch: EventBatch, before: str | None) -> Collected:
        place, source, name = self.composition.place, self.composition.systems.events.system, self.robot.card.name
        if batch.next_cursor is None:
            return Collected()
        # First of all, because it makes a second collector wait here, where it can still give way.
        moved = set_bookmark(session, place, robot=name, source=source, before=before, cursor=batch.next_cursor)
        if not moved:
            message = "En anden kørsel henter hændelser samtidig. Prøv igen om lidt."
            raise CollectedElsewhereError(message)
        known = known_events(session, robot=name, source=source, event_ids={event.id for event in batch.events})
        fresh, duplicates = fresh_events(batch.events, known)
        found = self.robot.group(fresh)
        new = [
            NewItem(item.reference, item.payload.model_dump_json().encode(), item.priority, item.due_at)
            for item in found
        ]
        ids = enqueue(session, place, name, new, acting=self.acting, run_id=self.run_id)
        owners = {event: ids[item.reference] for item in found for event in item.event_ids}
        mark_received(session, place, robot=name, source=source, items=owners)
        event = Event(
            type=EventType.EVENTS_RECEIVED,
            actor=self.acting.actor,
            process=self.acting.process,
            purpose=self.acting.purpose,
            run=self.acting.run(),
            facts={
                "source": source,
                "events": len(batch.events),
                "duplicates": duplicates,
                "items": len(new),
                "gap": batch.has_gap,
            },
        )
        place.record(session, event)
        return Collected(len(batch.events), duplicates, len(new))


def poll(composition: Composition, robot: str, acting: Acting, *, after: str | None) -> EventBatch:
    """Ask the source, with the limits, retries and circuit of every other call."""
    source = composition.systems.events
    return composition.reader(robot, acting).try_call(
        source.system, "poll", lambda: source.poll(after=after, limit=_PORTION)
    )


def needs_person(error: SagsgangError | ConnectorError) -> bool:
    """Whether what kept new work out passes only when somebody does something; a silent system comes back by itself."""
    # A login that was refused may be tried again, but nobody renews a secret by waiting.
    return isinstance(error, AuthExpired) or not error.is_retryable


def fresh_events(events: tuple[PersonEvent, ...], known: set[str]) -> tuple[list[PersonEvent], int]:
    """The events that were not received before, each once, and how many were duplicates."""
    fresh: dict[str, PersonEvent] = {}
    for event in events:
        if event.id not in known:
            fresh.setdefault(event.id, event)
    return list(fresh.values()), len(events) - len(fresh)


class CollectedElsewhereError(SagsgangError):
    """Another collector took the same events at the same time; nothing was taken twice."""

    code = "collected_elsewhere"
    is_retryable = True
