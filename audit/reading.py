"""The trail as a plain list.

What must stay true: what is shown is read from the frozen body, never from the columns that help find it; and no more
is read than was asked for, however long the log is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, TextClause, select, text
from sqlmodel import Session

from audit.tables import RARE, UNUSUAL, AuditEventRow
from audit.vocabulary import FREQUENT, SENTENCES, EventType, Outcome

_TABLE = AuditEventRow.__table__


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as it is shown. ``body`` is the parsed frozen body."""

    id: UUID
    at: datetime
    type: EventType
    body: dict[str, Any]

    def sentence(self) -> str:
        """Who did what, in Danish, without personal data about citizens."""
        actor = self.body["actor"]
        who = actor["id"] if "onBehalfOf" not in actor else f"{actor['id']} (for {actor['onBehalfOf']})"
        return f"{who} {SENTENCES[self.type]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which events to show; None means all. There is no choosing by employee: nobody is to be followed that way."""

    run: str | None = None
    item: str | None = None
    case: str | None = None
    robot: str | None = None
    type: EventType | None = None
    outcome: Outcome | None = None
    #: From this moment on; aware.
    since: datetime | None = None
    #: Before this moment; aware.
    until: datetime | None = None
    limit: int = 100


def read_entries(session: Session, selection: Selection) -> Sequence[Entry]:
    """The newest events that fit, oldest first."""
    query = select(_TABLE.c.id, _TABLE.c.at, _TABLE.c.body).where(*conditions(selection))
    newest = query.order_by(_TABLE.c.at.desc(), _TABLE.c.id.desc()).limit(selection.limit)
    return [as_entry(row) for row in session.execute(newest)][::-1]


def conditions(selection: Selection) -> list[ColumnElement[bool] | TextClause]:
    """What the columns must say of an event that fits; the limit is not among it."""
    wanted = {
        _TABLE.c.run_id: selection.run,
        _TABLE.c.item_id: selection.item,
        _TABLE.c.case_ref: selection.case,
        _TABLE.c.robot: selection.robot,
        _TABLE.c.type: selection.type.value if selection.type is not None else None,
        _TABLE.c.outcome: selection.outcome.value if selection.outcome is not None else None,
    }
    found: list[ColumnElement[bool] | TextClause] = [
        column == value for column, value in wanted.items() if value is not None
    ]
    # Said word for word, so that the databases know which of their indexes holds what is looked for.
    if selection.type is not None and selection.type not in FREQUENT:
        found.append(text(RARE))
    if selection.outcome is not None and selection.outcome is not Outcome.OK:
        found.append(text(UNUSUAL))
    if selection.since is not None:
        found.append(_TABLE.c.at >= selection.since)
    if selection.until is not None:
        found.append(_TABLE.c.at < selection.until)
    return found


def as_entry(row: Row[Any]) -> Entry:
    """The entry of a row with the columns ``id``, ``at`` and ``body``."""
    body = json.loads(row.body)
    return Entry(row.id, row.at, EventType(body["type"]), body)


def entries_of(session: Session, event_ids: Iterable[UUID]) -> list[Entry]:
    """These events, in the order given; those that are not there (pruned) are left out."""
    wanted = list(event_ids)
    found: dict[UUID, Entry] = {}
    for start in range(0, len(wanted), _PORTION):
        query = select(_TABLE.c.id, _TABLE.c.at, _TABLE.c.body).where(_TABLE.c.id.in_(wanted[start : start + _PORTION]))
        found |= {row.id: as_entry(row) for row in session.execute(query)}
    return [found[event_id] for event_id in wanted if event_id in found]


#: Below the databases' limit of parameters.
_PORTION = 500
