from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from random import Random
from typing import Any

import httpx
import pytest

from connectors.simulated.faults import ROUTES, Fault, FaultKind, FaultPlan

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
        ("forbidden", 403, b'{"errorCode":"NoAccess"}'),
        ("missing", 404, b'{"errorCode":"NotFound"}'),
        ("precondition", 412, b'{"errorCode":"VersionMismatch"}'),
        ("locked", 423, b'{"errorCode":"LockedByAnotherUser"}'),
        ("archived", 423, b'{"errorCode":"Locked"}'),
        ("broken", 500, b'{"errorCode":"InternalError"}'),
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
    assert answer.headers.get("retry-after") == ("7" if kind in {"throttled", "locked"} else None)
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


def test_a_500_may_hide_that_it_was_done(add_note: Send, order_fault: Order, ledger_of: Ledger, case: Case) -> None:
    order_fault("nova.case.update", "broken_after_commit")
    assert add_note(case["common"]["uuid"]).status_code == 500
    assert [entry["committed"] for entry in ledger_of(case["common"]["uuid"])] == [True]


def test_a_slow_answer_is_whole(add_note: Send, order_fault: Order, ledger_of: Ledger, case: Case) -> None:
    order_fault("nova.case.update", "slow", seconds=0.3)
    begun = time.monotonic()
    answer = add_note(case["common"]["uuid"])
    assert time.monotonic() - begun >= 0.3
    assert (answer.status_code, answer.json()) == (200, {})
    assert [entry["committed"] for entry in ledger_of(case["common"]["uuid"])] == [True]


def test_a_wrong_shape_is_json_that_says_something_unknown(get_cases: Send, order_fault: Order, case: Case) -> None:
    order_fault("nova.case.get_list", "wrong_shape")
    answer = get_cases(case["common"]["uuid"], filterByUuid=True, caseGetOutput={"state": True})
    assert answer.json()["cases"][0]["state"]["progressState"] == "Ukendt"


def test_a_wrong_shape_lacks_its_list_where_it_has_no_known_values(
    get_cases: Send, order_fault: Order, case: Case
) -> None:
    order_fault("nova.case.get_list", "wrong_shape")
    answer = get_cases(case["common"]["uuid"], filterByUuid=True)
    assert (answer.status_code, list(answer.json())) == (200, ["pagingInformation"])


def test_a_wrong_shape_of_an_empty_answer_is_another_kind(add_note: Send, order_fault: Order, case: Case) -> None:
    order_fault("nova.case.update", "wrong_shape")
    assert add_note(case["common"]["uuid"]).json() == []


def test_a_wrong_clock_is_told_in_the_date(cpr: httpx.Client, order_fault: Order) -> None:
    order_fault("cpr.events", "clock_skew", seconds=7200)
    answer = cpr.get("/events")
    told = parsedate_to_datetime(answer.headers["date"])
    assert answer.status_code == 200
    assert timedelta(hours=1.9) < told - datetime.now(UTC) < timedelta(hours=2.1)


def test_a_lock_holds_for_its_time_and_counts_once() -> None:
    fault = _fault(times=1)
    fault.kind, fault.seconds = FaultKind.LOCKED, 10.0
    struck = []
    for second in (100.0, 101.0, 109.9, 110.0, 111.0):

        def now(at: float = second) -> float:
            return at

        struck.append(fault.strikes(now))
    assert (struck, fault.struck) == ([True, True, True, False, False], 1)


def test_a_storm_with_the_same_seed_strikes_the_same_calls_of_a_route_in_the_same_way() -> None:
    def kinds(seed: int, other_calls: int) -> list[FaultKind | None]:
        plan = FaultPlan()
        plan.lay(ROUTES, None, share=0.5, seed=seed)
        for _ in range(other_calls):
            plan.draw(ROUTES[0])
        drawn = [plan.draw(ROUTES[1]) for _ in range(200)]
        return [None if fault is None else fault.kind for fault in drawn]

    first = kinds(seed=3, other_calls=0)
    assert first == kinds(seed=3, other_calls=7)
    assert first != kinds(seed=4, other_calls=0)
    assert 60 < sum(kind is not None for kind in first) < 140


def test_a_storm_meets_a_reading_with_no_conflict_and_no_lock() -> None:
    plan = FaultPlan()
    plan.lay(["nova.case.get_list", "nova.case.update"], None, share=1.0, seed=1)
    of_writes = {FaultKind.CONFLICT, FaultKind.PRECONDITION, FaultKind.CLOSED, FaultKind.LOCKED, FaultKind.ARCHIVED}

    def met(route: str) -> set[FaultKind]:
        return {fault.kind for _ in range(500) if (fault := plan.draw(route)) is not None}

    assert met("nova.case.get_list") == set(FaultKind) - of_writes
    assert met("nova.case.update") == set(FaultKind)


def test_a_plan_lays_a_storm_over_the_routes_that_are_named(admin: httpx.Client, cpr: httpx.Client) -> None:
    order = {"seed": 2, "share": 1.0, "kinds": ["unavailable"], "routes": ["cpr.events"]}
    (storm,) = admin.post("/faults/plan", json=order).json()["storms"]
    assert (storm["route"], storm["share"], storm["kinds"]) == ("cpr.events", 1.0, ["unavailable"])
    assert [cpr.get("/events").status_code for _ in range(3)] == [503] * 3
    assert cpr.get("/persons/1012620000").status_code == 200
    assert admin.get("/faults").json()["storms"][0]["struck"] == {"unavailable": 3}


def test_a_plan_without_routes_covers_them_all(admin: httpx.Client) -> None:
    storms = admin.post("/faults/plan", json={"seed": 2, "share": 0.0}).json()["storms"]
    assert {storm["route"] for storm in storms} == set(ROUTES)


@pytest.mark.parametrize(
    ("order", "field"),
    [
        ({"seed": 1}, "share"),
        ({"share": 1.5}, "share"),
        ({"share": 0.1, "kinds": []}, "kinds"),
        ({"share": 0.1, "kinds": ["ukendt"]}, "kinds.0"),
        ({"share": 0.1, "routes": ["nova.ukendt"]}, "routes.0"),
    ],
)
def test_a_wrong_plan_is_refused(admin: httpx.Client, order: dict[str, object], field: str) -> None:
    answer = admin.post("/faults/plan", json=order)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


def test_a_fault_strikes_its_own_route_only(add_note: Send, put_task: Send, order_fault: Order, case: Case) -> None:
    order_fault("nova.task.import", "unavailable")
    assert add_note(case["common"]["uuid"]).status_code == 200
    assert put_task(case["common"]["uuid"]).status_code == 503


@pytest.mark.parametrize(
    ("route", "method", "path", "version"),
    [
        ("nova.case.get_list", "PUT", "/nova/api/Case/GetList", "2.0-Case"),
        ("nova.task.get_list", "PUT", "/nova/api/Task/GetList", "1.0-Task"),
        ("nova.document.get_list", "PUT", "/nova/api/Document/GetList", "2.0-Case"),
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
    assert admin.delete("/faults").json() == {"faults": [], "storms": []}
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
