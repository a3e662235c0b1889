"""A source tells of people as long as they are on an open case, and not longer."""

from datetime import datetime, timedelta

from casework.subscriptions import due_to_end, mark_ended, note_open
from casework.workplace import Workplace
from foundation.cpr import Cpr
from tests.workbench import ROBOT, rows

#: Numbers of KOMBIT's external test set.
ONE, TWO, THREE = (Cpr.parse(number) for number in ("1012620000", "1012620001", "1012620002"))
DAY = 86_400


def _note(place: Workplace, *cprs: Cpr, at: datetime | None = None, source: str = "feed") -> list[Cpr]:
    with place.database.write() as session:
        return note_open(session, place, robot=ROBOT, source=source, cprs=cprs, at=at or place.now())


def _due(place: Workplace, days: int = 7, source: str = "feed") -> set[Cpr]:
    with place.database.read() as session:
        return set(due_to_end(session, place, robot=ROBOT, source=source, days=days))


def _end(place: Workplace, *cprs: Cpr) -> None:
    with place.database.write() as session:
        mark_ended(session, place, robot=ROBOT, source="feed", cprs=cprs)


def test_people_who_are_new_are_to_be_subscribed_to_once(place: Workplace) -> None:
    assert set(_note(place, ONE, TWO, ONE)) == {ONE, TWO}
    assert _note(place, TWO, THREE) == [THREE]


def test_each_source_is_told_for_itself(place: Workplace) -> None:
    _note(place, ONE)
    assert _note(place, ONE, source="file") == [ONE]


def test_after_a_week_without_an_open_case_a_subscription_ends(place: Workplace) -> None:
    _note(place, ONE, TWO)
    place.clock.sleep(4 * DAY)
    _note(place, TWO)
    place.clock.sleep(3 * DAY)
    assert _due(place) == {ONE}
    _end(place, ONE)
    assert _due(place) == set()
    assert _due(place, days=3) == {TWO}


def test_one_who_comes_back_is_subscribed_to_again(place: Workplace) -> None:
    _note(place, ONE)
    _end(place, ONE)
    assert _note(place, ONE) == [ONE]
    place.clock.sleep(7 * DAY)
    assert _due(place) == {ONE}


def test_what_was_read_earlier_does_not_make_an_open_case_older(place: Workplace) -> None:
    _note(place, ONE)
    _note(place, ONE, at=place.now() - timedelta(days=30))
    assert _due(place) == set()


def test_ending_twice_and_ending_nobody_change_nothing(place: Workplace) -> None:
    _note(place, ONE)
    _end(place, ONE)
    before = rows(place, "SELECT ended_at FROM subscription")
    place.clock.sleep(DAY)
    _end(place, ONE)
    _end(place)
    assert rows(place, "SELECT ended_at FROM subscription") == before


def test_nobody_can_be_read_in_the_database(place: Workplace) -> None:
    _note(place, ONE)
    assert ONE.digits not in str(rows(place, "SELECT * FROM subscription"))
