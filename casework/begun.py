"""Changes in other systems that were begun and of which nobody knows the ending.

What must stay true: an item does not end by a person's word while one of its effects is open, because nobody would look
for the change again.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session

from casework.errors import TransitionRefusedError
from casework.states import EffectState
from casework.tables import EffectRow

_EFFECT = EffectRow.__table__
_OPEN = (EffectState.INTENDED, EffectState.IN_DOUBT)


def open_effects(session: Session, item_id: UUID) -> frozenset[EffectState]:
    """Which of ``intended`` and ``in_doubt`` some effect of the item is in; empty when all are known."""
    states = [state.value for state in _OPEN]
    query = select(_EFFECT.c.state).where(_EFFECT.c.item_id == item_id, _EFFECT.c.state.in_(states)).distinct()
    return frozenset(EffectState(state) for state in session.execute(query).scalars())


def require_none_begun(session: Session, item_id: UUID) -> None:
    """Refuse to end the item while an effect of it is open; the caller has locked the item.

    Raises:
        TransitionRefusedError: the robot must look, or a person must say, whether the change happened.
    """
    states = open_effects(session, item_id)
    if EffectState.IN_DOUBT in states:
        message = "Svar først på, om ændringen er sket: sagsgang items settle"
        raise TransitionRefusedError(message)
    if states:
        message = "Robotten har påbegyndt en ændring; kør robotten, så den kan se efter, og annullér så."
        raise TransitionRefusedError(message)
