"""An item's state follows from its events; whatever the machines' clocks did to their order."""

from hypothesis import given
from hypothesis import strategies as st

from casework.item_histories import states_after
from casework.states import ItemState
from casework.transitions import TRANSITIONS

CREATED: dict[str, object] = {"type": "item.created", "ts": "2026-03-02T11:00:00.000000Z"}


def _event(kind: str, second: int = 0, **more: object) -> dict[str, object]:
    return {"type": kind, "ts": f"2026-03-02T11:00:{second:02d}.000000Z", **more}


@given(st.data())
def test_the_state_of_every_honest_life_is_among_those_that_its_events_give(data: st.DataObject) -> None:
    state, history = ItemState.NEW, [dict(CREATED)]
    for _ in range(data.draw(st.integers(0, 12))):
        arrow = data.draw(st.sampled_from([each for each in TRANSITIONS if state in each.sources]))
        state = arrow.target
        history.append(_event(arrow.event.value))
        assert state in states_after(history)


def test_an_item_stands_where_its_last_move_brought_it_and_nowhere_before() -> None:
    history = [CREATED, _event("item.claimed", 1), _event("item.completed", 2)]
    assert states_after(history) == {ItemState.COMPLETED}
    assert states_after(history[:2]) == {ItemState.IN_PROGRESS}


def test_an_answer_tells_which_way_the_item_went() -> None:
    asked = [CREATED, _event("item.claimed"), _event("item.awaiting_approval")]
    approved = _event("decision.made", decision={"humanReview": "approved"})
    taken_over = _event("decision.made", decision={"humanReview": "taken_over"})
    assert states_after([*asked, approved]) == {ItemState.NEW}
    assert states_after([*asked, taken_over]) == {ItemState.CANCELLED}


def test_what_is_told_beside_the_moves_changes_nothing() -> None:
    assert states_after([CREATED, _event("evidence.given"), _event("item.cancel_requested")]) == {ItemState.NEW}


def test_an_effect_settled_beside_its_item_leaves_the_item_where_it_is() -> None:
    claimed = [CREATED, _event("item.claimed")]
    assert states_after([*claimed, _event("effect.settled")]) == {ItemState.IN_PROGRESS}
    assert states_after([*claimed, _event("item.in_doubt"), _event("effect.settled")]) == {ItemState.NEW}


def test_events_of_one_moment_may_stand_in_another_order_than_they_happened() -> None:
    history = [CREATED, _event("item.completed", 3), _event("item.claimed", 4)]
    assert ItemState.COMPLETED in states_after(history)


def test_an_item_without_events_stands_nowhere() -> None:
    assert states_after([]) == frozenset()
    assert states_after([_event("evidence.given")]) == frozenset()
