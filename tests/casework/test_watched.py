"""A closed case that changes all the same is noticed."""

from casework.watched import changed_closed, forget_closed, remember_closed
from casework.workplace import Workplace
from tests.workbench import ROBOT, rows


def _remember(place: Workplace, **contents: str) -> None:
    with place.database.write() as session:
        remember_closed(session, place, robot=ROBOT, contents=contents)


def _changed(place: Workplace, robot: str = ROBOT, **contents: str) -> frozenset[str]:
    with place.database.read() as session:
        return changed_closed(session, place, robot=robot, contents=contents)


def test_a_row_that_says_the_same_is_not_changed(place: Workplace) -> None:
    _remember(place, a="Prøvevej 1", b="Prøvevej 2")
    assert _changed(place, a="Prøvevej 1", b="Prøvevej 2") == frozenset()


def test_a_row_that_says_something_else_is_changed(place: Workplace) -> None:
    _remember(place, a="Prøvevej 1", b="Prøvevej 2")
    assert _changed(place, a="Prøvevej 9", b="Prøvevej 2") == {"a"}


def test_a_row_that_was_never_seen_is_not_changed(place: Workplace) -> None:
    assert _changed(place, a="Prøvevej 1") == frozenset()
    _remember(place, a="Prøvevej 1")
    assert _changed(place, "another", a="Prøvevej 9") == frozenset()


def test_what_was_seen_first_stays_what_is_compared_with(place: Workplace) -> None:
    _remember(place, a="Prøvevej 1")
    _remember(place, a="Prøvevej 9")
    assert _changed(place, a="Prøvevej 9") == {"a"}


def test_a_case_that_was_opened_again_begins_afresh(place: Workplace) -> None:
    _remember(place, a="Prøvevej 1", b="Prøvevej 2")
    with place.database.write() as session:
        forget_closed(session, robot=ROBOT, rows=["a"])
    _remember(place, a="Prøvevej 9")
    assert _changed(place, a="Prøvevej 9", b="Prøvevej 9") == {"b"}


def test_neither_an_address_nor_that_two_are_the_same_can_be_read_in_the_database(place: Workplace) -> None:
    _remember(place, a="Prøvevej 1", b="Prøvevej 1")
    stored = rows(place, "SELECT * FROM closed_party")
    assert "Prøvevej" not in str(stored)
    assert len({row["digest"] for row in stored}) == 2
