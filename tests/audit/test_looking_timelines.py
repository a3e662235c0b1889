from datetime import timedelta

import pytest

from audit.events import ActorRef, CaseEventRef, Event, RunRef
from audit.looking.timelines import Moment, Thread, follow
from audit.sequencer import drain
from audit.vocabulary import ActorKind, EventType
from casework.workplace import Workplace
from foundation.clock import ManualClock

ROBOT = ActorRef(ActorKind.ROBOT, "flytning", "os_account", "anne")


def _write(place: Workplace, label: str, **facts: str) -> None:
    event = Event(
        type=EventType.EFFECT_DONE,
        actor=ROBOT,
        run=RunRef(run="r1", item="i1"),
        case=CaseEventRef("nova", "c1"),
        facts={"label": label, **facts},
    )
    with place.database.write() as session:
        place.record(session, event)


def _follow(place: Workplace, thread: Thread, key: str, *, limit: int = 100) -> list[Moment]:
    with place.database.read() as session:
        return list(follow(session, thread, key, limit=limit))


def _labels(moments: list[Moment]) -> list[str]:
    return [moment.entry.body["facts"]["label"] for moment in moments]


@pytest.mark.parametrize(("thread", "key"), [(Thread.RUN, "r1"), (Thread.ITEM, "i1"), (Thread.CASE, "c1")])
def test_a_run_an_item_and_a_case_are_followed(place: Workplace, thread: Thread, key: str) -> None:
    _write(place, "one", remote="N-17")
    (moment,) = _follow(place, thread, key)
    assert (moment.remote_id, moment.since_previous) == ("N-17", None)
    assert _follow(place, thread, "another") == []


def test_the_order_is_that_of_the_tree_and_not_of_the_clock(place: Workplace, clock: ManualClock) -> None:
    clock.advance(3600)
    _write(place, "first in the tree")
    drain(place.database, now=place.now, environment="simulated")
    early = Workplace(place.database, ManualClock(clock.now() - timedelta(seconds=60)), place.environment)
    _write(early, "second")
    drain(place.database, now=place.now, environment="simulated")
    moments = _follow(place, Thread.ITEM, "i1")
    assert _labels(moments) == ["first in the tree", "second"]
    assert moments[1].since_previous == timedelta(seconds=-60)


def test_what_waits_for_the_tree_stands_at_the_end(place: Workplace, clock: ManualClock) -> None:
    _write(place, "in the tree")
    drain(place.database, now=place.now, environment="simulated")
    clock.advance(90)
    _write(place, "waits")
    moments = _follow(place, Thread.ITEM, "i1")
    assert [moment.seq is None for moment in moments] == [False, True]
    assert moments[1].since_previous == timedelta(seconds=90)


def test_no_more_than_the_limit_is_read(place: Workplace) -> None:
    for label in ("one", "two", "three"):
        _write(place, label)
    assert len(_follow(place, Thread.ITEM, "i1", limit=2)) == 2
