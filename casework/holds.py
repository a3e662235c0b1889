"""Holds: rows that a robot leaves alone until a person releases them (ADR-53).

A rollback does not fight CPR: the next run would write the same again, so the row is held. What must stay true: a row
has one open hold at most, and only a named person with a reason releases it.
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
from casework.oversight_tables import HoldRow
from casework.workplace import Acting, Workplace, as_person
from foundation.actor import Actor
from foundation.database import Database
from foundation.identifiers import new_id
from foundation.single_reads import read_row

_HOLD = HoldRow.__table__
_OPEN = _HOLD.c.released_at.is_(None)
#: Every row of every item asks it, so it is handed to the driver as it is.
_HELD = 'SELECT 1 FROM hold WHERE robot = ? AND "row" = ? AND released_at IS NULL'


@dataclass(frozen=True, slots=True)
class HoldView:
    """An open hold as people see it."""

    id: UUID
    robot: str
    row: str
    item_id: UUID | None
    placed_by: str
    placed_at: datetime


def place_hold(
    session: Session,
    place: Workplace,
    *,
    robot: str,
    row: str,
    acting: Acting,
    reason: str,
    item_id: UUID | None = None,
) -> bool:
    """Put a row on hold, in the caller's transaction.

    Args:
        session: a write transaction.
        place: the workplace.
        robot: the robot that is to leave the row alone.
        row: case number and place on the case; never personal data.
        acting: a person, or the robot on behalf of one.
        reason: free text, sealed.
        item_id: the item that the row belonged to.

    Returns:
        False when the row was on hold already; nothing is written then.

    Raises:
        ReasonMissingError: without a reason.
    """
    _require_reason(reason)
    dialect = sqlite if place.database.is_sqlite else postgresql
    query = dialect.insert(_HOLD).values(
        id=new_id(),
        robot=robot,
        row=row,
        item_id=item_id,
        placed_by=acting.actor.on_behalf_of or acting.actor.id,
        placed_at=place.now(),
        reason=reason.encode(),
    )
    once = query.on_conflict_do_nothing(index_elements=["robot", "row"], index_where=_OPEN)
    placed = session.execute(once.returning(_HOLD.c.id)).scalar_one_or_none()
    if placed is None:
        return False
    _tell(session, place, EventType.HOLD_PLACED, _Told(placed, robot, row, item_id), acting, reason)
    return True


def release_hold(place: Workplace, *, robot: str, row: str, actor: Actor, reason: str) -> None:
    """Let the robot look at the row again: an act of a named person with a reason.

    Raises:
        ReasonMissingError: without a reason.
        UnknownItemError: the row is not on hold.
    """
    _require_reason(reason)
    with place.database.write() as session:
        query = select(_HOLD.c.id, _HOLD.c.item_id).where(_HOLD.c.robot == robot, _HOLD.c.row == row, _OPEN)
        found = session.execute(query.with_for_update()).one_or_none()
        if found is None:
            message = f"Rækken {row} er ikke på hold. Se dem, der er: sagsgang holds"
            raise UnknownItemError(message)
        released = {"released_by": actor.id, "released_at": place.now(), "release_reason": reason.encode()}
        session.execute(update(_HOLD).where(_HOLD.c.id == found.id).values(**released))
        hold = _Told(found.id, robot, row, found.item_id)
        _tell(session, place, EventType.HOLD_RELEASED, hold, as_person(actor), reason)


def is_held(database: Database, *, robot: str, row: str) -> bool:
    """Whether the robot is to leave the row alone."""
    return read_row(database, _HELD, robot, row) is not None


def list_holds(session: Session, *, robot: str | None = None) -> list[HoldView]:
    """All open holds, oldest first."""
    query = select(*(_HOLD.c[name] for name in HoldView.__slots__)).where(_OPEN).order_by(_HOLD.c.id)
    if robot is not None:
        query = query.where(_HOLD.c.robot == robot)
    return [HoldView(**each) for each in session.execute(query).mappings()]


@dataclass(frozen=True, slots=True)
class _Told:
    """What an event tells of a hold."""

    id: UUID
    robot: str
    row: str
    item_id: UUID | None


def _tell(session: Session, place: Workplace, kind: EventType, hold: _Told, acting: Acting, reason: str) -> None:
    event = Event(
        type=kind,
        actor=acting.actor,
        process=acting.process,
        purpose=acting.purpose,
        run=acting.run(item=hold.item_id),
        private=PrivateDetail(reason.encode(), RetentionClass.DECISION),
        facts={"hold": str(hold.id), "robot": hold.robot, "row": hold.row},
    )
    place.record(session, event)


def _require_reason(reason: str) -> None:
    if not reason.strip():
        message = "Skriv en begrundelse."
        raise ReasonMissingError(message)
