"""Where an item must stand, from its events alone: its life lived again along the arrows of ``casework.transitions``.

What must stay true: an honest history never gives an alarm. Where several arrows fit an event, each is followed; where
clocks of several machines have put events of one moment in another order than they happened, that moment's are equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from audit.vocabulary import EventType
from casework.states import ApprovalState, ItemState
from casework.transitions import APPROVE, SEND_BACK, TAKE_OVER, TRANSITIONS, Transition

#: How far the clocks of two machines that move the same item may differ.
_SAME_MOMENT = timedelta(seconds=10)
#: The settling of an effect moves its item only where that waits for it.
_MAY_LEAVE_IN_PLACE = frozenset({EventType.EFFECT_SETTLED.value})
_ARROWS: dict[str, tuple[Transition, ...]] = {
    kind.value: tuple(arrow for arrow in TRANSITIONS if arrow.event is kind)
    for kind in {arrow.event for arrow in TRANSITIONS}
}
#: Which arrow a person's answer followed.
_ANSWERS: dict[str, Transition] = {
    ApprovalState.APPROVED.value: APPROVE,
    "policy": APPROVE,
    ApprovalState.RETURNED.value: SEND_BACK,
    ApprovalState.TAKEN_OVER.value: TAKE_OVER,
}


def states_after(events: Sequence[Mapping[str, Any]]) -> frozenset[ItemState]:
    """The states in which an item may stand after these events, in the order of the log; none when it never was."""
    moves = moves_among(events)
    states = _led_to(moves)
    return states if states or not moves else _of_the_last_moment(moves)


def is_in_order(events: Sequence[Mapping[str, Any]]) -> bool:
    """Whether arrows lead through the events of an item in the order in which they stand."""
    return bool(_led_to(moves_among(events)))


def moves_among(events: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The events by which the item came to be and moved."""
    return [event for event in events if event["type"] == EventType.ITEM_CREATED.value or _arrows(event)]


def targets_of(event: Mapping[str, Any]) -> frozenset[ItemState]:
    """Where the event can have brought its item; none when it moves none."""
    return frozenset(arrow.target for arrow in _arrows(event))


def late_ones(events: Sequence[Mapping[str, Any]]) -> list[int]:
    """The places of those events that clocks which differ may have kept from being the last."""
    times = [datetime.fromisoformat(event["ts"]) for event in events]
    return [place for place, at in enumerate(times) if max(times) - at <= _SAME_MOMENT]


def _led_to(moves: Sequence[Mapping[str, Any]]) -> frozenset[ItemState]:
    """The states to which arrows lead through these events; none when none do."""
    states: frozenset[ItemState] = frozenset()
    for event in moves:
        states = _after(states, event)
        if not states:
            break
    return states


def _after(states: frozenset[ItemState], event: Mapping[str, Any]) -> frozenset[ItemState]:
    if event["type"] == EventType.ITEM_CREATED.value:
        return frozenset({ItemState.NEW})
    arrows = _arrows(event)
    moved = {arrow.target for arrow in arrows if states & arrow.sources}
    if event["type"] in _MAY_LEAVE_IN_PLACE:
        moved |= {state for state in states if not any(state in arrow.sources for arrow in arrows)}
    return frozenset(moved)


def _arrows(event: Mapping[str, Any]) -> tuple[Transition, ...]:
    answered = _ANSWERS.get(event.get("decision", {}).get("humanReview"))
    arrows = _ARROWS.get(event["type"], ())
    return (answered,) if answered in arrows and answered is not None else arrows


def _of_the_last_moment(moves: Sequence[Mapping[str, Any]]) -> frozenset[ItemState]:
    """No arrow leads through these events in this order: whatever the latest of them brought the item into."""
    return frozenset(target for place in late_ones(moves) for target in targets_of(moves[place]))
