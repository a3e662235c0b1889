"""A clock that was set back, and a person who has looked into it.

What must stay true: a clock set back is a broken obligation until a named person says, with a reason, that he has
looked; a program's own remark about it never makes it good.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from audit.events import ActorRef, Event, PrivateDetail
from audit.recording import record
from audit.vocabulary import EventType, RetentionClass

#: An event may be committed as late as the longest transaction lasts, and the clocks of two machines differ a little.
CLOCK_TOLERANCE = timedelta(minutes=5)


def went_back(at: datetime, latest: datetime | None) -> bool:
    """Whether an event that comes after one of ``latest`` tells of a clock that was set back."""
    return latest is not None and at < latest - CLOCK_TOLERANCE


def later_of(at: datetime, latest: datetime | None) -> datetime:
    """The latest time so far. A clock set back begins anew, so that it is told once and not of every event after."""
    return at if latest is None or at > latest or went_back(at, latest) else latest


def acknowledge_skew(
    session: Session, event_id: UUID, *, actor: ActorRef, reason: str, at: datetime, environment: str
) -> UUID:
    """A person has looked into why the clock was set back before this event; returns the id of the event that says so.

    Args:
        session: a session of ``Database.write``.
        event_id: the first event after the clock was set back, as verification names it.
        actor: the person.
        reason: free text, sealed.
        at: when, aware.
        environment: the environment's name.
    """
    private = PrivateDetail(reason.encode(), RetentionClass.DECISION)
    event = Event(type=EventType.CLOCK_SKEWED, actor=actor, facts={"event": str(event_id)}, private=private)
    return record(session, event, at=at, environment=environment)
