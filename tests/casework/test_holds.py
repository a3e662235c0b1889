"""A held row is left alone until a named person releases it."""

import pytest

from casework.errors import ReasonMissingError, UnknownItemError
from casework.holds import is_held, list_holds, place_hold, release_hold
from casework.workplace import Acting, Workplace, as_person
from tests.concurrency import at_once
from tests.workbench import ACTING, ANNE, BO, ROBOT, add, event_types, events, rows

ROW = "S2026-1/1"


def _hold(place: Workplace, row: str = ROW, *, acting: Acting = ACTING, reason: str = "Tilbageført.") -> bool:
    with place.database.write() as session:
        return place_hold(session, place, robot=ROBOT, row=row, acting=acting, reason=reason)


def _is_held(place: Workplace, row: str = ROW, robot: str = ROBOT) -> bool:
    return is_held(place.database, robot=robot, row=row)


def test_a_row_is_held_until_it_is_released(place: Workplace) -> None:
    assert not _is_held(place)
    assert _hold(place)
    assert _is_held(place)
    release_hold(place, robot=ROBOT, row=ROW, actor=BO, reason="Borgeren er flyttet tilbage.")
    assert not _is_held(place)


def test_only_this_row_and_this_robot_are_held(place: Workplace) -> None:
    _hold(place)
    assert not _is_held(place, "S2026-1/2")
    assert not _is_held(place, robot="another")


def test_a_row_is_held_once(place: Workplace) -> None:
    assert _hold(place)
    assert not _hold(place)
    assert event_types(place) == ["hold.placed"]


def test_two_who_hold_a_row_at_once_hold_it_once(place: Workplace) -> None:
    assert sorted(at_once(lambda: _hold(place), lambda: _hold(place))) == [False, True]


def test_a_released_row_may_be_held_again(place: Workplace) -> None:
    _hold(place)
    release_hold(place, robot=ROBOT, row=ROW, actor=BO, reason="Afklaret.")
    assert _hold(place)
    assert _is_held(place)


def test_a_row_that_is_not_held_cannot_be_released(place: Workplace) -> None:
    with pytest.raises(UnknownItemError, match="ikke på hold"):
        release_hold(place, robot=ROBOT, row=ROW, actor=BO, reason="Afklaret.")


def test_holding_and_releasing_need_a_reason(place: Workplace) -> None:
    with pytest.raises(ReasonMissingError):
        _hold(place, reason=" ")
    _hold(place)
    with pytest.raises(ReasonMissingError):
        release_hold(place, robot=ROBOT, row=ROW, actor=BO, reason="")
    assert _is_held(place)


def test_the_holds_are_listed_with_who_placed_them(place: Workplace) -> None:
    (item_id,) = add(place, "sag-1")
    with place.database.write() as session:
        place_hold(session, place, robot=ROBOT, row=ROW, acting=ACTING, reason="Tilbageført.", item_id=item_id)
    _hold(place, "S2026-2/1", acting=as_person(BO))
    with place.database.read() as session:
        held = list_holds(session, robot=ROBOT)
        assert list_holds(session, robot="another") == []
    # A robot holds on behalf of the person who started it.
    assert [(one.row, one.placed_by, one.item_id) for one in held] == [
        (ROW, ANNE.id, item_id),
        ("S2026-2/1", BO.id, None),
    ]


def test_both_acts_stand_in_the_trail_and_their_reasons_do_not(place: Workplace) -> None:
    _hold(place, reason="Naboen ringede.")
    release_hold(place, robot=ROBOT, row=ROW, actor=BO, reason="Naboen tog fejl.")
    told = events(place)
    assert [(body["type"], body["actor"]["id"]) for body in told] == [("hold.placed", ROBOT), ("hold.released", "bo")]
    assert {body["facts"]["row"] for body in told} == {ROW}
    assert "Naboen" not in str(told) + str(rows(place, "SELECT * FROM hold"))
