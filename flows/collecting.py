"""Collecting: what came in becomes work items.

What must stay true: bookmark, received events and new items are written in one transaction, so that a crash loses
nothing and doubles nothing; and two collectors at once cannot both succeed with the same events.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from audit.events import Event
from audit.vocabulary import EventType
from casework.incidents import report
from casework.items import NewItem, enqueue
from casework.received import bookmark, known_events, mark_received, set_bookmark
from casework.workplace import Acting
from connectors.reader import NothingUnstored, Reader
from connectors.records import EventBatch, PersonEvent
from flows.composition import Composition
from foundation.errors import SagsgangError
from robots.robot import EventRobot

#: Events asked for at a time; a night of a large municipality is three thousand.
_PORTION = 500


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
    accept_gap: bool = False,
) -> Collected:
    """Read all new events and make the robot's work items from them.

    ``accept_gap`` goes on over a hole, when a person has seen to the missing events; the trail says so.

    Raises:
        GapError: the source has a hole; an incident is made and nothing after the hole is taken.
        ConnectorError: the source does not answer; the bookmark stands where it stood.
    """
    source = composition.systems.events
    name = robot.card.name
    total = Collected()
    while True:
        with composition.place.database.read() as session:
            before = bookmark(session, robot=name, source=source.system)
        batch = poll(composition, name, acting, after=before)
        if batch.has_gap and not accept_gap:
            _report_gap(composition, name, source.system)
        if batch.events:
            total = total.plus(_take(composition, robot, batch, before, acting=acting, run_id=run_id))
        if not batch.has_more:
            return total


def poll(composition: Composition, robot: str, acting: Acting, *, after: str | None) -> EventBatch:
    """Ask the source, with the limits, retries and circuit of every other call."""
    source = composition.systems.events
    reader = Reader(
        place=composition.place,
        acting=acting,
        lease=None,
        unstored=NothingUnstored(),
        limits=lambda system: composition.limits(robot, system),
    )
    return reader.try_call(source.system, "poll", lambda: source.poll(after=after, limit=_PORTION))


def fresh_events(events: tuple[PersonEvent, ...], known: set[str]) -> tuple[list[PersonEvent], int]:
    """The events that were not received before, each once, and how many were duplicates."""
    fresh: dict[str, PersonEvent] = {}
    for event in events:
        if event.id not in known:
            fresh.setdefault(event.id, event)
    return list(fresh.values()), len(events) - len(fresh)


def _take(
    composition: Composition,
    robot: EventRobot,
    batch: EventBatch,
    before: str | None,
    *,
    acting: Acting,
    run_id: UUID | None,
) -> Collected:
    place, source, name = composition.place, composition.systems.events.system, robot.card.name
    if batch.next_cursor is None:
        return Collected()
    with place.database.write() as session:
        # First of all, because it makes a second collector wait here, where it can still give way.
        moved = set_bookmark(session, place, robot=name, source=source, before=before, cursor=batch.next_cursor)
        if not moved:
            message = "En anden kørsel henter hændelser samtidig. Prøv igen om lidt."
            raise CollectedElsewhereError(message)
        known = known_events(session, robot=name, source=source, event_ids={event.id for event in batch.events})
        fresh, duplicates = fresh_events(batch.events, known)
        found = robot.group(fresh)
        new = [
            NewItem(item.reference, item.payload.model_dump_json().encode(), item.priority, item.due_at)
            for item in found
        ]
        ids = enqueue(session, place, name, new, acting=acting, run_id=run_id)
        owners = {event: ids[item.reference] for item in found for event in item.event_ids}
        mark_received(session, place, robot=name, source=source, items=owners)
        event = Event(
            type=EventType.EVENTS_RECEIVED,
            actor=acting.actor,
            process=acting.process,
            purpose=acting.purpose,
            run=acting.run(),
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


class CollectedElsewhereError(SagsgangError):
    """Another collector took the same events at the same time; nothing was taken twice."""

    code = "collected_elsewhere"
    is_retryable = True


def _report_gap(composition: Composition, robot: str, source: str) -> None:
    message = (
        "Der mangler hændelser fra CPR. Robotten er standset, så ingen borger glemmes. "
        "Bed leverandøren om de manglende hændelser, eller sammenlign alle borgere med CPR."
    )
    place = composition.place
    with place.database.write() as session:
        report(session, place, robot=robot, system=source, code=GapError.code, message=message)
    raise GapError(message)
