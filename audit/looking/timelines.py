"""The life of a run, an item or a case, in the order of the tree.

Events that wait for the tree stand at the end, in the order of their times. What must stay true: the order is the
proven one wherever there is one, and a gap between two events is measured and never guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlmodel import Session

from audit.reading import Entry, as_entry
from audit.tables import AuditEventRow, AuditLeafRow

_EVENT = AuditEventRow.__table__
_LEAF = AuditLeafRow.__table__
#: Rows that the driver fetches at a time.
_PORTION = 500


class Thread(StrEnum):
    """What a timeline follows."""

    RUN = "run"
    ITEM = "item"
    CASE = "case"


@dataclass(frozen=True, slots=True)
class Moment:
    """One event of a timeline."""

    entry: Entry
    #: Its place in the tree, from 0; None while it waits.
    seq: int | None
    #: How long after the event before it; None for the first. Below zero when a clock was set back.
    since_previous: timedelta | None

    @property
    def remote_id(self) -> str | None:
        """What the other system calls what was made there; None where the event tells of no such thing."""
        remote: str | None = self.entry.body.get("facts", {}).get("remote")
        return remote


_COLUMNS = {Thread.RUN: _EVENT.c.run_id, Thread.ITEM: _EVENT.c.item_id, Thread.CASE: _EVENT.c.case_ref}


def follow(session: Session, thread: Thread, key: str, *, limit: int) -> Iterator[Moment]:
    """The first ``limit`` events of a run, an item or a case, one at a time.

    Args:
        session: a session of ``Database.read``; it must stay open while the moments are taken.
        thread: what ``key`` names.
        key: the number of the run or item, or the system's own number of the case.
        limit: at most so many.
    """
    joined = _EVENT.outerjoin(_LEAF, _LEAF.c.event_id == _EVENT.c.id)
    query = (
        select(_EVENT.c.id, _EVENT.c.at, _EVENT.c.body, _LEAF.c.seq)
        .select_from(joined)
        .where(_COLUMNS[thread] == key)
        .order_by(_LEAF.c.seq.is_(None), _LEAF.c.seq, _EVENT.c.at, _EVENT.c.id)
        .limit(limit)
    )
    previous = None
    for row in session.execute(query.execution_options(yield_per=_PORTION)):
        entry = as_entry(row)
        yield Moment(entry, row.seq, None if previous is None else entry.at - previous)
        previous = entry.at
