"""Setting the items of an incident going again, all of them, by one act of a named person.

What must stay true: an item is set going only along an arrow that is there for it: a final one is reopened, one that
waits for its next attempt is woken. What a person must say first (in doubt, awaiting approval) or has said already
(completed, cancelled) is left alone and named.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session

from audit.events import Event, PrivateDetail
from audit.vocabulary import EventType, RetentionClass
from casework.errors import CaseworkError, ReasonMissingError
from casework.incidents import items_of, require_open
from casework.items import reopen
from casework.moves import because, move
from casework.states import ItemState
from casework.tables import WorkItemRow
from casework.transitions import WAKE
from casework.workplace import Acting, Workplace, in_clauses

_ITEM = WorkItemRow.__table__
#: Items in one transaction, so that the database is never held for long.
_PORTION = 100

_WHY_LEFT: dict[ItemState, str] = {
    ItemState.NEW: "ligger allerede klar i køen",
    ItemState.IN_PROGRESS: "er i gang",
    ItemState.AWAITING_APPROVAL: "afventer en godkendelse",
    ItemState.IN_DOUBT: "er uvis: sig først, om ændringen er sket (sagsgang items settle)",
    ItemState.COMPLETED: "er færdig",
    ItemState.CANCELLED: "er annulleret af en person",
}
_WHY_BUSY = "er i brug lige nu; prøv igen om lidt"


@dataclass(frozen=True, slots=True)
class LeftItem:
    """An item that was not set going, and why, in Danish."""

    id: UUID
    why: str


@dataclass(frozen=True, slots=True)
class Retried:
    """What came of a retry: every item of the incident is counted once."""

    reopened: int
    woken: int
    left: tuple[LeftItem, ...]


def retry(place: Workplace, incident_id: UUID, *, acting: Acting, reason: str) -> Retried:
    """Reopen or wake all items of an incident; it stays as open as it was.

    Raises:
        ReasonMissingError: without a reason.
        UnknownItemError: when there is no such open incident.
    """
    if not reason.strip():
        message = "Skriv, hvad der er rettet, siden opgaverne kan prøves igen."
        raise ReasonMissingError(message)
    with place.database.read() as session:
        ids = [item.id for item in items_of(session, incident_id)]
    counts: Counter[str] = Counter()
    left: list[LeftItem] = []
    # An incident without items is retried as well: the record says that somebody did.
    for portion in in_clauses(ids, at_most=_PORTION) or [[]]:
        with place.database.write() as session:
            require_open(session, incident_id)
            before = counts.copy()
            for item_id in sorted(portion, key=str):
                done = _set_going(session, place, UUID(str(item_id)), acting=acting, reason=reason)
                if isinstance(done, LeftItem):
                    left.append(done)
                    counts["left"] += 1
                else:
                    counts[done] += 1
            numbers = {name: counts[name] - before[name] for name in _COUNTED}
            facts: dict[str, str | int] = {"incident": str(incident_id), **numbers}
            private = PrivateDetail(reason.encode(), RetentionClass.DECISION)
            place.record(
                session, Event(type=EventType.INCIDENT_RETRIED, actor=acting.actor, facts=facts, private=private)
            )
    return Retried(counts["reopened"], counts["woken"], tuple(left))


_COUNTED = ("reopened", "woken", "left")


def _set_going(session: Session, place: Workplace, item_id: UUID, *, acting: Acting, reason: str) -> str | LeftItem:
    # Not waited for: whoever has the item at this moment may be about to report to this very incident, which is locked.
    query = select(_ITEM.c.state).where(_ITEM.c.id == item_id).with_for_update(skip_locked=True)
    found = session.execute(query).scalar_one_or_none()
    if found is None:
        return LeftItem(item_id, _WHY_BUSY)
    state = ItemState(found)
    try:
        if state in {ItemState.FAILED, ItemState.REJECTED}:
            reopen(session, place, item_id, acting=acting, reason=reason)
            return "reopened"
        if state is ItemState.DEFERRED:
            values = {"available_at": None, "attempts": 0}
            move(session, place, WAKE, item_id, acting=acting, values=values, detail=because(reason))
            return "woken"
    except CaseworkError as error:
        # A refusal is found before anything is written, so that the others of the portion can go on.
        return LeftItem(item_id, str(error))
    return LeftItem(item_id, _WHY_LEFT[state])
