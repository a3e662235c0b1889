from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.records import PersonEvent, PersonEventKind
from foundation.cpr import Cpr
from robots.address_update.payload import AddressChange, from_events
from robots.address_update.plan import Plan

NUMBERS = [Cpr("1012620000"), Cpr("0709614673"), Cpr("0709614592")]


@st.composite
def event_lists(draw: st.DrawFn) -> list[PersonEvent]:
    ids = draw(st.lists(st.integers(1, 999), unique=True, max_size=8))
    return [
        PersonEvent(
            id=f"e-{number}",
            sequence=number,
            cpr=draw(st.sampled_from(NUMBERS)),
            kind=draw(st.sampled_from(PersonEventKind)),
            registered_at=draw(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1))).replace(tzinfo=UTC),  # noqa: DTZ001 - hypothesis takes naive bounds.
            effect_from=draw(st.none() | st.dates(date(2026, 1, 1), date(2027, 1, 1))),
        )
        for number in ids
    ]


@given(event_lists(), st.data())
def test_order_and_repetition_change_nothing(events: Sequence[PersonEvent], data: st.DataObject) -> None:
    repeated = [replace(event, may_be_duplicate=True) for event in events if data.draw(st.booleans())]
    shuffled = data.draw(st.permutations([*events, *repeated]))
    assert from_events(shuffled) == from_events(events)


@given(event_lists())
def test_every_event_is_answered_for_by_exactly_one_item_of_its_person(events: Sequence[PersonEvent]) -> None:
    items = from_events(events)
    answered = {event_id: item.payload for item in items for event_id in item.event_ids}
    assert sorted(answered) == sorted(event.id for event in events)
    assert sum(len(item.event_ids) for item in items) == len(events)
    for event in events:
        payload = answered[event.id]
        assert isinstance(payload, AddressChange)
        assert payload.cpr == event.cpr


@given(event_lists())
def test_a_reference_holds_no_number(events: Sequence[PersonEvent]) -> None:
    references = " ".join(item.reference for item in from_events(events))
    assert not any(number.digits in references or number.digits[:6] in references for number in NUMBERS)


def test_adr_03_a_repeated_event_gives_the_same_reference_again(event: PersonEvent) -> None:
    (first,), (again,) = from_events([event]), from_events([replace(event, sequence=9, may_be_duplicate=True)])
    assert first.reference == again.reference == "cpr-event:e-1"


def test_an_old_event_repeated_beside_a_new_one_does_not_hide_the_new_one(event: PersonEvent) -> None:
    (first,), (both,) = from_events([event]), from_events([event, replace(event, id="e-2", sequence=2)])
    assert first.reference != both.reference
    assert both.reference.startswith("cpr-event:e-1:")


def test_the_payload_tells_the_earliest_effect_and_whether_one_lies_ahead(event: PersonEvent) -> None:
    later = replace(event, id="e-2", effect_from=date(2026, 12, 1))
    (item,) = from_events([later, event])
    assert isinstance(item.payload, AddressChange)
    assert item.payload.effect_from == date(2026, 11, 19)
    assert item.payload.has_future
    assert item.payload.noticed_on == date(2026, 12, 1)


def test_a_wrong_payload_does_not_repeat_the_number_in_its_error() -> None:
    with pytest.raises(ValidationError) as caught:
        AddressChange.model_validate({"cpr": "101262000", "event_ids": ["e"], "has_future": False})
    assert "101262" not in str(caught.value)


def test_a_plan_of_version_one_is_still_understood() -> None:
    address = '{"road_name":"Ny Prøvevej","house_number":"2","postal_code":"9000"}'
    row = (
        '{"id":"S2026-00001/1","case_number":"S2026-00001","party":{"case":{"system":"twin","id":"case-1"},"id":"1"},'
        f'"kind":"APPLY","reason":"move","change":{{"address":{address},"marks_protected":false}},'
        '"before":{"address":null,"is_protected":false},"is_protected":false}'
    )
    moved_in = '{"day":"2026-11-19","is_uncertain":false}'
    stored = f'{{"cpr":"1012620000","moved_in":{moved_in},"event_ids":["e-1"],"coming":null,"rows":[{row}]}}'
    (read,) = Plan.from_json(stored).rows
    assert (read.name_before, read.mentions, read.tasks) == (None, (), 0)
    assert read.after.address == read.change.address
