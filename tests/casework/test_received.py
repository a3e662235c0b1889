"""The bookmark moves with the work that the events gave, and only from where it was."""

import pytest

from casework.received import bookmark, known_events, mark_received, set_bookmark
from casework.states import ItemState
from casework.workplace import Workplace
from tests.concurrency import at_once
from tests.workbench import ROBOT, bring_to


def _set(place: Workplace, before: str | None, cursor: str) -> bool:
    with place.database.write() as session:
        return set_bookmark(session, place, robot=ROBOT, source="cpr", before=before, cursor=cursor)


def _get(place: Workplace) -> str | None:
    with place.database.read() as session:
        return bookmark(session, robot=ROBOT, source="cpr")


def test_a_bookmark_moves_from_where_it_was(place: Workplace) -> None:
    assert _get(place) is None
    assert _set(place, None, "10")
    assert _set(place, "10", "20")
    assert _get(place) == "20"


@pytest.mark.parametrize("before", [None, "10", "30"])
def test_a_bookmark_does_not_move_from_anywhere_else(place: Workplace, before: str | None) -> None:
    _set(place, None, "20")
    assert not _set(place, before, "40")
    assert _get(place) == "20"


@pytest.mark.parametrize("before", [None, "1"])
def test_of_many_who_move_a_bookmark_at_once_one_succeeds(place: Workplace, before: str | None) -> None:
    if before is not None:
        _set(place, None, before)
    moved = at_once(*(lambda n=n: _set(place, before, f"til-{n}") for n in range(4)))
    assert sorted(moved) == [False, False, False, True]
    assert _get(place) == f"til-{moved.index(True)}"


def test_a_bookmark_that_is_rolled_back_has_not_moved(place: Workplace) -> None:
    def fail() -> None:
        with place.database.write() as session:
            set_bookmark(session, place, robot=ROBOT, source="cpr", before=None, cursor="10")
            raise RuntimeError("rolls back")

    with pytest.raises(RuntimeError):
        fail()
    assert _get(place) is None


def test_an_event_is_recognised_when_it_arrives_again(place: Workplace) -> None:
    item_id = bring_to(place, ItemState.NEW)
    ids = [f"e{number}" for number in range(1100)]
    with place.database.write() as session:
        mark_received(session, place, robot=ROBOT, source="cpr", items=dict.fromkeys(ids, item_id))
        mark_received(session, place, robot=ROBOT, source="cpr", items={})
    with place.database.read() as session:
        assert known_events(session, robot=ROBOT, source="cpr", event_ids=[*ids, "ny"]) == set(ids)
        assert known_events(session, robot=ROBOT, source="en anden", event_ids=ids) == set()
