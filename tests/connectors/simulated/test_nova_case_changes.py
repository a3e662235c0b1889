from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpx
import pytest

Send = Callable[..., httpx.Response]
Case = dict[str, Any]
Reload = Callable[[str], Case]
Ledger = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def writes(add_note: Send, put_address: Send, put_task: Send, address: dict[str, str]) -> list[Send]:
    """One of each change that a case may take."""
    return [add_note, partial(put_address, address=address), put_task]


def test_a_note_is_read_back_as_it_was_sent(add_note: Send, reload_case: Reload, case: Case) -> None:
    note, text = str(uuid.uuid4()), base64.b64encode("Æblegrød på øen".encode()).decode()
    answer = add_note(case["common"]["uuid"], note, text=text)
    assert (answer.status_code, answer.json()) == (200, {})
    kept = reload_case(case["common"]["uuid"])["journalNotes"][-1]
    assert (kept["uuid"], kept["journalNoteAttributes"]["note"]) == (note, text)
    assert kept["createdTime"]


@pytest.mark.parametrize(("mode", "status"), [("upsert", 200), ("conflict", 409)])
def test_a_repeated_note_is_one_note_in_both_modes(
    add_note: Send, reload_case: Reload, ledger_of: Ledger, admin: httpx.Client, case: Case, mode: str, status: int
) -> None:
    admin.post("/settings", json={"repeatMode": mode})
    key, note = case["common"]["uuid"], str(uuid.uuid4())
    before = case["numberOfJournalNotes"]
    assert add_note(key, note).status_code == 200
    assert add_note(key, note).status_code == status
    assert reload_case(key)["numberOfJournalNotes"] == before + 1
    entries = [entry for entry in ledger_of(key) if entry["clientId"] == note]
    assert [(entry["committed"], entry["replay"]) for entry in entries] == [(True, False), (mode == "upsert", True)]


def test_a_refused_repetition_says_that_it_exists(add_note: Send, admin: httpx.Client, case: Case) -> None:
    admin.post("/settings", json={"repeatMode": "conflict"})
    note = str(uuid.uuid4())
    add_note(case["common"]["uuid"], note)
    assert add_note(case["common"]["uuid"], note).json() == {"errorCode": "AlreadyExists"}


@pytest.mark.parametrize(("act", "code"), [("close", "CaseClosed"), ("archive", "CaseArchived")])
def test_a_case_that_is_not_open_takes_no_change(
    writes: list[Send], reload_case: Reload, admin: httpx.Client, case: Case, act: str, code: str
) -> None:
    key = case["common"]["uuid"]
    admin.post(f"/cases/{act}", json={"case": key})
    before = reload_case(key)
    for write in writes:
        answer = write(key)
        assert (answer.status_code, answer.json()) == (409, {"errorCode": code})
    assert reload_case(key) == before


def test_a_reopened_case_takes_changes_again(add_note: Send, admin: httpx.Client, case: Case) -> None:
    admin.post("/cases/archive", json={"case": case["common"]["uuid"]})
    admin.post("/cases/reopen", json={"case": case["common"]["uuid"]})
    assert add_note(case["common"]["uuid"]).status_code == 200


def test_an_unknown_case_is_not_found(
    add_note: Send, put_address: Send, put_task: Send, address: dict[str, str]
) -> None:
    unknown = str(uuid.uuid4())
    answers = [add_note(unknown), put_address(unknown, address=address), put_task(unknown)]
    assert [(answer.status_code, answer.json()["field"]) for answer in answers] == [(404, "case")] * 3


def test_an_unknown_party_is_not_found(put_address: Send, case: Case, address: dict[str, str]) -> None:
    answer = put_address(case["common"]["uuid"], "9", address=address)
    assert (answer.status_code, answer.json()["field"]) == (404, "party")


def test_the_address_of_a_party_is_written(
    put_address: Send, reload_case: Reload, case: Case, address: dict[str, str]
) -> None:
    key = case["common"]["uuid"]
    answer = put_address(key, address=address)
    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in ("caseUuid", "index")} == {"caseUuid": key, "index": "1"}
    party = reload_case(key)["caseParties"][0]
    assert (party["address"], party["nameAddressProtected"]) == (address, False)


def test_the_mark_is_written_without_touching_the_address(put_address: Send, reload_case: Reload, case: Case) -> None:
    key = case["common"]["uuid"]
    assert put_address(key, nameAddressProtected=True).status_code == 200
    party = reload_case(key)["caseParties"][0]
    assert (party["nameAddressProtected"], party["address"]) == (True, case["caseParties"][0]["address"])


def test_an_address_written_twice_is_a_replay_in_the_ledger(
    put_address: Send, ledger_of: Ledger, case: Case, address: dict[str, str]
) -> None:
    key = case["common"]["uuid"]
    put_address(key, address=address)
    put_address(key, address=address)
    rows = [(entry["committed"], entry["replay"], entry["target"]) for entry in ledger_of(key)]
    assert rows == [(True, False, "1"), (True, True, "1")]


def test_an_address_of_free_lines_is_written(
    put_address: Send, reload_case: Reload, case: Case, address: dict[str, Any]
) -> None:
    abroad = {**dict.fromkeys(address, ""), "freeLines": ["Prøvegatan 4", "S-456 78 Prövstad"], "country": "Sverige"}
    assert put_address(case["common"]["uuid"], address=abroad).status_code == 200
    assert reload_case(case["common"]["uuid"])["caseParties"][0]["address"] == abroad


def test_a_contact_address_and_a_name_are_written_without_touching_the_rest(
    put_address: Send, reload_case: Reload, case: Case, address: dict[str, Any]
) -> None:
    before = case["caseParties"][0]
    answer = put_address(case["common"]["uuid"], contactAddress=address, name="Ny Prøvesen")
    assert answer.status_code == 200
    party = reload_case(case["common"]["uuid"])["caseParties"][0]
    assert party == before | {"contactAddress": address, "name": "Ny Prøvesen"}


def test_an_address_without_a_part_is_none(
    put_address: Send, reload_case: Reload, case: Case, address: dict[str, Any]
) -> None:
    key = case["common"]["uuid"]
    put_address(key, contactAddress=address)
    put_address(key, contactAddress=dict.fromkeys(address, "") | {"freeLines": []})
    assert reload_case(key)["caseParties"][0]["contactAddress"] is None


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("freeLines", ["x"] * 6, "freeLines"),
        ("freeLines", ["x" * 35], "freeLines.0"),
        ("freeLines", "Prøvegatan 4", "freeLines"),
        ("country", None, "country"),
        ("roadName", "Testvænget\n", "roadName"),
        ("careOf", "Ester \u202eØveholm", "careOf"),
        ("land", "Sverige", "land"),
    ],
)
def test_an_address_that_no_letter_could_carry_is_refused(
    put_address: Send, case: Case, address: dict[str, Any], field: str, value: object, path: str
) -> None:
    answer = put_address(case["common"]["uuid"], contactAddress=address | {field: value})
    assert (answer.status_code, answer.json()["field"]) == (400, f"contactAddress.{path}")


@pytest.mark.parametrize("name", ["", "x" * 101, "Prøvesen\x00", "Prøvesen\u2066", 5])
def test_a_name_that_is_none_is_refused(put_address: Send, case: Case, name: object) -> None:
    assert put_address(case["common"]["uuid"], name=name).json() == {"errorCode": "InvalidField", "field": "name"}


def test_an_update_of_nothing_is_refused(put_address: Send, case: Case) -> None:
    assert put_address(case["common"]["uuid"]).json() == {"errorCode": "MissingField", "field": "address"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("houseNumber", "012B"),
        ("floor", "01"),
        ("floor", "2. sal"),
        ("postalCode", "123"),
        ("careOf", "x" * 35),
        ("door", None),
    ],
)
def test_an_address_in_a_foreign_spelling_is_refused_with_its_field(
    put_address: Send, case: Case, address: dict[str, Any], field: str, value: str | None
) -> None:
    answer = put_address(case["common"]["uuid"], address=address | {field: value})
    assert (answer.status_code, answer.json()["field"]) == (400, f"address.{field}")


def test_the_assumed_call_can_be_switched_off(
    put_address: Send, admin: httpx.Client, case: Case, address: dict[str, str]
) -> None:
    admin.post("/settings", json={"assumedAddressWrite": False})
    assert put_address(case["common"]["uuid"], address=address).status_code == 404


@pytest.mark.parametrize(
    ("notes", "field"),
    [
        ([], "journalNotes"),
        ([{"uuid": "x"}], "journalNotes.0.uuid"),
        (None, "journalNotes"),
    ],
)
def test_wrong_notes_are_refused_and_told_in_the_ledger(
    add_note: Send, ledger_of: Ledger, case: Case, notes: object, field: str
) -> None:
    answer = add_note(case["common"]["uuid"], journalNotes=notes)
    assert (answer.status_code, answer.json()["field"]) == (400, field)
    entries = ledger_of(case["common"]["uuid"])
    assert [(entry["committed"], entry["target"]) for entry in entries] == [(False, None)]


def test_a_note_that_is_no_base64_is_refused(add_note: Send, case: Case) -> None:
    answer = add_note(case["common"]["uuid"], text="æøå")
    assert answer.json()["field"] == "journalNotes.0.journalNoteAttributes.note"


def test_the_padding_fault_cuts_the_end_of_a_note(
    add_note: Send, reload_case: Reload, admin: httpx.Client, case: Case
) -> None:
    admin.post("/settings", json={"quirkBase64": True})
    add_note(case["common"]["uuid"], text=base64.b64encode(b"abcd").decode())
    add_note(case["common"]["uuid"], text=base64.b64encode(b"abcdef").decode())
    notes = [note["journalNoteAttributes"]["note"] for note in reload_case(case["common"]["uuid"])["journalNotes"]]
    assert [base64.b64decode(note) for note in notes[-2:]] == [b"abc", b"abcdef"]


def test_the_letter_fault_breaks_danish_letters(
    add_note: Send, reload_case: Reload, admin: httpx.Client, case: Case
) -> None:
    admin.post("/settings", json={"quirkLetters": True})
    add_note(case["common"]["uuid"], text=base64.b64encode("på".encode()).decode())
    note = reload_case(case["common"]["uuid"])["journalNotes"][-1]["journalNoteAttributes"]["note"]
    assert base64.b64decode(note).decode("utf-8", "replace") == "p\N{REPLACEMENT CHARACTER}"


def test_a_task_stands_on_the_case_once(put_task: Send, reload_case: Reload, case: Case) -> None:
    key, task = case["common"]["uuid"], str(uuid.uuid4())
    assert [put_task(key, task).status_code, put_task(key, task).status_code] == [200, 200]
    assert [kept["uuid"] for kept in reload_case(key)["tasks"]] == [task]


def test_a_repeated_task_can_be_a_conflict(put_task: Send, admin: httpx.Client, case: Case) -> None:
    admin.post("/settings", json={"repeatMode": "conflict"})
    key, task = case["common"]["uuid"], str(uuid.uuid4())
    put_task(key, task)
    assert put_task(key, task).json() == {"errorCode": "AlreadyExists"}


def test_tasks_are_listed_in_pages(
    nova: httpx.Client, put_task: Send, envelope: Callable[..., dict[str, Any]], case: Case
) -> None:
    key, tasks = case["common"]["uuid"], [str(uuid.uuid4()) for _ in range(3)]
    for task in tasks:
        put_task(key, task)
    paging = {"startRow": 2, "numberOfRows": 1, "calculateTotalNumberOfRows": True}
    answer = nova.put(
        "/api/Task/GetList", params={"api-version": "1.0-Task"}, json=envelope(paging=paging, caseUuid=key)
    ).json()
    assert answer["pagingInformation"] == {"numberOfRows": 1, "hasMoreRows": True, "totalNumberOfRows": 3}
    assert answer["taskList"] == [
        {
            "uuid": tasks[1],
            "caseUuid": key,
            "title": "Se på sagen",
            "description": "Prøveerindring",
            "statusCode": "N",
            "deadline": "2026-12-01",
        }
    ]


@pytest.mark.parametrize(("field", "value"), [("statusCode", "X"), ("deadline", "i morgen"), ("taskTypeName", "Andet")])
def test_a_wrong_task_is_refused_with_its_field(put_task: Send, case: Case, field: str, value: str) -> None:
    answer = put_task(case["common"]["uuid"], **{field: value})
    assert (answer.status_code, answer.json()) == (400, {"errorCode": "InvalidField", "field": field})


def test_many_clients_at_once_lose_nothing(add_note: Send, ledger_of: Ledger, reload_case: Reload, case: Case) -> None:
    key, notes = case["common"]["uuid"], [str(uuid.uuid4()) for _ in range(40)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda note: add_note(key, note), notes * 2))
    assert {answer.status_code for answer in answers} == {200}
    assert reload_case(key)["numberOfJournalNotes"] == case["numberOfJournalNotes"] + 40
    entries = ledger_of(key)
    assert sorted(entry["clientId"] for entry in entries if not entry["replay"]) == sorted(notes)
    assert sorted(entry["clientId"] for entry in entries if entry["replay"]) == sorted(notes)
