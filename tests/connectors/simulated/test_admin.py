from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Send = Callable[..., httpx.Response]
Case = dict[str, Any]


def test_health_tells_what_is_served(admin: httpx.Client) -> None:
    health = admin.get("/health").json()
    assert {key: health[key] for key in ("status", "seed", "citizens", "cases")} == {
        "status": "ok",
        "seed": 7,
        "citizens": 300,
        "cases": 700,
    }


def test_people_are_told_apart_by_what_they_show(admin: httpx.Client) -> None:
    answer = admin.get("/people", params={"esdhSpelling": "cosmetic"}).json()
    assert answer["total"] == len(answer["people"]) > 0
    assert {(person["origin"], person["isTest"]) for person in answer["people"]} == {("generated", True)}


def test_protected_people_are_listed(admin: httpx.Client) -> None:
    people = admin.get("/people", params={"protected": "true"}).json()["people"]
    assert "0709614452" in {person["personnummer"] for person in people}
    assert all(person["protected"] for person in people)


def test_the_list_of_people_comes_in_pages(admin: httpx.Client) -> None:
    pages = [admin.get("/people", params={"limit": 2, "offset": offset}).json()["people"] for offset in (0, 2)]
    assert len({person["personnummer"] for page in pages for person in page}) == 4


def test_a_caseworker_s_own_edit_is_not_in_the_ledger(
    admin: httpx.Client, case: Case, address: dict[str, str], reload_case: Callable[[str], Case]
) -> None:
    key = case["common"]["uuid"]
    edit = {"case": key, "index": "1", "address": address, "nameAddressProtected": True}
    assert admin.post("/parties/address", json=edit).status_code == 200
    party = reload_case(key)["caseParties"][0]
    assert (party["address"], party["nameAddressProtected"]) == (address, True)
    assert admin.get("/ledger", params={"case": key}).json() == {"entries": []}


def test_a_caseworker_writes_contact_address_and_name_too(
    admin: httpx.Client, case: Case, address: dict[str, Any], reload_case: Callable[[str], Case]
) -> None:
    key = case["common"]["uuid"]
    edit = {"case": key, "index": "1", "contactAddress": address, "name": "Ny Prøvesen"}
    assert admin.post("/parties/address", json=edit).status_code == 200
    party = reload_case(key)["caseParties"][0]
    assert (party["contactAddress"], party["name"]) == (address, "Ny Prøvesen")


def test_the_ledger_tells_the_writes_in_order_with_what_they_were(
    admin: httpx.Client, add_note: Send, put_task: Send, case: Case
) -> None:
    key = case["common"]["uuid"]
    last = max((entry["number"] for entry in admin.get("/ledger").json()["entries"]), default=0)
    add_note(key, "7a0c6a2e-0000-4000-8000-000000000001")
    put_task(key, "7a0c6a2e-0000-4000-8000-000000000002")
    entries = admin.get("/ledger", params={"after": last}).json()["entries"]
    told = [(e["number"] - last, e["route"], e["operation"], e["case"], e["clientId"], e["reason"]) for e in entries]
    assert told == [
        (1, "nova.case.update", "add_journal_note", key, "7a0c6a2e-0000-4000-8000-000000000001", None),
        (2, "nova.task.import", "import_task", key, "7a0c6a2e-0000-4000-8000-000000000002", None),
    ]
    assert all(entry["transactionId"] and entry["at"] for entry in entries)


def test_the_ledger_keeps_no_personal_data_of_a_refused_body(
    admin: httpx.Client, nova: httpx.Client, envelope: Callable[..., Case]
) -> None:
    body = envelope("0709614592", caseParty={"index": "0709614592"}, address="Prøvegade 1")
    nova.patch("/api/Case/UpdatePartyAddress", params={"api-version": "0.0-Assumed"}, json=body)
    entry = admin.get("/ledger").json()["entries"][-1]
    assert (entry["committed"], entry["case"], entry["target"]) == (False, None, None)


def test_reads_are_counted_per_route(admin: httpx.Client, cpr: httpx.Client) -> None:
    before = admin.get("/ledger/reads").json().get("cpr.person", 0)
    cpr.get("/persons/1012620000")
    assert admin.get("/ledger/reads").json()["cpr.person"] == before + 1


def test_reading_writes_nothing_in_the_ledger(admin: httpx.Client, get_cases: Send, cpr: httpx.Client) -> None:
    before = admin.get("/ledger").json()
    get_cases(rows=5)
    cpr.get("/events")
    assert admin.get("/ledger").json() == before


def test_a_night_moves_as_many_as_ordered_and_each_has_one_event(admin: httpx.Client, cpr: httpx.Client) -> None:
    last = cpr.get("/events", params={"limit": 1}).json()["lastSequence"]
    night = admin.post("/nights", json={"moves": 12, "seed": 5, "duplicates": 3}).json()
    assert (night["events"], night["persons"], night["requested"]) == (15, 12, 12)
    events = cpr.get("/events", params={"after": last}).json()["events"]
    assert len({event["eventid"] for event in events}) == 12
    assert {event["personnummer"] for event in events} == set(night["personnumre"])
    assert sum(event["fromfailedimport"] for event in events) == 3


def test_those_who_moved_in_the_night_stand_with_their_old_address_on_their_cases(
    admin: httpx.Client, cpr: httpx.Client
) -> None:
    for pnr in admin.post("/nights", json={"moves": 5, "seed": 6}).json()["personnumre"]:
        new = cpr.get(f"/persons/{pnr}").json()["aktuelAdresse"]["AdresseUUID"]
        cases = admin.get(f"/cases/by-person/{pnr}").json()["cases"]
        parties = [party for case in cases for party in case["caseParties"] if party["identification"] == pnr]
        assert parties
        assert all(party["address"]["addressUuid"] != new for party in parties)


def test_a_night_has_as_many_protected_and_care_of_and_future_moves_as_ordered(
    admin: httpx.Client, cpr: httpx.Client
) -> None:
    order = {"moves": 12, "seed": 8, "protected": 4, "careOf": 3, "future": 2}
    people = [cpr.get(f"/persons/{pnr}").json() for pnr in admin.post("/nights", json=order).json()["personnumre"]]
    homes = [person.get("fremtidigAdresse", person["aktuelAdresse"]) for person in people]
    assert sum(person["adressebeskyttelse"]["beskyttet"] for person in people) == 4
    assert sum(bool(home["conavn"]) for home in homes) == 3
    assert sum("fremtidigAdresse" in person for person in people) == 2


def test_a_night_says_when_there_were_not_enough_people(admin: httpx.Client) -> None:
    night = admin.post("/nights", json={"moves": 100_000, "seed": 1}).json()
    assert night["persons"] == len(night["personnumre"]) < night["requested"] == 100_000


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/people/move", {"personnummer": "x"}, "personnummer"),
        ("/people/move", {"personnummer": "1012620000", "effectFrom": "i går"}, "effectFrom"),
        ("/people/move", {"personnummer": "1012620000", "address": {"floor": "01"}}, "address.floor"),
        ("/people/move", {"personnummer": "1012620000", "address": {"ukendt": "1"}}, "address.ukendt"),
        ("/people/move", {"personnummer": "1012620000", "careOf": "x" * 35}, "careOf"),
        ("/people/move", {"personnummer": "0708614335", "stay": True}, "stay"),
        ("/people/protect", {"personnummer": "1012620000"}, "protected"),
        ("/people/status", {"personnummer": "1012620000", "status": "2"}, "status"),
        ("/people/lose-events", {"count": 0}, "count"),
        ("/nights", {"moves": 1, "protected": 2}, "moves"),
        ("/nights", {"moves": 2, "careOf": 2, "future": 1}, "moves"),
        ("/cases/close", {"case": "x"}, "case"),
        ("/parties/address", {"case": "6f0d3f5e-6d0b-5c1c-9c5e-0a4f6d2c7b11", "index": "1"}, "address"),
        ("/cases/document", {"case": "6f0d3f5e-6d0b-5c1c-9c5e-0a4f6d2c7b11"}, "documentDate"),
        ("/cases/document", {"case": "6f0d3f5e-6d0b-5c1c-9c5e-0a4f6d2c7b11", "documentDate": "x"}, "documentDate"),
        ("/vendor/tick", {"timer": 1}, "timer"),
        ("/settings", {"vendorSyncHours": -1}, "vendorSyncHours"),
        ("/settings", {"repeatMode": "ukendt"}, "repeatMode"),
        ("/settings", {"ukendt": 1}, "ukendt"),
        ("/settings", {}, "settings"),
    ],
)
def test_a_wrong_order_is_refused_with_its_field(
    admin: httpx.Client, path: str, body: dict[str, object], field: str
) -> None:
    answer = admin.post(path, json=body)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        ("/people/move", {"personnummer": "3112999999"}, "person"),
        ("/people/duplicate-event", {"eventid": "ukendt"}, "event"),
        ("/cases/close", {"case": "6f0d3f5e-6d0b-5c1c-9c5e-0a4f6d2c7b11"}, "case"),
        (
            "/parties/address",
            {"case": "6f0d3f5e-6d0b-5c1c-9c5e-0a4f6d2c7b11", "index": "1", "nameAddressProtected": True},
            "party",
        ),
    ],
)
def test_what_is_unknown_is_not_found(admin: httpx.Client, path: str, body: dict[str, object], kind: str) -> None:
    answer = admin.post(path, json=body)
    assert (answer.status_code, answer.json()["field"]) == (404, kind)


@pytest.mark.parametrize("query", [{"after": "x"}, {"after": "-1"}])
def test_a_wrong_page_of_the_ledger_is_refused(admin: httpx.Client, query: dict[str, str]) -> None:
    assert admin.get("/ledger", params=query).status_code == 400


def test_settings_change_only_what_is_named(admin: httpx.Client) -> None:
    before = admin.get("/settings").json()
    after = admin.post("/settings", json={"repeatMode": "conflict"}).json()
    assert after == before | {"repeatMode": "conflict"} == admin.get("/settings").json()
