from datetime import timedelta

import pytest

from audit.events import ActorRef, CaseEventRef, Event, ProcessRef, RunRef
from audit.reading import Selection, entries_of, read_entries
from audit.vocabulary import ActorKind, EventType, Outcome
from casework.workplace import Workplace
from foundation.clock import ManualClock
from foundation.identifiers import new_id

ROBOT = ActorRef(ActorKind.ROBOT, "flytning", "os_account", "anne")


def _write(place: Workplace, *events: Event) -> None:
    with place.database.write() as session:
        place.record(session, *events)


def _event(number: int = 0, **parts: object) -> Event:
    given: dict[str, object] = {"type": EventType.EVIDENCE_GIVEN, "actor": ROBOT, "facts": {"number": number}}
    return Event(**{**given, **parts})  # type: ignore[arg-type]  # the parts of an Event, as each test wants them.


def _numbers(place: Workplace, selection: Selection) -> list[int]:
    with place.database.read() as session:
        return [entry.body["facts"]["number"] for entry in read_entries(session, selection)]


@pytest.mark.parametrize(
    ("selection", "parts"),
    [
        (Selection(run="r1"), {"run": RunRef(run="r1")}),
        (Selection(item="i1"), {"run": RunRef(item="i1")}),
        (Selection(case="c1"), {"case": CaseEventRef("nova", "c1")}),
        (Selection(robot="flytning"), {"process": ProcessRef("flytning", "1")}),
        (Selection(type=EventType.EFFECT_DONE), {"type": EventType.EFFECT_DONE}),
        (Selection(outcome=Outcome.REFUSED), {"outcome": Outcome.REFUSED}),
    ],
)
def test_only_what_fits_is_read(place: Workplace, selection: Selection, parts: dict[str, object]) -> None:
    _write(place, _event(1), _event(2, **parts), _event(3))
    assert _numbers(place, selection) == [2]


def test_a_moment_belongs_to_the_time_that_it_begins(place: Workplace, clock: ManualClock) -> None:
    begin = place.now()
    _write(place, _event(1))
    clock.advance(60)
    _write(place, _event(2))
    middle = begin + timedelta(seconds=60)
    of_ours = EventType.EVIDENCE_GIVEN
    assert _numbers(place, Selection(since=begin, until=middle, type=of_ours)) == [1]
    assert _numbers(place, Selection(since=middle, type=of_ours)) == [2]


def test_the_newest_are_read_and_the_oldest_of_them_comes_first(place: Workplace) -> None:
    _write(place, *[_event(number) for number in range(5)])
    assert _numbers(place, Selection(limit=2)) == [3, 4]


def test_events_are_given_in_the_order_asked_for_and_unknown_ones_left_out(place: Workplace) -> None:
    _write(place, _event(1), _event(2))
    with place.database.read() as session:
        one, two = (entry.id for entry in read_entries(session, Selection(limit=2)))
    with place.database.read() as session:
        found = entries_of(session, [two, new_id(), one])
    assert [entry.id for entry in found] == [two, one]
