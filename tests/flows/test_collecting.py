"""Collecting loses no event and takes none twice, also when two collect at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.records import EventBatch, PersonEvent, PersonEventKind
from flows.collecting import CollectedElsewhereError, GapError, collect, fresh_events
from flows.work_loop import acting_of
from foundation.cpr import Cpr
from tests.flows.office import CITIZENS, Office


def _collect(office: Office, *, accept_gap: bool = False) -> object:
    acting = acting_of(office.robot, office.actor("dorthe"))
    return collect(office.composition, office.robot, acting=acting, accept_gap=accept_gap)


def test_of_two_collectors_at_once_one_takes_the_events(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    cpr, _, _ = office.settle_in()
    office.move(cpr)
    poll = office.events.poll

    def poll_while_another_collects(*, after: str | None, limit: int) -> EventBatch:
        batch = poll(after=after, limit=limit)
        monkeypatch.setattr(office.events, "poll", poll)
        _collect(office)
        return batch

    monkeypatch.setattr(office.events, "poll", poll_while_another_collects)
    with pytest.raises(CollectedElsewhereError):
        _collect(office)
    assert len(office.items()) == 1


def test_a_person_may_accept_a_hole_and_the_rest_is_taken(office: Office) -> None:
    cpr, _, _ = office.settle_in()
    office.move(cpr)
    _collect(office)
    office.events.lose()
    other, _, _ = office.settle_in(CITIZENS[1])
    office.move(other)
    with pytest.raises(GapError):
        _collect(office)
    _collect(office, accept_gap=True)
    assert len(office.items()) == 2


def test_two_events_of_one_person_make_one_item(office: Office) -> None:
    cpr, _, _ = office.settle_in()
    office.move(cpr)
    office.events.announce(cpr)
    _collect(office)
    assert len(office.items()) == 1


@given(st.lists(st.integers(0, 5)), st.sets(st.integers(0, 5)))
def test_every_event_is_either_fresh_or_a_duplicate(office_numbers: Sequence[int], known: set[int]) -> None:
    events = tuple(_event(number) for number in office_numbers)
    fresh, duplicates = fresh_events(events, {f"event-{number}" for number in known})
    assert len(fresh) + duplicates == len(events)
    assert {event.id for event in fresh} == {f"event-{number}" for number in set(office_numbers) - known}


def _event(number: int) -> PersonEvent:
    cpr = Cpr.parse(CITIZENS[0])
    return PersonEvent(f"event-{number}", number, cpr, PersonEventKind.ADDRESS, datetime(2026, 1, 2, tzinfo=UTC), None)
