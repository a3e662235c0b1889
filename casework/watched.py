"""Closed cases that are watched: what stood on them when they were first seen, so that a later change is noticed.

A closed case shows what was known when it was closed, and nobody changes it (ADR-35, ADR-54). What must stay true: what
is kept is a keyed digest, from which no address can be guessed; and it is never written over, so the first one counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from casework.oversight_tables import ClosedPartyRow
from casework.workplace import Workplace, in_clauses

_CLOSED = ClosedPartyRow.__table__
_PURPOSE = "closed party"


def remember_closed(session: Session, place: Workplace, *, robot: str, contents: Mapping[str, str]) -> None:
    """Remember rows of closed cases that are seen for the first time, in the caller's transaction.

    ``contents`` maps a row (case number and party, never a person) to what stands there, in clear.
    """
    now = place.now()
    rows = [
        {"robot": robot, "row": row, "digest": _digest(place, row, content), "first_seen_at": now}
        for row, content in sorted(contents.items())
    ]
    if rows:
        dialect = sqlite if place.database.is_sqlite else postgresql
        session.execute(dialect.insert(_CLOSED).on_conflict_do_nothing(index_elements=["robot", "row"]), rows)


def changed_closed(session: Session, place: Workplace, *, robot: str, contents: Mapping[str, str]) -> frozenset[str]:
    """Which of these rows say something else than when they were first seen; those never seen are not among them."""
    changed = set()
    for portion in in_clauses(sorted(contents)):
        query = select(_CLOSED.c.row, _CLOSED.c.digest).where(_CLOSED.c.robot == robot, _CLOSED.c.row.in_(portion))
        changed |= {row for row, digest in session.execute(query) if digest != _digest(place, row, contents[row])}
    return frozenset(changed)


def forget_closed(session: Session, *, robot: str, rows: Iterable[str]) -> None:
    """Forget rows of cases that were opened again: what stands there when they close next is what counts then."""
    for portion in in_clauses(sorted(set(rows))):
        session.execute(_CLOSED.delete().where(_CLOSED.c.robot == robot, _CLOSED.c.row.in_(portion)))


def _digest(place: Workplace, row: str, content: str) -> str:
    # The row is part of it, so that two rows that say the same are not seen to.
    return place.database.ring.lookup_token(f"{row}\0{content}", purpose=_PURPOSE)
