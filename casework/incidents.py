"""Incidents: what a person must look at.

What must stay true: one open incident per robot, system and code, which counts, so that a night of failures is one line
and not a thousand; closing one is an act of a named person with a reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from audit.events import Event, PrivateDetail
from audit.vocabulary import EventType, RetentionClass
from casework.errors import ReasonMissingError, UnknownItemError
from casework.tables import IncidentRow
from casework.workplace import Acting, Workplace, as_system
from foundation.identifiers import new_id

_INCIDENT = IncidentRow.__table__


@dataclass(frozen=True, slots=True)
class IncidentView:
    """An incident as people see it."""

    id: UUID
    robot: str
    system: str
    code: str
    message: str
    occurrences: int
    item_id: UUID | None
    opened_at: datetime
    latest_at: datetime


def report(
    session: Session, place: Workplace, *, robot: str, system: str, code: str, message: str, item_id: UUID | None = None
) -> UUID:
    """Open an incident, or count one more on the open one; in the caller's transaction. Returns its id."""
    now = place.now()
    incident_id = new_id()
    dialect = sqlite if place.database.is_sqlite else postgresql
    query = dialect.insert(_INCIDENT).values(
        id=incident_id,
        robot=robot,
        system=system,
        code=code,
        message=message,
        occurrences=1,
        item_id=item_id,
        opened_at=now,
        latest_at=now,
    )
    more = {"occurrences": _INCIDENT.c.occurrences + 1, "latest_at": now, "item_id": item_id, "message": message}
    # Two workers may meet the same trouble at once, so that looking first would not do.
    counted = query.on_conflict_do_update(
        index_elements=["robot", "system", "code"], index_where=_INCIDENT.c.closed_at.is_(None), set_=more
    )
    known: UUID = session.execute(counted.returning(_INCIDENT.c.id)).scalar_one()
    if known != incident_id:
        return known
    acting = as_system("watch")
    facts = {"incident": str(incident_id), "code": code, "system": system, "robot": robot}
    event = Event(type=EventType.INCIDENT_OPENED, actor=acting.actor, run=acting.run(item=item_id), facts=facts)
    place.record(session, event)
    return incident_id


def open_incidents(session: Session) -> list[IncidentView]:
    """All open incidents, oldest first."""
    query = select(_INCIDENT).where(_INCIDENT.c.closed_at.is_(None)).order_by(_INCIDENT.c.opened_at)
    rows = session.execute(query).mappings()
    return [IncidentView(**{name: row[name] for name in IncidentView.__slots__}) for row in rows]


def close(session: Session, place: Workplace, incident_id: UUID, *, acting: Acting, reason: str) -> None:
    """Close an incident.

    Raises:
        ReasonMissingError: without a reason.
        UnknownItemError: when there is no such open incident.
    """
    if not reason.strip():
        message = "Skriv, hvad der var galt, og hvad der er gjort."
        raise ReasonMissingError(message)
    query = select(_INCIDENT.c.id).where(_INCIDENT.c.id == incident_id, _INCIDENT.c.closed_at.is_(None))
    if session.execute(query.with_for_update()).first() is None:
        message = f"Der er ingen åben driftshændelse {incident_id}."
        raise UnknownItemError(message)
    closed = {"closed_at": place.now(), "closed_by": acting.actor.id, "close_reason": reason.encode()}
    session.execute(update(_INCIDENT).where(_INCIDENT.c.id == incident_id).values(**closed))
    private = PrivateDetail(reason.encode(), RetentionClass.DECISION)
    facts = {"incident": str(incident_id)}
    place.record(session, Event(type=EventType.INCIDENT_CLOSED, actor=acting.actor, facts=facts, private=private))
