"""How the events' answer is read."""

from typing import Any

import httpx
import pytest

from connectors.cpr import open_events
from connectors.errors import SchemaDrift
from connectors.records import EventBatch, PersonEventKind


def wire_event(sequence: int, **changes: object) -> dict[str, Any]:
    return {
        "eventid": f"e{sequence}",
        "sequence": sequence,
        "entityname": "CPR_Adresse",
        "eventaction": "u",
        "object_id": "p1",
        "personnummer": "1012620000",
        "object_registreringfra": "2026-11-22T01:02:03+00:00",
        "object_virkningfra": "2026-11-21",
        "fromfailedimport": False,
        **changes,
    }


def poll(*events: dict[str, Any], after: str | None = None, last: int | None = None) -> EventBatch:
    newest = last if last is not None else max((event["sequence"] for event in events), default=int(after or 0))
    body = {"events": list(events), "lastSequence": newest, "hasMore": False}
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, json=body))
    return open_events(url="http://127.0.0.1/cpr", token="t", transport=transport).poll(after=after, limit=10)


@pytest.mark.parametrize(
    ("numbers", "after", "has_gap"),
    [
        ((1, 2, 3), None, False),
        ((7, 8), None, False),
        ((7, 9), None, True),
        ((5, 6), "4", False),
        ((6, 7), "4", True),
        ((6, 5), "4", False),
        ((), "4", False),
        ((), None, False),
    ],
)
def test_a_hole_in_the_numbers_is_a_gap(numbers: tuple[int, ...], after: str | None, *, has_gap: bool) -> None:
    assert poll(*map(wire_event, numbers), after=after).has_gap is has_gap


@pytest.mark.parametrize("last", [3, 9])
def test_a_source_that_fell_back_or_kept_silent_has_a_gap(last: int) -> None:
    assert poll(after="4", last=last).has_gap


def test_events_out_of_order_are_put_in_order_and_the_cursor_is_the_last() -> None:
    batch = poll(wire_event(3), wire_event(1), wire_event(2))
    assert [event.sequence for event in batch.events] == [1, 2, 3]
    assert batch.next_cursor == "3"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("CPR_Beskyttelse", PersonEventKind.PROTECTION),
        ("CPR_Navn", PersonEventKind.NAME),
        ("CPR_Status", PersonEventKind.STATUS),
        ("CPR_Person", PersonEventKind.OTHER),
        ("CPR_Nyt", PersonEventKind.OTHER),
    ],
)
def test_a_kind_we_do_not_know_is_passed_on(name: str, kind: PersonEventKind) -> None:
    assert poll(wire_event(1, entityname=name)).events[0].kind is kind


@pytest.mark.parametrize("field", ["eventid", "sequence", "personnummer", "object_registreringfra", "fromfailedimport"])
def test_an_event_without_a_field_is_drift(field: str) -> None:
    event = wire_event(1)
    del event[field]
    with pytest.raises(SchemaDrift) as raised:
        poll(event, last=1)
    assert raised.value.detail == f"events[0].{field}"
