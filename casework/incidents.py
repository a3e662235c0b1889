"""Incidents: what a person must look at.

    open ──► acknowledged ──► closed          a closed one that happens again is a new one
      └──────────────────────────┘

What must stay true: one incident that is not closed per robot, system and code, which counts and keeps every item it
met, so that a night of failures is one line and not a thousand; acknowledging and closing it are acts of a named
person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, Select, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from audit.events import Event, PrivateDetail
from audit.vocabulary import EventType, RetentionClass
from casework.errors import ReasonMissingError, UnknownItemError
from casework.operating_tables import IncidentItemRow
from casework.states import IncidentState, ItemState
from casework.tables import IncidentRow, WorkItemRow
from casework.workplace import Acting, Workplace, as_system
from foundation.identifiers import new_id

_INCIDENT = IncidentRow.__table__
_MET = IncidentItemRow.__table__
_ITEM = WorkItemRow.__table__


@dataclass(frozen=True, slots=True)
class IncidentView:
    """An incident as people see it."""

    id: UUID
    robot: str
    system: str
    code: str
    message: str
    occurrences: int
    #: The latest of its items.
    item_id: UUID | None
    opened_at: datetime
    latest_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    closed_at: datetime | None
    closed_by: str | None

    @property
    def state(self) -> IncidentState:
        """How far people have come with it."""
        if self.closed_at is not None:
            return IncidentState.CLOSED
        return IncidentState.OPEN if self.acknowledged_at is None else IncidentState.ACKNOWLEDGED


#: What people wrote is read by itself: one note that does not open must not hide every incident.
_SHOWN = [_INCIDENT.c[name] for name in IncidentView.__slots__]


@dataclass(frozen=True, slots=True)
class IncidentItem:
    """An item that met the trouble, and where it is now."""

    id: UUID
    state: ItemState
    #: The run that had it last.
    run_id: UUID | None
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
    more = {"occurrences": _INCIDENT.c.occurrences + 1, "latest_at": now, "message": message}
    if item_id is not None:
        more["item_id"] = item_id
    # Two workers may meet the same trouble at once, so that looking first would not do.
    counted = query.on_conflict_do_update(
        index_elements=["robot", "system", "code"], index_where=_INCIDENT.c.closed_at.is_(None), set_=more
    )
    known: UUID = session.execute(counted.returning(_INCIDENT.c.id)).scalar_one()
    if item_id is not None:
        met = dialect.insert(_MET).values(incident_id=known, item_id=item_id, first_at=now, latest_at=now)
        again = met.on_conflict_do_update(index_elements=["incident_id", "item_id"], set_={"latest_at": now})
        session.execute(again)
    if known != incident_id:
        return known
    acting = as_system("watch")
    facts = {"incident": str(incident_id), "code": code, "system": system, "robot": robot}
    event = Event(type=EventType.INCIDENT_OPENED, actor=acting.actor, run=acting.run(item=item_id), facts=facts)
    place.record(session, event)
    return incident_id


def open_incidents(session: Session) -> list[IncidentView]:
    """All incidents that are not closed, oldest first."""
    query = select(*_SHOWN).where(_INCIDENT.c.closed_at.is_(None)).order_by(_INCIDENT.c.opened_at)
    return [_view(row) for row in session.execute(query).mappings()]


def get_incident(session: Session, incident_id: UUID) -> IncidentView:
    """One incident, closed or not.

    Raises:
        UnknownItemError: when there is none.
    """
    row = session.execute(select(*_SHOWN).where(_INCIDENT.c.id == incident_id)).mappings().one_or_none()
    if row is None:
        message = "Der er ingen driftshændelse med det nummer. Se: sagsgang incidents"
        raise UnknownItemError(message)
    return _view(row)


def items_of(session: Session, incident_id: UUID, *, limit: int | None = None) -> list[IncidentItem]:
    """The items that met the trouble, the latest first, with where they are now."""
    query = (
        select(_ITEM.c.id, _ITEM.c.state, _ITEM.c.run_id, _MET.c.latest_at)
        .join(_ITEM, _ITEM.c.id == _MET.c.item_id)
        .where(_MET.c.incident_id == incident_id)
        .order_by(_MET.c.latest_at.desc(), _MET.c.item_id)
        .limit(limit)
    )
    return [IncidentItem(row.id, ItemState(row.state), row.run_id, row.latest_at) for row in session.execute(query)]


def count_items(session: Session, incident_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many items each of these incidents met; those without any are left out."""
    query = select(_MET.c.incident_id, func.count().label("met")).where(_MET.c.incident_id.in_(incident_ids))
    return {row.incident_id: row.met for row in session.execute(query.group_by(_MET.c.incident_id))}


def acknowledge(session: Session, place: Workplace, incident_id: UUID, *, acting: Acting, note: str) -> None:
    """A named person takes the incident on; whoever did so before is relieved.

    Args:
        session: the caller's write transaction.
        place: the workplace.
        incident_id: the incident.
        acting: the person.
        note: what he makes of it, sealed.

    Raises:
        ReasonMissingError: without a note.
        UnknownItemError: when there is no such open incident.
    """
    _require_reason(note, "Skriv, hvad du gør ved den.")
    require_open(session, incident_id)
    taken = {"acknowledged_at": place.now(), "acknowledged_by": acting.actor.id, "acknowledge_note": note.encode()}
    session.execute(update(_INCIDENT).where(_INCIDENT.c.id == incident_id).values(**taken))
    _tell(session, place, EventType.INCIDENT_ACKNOWLEDGED, incident_id, acting=acting, reason=note)


def note_of(session: Session, incident_id: UUID) -> str | None:
    """What the person who took it on wrote."""
    note: bytes | None = session.execute(
        select(_INCIDENT.c.acknowledge_note).where(_INCIDENT.c.id == incident_id)
    ).scalar_one()
    return note.decode() if note is not None else None


def close(session: Session, place: Workplace, incident_id: UUID, *, acting: Acting, reason: str) -> None:
    """Close an incident.

    Raises:
        ReasonMissingError: without a reason.
        UnknownItemError: when there is no such open incident.
    """
    _require_reason(reason, "Skriv, hvad der var galt, og hvad der er gjort.")
    require_open(session, incident_id)
    closed = {"closed_at": place.now(), "closed_by": acting.actor.id, "close_reason": reason.encode()}
    session.execute(update(_INCIDENT).where(_INCIDENT.c.id == incident_id).values(**closed))
    _tell(session, place, EventType.INCIDENT_CLOSED, incident_id, acting=acting, reason=reason)


def require_open(session: Session, incident_id: UUID) -> None:
    """Lock the incident, or refuse.

    Raises:
        UnknownItemError: when there is no such incident, or it is closed.
    """
    query: Select[tuple[UUID]] = select(_INCIDENT.c.id).where(
        _INCIDENT.c.id == incident_id, _INCIDENT.c.closed_at.is_(None)
    )
    if session.execute(query.with_for_update()).first() is None:
        message = f"Der er ingen åben driftshændelse {incident_id}."
        raise UnknownItemError(message)


def _require_reason(reason: str, message: str) -> None:
    if not reason.strip():
        raise ReasonMissingError(message)


def _tell(
    session: Session, place: Workplace, kind: EventType, incident_id: UUID, *, acting: Acting, reason: str
) -> None:
    private = PrivateDetail(reason.encode(), RetentionClass.DECISION)
    facts = {"incident": str(incident_id)}
    place.record(session, Event(type=kind, actor=acting.actor, facts=facts, private=private))


def _view(row: RowMapping) -> IncidentView:
    return IncidentView(**{name: row[name] for name in IncidentView.__slots__})
