"""People are told once a day, what is refused is tried again, and what may have gone is not sent twice."""

import pytest

from casework.notices import (
    MOST_ATTEMPTS,
    Matter,
    Notice,
    count_unsent,
    mark_refused,
    mark_sent,
    put,
    take,
)
from casework.states import NoticeKind, NoticeState
from casework.workplace import Workplace
from tests.concurrency import at_once

MATTER = Matter(NoticeKind.DEADLINES, "prøverobot", "Frister", "3 opgaver har frist.")
TARGETS = ("a", "b")


def _put(place: Workplace, *matters: Matter) -> int:
    with place.database.write() as session:
        return put(session, place, matters or (MATTER,), targets=TARGETS)


def _take(place: Workplace, limit: int = 10) -> list[Notice]:
    return take(place, targets=TARGETS, limit=limit)


def _unsent(place: Workplace) -> dict[NoticeState, int]:
    with place.database.read() as session:
        return dict(count_unsent(session, place, older_than=0, younger_than=86_400 * 7))


def test_a_matter_is_one_notice_a_day_to_each_target(place: Workplace) -> None:
    assert _put(place) == 2
    assert _put(place) == 0
    place.clock.sleep(86_400)
    assert _put(place) == 2


def test_another_kind_or_subject_is_another_notice(place: Workplace) -> None:
    other = Matter(NoticeKind.APPROVALS, "prøverobot", "Forslag", "2 forslag venter.")
    third = Matter(NoticeKind.DEADLINES, "en anden", "Frister", "1 opgave har frist.")
    assert _put(place, MATTER, other, third) == 6


def test_a_notice_is_in_one_pair_of_hands(place: Workplace) -> None:
    _put(place)
    taken = at_once(*(lambda: _take(place, 1) for _ in range(4)))
    assert sorted(len(part) for part in taken) == [0, 0, 1, 1]
    assert {notice.target for part in taken for notice in part} == {"a", "b"}


def test_a_sent_notice_is_done_with(place: Workplace) -> None:
    _put(place)
    for notice in _take(place):
        mark_sent(place, notice)
    place.clock.sleep(3600)
    assert (_take(place), _unsent(place)) == ([], {})


def test_a_refused_notice_is_tried_again_after_a_pause_that_grows(place: Workplace) -> None:
    with place.database.write() as session:
        put(session, place, [MATTER], targets=["a"])
    for pause in (60, 120, 240):
        (notice,) = _take(place)
        mark_refused(place, notice)
        place.clock.sleep(pause - 1)
        assert _take(place) == []
        place.clock.sleep(1)
    assert len(_take(place)) == 1


def test_a_notice_that_is_refused_too_often_is_given_up(place: Workplace) -> None:
    with place.database.write() as session:
        put(session, place, [MATTER], targets=["a"])
    for attempt in range(1, MOST_ATTEMPTS + 1):
        (notice,) = _take(place)
        assert notice.attempt == attempt
        mark_refused(place, notice)
        place.clock.sleep(7200)
    assert (_take(place), _unsent(place)) == ([], {NoticeState.GIVEN_UP: 1})


def test_a_notice_whose_sender_died_is_not_sent_again(place: Workplace) -> None:
    _put(place)
    _take(place)
    place.clock.sleep(86_400 * 3)
    assert (_take(place), _unsent(place)) == ([], {NoticeState.SENDING: 2})


def test_a_target_that_is_no_longer_set_gets_nothing(place: Workplace) -> None:
    _put(place)
    assert [notice.target for notice in take(place, targets=["b", "c"], limit=9)] == ["b"]


@pytest.mark.parametrize(("age", "number"), [(59, 0), (60, 2), (599, 2), (600, 0)])
def test_only_notices_of_a_certain_age_are_missed(place: Workplace, age: int, number: int) -> None:
    _put(place)
    place.clock.sleep(age)
    with place.database.read() as session:
        assert count_unsent(session, place, older_than=60, younger_than=600).total() == number
