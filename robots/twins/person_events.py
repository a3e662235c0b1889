"""The register's events in memory, holes and repetitions included.

What must stay true: events come in the order in which they were announced, a lost one leaves a hole that ``poll``
tells of, and nothing is told of a person after his subscription was ended.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from threading import RLock

from connectors.errors import ConnectorError
from connectors.records import EventBatch, PersonEvent, PersonEventKind
from foundation.clock import Clock, SystemClock
from foundation.cpr import Cpr
from robots.twins.failures import OrderedFailures


class TwinPersonEvents:
    """``PersonEvents`` in memory; safe to share between threads."""

    def __init__(self, *, system: str = "twin_cpr_events", clock: Clock | None = None) -> None:
        self._system = system
        self._clock = clock or SystemClock()
        self._lock = RLock()
        self._events: list[PersonEvent] = []
        self._last = 0
        self._failures = OrderedFailures(frozenset({"poll", "subscribe", "unsubscribe"}))
        self._ended: set[Cpr] = set()
        #: Whom somebody asked to be told of, and did not ask to be told no more of.
        self.subscriptions: set[Cpr] = set()

    @property
    def system(self) -> str:
        """The name it was given."""
        return self._system

    def fail_next(self, error: ConnectorError, *, method: str = "poll") -> None:
        """Let the next poll, or the next call of another method, fail."""
        self._failures.order(method, error, after_effect=False)

    def subscribe(self, cpr: Cpr) -> None:
        """Tell of this person from now on. Persons whom nobody ever unsubscribed are told of as well."""
        with self._lock, self._failures.around("subscribe"):
            self.subscriptions.add(cpr)
            self._ended.discard(cpr)

    def unsubscribe(self, cpr: Cpr) -> None:
        """Tell no more of this person."""
        with self._lock, self._failures.around("unsubscribe"):
            self.subscriptions.discard(cpr)
            self._ended.add(cpr)

    def announce(
        self, cpr: Cpr, kind: PersonEventKind = PersonEventKind.ADDRESS, *, effect_from: date | None = None
    ) -> PersonEvent:
        """Announce that something happened to a person; of one who was unsubscribed, nothing is ever delivered."""
        with self._lock:
            number = self._last + 1
            event = PersonEvent(f"event-{number}", number, cpr, kind, self._clock.now(), effect_from)
            return event if cpr in self._ended else self._add(event)

    def repeat(self, event: PersonEvent) -> PersonEvent:
        """Announce the same event again under a new number, marked as a possible repetition."""
        with self._lock:
            return self._add(replace(event, sequence=self._last + 1, may_be_duplicate=True))

    def lose(self) -> None:
        """Lose one event: its number is used and it is never delivered."""
        with self._lock:
            self._last += 1

    def poll(self, *, after: str | None, limit: int) -> EventBatch:
        """Events after this cursor, in their order."""
        with self._lock, self._failures.around("poll"):
            seen = int(after or 0)
            waiting = [event for event in self._events if event.sequence > seen]
            found = tuple(waiting[:limit])
            if not found:
                return EventBatch((), after)
            first = seen + 1 if after is not None else found[0].sequence
            numbers = [event.sequence for event in found]
            has_gap = numbers != list(range(first, first + len(found)))
            return EventBatch(found, str(numbers[-1]), has_gap=has_gap, has_more=len(waiting) > limit)

    def _add(self, event: PersonEvent) -> PersonEvent:
        self._events.append(event)
        self._last = event.sequence
        return event
