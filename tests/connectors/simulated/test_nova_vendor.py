from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Case = dict[str, Any]
Send = Callable[..., httpx.Response]
Ledger = Callable[[str], list[dict[str, Any]]]

MASK = {"caseParties": True}


@pytest.fixture
def home_of(get_cases: Send) -> Callable[[Case], Any]:
    """The address of the first party as the ESDH shows it; reading it is when the vendor gets to work."""

    def read(case: Case) -> Any:  # noqa: ANN401 - a JSON value.
        uuid = case["common"]["uuid"]
        return get_cases(uuid, filterByUuid=True, caseGetOutput=MASK).json()["cases"][0]["caseParties"][0]["address"]

    return read


def _move(admin: httpx.Client, citizen: str) -> str:
    answer = admin.post("/people/move", json={"personnummer": citizen}).raise_for_status().json()
    return str(answer["address"]["addressUuid"])


def test_without_a_vendor_nothing_happens_by_itself(
    admin: httpx.Client, citizen: str, case: Case, home_of: Callable[[Case], Any]
) -> None:
    before = home_of(case)
    _move(admin, citizen)
    assert home_of(case) == before
    assert admin.post("/vendor/tick", json={"hoursLater": 1000}).json() == {"written": 0}


def test_the_vendor_writes_once_his_hours_are_over(
    admin: httpx.Client, citizen: str, case: Case, home_of: Callable[[Case], Any]
) -> None:
    admin.post("/settings", json={"vendorSyncHours": 24})
    before, new = home_of(case), _move(admin, citizen)
    assert home_of(case) == before
    admin.post("/vendor/tick", json={"hoursLater": 23.9})
    assert home_of(case) == before
    assert admin.post("/vendor/tick", json={"hoursLater": 24.1}).json()["written"] >= 1
    assert home_of(case)["addressUuid"] == new


def test_a_vendor_without_delay_is_there_at_the_next_reading(
    admin: httpx.Client, citizen: str, case: Case, home_of: Callable[[Case], Any]
) -> None:
    admin.post("/settings", json={"vendorSyncHours": 0})
    home_of(case)
    new = _move(admin, citizen)
    assert home_of(case)["addressUuid"] == new


def test_the_ledger_tells_the_vendor_from_everybody_else(
    admin: httpx.Client, citizen: str, case: Case, home_of: Callable[[Case], Any], ledger_of: Ledger
) -> None:
    admin.post("/settings", json={"vendorSyncHours": 0})
    _move(admin, citizen)
    home_of(case)
    (entry,) = ledger_of(case["common"]["uuid"])
    told = {name: entry[name] for name in ("route", "operation", "committed", "replay", "target", "clientId")}
    assert told == {
        "route": "vendor.sync",
        "operation": "vendor_sync_address",
        "committed": True,
        "replay": False,
        "target": "1",
        "clientId": None,
    }


@pytest.mark.parametrize("act", ["close", "archive"])
def test_the_vendor_leaves_a_case_alone_that_is_not_open(
    admin: httpx.Client, citizen: str, case: Case, home_of: Callable[[Case], Any], act: str
) -> None:
    before = home_of(case)
    admin.post(f"/cases/{act}", json={"case": case["common"]["uuid"]})
    admin.post("/settings", json={"vendorSyncHours": 0})
    _move(admin, citizen)
    assert home_of(case) == before


def test_what_a_caseworker_types_after_the_vendor_stands(
    admin: httpx.Client, citizen: str, case: Case, home_of: Callable[[Case], Any], address: dict[str, Any]
) -> None:
    admin.post("/settings", json={"vendorSyncHours": 0})
    _move(admin, citizen)
    home_of(case)
    admin.post("/parties/address", json={"case": case["common"]["uuid"], "index": "1", "address": address})
    admin.post("/vendor/tick", json={"hoursLater": 1000})
    assert home_of(case) == address


def test_the_vendor_marks_those_who_are_protected(
    admin: httpx.Client, citizen: str, case: Case, get_cases: Send
) -> None:
    admin.post("/people/protect", json={"personnummer": citizen, "protected": True})
    admin.post("/settings", json={"vendorSyncHours": 0})
    _move(admin, citizen)
    found = get_cases(case["common"]["uuid"], filterByUuid=True, caseGetOutput=MASK).json()["cases"][0]
    assert found["caseParties"][0]["nameAddressProtected"] is True
