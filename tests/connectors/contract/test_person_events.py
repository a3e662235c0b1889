"""The contract of ``PersonEvents``."""

from collections.abc import Iterator
from typing import Protocol

import pytest

from connectors.cpr import CursorPersonEvents
from connectors.errors import Unavailable
from connectors.ports import PersonEvents
from connectors.records import PersonEvent, PersonEventKind
from foundation.cpr import Cpr
from robots.twins import TwinPersonEvents
from tests.connectors.contract.case_benches import HOME, elsewhere, spelled
from tests.connectors.simulation import Simulation

PEOPLE = tuple(Cpr(digits) for digits in ("1012620001", "1012620002", "1012620003"))
ENOUGH = 500


class EventBench(Protocol):
    """One implementation and the means to make events."""

    @property
    def events(self) -> PersonEvents:
        """The implementation under test."""

    def move(self, cpr: Cpr, /) -> None:
        """Let a person move; one address event."""

    def repeat(self, event: PersonEvent, /) -> None:
        """Send an event again under a new number."""

    def lose(self) -> None:
        """Lose one event."""

    def fail(self) -> None:
        """Let the next poll get no answer."""


class _Simulated:
    def __init__(self, simulated: Simulation, events: CursorPersonEvents) -> None:
        self._simulated = simulated
        self.events = events

    def move(self, cpr: Cpr, /) -> None:
        self._simulated.tell("/people/move", personnummer=cpr.digits, address=spelled(elsewhere(HOME)))

    def repeat(self, event: PersonEvent, /) -> None:
        self._simulated.tell("/people/duplicate-event", eventid=event.id)

    def lose(self) -> None:
        self._simulated.tell("/people/lose-events", count=1)

    def fail(self) -> None:
        self._simulated.tell("/faults", route="cpr.events", kind="timeout_before_commit")


class _Twin:
    def __init__(self) -> None:
        self.events = TwinPersonEvents()

    def move(self, cpr: Cpr, /) -> None:
        self.events.announce(cpr)

    def repeat(self, event: PersonEvent, /) -> None:
        self.events.repeat(event)

    def lose(self) -> None:
        self.events.lose()

    def fail(self) -> None:
        self.events.fail_next(Unavailable(self.events.system, "poll"))


@pytest.fixture(params=["simulated", "twin"])
def bench(request: pytest.FixtureRequest) -> Iterator[EventBench]:
    """Each implementation of ``PersonEvents`` in turn."""
    if request.param == "twin":
        yield _Twin()
        return
    yield _Simulated(request.getfixturevalue("simulated"), request.getfixturevalue("cpr_events"))


def test_events_come_in_their_order_from_the_cursor_on(bench: EventBench) -> None:
    start = _end(bench)
    for cpr in PEOPLE:
        bench.move(cpr)
    batch = bench.events.poll(after=start, limit=ENOUGH)
    assert [event.cpr for event in batch.events] == list(PEOPLE)
    assert {event.kind for event in batch.events} == {PersonEventKind.ADDRESS}
    assert not batch.has_gap


def test_batches_give_each_event_once(bench: EventBench) -> None:
    start = _end(bench)
    for cpr in PEOPLE:
        bench.move(cpr)
    seen: list[Cpr] = []
    batch = bench.events.poll(after=start, limit=1)
    seen += [event.cpr for event in batch.events]
    while batch.has_more:
        batch = bench.events.poll(after=batch.next_cursor, limit=1)
        assert not batch.has_gap
        seen += [event.cpr for event in batch.events]
    assert seen == list(PEOPLE)


def test_a_poll_from_the_beginning_starts_with_the_first_event(bench: EventBench) -> None:
    bench.move(PEOPLE[0])
    batch = bench.events.poll(after=None, limit=1)
    assert len(batch.events) == 1
    assert batch.next_cursor == str(batch.events[0].sequence)


def test_without_new_events_the_cursor_stays(bench: EventBench) -> None:
    bench.move(PEOPLE[0])
    end = _end(bench)
    batch = bench.events.poll(after=end, limit=ENOUGH)
    assert (batch.events, batch.next_cursor, batch.has_more, batch.has_gap) == ((), end, False, False)


def test_a_lost_event_is_told_as_a_gap(bench: EventBench) -> None:
    bench.move(PEOPLE[0])
    end = _end(bench)
    bench.lose()
    bench.move(PEOPLE[1])
    batch = bench.events.poll(after=end, limit=ENOUGH)
    assert batch.has_gap
    assert [event.cpr for event in batch.events] == [PEOPLE[1]]


def test_after_a_gap_the_feed_goes_on_without_one(bench: EventBench) -> None:
    bench.move(PEOPLE[0])
    bench.lose()
    bench.move(PEOPLE[1])
    end = _end(bench)
    bench.move(PEOPLE[2])
    assert not bench.events.poll(after=end, limit=ENOUGH).has_gap


def test_a_repeated_event_has_its_old_id_and_says_so(bench: EventBench) -> None:
    start = _end(bench)
    bench.move(PEOPLE[0])
    (first,) = bench.events.poll(after=start, limit=ENOUGH).events
    bench.repeat(first)
    first, second = bench.events.poll(after=start, limit=ENOUGH).events
    assert first.id == second.id
    assert (first.may_be_duplicate, second.may_be_duplicate) == (False, True)


def test_a_poll_without_an_answer_is_unavailable_and_loses_nothing(bench: EventBench) -> None:
    start = _end(bench)
    bench.move(PEOPLE[0])
    bench.fail()
    with pytest.raises(Unavailable):
        bench.events.poll(after=start, limit=ENOUGH)
    assert len(bench.events.poll(after=start, limit=ENOUGH).events) == 1


def _end(bench: EventBench) -> str | None:
    """The cursor after all that has happened so far."""
    batch = bench.events.poll(after=None, limit=ENOUGH)
    while batch.has_more:
        batch = bench.events.poll(after=batch.next_cursor, limit=ENOUGH)
    return batch.next_cursor
