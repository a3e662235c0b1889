"""Whom the source of events tells of: everybody on an open case, and nobody else for long (ADR-39).

A sweep sees everybody on open cases, so it is where subscriptions are begun and ended. What must stay true: the source
is asked before we note that it tells, so that a crash asks once more and forgets nobody; and nobody whom the sweep saw
on an open case is unsubscribed at its end.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import partial

from sqlmodel import Session

from audit.events import Event
from audit.vocabulary import EventType
from casework.subscriptions import due_to_end, mark_ended, not_told_of, note_open
from casework.sweeps import SweepView
from connectors.errors import CapabilityMissing, ConnectorError
from flows.going_through import CaseWalk, SurveyedPage
from foundation.cpr import Cpr
from foundation.logs import get_logger

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the source was asked about one page, and is still to be noted."""

    #: Everybody on the page's open cases whom CPR knows.
    on_open_cases: frozenset[Cpr] = frozenset()
    #: Those of whom the source tells no more; on the last page only.
    ended: frozenset[Cpr] = frozenset()
    #: How many it was asked in vain to tell no more of; the next sweep asks again.
    left: int = 0


@dataclass
class Subscribing:
    """The subscriptions of one sweep; does nothing where the settings do not ask for it."""

    walk: CaseWalk
    _is_able: bool = field(init=False)

    def __post_init__(self) -> None:
        """Begin with what the settings say."""
        self._is_able = self.walk.composition.settings.cpr_subscriptions

    def ask(self, page: SurveyedPage, view: SweepView) -> Asked:
        """Ask the source to tell of the people of this page, and on the last page to tell no more of others.

        Raises:
            ConnectorError: the source does not answer; nothing is noted then, and the sweep goes on from this page.
        """
        if not self._is_able:
            return Asked()
        place, source = self.walk.composition.place, self.walk.composition.systems.events
        people = frozenset(cpr for cpr, answer in page.answers.items() if answer is not None)
        with place.database.read() as session:
            new = not_told_of(session, place, robot=self._robot, source=source.system, cprs=people)
        try:
            for cpr in new:
                self._call("subscribe", cpr)
            if page.next_cursor is not None:
                return Asked(people)
            return self._end(people, view, page.policy)
        except CapabilityMissing:
            # Whom an extract file tells of is agreed with CPR; that is no fault, so it is said once and no more.
            log.info("subscriptions.not_possible", source=source.system)
            self._is_able = False
            return Asked()

    def note(self, session: Session, asked: Asked, counts: dict[str, int]) -> None:
        """Note what the source was asked, in the page's transaction; new ones are counted as ``subscribed``."""
        if not self._is_able:
            return
        place, source = self.walk.composition.place, self.walk.composition.systems.events.system
        people, now = asked.on_open_cases, place.now()
        new = note_open(session, place, robot=self._robot, source=source, cprs=people, at=now)
        if new:
            counts["subscribed"] = counts.get("subscribed", 0) + len(new)
        mark_ended(session, place, robot=self._robot, source=source, cprs=asked.ended)

    def tell(self, session: Session, asked: Asked, view: SweepView) -> None:
        """Record what the whole sweep changed, with the end of the sweep; nothing where nothing changed."""
        begun, ended = view.counts.get("subscribed", 0), len(asked.ended)
        if not self._is_able or not (begun or ended or asked.left):
            return
        acting, place = self.walk.acting, self.walk.composition.place
        event = Event(
            type=EventType.SUBSCRIPTIONS_CHANGED,
            actor=acting.actor,
            process=acting.process,
            purpose=acting.purpose,
            run=acting.run(),
            facts={
                "source": self.walk.composition.systems.events.system,
                "sweep": str(view.id),
                "subscribed": begun,
                "unsubscribed": ended,
                "left": asked.left,
            },
        )
        place.record(session, event)

    @property
    def _robot(self) -> str:
        return self.walk.robot.card.name

    def _end(self, people: Collection[Cpr], view: SweepView, policy: str | None) -> Asked:
        place, source = self.walk.composition.place, self.walk.composition.systems.events.system
        # A sweep may have taken longer than the days: whoever was seen since it began is on an open case.
        taken = (place.now() - view.started_at).days + 1
        days = max(self.walk.robot.intake_limits(policy).unsubscribe_days, taken)
        with place.database.read() as session:
            due = due_to_end(session, place, robot=self._robot, source=source, days=days)
        ended: set[Cpr] = set()
        left = 0
        for cpr in due:
            if cpr in people:
                continue
            try:
                self._call("unsubscribe", cpr)
            except CapabilityMissing:
                raise
            except ConnectorError as error:
                # Being told of somebody a day too long is no reason to begin a whole sweep again.
                log.warning("subscriptions.not_ended", code=error.code)
                left += 1
            else:
                ended.add(cpr)
        return Asked(frozenset(people), frozenset(ended), left)

    def _call(self, operation: str, cpr: Cpr) -> None:
        source = self.walk.composition.systems.events
        call = partial(source.subscribe if operation == "subscribe" else source.unsubscribe, cpr)
        # Both may be asked twice for one person, so they are tried again like a reading.
        self.walk.reader().try_call(source.system, operation, call)
