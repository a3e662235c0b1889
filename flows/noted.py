"""Whether every change that was written is noted on its case, and every note we wrote still stands there (ADR-54).

What must stay true: the case system is asked, and our own record is not taken for its answer; each reading is recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session

from audit.events import CaseEventRef, Event
from audit.vocabulary import EventType
from casework.states import EffectState, ItemState
from casework.tables import EffectRow, WorkItemRow
from casework.transitions import FINAL
from casework.workplace import Acting
from connectors.errors import NotFound
from connectors.records import CaseRef, IdempotencyKey, Sighting, WriteOperation
from flows.composition import Composition

_EFFECT = EffectRow.__table__
_ITEM = WorkItemRow.__table__


@dataclass(frozen=True, slots=True)
class Noted:
    """What looking for the notes came to."""

    #: Notes that our record says were written, and were looked for.
    looked_for: int
    #: Items with the case system's id of the case, where a note that we wrote is not on the case any more.
    missing: tuple[tuple[UUID, str], ...]
    #: Items with the id of the case, where an address was written and no note about it, as when the case was closed
    #: in between.
    without_note: tuple[tuple[UUID, str], ...]


@dataclass(frozen=True, slots=True)
class _Done:
    """A done effect, as far as it matters here."""

    key: str
    item: UUID
    operation: str
    case: str
    has_ended: bool


def look_for_notes(composition: Composition, robot: str, acting: Acting, *, since: datetime) -> Noted:
    """Look for every note that was written since then.

    Raises:
        ConnectorError: the case system does not answer.
    """
    with composition.place.database.read() as session:
        done = _done_since(session, robot, since)
    notes = [each for each in done if each.operation == WriteOperation.APPEND_JOURNAL_NOTE.value]
    noted = {(each.item, each.case) for each in notes}
    # An item that has not ended may still write its note.
    changed = {
        (each.item, each.case)
        for each in done
        if each.operation == WriteOperation.UPDATE_PARTY_CONTACT.value and each.has_ended
    }
    missing = [(each.item, each.case) for each in notes if not _stands(composition, robot, acting, each)]
    return Noted(len(notes), tuple(sorted(missing)), tuple(sorted(changed - noted)))


def _done_since(session: Session, robot: str, since: datetime) -> list[_Done]:
    query = (
        select(_EFFECT.c.key, _EFFECT.c.item_id, _EFFECT.c.operation, _EFFECT.c.target, _ITEM.c.state)
        .join(_ITEM, _ITEM.c.id == _EFFECT.c.item_id)
        .where(_ITEM.c.robot == robot, _EFFECT.c.state == EffectState.DONE.value, _EFFECT.c.settled_at >= since)
        .order_by(_EFFECT.c.id)
    )
    # The target of a change of contact is case and party, of a note the case alone.
    return [
        _Done(key, item, operation, target.partition("/")[0], ItemState(state) in FINAL)
        for key, item, operation, target, state in session.execute(query)
    ]


def _stands(composition: Composition, robot: str, acting: Acting, note: _Done) -> bool:
    cases = composition.systems.cases
    reader = composition.reader(robot, acting)
    case = CaseRef(cases.system, note.case)

    def tell(_session: Session) -> Event:
        facts = {"what": "journal"}
        return reader.event(EventType.RECORD_READ, "", case=CaseEventRef(case.system, case.id), facts=facts)

    call = partial(cases.find_journal_note, case, key=IdempotencyKey(note.key))
    try:
        return reader.read(cases.system, "find_journal_note", call, tell).sighting is Sighting.PRESENT
    except NotFound:
        return False
