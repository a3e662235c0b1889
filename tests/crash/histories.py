"""What the events of a run must tell, held against the rows that they tell of.

    1. an item was made once, its events lead along the arrows to where it stands, and every claim is told
    2. once an item is in other hands, all that the one before tells of it is what became of his calls
    3. each right to call is told, numbered from one, and so is what became of it: the last word is the row's state
    4. what was done is told with the remote id that the row has, and of what was not done nothing says that it was

What must stay true: each event belongs to one item or one effect, and is held against that one and not against a sum,
in which one that is missing could hide behind one too many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping

from casework.states import EffectState, ItemState
from casework.transitions import TRANSITIONS

Body = Mapping[str, Any]
Row = RowMapping | Mapping[str, Any]

_MOVES = {arrow.event.value for arrow in TRANSITIONS}
_SAID = {
    "effect.intended": EffectState.INTENDED,
    "effect.done": EffectState.DONE,
    "effect.refused": EffectState.REFUSED,
    "effect.not_done": EffectState.NOT_DONE,
    "effect.in_doubt": EffectState.IN_DOUBT,
}


def judge_item(item: Row, events: Sequence[Body], when: str) -> None:
    """Hold an item against its events, in the order of the log.

    Raises:
        AssertionError: naming ``when`` and what does not hold.
    """
    kinds = [each["type"] for each in events]
    count = Counter(kinds)
    assert count["item.created"] == 1, f"{when}: {kinds}"
    assert count["item.claimed"] == item["lease_token"], f"{when}: {item['lease_token']} claims, the trail says {kinds}"
    # In the matrix whoever answers approves, so that every answer brings the item back to the queue.
    state = ItemState.NEW
    for kind in kinds:
        if kind in _MOVES:
            fitting = {arrow.target for arrow in TRANSITIONS if arrow.event.value == kind and state in arrow.sources}
            assert fitting, f"{when}: {kind} of an item that is {state}: {kinds}"
            state = ItemState.NEW if ItemState.NEW in fitting else fitting.pop()
    assert state is ItemState(item["state"]), f"{when}: the item is {item['state']}, the trail says {kinds}"
    _judge_hands(events, when)


def _judge_hands(events: Sequence[Body], when: str) -> None:
    """Nobody goes on with an item that another has claimed since."""
    holder: str | None = None
    for each in events:
        run, kind = each.get("run", {}).get("run"), each["type"]
        if kind == "item.claimed":
            holder = run
        is_fact = _SAID.get(kind, EffectState.INTENDED) is not EffectState.INTENDED
        is_holder = holder is None or run in {None, holder}
        assert is_holder or is_fact, f"{when}: {kind} by one whose item was claimed by another"


def judge_effect(effect: Row, events: Sequence[Body], when: str) -> None:
    """Hold an effect against the events of its item.

    Raises:
        AssertionError: naming ``when`` and what does not hold.
    """
    own = [each for each in events if each["run"].get("effect") == str(effect["id"]) and each["type"] in _SAID]
    kinds = [each["type"] for each in own]
    where = f"{when}: {effect['operation']} {effect['intent']}"
    rights = [each["facts"]["call"] for each in own if each["type"] == "effect.intended"]
    assert rights == list(range(1, effect["calls"] + 1)), f"{where}: {effect['calls']} rights to call, told as {rights}"
    done = [each["facts"] for each in own if each["type"] == "effect.done"]
    # A worker that wakes after another made the same call to a system that makes two into one tells of it as late.
    assert sum(not each.get("late") for each in done) <= 1, f"{where}: done more than once: {kinds}"
    state = EffectState(effect["state"])
    assert bool(done) is (state is EffectState.DONE), f"{where}: the effect is {state}, the trail says {kinds}"
    if done:
        told = {each.get("remote") for each in done}
        assert told == {effect["remote_id"]}, f"{where}: {effect['remote_id']} is told as {told}"
    else:
        assert _SAID[kinds[-1]] is state, f"{where}: the effect is {state}, the trail says {kinds}"
