from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Case = dict[str, Any]
GetDocuments = Callable[..., httpx.Response]

EVERYTHING = {"title": True, "documentType": True, "documentDate": True}


@pytest.fixture
def get_documents(nova: httpx.Client, envelope: Callable[..., Case]) -> GetDocuments:
    def ask(case: str, **fields: object) -> httpx.Response:
        body = envelope(**{"caseUuid": case, "getOutput": EVERYTHING, **fields})
        return nova.put("/api/Document/GetList", params={"api-version": "2.0-Case"}, json=body)

    return ask


def _send_letter(admin: httpx.Client, case: Case, day: str) -> str:
    order = {"case": case["common"]["uuid"], "title": "Afgørelse", "documentDate": f"{day}T09:30:00+01:00"}
    return str(admin.post("/cases/document", json=order).raise_for_status().json()["documentUuid"])


def test_a_case_has_as_many_documents_as_it_says_and_of_every_direction(
    get_cases: GetDocuments, get_documents: GetDocuments
) -> None:
    directions: set[str] = set()
    for case in get_cases(rows=40, caseGetOutput={"numberOfDocuments": True}).json()["cases"]:
        found = get_documents(case["common"]["uuid"]).json()["documents"]
        assert len(found) == case["numberOfDocuments"]
        directions |= {document["documentType"] for document in found}
    assert directions == {"Indgående", "Udgående", "Internt"}


def test_a_letter_that_went_out_stands_on_the_case_at_its_time(
    admin: httpx.Client, get_documents: GetDocuments, case: Case
) -> None:
    uuid = _send_letter(admin, case, "2026-11-20")
    (letter,) = [
        one for one in get_documents(case["common"]["uuid"]).json()["documents"] if one["documentUuid"] == uuid
    ]
    assert letter == {
        "documentUuid": uuid,
        "title": "Afgørelse",
        "documentType": "Udgående",
        "documentDate": "2026-11-20T08:30:00+00:00",
    }


def test_a_letter_counts_among_the_documents_of_its_case(
    admin: httpx.Client, case: Case, reload_case: Callable[[str], Case]
) -> None:
    _send_letter(admin, case, "2026-11-20")
    assert reload_case(case["common"]["uuid"])["numberOfDocuments"] == case["numberOfDocuments"] + 1


def test_documents_come_oldest_first_in_pages(admin: httpx.Client, get_documents: GetDocuments, case: Case) -> None:
    key = case["common"]["uuid"]
    for day in ("2026-11-20", "2021-01-04", "2026-11-19"):
        _send_letter(admin, case, day)
    whole = get_documents(key).json()["documents"]
    assert [one["documentDate"] for one in whole] == sorted(one["documentDate"] for one in whole)
    first = get_documents(key, paging={"startRow": 1, "numberOfRows": 2, "calculateTotalNumberOfRows": True}).json()
    information = {"numberOfRows": 2, "hasMoreRows": True, "totalNumberOfRows": len(whole)}
    assert (first["documents"], first["pagingInformation"]) == (whole[:2], information)


def test_only_the_fields_that_are_asked_for_come(get_documents: GetDocuments, admin: httpx.Client, case: Case) -> None:
    _send_letter(admin, case, "2026-11-20")
    documents = get_documents(case["common"]["uuid"], getOutput={"title": True}).json()["documents"]
    assert {tuple(sorted(one)) for one in documents} == {("documentUuid", "title")}


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"getOutput": {"ukendt": True}}, "UnknownField", "getOutput.ukendt"),
        ({"caseUuid": "x"}, "InvalidField", "caseUuid"),
        ({"paging": {"startRow": 0, "numberOfRows": 1}}, "InvalidField", "paging.startRow"),
    ],
)
def test_a_wrong_question_is_refused_with_its_field(
    get_documents: GetDocuments, case: Case, fields: dict[str, object], code: str, field: str
) -> None:
    answer = get_documents(case["common"]["uuid"], **fields)
    assert (answer.status_code, answer.json()) == (400, {"errorCode": code, "field": field})


def test_a_letter_for_a_case_that_is_not_there_is_not_found(admin: httpx.Client) -> None:
    order = {"case": "6f0d3f5e-6d0b-5c1c-9c5e-0a4f6d2c7b11", "documentDate": "2026-11-20T08:30:00Z"}
    answer = admin.post("/cases/document", json=order)
    assert (answer.status_code, answer.json()["field"]) == (404, "case")
