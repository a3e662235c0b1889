"""How the events' answer is read."""

import logging
import traceback
from typing import Any

import httpx
import pytest

from connectors.cpr import CursorPersonEvents, open_events
from connectors.errors import AuthExpired, ConnectorError, NotFound, SchemaDrift, Throttled, Unavailable
from connectors.records import EventBatch, PersonEventKind
from connectors.simulated.faults import FaultKind
from foundation.cpr import Cpr
from tests.connectors.simulation import Simulation

JANE = Cpr("0709614592")


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
        ((5, 6, 5), "4", False),
        ((3, 4, 5), "4", False),
        ((7, 4, 5), "4", True),
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


def test_a_number_that_comes_twice_is_one_event() -> None:
    batch = poll(wire_event(2), wire_event(1), wire_event(2))
    assert [event.sequence for event in batch.events] == [1, 2]


def test_an_event_that_was_seen_before_is_not_told_again() -> None:
    batch = poll(wire_event(4), wire_event(6), wire_event(5), after="4")
    assert [event.sequence for event in batch.events] == [5, 6]


def test_events_delivered_late_are_neither_lost_nor_doubled() -> None:
    with_hole = poll(wire_event(6), after="4")
    assert with_hole.has_gap
    filled = poll(wire_event(6), wire_event(5), after="4")
    assert (filled.has_gap, [event.sequence for event in filled.events]) == (False, [5, 6])


def test_two_events_under_one_number_are_drift() -> None:
    with pytest.raises(SchemaDrift) as raised:
        poll(wire_event(1), wire_event(1, eventid="another"))
    assert raised.value.detail == "events.sequence"


def test_a_source_that_promises_more_and_gives_nothing_new_is_drift() -> None:
    body = {"events": [wire_event(3)], "lastSequence": 9, "hasMore": True}
    with pytest.raises(SchemaDrift) as raised:
        answering(200, body).poll(after="4", limit=10)
    assert raised.value.detail == "hasMore"


@pytest.mark.parametrize("sequence", [1.0, "1", True, None])
def test_a_number_that_is_no_whole_number_is_drift(sequence: object) -> None:
    with pytest.raises(SchemaDrift) as raised:
        poll(wire_event(1) | {"sequence": sequence}, last=1)
    assert raised.value.detail == "events[0].sequence"


def test_a_fault_of_the_service_is_unavailable() -> None:
    fault = {"ErrorList": [{"ErrorCode": "SERVICE_FAULT", "ErrorText": "System error"}]}
    with pytest.raises(Unavailable):
        answering(500, fault).poll(after=None, limit=10)


def test_a_cursor_of_another_source_is_refused() -> None:
    with pytest.raises(SchemaDrift) as raised:
        answering(200, {}).poll(after="2001-11-19:ab:all", limit=10)
    assert raised.value.detail == "cursor"


def answering(status: int, body: object, asked: list[httpx.Request] | None = None) -> CursorPersonEvents:
    def answer(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(request)
        return httpx.Response(status, json=body)

    return open_events(url="http://127.0.0.1/cpr", token="t", transport=httpx.MockTransport(answer))


def test_subscribing_puts_and_unsubscribing_deletes() -> None:
    asked: list[httpx.Request] = []
    answering(200, {"personnummer": JANE.digits, "subscribed": True}, asked).subscribe(JANE)
    answering(200, {"personnummer": JANE.digits, "subscribed": False}, asked).unsubscribe(JANE)
    assert [(request.method, request.url.path) for request in asked] == [
        ("PUT", f"/cpr/subscriptions/{JANE.digits}"),
        ("DELETE", f"/cpr/subscriptions/{JANE.digits}"),
    ]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"personnummer": JANE.digits, "subscribed": False}, "subscribed"),
        ({"personnummer": "1012620000", "subscribed": True}, "personnummer"),
        ({"personnummer": JANE.digits}, "subscribed"),
        ({"personnummer": JANE.digits, "subscribed": "ja"}, "subscribed"),
        ([], "body"),
    ],
)
def test_an_order_that_is_answered_otherwise_is_drift(body: object, path: str) -> None:
    with pytest.raises(SchemaDrift) as raised:
        answering(200, body).subscribe(JANE)
    assert raised.value.detail == path


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (404, {"ErrorList": [{"ErrorCode": "PNR_NOT_FOUND"}]}, NotFound),
        (404, {"detail": "Not Found"}, SchemaDrift),
        (401, None, AuthExpired),
        (429, None, Throttled),
        (500, {"ErrorList": [{"ErrorCode": "SERVICE_FAULT"}]}, Unavailable),
        (503, None, Unavailable),
    ],
)
def test_an_order_that_fails_says_why(status: int, body: object, error: type[ConnectorError]) -> None:
    for order in (answering(status, body).subscribe, answering(status, body).unsubscribe):
        with pytest.raises(error) as raised:
            order(JANE)
        assert type(raised.value) is error
        assert JANE.digits not in str(raised.value)


def test_an_order_without_an_answer_may_be_given_again() -> None:
    def drop(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("no answer", request=request)

    events = open_events(url="http://127.0.0.1/cpr", token="t", transport=httpx.MockTransport(drop))
    with pytest.raises(Unavailable) as raised:
        events.subscribe(JANE)
    assert raised.value.is_retryable


def test_a_shuffled_source_is_read_in_order(simulated: Simulation, cpr_events: CursorPersonEvents) -> None:
    batch = cpr_events.poll(after=None, limit=500)
    while batch.has_more:
        batch = cpr_events.poll(after=batch.next_cursor, limit=500)
    people = simulated.people(status="1", limit="8")
    simulated.tell("/settings", shuffleEvents=True)
    try:
        for cpr in people:
            simulated.tell("/people/move", personnummer=cpr.digits)
        told = cpr_events.poll(after=batch.next_cursor, limit=500)
    finally:
        simulated.tell("/settings", shuffleEvents=False)
    assert ([event.cpr for event in told.events], told.has_gap) == (people, False)


@pytest.mark.parametrize("kind", list(FaultKind))
@pytest.mark.parametrize("route", ["cpr.subscribe", "cpr.unsubscribe"])
def test_no_fault_of_an_order_tells_whom_it_was_about(
    simulated: Simulation,
    cpr_events: CursorPersonEvents,
    caplog: pytest.LogCaptureFixture,
    route: str,
    kind: FaultKind,
) -> None:
    caplog.set_level(logging.DEBUG)
    order = cpr_events.subscribe if route == "cpr.subscribe" else cpr_events.unsubscribe
    simulated.tell("/faults", route=route, kind=kind.value)
    told = ""
    try:
        order(JANE)
    except ConnectorError as error:
        told = "".join(traceback.format_exception(error)) + error.advice
    # What the simulated CPR in this process logs is the other side's.
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("uvicorn")]
    assert JANE.digits not in told + "".join(ours)
    simulated.reset()
    order(JANE)


def test_a_replacement_number_is_never_ordered(no_network: httpx.MockTransport) -> None:
    events = open_events(url="http://127.0.0.1/cpr", token="t", transport=no_network)
    with pytest.raises(NotFound):
        events.subscribe(Cpr("7012620001"))
