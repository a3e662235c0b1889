"""The steps of an item: what is finished is remembered, sealed.

What must stay true: identity is item, name, key and robot version; a result is stored once; and a discarded step is
kept, so that the record of what was once worked out stays.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session

from audit.driver_sql import run, run_many
from casework.stored_values import sealed, stored, unsealed
from casework.tables import StepRow
from casework.workplace import Workplace
from foundation.identifiers import new_id

_STEP = StepRow.__table__
#: Every handling begins with the one and nearly every step ends with the other.
_FINISHED = "SELECT name, key, result FROM step WHERE item_id = ? AND robot_version = ? AND discarded_at IS NULL"
_STORE = "INSERT INTO step (id, item_id, name, key, robot_version, result, finished_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
_RESULT = "step.result"

StepKey = tuple[str, str]


def finished_steps(session: Session, item_id: UUID, *, robot_version: str) -> dict[StepKey, bytes]:
    """The results of all finished steps of the item that were made by this version, by name and key."""
    connection = session.connection()
    found = run(connection, _FINISHED, *stored(connection, item_id, robot_version))
    return {(name, key): unsealed(connection, result, place=_RESULT) for name, key, result in found}


def store_steps(
    session: Session, item_id: UUID, steps: dict[StepKey, bytes], *, robot_version: str, at: datetime
) -> None:
    """Store results in the caller's transaction."""
    if not steps:
        return
    connection = session.connection()
    rows = [
        stored(connection, new_id(), item_id, name, key, robot_version, sealed(connection, result, place=_RESULT), at)
        for (name, key), result in steps.items()
    ]
    run_many(connection, _STORE, rows)


def discard_steps(session: Session, place: Workplace, item_id: UUID) -> None:
    """Forget what was worked out for a proposal that is returned, lapsed or overtaken.

    A proposal rests on all that was worked out before it, so all steps go; effects are remembered by their own keys and
    are not repeated.
    """
    query = update(_STEP).where(_STEP.c.item_id == item_id, _STEP.c.discarded_at.is_(None))
    session.execute(query.values(discarded_at=place.now()))
