from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import count
from typing import Any

import httpx
import pytest

Events = Callable[[], dict[str, Any]]

_FIRST_FRIDAY = date(2027, 2, 5)
_WEEKS = count()


@pytest.fixture
def friday() -> date:
    """The Friday of a week that no test before has come to; time does not run backwards for CPR."""
    return _FIRST_FRIDAY + timedelta(weeks=next(_WEEKS))


def _it_is(admin: httpx.Client, day: date, **settings: object) -> None:
    admin.post("/settings", json={"today": day.isoformat(), **settings}).raise_for_status()


@pytest.fixture
def events(cpr: httpx.Client) -> Events:
    """The page behind the last event that stood before the test."""
    last = cpr.get("/events", params={"limit": 1}).json()["lastSequence"]

    def read() -> dict[str, Any]:
        page: dict[str, Any] = cpr.get("/events", params={"after": last}).json()
        return {**page, "lastSequence": page["lastSequence"] - last}

    return read


def _move(admin: httpx.Client, pnr: str) -> dict[str, Any]:
    answer: dict[str, Any] = admin.post("/people/move", json={"personnummer": pnr}).raise_for_status().json()
    return answer


@pytest.mark.parametrize("day", [1, 2])
def test_what_happens_in_a_weekend_is_told_on_monday(
    admin: httpx.Client, citizen: str, events: Events, friday: date, day: int
) -> None:
    _it_is(admin, friday + timedelta(days=day), weekendSilence=True)
    _move(admin, citizen)
    assert events() == {"events": [], "lastSequence": 0, "hasMore": False}
    _it_is(admin, friday + timedelta(days=3))
    assert len(events()["events"]) == 1


def test_what_happens_on_a_friday_is_told_at_once(
    admin: httpx.Client, citizen: str, events: Events, friday: date
) -> None:
    _it_is(admin, friday, weekendSilence=True)
    _move(admin, citizen)
    assert len(events()["events"]) == 1


def test_a_delay_of_thirty_hours_is_over_two_days_later(
    admin: httpx.Client, citizen: str, events: Events, friday: date
) -> None:
    _it_is(admin, friday, delayHours=30.0)
    _move(admin, citizen)
    _it_is(admin, friday + timedelta(days=1))
    assert events()["lastSequence"] == 0
    _it_is(admin, friday + timedelta(days=2))
    assert len(events()["events"]) == 1


def test_what_waits_is_no_hole_between_what_is_told(
    admin: httpx.Client, citizen: str, events: Events, friday: date
) -> None:
    _it_is(admin, friday, delayHours=30.0)
    _move(admin, citizen)
    _it_is(admin, friday + timedelta(days=2))
    _move(admin, citizen)
    page = events()
    assert (len(page["events"]), page["lastSequence"]) == (1, 1)


def test_shuffled_events_are_the_same_in_another_order(admin: httpx.Client, citizen: str, events: Events) -> None:
    for _ in range(8):
        _move(admin, citizen)
    in_order = events()["events"]
    admin.post("/settings", json={"shuffleEvents": True})
    shuffled = events()["events"]
    assert shuffled != in_order
    assert sorted(shuffled, key=lambda event: event["sequence"]) == in_order


def test_a_wrong_clock_shows_in_the_date_and_in_registrations(
    admin: httpx.Client, cpr: httpx.Client, citizen: str, events: Events
) -> None:
    admin.post("/settings", json={"clockSkewSeconds": 7200.0})
    _move(admin, citizen)
    ahead = parsedate_to_datetime(cpr.get("/events").headers["Date"]) - datetime.now(UTC)
    registered = datetime.fromisoformat(events()["events"][0]["object_registreringfra"]) - datetime.now(UTC)
    assert 7000 < ahead.total_seconds() < 7300
    assert 7000 < registered.total_seconds() < 7300


def test_subscribing_twice_is_subscribing_once_and_the_ledger_knows_no_number(
    admin: httpx.Client, cpr: httpx.Client, citizen: str
) -> None:
    last = max((entry["number"] for entry in admin.get("/ledger").json()["entries"]), default=0)
    answers = [cpr.put(f"/subscriptions/{citizen}").json() for _ in range(2)]
    assert answers == [{"personnummer": citizen, "subscribed": True}] * 2
    assert cpr.delete(f"/subscriptions/{citizen}").json() == {"personnummer": citizen, "subscribed": False}
    entries = admin.get("/ledger", params={"after": last}).json()["entries"]
    uuid = admin.get(f"/people/{citizen}").json()["uuid"]
    told = [(entry["operation"], entry["replay"], entry["committed"], entry["target"]) for entry in entries]
    assert told == [
        ("subscribe", False, True, uuid),
        ("subscribe", True, True, uuid),
        ("unsubscribe", False, True, uuid),
    ]
    assert citizen not in str(entries)


@pytest.mark.parametrize(("pnr", "status"), [("3112999999", 404), ("x", 400)])
def test_nobody_is_not_subscribed_to(cpr: httpx.Client, pnr: str, status: int) -> None:
    assert cpr.put(f"/subscriptions/{pnr}").status_code == status


def test_enforced_subscriptions_leave_others_out_without_a_hole(
    admin: httpx.Client, cpr: httpx.Client, citizen: str, events: Events
) -> None:
    admin.post("/settings", json={"subscriptionsEnforced": True})
    cpr.put(f"/subscriptions/{citizen}")
    _move(admin, citizen)
    assert _move(admin, "1012620000")["sequence"] is None
    _move(admin, citizen)
    page = events()
    assert [event["personnummer"] for event in page["events"]] == [citizen] * 2
    assert page["events"][1]["sequence"] == page["events"][0]["sequence"] + 1
    assert page["lastSequence"] == 2
    cpr.delete(f"/subscriptions/{citizen}")


def test_a_fault_of_a_subscription_stands_in_the_ledger(
    admin: httpx.Client, cpr: httpx.Client, citizen: str, order_fault: Callable[..., None]
) -> None:
    order_fault("cpr.subscribe", "unavailable")
    assert cpr.put(f"/subscriptions/{citizen}").status_code == 503
    entry = admin.get("/ledger").json()["entries"][-1]
    assert (entry["operation"], entry["committed"], entry["reason"]) == ("subscribe", False, "unavailable")


def test_a_service_fault_is_told_as_an_error_list(cpr: httpx.Client, order_fault: Callable[..., None]) -> None:
    order_fault("cpr.person", "service_fault")
    answer = cpr.get("/persons/1012620000")
    assert answer.status_code == 500
    assert [error["ErrorCode"] for error in answer.json()["ErrorList"]] == ["SERVICE_FAULT"]
