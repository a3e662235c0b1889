from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from random import Random
from typing import Any

import httpx
import pytest

from connectors.simulated.faults import ROUTES, Fault, FaultKind

Send = Callable[..., httpx.Response]
Order = Callable[..., None]
Case = dict[str, Any]
Ledger = Callable[[str], list[dict[str, Any]]]
Reload = Callable[[str], Case]


def _fault(*, times: int, skip: int = 0, probability: float = 1.0, seed: int = 0) -> Fault:
    return Fault(
        route=ROUTES[0],
        kind=FaultKind.CONFLICT,
        times=times,
        skip=skip,
        seconds=0.0,
        retry_after=0,
        probability=probability,
        dice=Random(seed),
    )


def test_a_fault_skips_and_then_strikes_as_often_as_ordered() -> None:
    fault = _fault(skip=2, times=2)
    assert [fault.strikes() for _ in range(6)] == [False, False, True, True, False, False]


def test_chance_is_the_same_with_the_same_seed() -> None:
    first, second = (_fault(times=100, probability=0.5, seed=4) for _ in range(2))
    strikes = [first.strikes() for _ in range(50)]
    assert strikes == [second.strikes() for _ in range(50)]
    assert set(strikes) == {True, False}


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        ("unauthorized", 401, b""),
        ("conflict", 409, b'{"errorCode":"Conflict"}'),
        ("closed", 409, b'{"errorCode":"CaseClosed"}'),
        ("throttled", 429, b'{"errorCode":"Throttled"}'),
        ("unavailable", 503, b'{"errorCode":"Unavailable"}'),
    ],
)
def test_a_refusing_fault_changes_nothing_and_is_over_after_once(
    add_note: Send,
    order_fault: Order,
    ledger_of: Ledger,
    reload_case: Reload,
    case: Case,
    kind: str,
    status: int,
    body: bytes,
) -> None:
    key = case["common"]["uuid"]
    order_fault("nova.case.update", kind, retryAfter=7)
    answer = add_note(key)
    assert (answer.status_code, answer.content) == (status, body)
    assert answer.headers.get("retry-after") == ("7" if kind == "throttled" else None)
    assert reload_case(key)["numberOfJournalNotes"] == case["numberOfJournalNotes"]
    assert [(entry["committed"], entry["reason"]) for entry in ledger_of(key)] == [(False, kind)]
    assert add_note(key).status_code == 200


@pytest.mark.parametrize(("kind", "is_committed"), [("timeout_before_commit", False), ("timeout_after_commit", True)])
def test_a_time_out_says_nothing_of_whether_it_was_done(
    add_note: Send,
    order_fault: Order,
    ledger_of: Ledger,
    reload_case: Reload,
    case: Case,
    kind: str,
    *,
    is_committed: bool,
) -> None:
    key, note = case["common"]["uuid"], str(uuid.uuid4())
    order_fault("nova.case.update", kind)
    with pytest.raises(httpx.RemoteProtocolError):
        add_note(key, note)
    uuids = [kept["uuid"] for kept in reload_case(key)["journalNotes"]]
    assert (note in uuids) is is_committed
    assert [(entry["clientId"], entry["committed"]) for entry in ledger_of(key)] == [(note, is_committed)]


def test_a_time_out_waits_until_the_client_gives_up(
    admin: httpx.Client, nova: httpx.Client, order_fault: Order, envelope: Callable[..., Case], case: Case
) -> None:
    order_fault("nova.case.get_list", "timeout_before_commit", seconds=30)
    body = envelope(paging={"startRow": 1, "numberOfRows": 1})
    begun = time.monotonic()
    with pytest.raises(httpx.ReadTimeout):
        nova.put("/api/Case/GetList", params={"api-version": "2.0-Case"}, json=body, timeout=0.3)
    assert time.monotonic() - begun < 5
    assert admin.get("/health").status_code == 200


def test_a_time_out_holds_nobody_else_up(
    admin: httpx.Client, nova: httpx.Client, order_fault: Order, envelope: Callable[..., Case]
) -> None:
    order_fault("nova.case.get_list", "timeout_after_commit", seconds=0.5)
    body = envelope(paging={"startRow": 1, "numberOfRows": 1})
    begun = time.monotonic()
    with pytest.raises(httpx.RemoteProtocolError):
        nova.put("/api/Case/GetList", params={"api-version": "2.0-Case"}, json=body)
    assert 0.4 < time.monotonic() - begun < 5


def test_a_garbled_answer_is_done_and_cannot_be_read(
    put_address: Send, order_fault: Order, ledger_of: Ledger, case: Case, address: dict[str, str]
) -> None:
    order_fault("nova.case.update_party_address", "garbled")
    answer = put_address(case["common"]["uuid"], address=address)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"EOF|Expecting|Unterminated|delimiter"):
        answer.json()
    assert [entry["committed"] for entry in ledger_of(case["common"]["uuid"])] == [True]


def test_a_fault_strikes_its_own_route_only(add_note: Send, put_task: Send, order_fault: Order, case: Case) -> None:
    order_fault("nova.task.import", "unavailable")
    assert add_note(case["common"]["uuid"]).status_code == 200
    assert put_task(case["common"]["uuid"]).status_code == 503


@pytest.mark.parametrize(
    ("route", "method", "path", "version"),
    [
        ("nova.case.get_list", "PUT", "/nova/api/Case/GetList", "2.0-Case"),
        ("nova.task.get_list", "PUT", "/nova/api/Task/GetList", "1.0-Task"),
        ("nova.cpr.address", "GET", "/nova/api/Cpr/GetAddressByCpr", "1.0-Cpr"),
        ("cpr.person", "GET", "/cpr/persons/1012620000", ""),
        ("cpr.events", "GET", "/cpr/events", ""),
    ],
)
def test_every_reading_route_can_fail(
    nova: httpx.Client, cpr: httpx.Client, order_fault: Order, route: str, method: str, path: str, version: str
) -> None:
    order_fault(route, "unavailable")
    side, _, rest = path[1:].partition("/")
    client = nova if side == "nova" else cpr
    assert client.request(method, f"/{rest}", params={"api-version": version}, content=b"{}").status_code == 503


def test_the_token_call_can_fail(token_of: Callable[[], str], order_fault: Order) -> None:
    order_fault("nova.token", "unavailable")
    with pytest.raises(KeyError):
        token_of()


def test_the_plan_tells_what_has_struck_and_can_be_cleared(
    admin: httpx.Client, cpr: httpx.Client, order_fault: Order
) -> None:
    order_fault("cpr.events", "conflict", times=2)
    cpr.get("/events")
    assert [fault["struck"] for fault in admin.get("/faults").json()["faults"]] == [1]
    assert admin.delete("/faults").json() == {"faults": []}
    assert cpr.get("/events").status_code == 200


@pytest.mark.parametrize(
    ("order", "field"),
    [
        ({"route": "nova.ukendt", "kind": "conflict"}, "route"),
        ({"route": "cpr.events", "kind": "ukendt"}, "kind"),
        ({"route": "cpr.events", "kind": "conflict", "times": 0}, "times"),
        ({"route": "cpr.events", "kind": "conflict", "gange": 2}, "gange"),
    ],
)
def test_a_wrong_order_is_refused(admin: httpx.Client, order: dict[str, object], field: str) -> None:
    answer = admin.post("/faults", json=order)
    assert (answer.status_code, answer.json()["field"]) == (400, field)
