from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

GetCases = Callable[..., httpx.Response]
Envelope = Callable[..., dict[str, Any]]


def test_cases_are_read_with_put_and_not_with_get(nova: httpx.Client) -> None:
    assert nova.get("/api/Case/GetList", params={"api-version": "2.0-Case"}).status_code == 405


@pytest.mark.parametrize("version", ["1.0-Case", None])
def test_another_api_version_is_refused(nova: httpx.Client, envelope: Envelope, version: str | None) -> None:
    params = {} if version is None else {"api-version": version}
    answer = nova.put("/api/Case/GetList", params=params, json=envelope(paging={"startRow": 1, "numberOfRows": 1}))
    assert (answer.status_code, answer.json()["field"]) == (400, "api-version")


def test_all_cases_come_in_pages_that_do_not_overlap(get_cases: GetCases) -> None:
    first, second = get_cases(rows=500).json(), get_cases(rows=500, start=501).json()
    uuids = [case["common"]["uuid"] for page in (first, second) for case in page["cases"]]
    assert len(set(uuids)) == len(uuids) == 700


def test_a_page_tells_whether_there_are_more(get_cases: GetCases) -> None:
    assert get_cases(rows=500).json()["pagingInformation"] == {"numberOfRows": 500, "hasMoreRows": True}
    assert get_cases(rows=1, start=700).json()["pagingInformation"] == {"numberOfRows": 1, "hasMoreRows": False}


def test_the_total_comes_only_when_asked_for(get_cases: GetCases) -> None:
    paging = {"startRow": 1, "numberOfRows": 1, "calculateTotalNumberOfRows": True}
    assert get_cases(paging=paging).json()["pagingInformation"]["totalNumberOfRows"] == 700


@pytest.mark.parametrize(
    ("rows", "start", "field"), [(501, 1, "numberOfRows"), (0, 1, "numberOfRows"), (1, 0, "startRow")]
)
def test_a_page_out_of_bounds_is_refused(get_cases: GetCases, rows: int, start: int, field: str) -> None:
    answer = get_cases(rows=rows, start=start)
    assert (answer.status_code, answer.json()) == (400, {"errorCode": "InvalidField", "field": f"paging.{field}"})


def test_a_page_behind_the_last_is_empty(get_cases: GetCases) -> None:
    assert get_cases(rows=1, start=701).json()["cases"] == []


def test_only_the_fields_of_the_mask_come_back(get_cases: GetCases) -> None:
    mask = {"caseAttributes": {"title": True}, "state": {"progressState": True, "activeCode": False}}
    case = get_cases(rows=1, caseGetOutput=mask).json()["cases"][0]
    assert {key: sorted(case[key]) for key in case} == {
        "common": ["uuid"],
        "caseAttributes": ["title"],
        "state": ["progressState"],
    }


def test_the_mask_reaches_into_each_party(get_cases: GetCases, case: dict[str, Any]) -> None:
    answer = get_cases(case["common"]["uuid"], filterByUuid=True, caseGetOutput={"caseParties": {"index": True}})
    assert answer.json()["cases"][0]["caseParties"] == [{"index": party["index"]} for party in case["caseParties"]]


@pytest.mark.parametrize(
    ("mask", "path"),
    [
        ({"unknown": True}, "caseGetOutput.unknown"),
        ({"state": {"unknown": True}}, "caseGetOutput.state.unknown"),
    ],
)
def test_a_mask_may_not_ask_for_unknown_fields(get_cases: GetCases, mask: dict[str, object], path: str) -> None:
    answer = get_cases(caseGetOutput=mask)
    assert (answer.status_code, answer.json()) == (400, {"errorCode": "UnknownField", "field": path})


def test_a_mask_is_made_of_yes_and_no(get_cases: GetCases) -> None:
    assert get_cases(caseGetOutput={"state": "ja"}).json()["errorCode"] == "InvalidField"
    assert get_cases(caseGetOutput={"numberOfDocuments": {"x": True}}).json()["errorCode"] == "InvalidField"


def test_a_case_without_notes_has_no_key_for_them(get_cases: GetCases) -> None:
    mask = {"journalNotes": {"uuid": True}, "numberOfJournalNotes": True}
    cases = get_cases(rows=500, caseGetOutput=mask).json()["cases"]
    assert {case["numberOfJournalNotes"] > 0 for case in cases} == {True, False}
    assert all(("journalNotes" in case) == (case["numberOfJournalNotes"] > 0) for case in cases)


def test_a_case_is_found_by_its_uuid(get_cases: GetCases, case: dict[str, Any]) -> None:
    uuid = case["common"]["uuid"]
    assert [found["common"]["uuid"] for found in get_cases(uuid, filterByUuid=True).json()["cases"]] == [uuid]


def test_without_the_filter_the_uuid_selects_nothing(get_cases: GetCases, case: dict[str, Any]) -> None:
    assert len(get_cases(case["common"]["uuid"], rows=2).json()["cases"]) == 2


def test_a_case_is_found_by_its_number(get_cases: GetCases, case: dict[str, Any]) -> None:
    number = case["caseAttributes"]["userFriendlyCaseNumber"]
    found = get_cases(caseAttributes={"userFriendlyCaseNumber": number}).json()["cases"]
    assert [one["common"] for one in found] == [case["common"]]


def test_cases_are_found_by_party(get_cases: GetCases, admin: httpx.Client, citizen: str) -> None:
    found = get_cases(caseParty={"identificationType": "CprNummer", "identification": citizen}).json()["cases"]
    all_of_his = admin.get(f"/cases/by-person/{citizen}").json()["cases"]
    assert [one["common"] for one in found] == [one["common"] for one in all_of_his]


def test_the_role_of_the_party_narrows(get_cases: GetCases) -> None:
    mask = {"caseParties": {"identification": True, "identificationType": True, "participantRole": True}}
    cases = get_cases(caseGetOutput=mask).json()["cases"]
    second = next(case["caseParties"][1] for case in cases if len(case["caseParties"]) > 1)
    wanted = {key: second[key] for key in ("identification", "identificationType", "participantRole")}
    found = get_cases(caseParty=wanted, caseGetOutput=mask).json()["cases"]
    assert found
    assert all(second in case["caseParties"] for case in found)


def test_the_progress_narrows(get_cases: GetCases) -> None:
    states = {"states": [{"progressState": "Afsluttet"}, {"progressState": "Oplyst"}]}
    found = get_cases(states=states, caseGetOutput={"state": True}).json()["cases"]
    assert {case["state"]["progressState"] for case in found} == {"Afsluttet", "Oplyst"}


def test_no_match_is_an_empty_list(get_cases: GetCases) -> None:
    answer = get_cases(caseAttributes={"userFriendlyCaseNumber": "S1999-00000"})
    assert (answer.status_code, answer.json()["cases"]) == (200, [])


def test_the_assumed_fields_are_left_out_when_switched_off(
    get_cases: GetCases, admin: httpx.Client, case: dict[str, Any]
) -> None:
    admin.post("/settings", json={"assumedAddressWrite": False})
    mask = {"caseParties": {"index": True, "address": True, "nameAddressProtected": True}}
    party = get_cases(case["common"]["uuid"], filterByUuid=True, caseGetOutput=mask).json()["cases"][0]["caseParties"][
        0
    ]
    assert party == {"index": "1"}


def test_a_party_without_an_address_says_null(get_cases: GetCases) -> None:
    cases = get_cases(caseGetOutput={"caseParties": True}).json()["cases"]
    companies = [party for case in cases for party in case["caseParties"] if party["identificationType"] == "CvrNummer"]
    assert companies
    assert all(party["address"] is None for party in companies)


@pytest.mark.parametrize(
    ("broken", "code", "field"),
    [
        ({"common": None}, "InvalidField", "common"),
        ({"common": {"uuid": "6f0d3f5e-6d0b-5c1c-9c5e-0a4f6d2c7b11"}}, "MissingField", "common.transactionId"),
        ({"common": {"transactionId": "1"}}, "InvalidField", "common.transactionId"),
        ({"paging": {"startRow": 1}}, "MissingField", "paging.numberOfRows"),
        ({"paging": {"startRow": "1", "numberOfRows": 1}}, "InvalidField", "paging.startRow"),
        ({"paging": {"startRow": 10**30, "numberOfRows": 1}}, "InvalidField", "paging.startRow"),
        ({"ukendt": 1}, "UnknownField", "ukendt"),
        (
            {"caseParty": {"identificationType": "Cpr", "identification": "x"}},
            "InvalidField",
            "caseParty.identificationType",
        ),
        ({"states": {"states": [{"progressState": "Lukket"}]}}, "InvalidField", "states.states.0.progressState"),
    ],
)
def test_a_wrong_body_is_refused_with_code_and_field(
    get_cases: GetCases, broken: dict[str, object], code: str, field: str
) -> None:
    answer = get_cases(**broken)
    assert (answer.status_code, answer.json()) == (400, {"errorCode": code, "field": field})


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 5000])
def test_what_is_no_json_object_is_refused(nova: httpx.Client, raw: bytes) -> None:
    answer = nova.put("/api/Case/GetList", params={"api-version": "2.0-Case"}, content=raw)
    assert answer.status_code == 400
    assert answer.json()["errorCode"] in {"MalformedJson", "InvalidField"}


def test_a_lenient_nova_passes_over_unknown_fields(get_cases: GetCases, admin: httpx.Client) -> None:
    admin.post("/settings", json={"strict": False})
    answer = get_cases(rows=1, ukendt=1, caseGetOutput={"ukendt": True})
    assert (answer.status_code, list(answer.json()["cases"][0])) == (200, ["common"])
