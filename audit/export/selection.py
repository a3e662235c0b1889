"""Which events go into a bundle, read in the order of the tree.

What must stay true: events are read a portion at a time, never all at once, and the one rule that selects also counts.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session

from audit.tables import AuditEventRow, AuditLeafRow, AuditPrunedRow

_EVENT = AuditEventRow.__table__
_LEAF = AuditLeafRow.__table__
_PRUNED = AuditPrunedRow.__table__
_PORTION = 1000


class Selected(NamedTuple):
    """One selected event: its place in the tree, its number and its frozen bytes."""

    place: int
    id: UUID
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which events; None means all. ``since`` is the first moment that counts, ``until`` the first that does not."""

    since: datetime | None = None
    until: datetime | None = None
    robot: str | None = None
    run: str | None = None
    item: str | None = None
    case: str | None = None

    def to_manifest(self) -> dict[str, str]:
        """As it stands in the manifest, the times written as in an event's body."""
        told = {
            "from": _stamp(self.since),
            "to": _stamp(self.until),
            "robot": self.robot,
            "run": self.run,
            "item": self.item,
            "case": self.case,
        }
        return {name: value for name, value in told.items() if value is not None}

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same for the database."""
        wanted = {
            _EVENT.c.robot: self.robot,
            _EVENT.c.run_id: self.run,
            _EVENT.c.item_id: self.item,
            _EVENT.c.case_ref: self.case,
        }
        found = [column == value for column, value in wanted.items() if value is not None]
        if self.since is not None:
            found.append(_EVENT.c.at >= self.since)
        if self.until is not None:
            found.append(_EVENT.c.at < self.until)
        return found


def count_selected(session: Session, choice: Choice) -> int:
    """How many events fit, whether or not the tree holds them yet."""
    count: int = session.execute(select(func.count()).select_from(_EVENT).where(*choice.conditions())).scalar_one()
    return count


def read_selected(session: Session, choice: Choice, *, size: int) -> Generator[Selected]:
    """The selected events among the tree's first ``size``, in their order."""
    # What the log says is deleted goes to nobody, also when the deleting was broken off and will be finished later.
    pruned = select(func.coalesce(func.max(_PRUNED.c.below), 0)).scalar_subquery()
    query = (
        select(_LEAF.c.seq, _EVENT.c.id, _EVENT.c.body)
        .join(_EVENT, _EVENT.c.id == _LEAF.c.event_id)
        .where(_LEAF.c.seq < size, _LEAF.c.seq >= pruned, *choice.conditions())
        .order_by(_LEAF.c.seq)
        .execution_options(yield_per=_PORTION)
    )
    found = session.connection().execute(query)
    try:
        for row in found:
            yield Selected(row.seq, row.id, bytes(row.body))
    finally:
        # Whoever stops early leaves no cursor open in the database.
        found.close()


def _stamp(at: datetime | None) -> str | None:
    """The time as ``audit.events.freeze`` writes it, so that texts compare as times do."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
