"""The steps of an item: what is finished is remembered, sealed.

What must stay true: identity is item, name, key and robot version; a result is stored once; and a discarded step is
kept, so that the record of what was once worked out stays.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update
from sqlmodel import Session

from casework.tables import StepRow
from casework.workplace import Workplace
from foundation.identifiers import new_id

_STEP = StepRow.__table__
#: Built once: every handling begins with it.
_FINISHED = select(_STEP.c.name, _STEP.c.key, _STEP.c.result).where(
    _STEP.c.item_id == bindparam("item"), _STEP.c.robot_version == bindparam("version"), _STEP.c.discarded_at.is_(None)
)
_STORE = insert(_STEP)

StepKey = tuple[str, str]


def finished_steps(session: Session, item_id: UUID, *, robot_version: str) -> dict[StepKey, bytes]:
    """The results of all finished steps of the item that were made by this version, by name and key."""
    found = session.connection().execute(_FINISHED, {"item": item_id, "version": robot_version})
    return {(row.name, row.key): row.result for row in found}


def store_steps(
    session: Session, item_id: UUID, steps: dict[StepKey, bytes], *, robot_version: str, at: datetime
) -> None:
    """Store results in the caller's transaction."""
    if not steps:
        return
    rows = [
        {
            "id": new_id(),
            "item_id": item_id,
            "name": name,
            "key": key,
            "robot_version": robot_version,
            "result": result,
            "finished_at": at,
        }
        for (name, key), result in steps.items()
    ]
    session.connection().execute(_STORE, rows)


def discard_steps(session: Session, place: Workplace, item_id: UUID) -> None:
    """Forget what was worked out for a proposal that is returned, lapsed or overtaken.

    A proposal rests on all that was worked out before it, so all steps go; effects are remembered by their own keys and
    are not repeated.
    """
    query = update(_STEP).where(_STEP.c.item_id == item_id, _STEP.c.discarded_at.is_(None))
    session.execute(query.values(discarded_at=place.now()))
