"""The contract of ``PersonEvents``."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol

import pytest

from connectors.cpr import CursorPersonEvents
from connectors.cpr.extract import open_extract
from connectors.errors import CapabilityMissing, Unavailable
from connectors.ports import PersonEvents
from connectors.records import EventBatch, PersonEvent, PersonEventKind
from foundation.cpr import Cpr
from robots.twins import TwinPersonEvents
from tests.connectors.contract.case_benches import HOME, elsewhere, spelled
from tests.connectors.cpr.extract_files import delivery, movers, put
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


class _AwayFolder:
    """The file source, whose folder can be away for one poll."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._source = open_extract(folder)
        self.is_away = False

    @property
    def system(self) -> str:
        return self._source.system

    def poll(self, *, after: str | None, limit: int) -> EventBatch:
        if not self.is_away:
            return self._source.poll(after=after, limit=limit)
        away = self._folder.rename(self._folder.with_name("away"))
        self.is_away = False
        try:
            return self._source.poll(after=after, limit=limit)
        finally:
            away.rename(self._folder)

    def subscribe(self, cpr: Cpr) -> None:
        self._source.subscribe(cpr)

    def unsubscribe(self, cpr: Cpr) -> None:
        self._source.unsubscribe(cpr)


class _Extract:
    """Every move is a file of its own, a day after the one before."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._day = date(2001, 11, 16)
        self.events = _AwayFolder(folder)

    def move(self, cpr: Cpr, /) -> None:
        previous, self._day = self._day, self._day + timedelta(days=1)
        content = delivery(movers(cpr.digits), produced=self._day, previous=previous)
        put(self._folder, content, f"D{self._day:%y%m%d}.L110901")

    def repeat(self, _event: PersonEvent, /) -> None:
        pytest.skip("a file that comes again is the same file, and is not read again")

    def lose(self) -> None:
        self._day += timedelta(days=1)

    def fail(self) -> None:
        self.events.is_away = True


@pytest.fixture(params=["simulated", "twin", "extract"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EventBench]:
    """Each implementation of ``PersonEvents`` in turn."""
    match request.param:
        case "twin":
            yield _Twin()
        case "extract":
            folder = tmp_path / "IN"
            folder.mkdir()
            yield _Extract(folder)
        case _:
            simulated = _Simulated(request.getfixturevalue("simulated"), request.getfixturevalue("cpr_events"))
            yield simulated
            for cpr in PEOPLE:
                simulated.events.subscribe(cpr)


def test_events_come_in_their_order_from_the_cursor_on(bench: EventBench) -> None:
    start = _end(bench)
    for cpr in PEOPLE:
        bench.move(cpr)
    batches = list(_batches(bench, start))
    events = [event for batch in batches for event in batch.events]
    assert [event.cpr for event in events] == list(PEOPLE)
    assert {event.kind for event in events} == {PersonEventKind.ADDRESS}
    assert sorted({event.sequence for event in events}) == [event.sequence for event in events]
    assert not any(batch.has_gap for batch in batches)


def test_batches_give_each_event_once(bench: EventBench) -> None:
    start = _end(bench)
    for cpr in PEOPLE:
        bench.move(cpr)
    batches = list(_batches(bench, start, limit=1))
    assert [event.cpr for batch in batches for event in batch.events] == list(PEOPLE)
    assert not any(batch.has_gap for batch in batches)


def test_a_poll_from_the_beginning_starts_with_the_first_event(bench: EventBench) -> None:
    bench.move(PEOPLE[0])
    bench.move(PEOPLE[1])
    (first,) = bench.events.poll(after=None, limit=1).events
    everything = [event for batch in _batches(bench, None) for event in batch.events]
    assert everything[0] == first
    assert min(event.sequence for event in everything) == first.sequence


def test_a_batch_comes_again_from_the_same_cursor(bench: EventBench) -> None:
    start = _end(bench)
    bench.move(PEOPLE[0])
    once = bench.events.poll(after=start, limit=ENOUGH)
    assert bench.events.poll(after=start, limit=ENOUGH).events == once.events


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


def test_ordering_twice_is_ordering_once_and_whoever_is_subscribed_is_told_of(bench: EventBench) -> None:
    """Whether a source still tells of somebody unsubscribed is its own affair: some tell of a whole municipality."""
    _require_subscriptions(bench)
    for order in (bench.events.unsubscribe, bench.events.subscribe):
        order(PEOPLE[0])
        order(PEOPLE[0])
    start = _end(bench)
    bench.move(PEOPLE[0])
    assert [event.cpr for batch in _batches(bench, start) for event in batch.events] == [PEOPLE[0]]


def _require_subscriptions(bench: EventBench) -> None:
    """Skip for a source whose subscriptions are agreed elsewhere; it must say so with ``CapabilityMissing``."""
    try:
        bench.events.subscribe(PEOPLE[0])
    except CapabilityMissing:
        pytest.skip("subscriptions to files are ordered at CPR")


def _batches(bench: EventBench, after: str | None, *, limit: int = ENOUGH) -> Iterator[EventBatch]:
    """All batches after a cursor; a source may give fewer events than asked for while it has more."""
    while True:
        batch = bench.events.poll(after=after, limit=limit)
        yield batch
        after = batch.next_cursor
        if not batch.has_more:
            return


def _end(bench: EventBench) -> str | None:
    """The cursor after all that has happened so far."""
    return list(_batches(bench, None))[-1].next_cursor
