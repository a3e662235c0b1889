"""What a robot remembers about a citizen from one item to the next.

What must stay true: neither who it is about nor what is remembered can be read in the database.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlmodel import Session

from audit.driver_sql import run
from casework.stored_values import sealed, stored
from casework.tables import MemoryRow
from casework.workplace import Workplace, in_clauses
from foundation.single_reads import read_row

_MEMORY = MemoryRow.__table__
_PURPOSE = "robot memory"
#: Every row of every item asks and tells, so both are handed to the driver as they are.
_RECALL = "SELECT value FROM memory WHERE robot = ? AND token = ?"
_REMEMBER = (
    "INSERT INTO memory (robot, token, value, updated_at) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (robot, token) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at"
)
_VALUE = "memory.value"


def recall(place: Workplace, *, robot: str, about: str) -> str | None:
    """What the robot last remembered about this citizen (a number in clear); None when nothing."""
    ring = place.database.ring
    row = read_row(place.database, _RECALL, robot, ring.lookup_token(about, purpose=_PURPOSE))
    return ring.unseal(bytes(row[0]), place=_VALUE).decode() if row is not None else None


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
    connection = session.connection()
    told = sealed(connection, value.encode(), place=_VALUE)
    run(connection, _REMEMBER, robot, token, told, *stored(connection, place.now()))
