"""What came in: events that became work items, and how far each source is read.

What must stay true: the bookmark moves in the same transaction as the items that the events gave, so that no event is
lost and none makes work twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Select, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from casework.tables import BookmarkRow, ReceivedEventRow
from casework.workplace import Workplace, in_clauses

_BOOKMARK = BookmarkRow.__table__
_RECEIVED = ReceivedEventRow.__table__


def bookmark(session: Session, *, robot: str, source: str) -> str | None:
    """Where the robot is in this source; None before the first time."""
    return session.execute(_cursor_of(robot, source)).scalar_one_or_none()


def set_bookmark(
    session: Session, place: Workplace, *, robot: str, source: str, before: str | None, cursor: str
) -> bool:
    """Move the bookmark, in the caller's transaction.

    Returns:
        False when another process moved it meanwhile; the caller must roll back.
    """
    values = {"cursor": cursor, "updated_at": place.now()}
    if session.execute(_cursor_of(robot, source).with_for_update()).scalar_one_or_none() != before:
        return False
    if before is None:
        dialect = sqlite if place.database.is_sqlite else postgresql
        first = dialect.insert(_BOOKMARK).values(robot=robot, source=source, **values)
        # The row that comes back tells more than a count, which drivers do not all give for an insert.
        made = first.on_conflict_do_nothing(index_elements=["robot", "source"]).returning(_BOOKMARK.c.robot)
        return session.execute(made).first() is not None
    where = (_BOOKMARK.c.robot == robot, _BOOKMARK.c.source == source)
    session.execute(update(_BOOKMARK).where(*where).values(**values))
    return True


def _cursor_of(robot: str, source: str) -> Select[tuple[str]]:
    return select(_BOOKMARK.c.cursor).where(_BOOKMARK.c.robot == robot, _BOOKMARK.c.source == source)


def known_events(session: Session, *, robot: str, source: str, event_ids: Iterable[str]) -> set[str]:
    """Which of these events have been received before."""
    known: set[str] = set()
    for portion in in_clauses(list(event_ids)):
        query = select(_RECEIVED.c.event_id).where(
            _RECEIVED.c.robot == robot, _RECEIVED.c.source == source, _RECEIVED.c.event_id.in_(portion)
        )
        known |= set(session.execute(query).scalars())
    return known


def mark_received(session: Session, place: Workplace, *, robot: str, source: str, items: dict[str, UUID]) -> None:
    """Remember which item each event became part of; ``items`` maps event id to item id."""
    if items:
        rows = [
            {"robot": robot, "source": source, "event_id": event, "item_id": item, "received_at": place.now()}
            for event, item in items.items()
        ]
        session.execute(insert(_RECEIVED), rows)
