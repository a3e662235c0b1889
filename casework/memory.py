"""What a robot remembers about a citizen from one item to the next.

What must stay true: neither who it is about nor what is remembered can be read in the database.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from casework.tables import MemoryRow
from casework.workplace import Workplace, in_clauses

_MEMORY = MemoryRow.__table__
_PURPOSE = "robot memory"


def recall(session: Session, place: Workplace, *, robot: str, about: str) -> str | None:
    """What the robot last remembered about this citizen (a number in clear); None when nothing."""
    token = place.database.ring.lookup_token(about, purpose=_PURPOSE)
    query = select(_MEMORY.c.value).where(_MEMORY.c.robot == robot, _MEMORY.c.token == token)
    value: bytes | None = session.execute(query).scalar_one_or_none()
    return value.decode() if value is not None else None


def recall_all(session: Session, place: Workplace, *, robot: str, abouts: Collection[str]) -> dict[str, str]:
    """What the robot last remembered about each of these citizens; those of whom it remembers nothing are left out."""
    by_token = {place.database.ring.lookup_token(about, purpose=_PURPOSE): about for about in abouts}
    found: dict[str, str] = {}
    for portion in in_clauses(list(by_token)):
        query = select(_MEMORY.c.token, _MEMORY.c.value).where(_MEMORY.c.robot == robot, _MEMORY.c.token.in_(portion))
        found |= {by_token[row.token]: row.value.decode() for row in session.execute(query)}
    return found


def remember(session: Session, place: Workplace, *, robot: str, about: str, value: str) -> None:
    """Remember ``value`` instead of what was remembered before; in the caller's transaction."""
    token = place.database.ring.lookup_token(about, purpose=_PURPOSE)
    dialect = sqlite if place.database.is_sqlite else postgresql
    row = {"value": value.encode(), "updated_at": place.now()}
    query = dialect.insert(_MEMORY).values(robot=robot, token=token, **row)
    session.execute(query.on_conflict_do_update(index_elements=["robot", "token"], set_=row))
