"""The trail as a plain list.

What must stay true: what is shown is read from the frozen body, never from the columns that help find it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session

from audit.tables import AuditEventRow
from audit.vocabulary import SENTENCES, EventType

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
    """Which events to show; None means all."""

    run: str | None = None
    item: str | None = None
    case: str | None = None
    robot: str | None = None
    type: EventType | None = None
    limit: int = 100


def read_entries(session: Session, selection: Selection) -> Sequence[Entry]:
    """The newest events that fit, oldest first."""
    query = select(_TABLE.c.id, _TABLE.c.at, _TABLE.c.body).order_by(_TABLE.c.at.desc(), _TABLE.c.id.desc())
    wanted = {
        _TABLE.c.run_id: selection.run,
        _TABLE.c.item_id: selection.item,
        _TABLE.c.case_ref: selection.case,
        _TABLE.c.robot: selection.robot,
        _TABLE.c.type: selection.type.value if selection.type is not None else None,
    }
    for column, value in wanted.items():
        if value is not None:
            query = query.where(column == value)
    entries = []
    for event_id, at, data in session.execute(query.limit(selection.limit)):
        body = json.loads(data)
        entries.append(Entry(event_id, at, EventType(body["type"]), body))
    return entries[::-1]
