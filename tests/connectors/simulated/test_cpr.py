from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from connectors.simulated.server import Running
from connectors.simulated.world import now


@pytest.fixture
def today() -> date:
    return datetime.now(ZoneInfo("Europe/Copenhagen")).date()


@pytest.fixture
def last_event(cpr: httpx.Client) -> int:
    last: int = cpr.get("/events", params={"limit": 1}).json()["lastSequence"]
    return last


def test_a_wrong_token_is_refused(served: Running) -> None:
    answer = httpx.get(f"{served.url}/cpr/persons/1012620000", headers={"Authorization": "Bearer forkert"})
    assert (answer.status_code, answer.content) == (401, b"")


def test_a_person_is_told_with_the_fields_of_sf1520(cpr: httpx.Client) -> None:
    person = cpr.get("/persons/0709614592").json()
    assert person["navn"] == {
        "personadresseringsnavn": "Jane Østerholm Fichte",
        "fornavn": "Jane",
        "mellemnavn": "Østerholm",
        "efternavn": "Fichte",
    }
    assert (person["foedselsdato"], person["status"], person["gaeldendePersonnummer"]) == (
        "1961-09-07",
        "1",
        "0709614592",
    )
    assert person["adressebeskyttelse"] == {"beskyttet": False, "startdato": None, "slutdato": None}
    assert "fremtidigAdresse" not in person


def test_the_published_address_has_the_leading_zeros_of_cpr(cpr: httpx.Client) -> None:
    address = cpr.get("/persons/0709614592").json()["aktuelAdresse"]
    assert (address["husnummer"], address["etage"], address["sidedoer"]) == ("038", "01", "th")
    assert (address["kommunekode"], address["vejkode"], address["standardadresse"]) == (
        "0851",
        "8513",
        "Svinget 38,1 th",
    )


def test_an_unknown_person_is_a_fault_in_the_register_s_own_words(cpr: httpx.Client) -> None:
    answer = cpr.get("/persons/3112999999")
    assert answer.status_code == 404
    assert answer.json() == {"ErrorList": [{"ErrorCode": "PNR_NOT_FOUND", "ErrorText": "PNR not found"}]}


@pytest.mark.parametrize("pnr", ["1", "070961-4592", "070961459x", "٠٧٠٩٦١٤٥٩٢"])
def test_what_is_no_number_is_refused(cpr: httpx.Client, pnr: str) -> None:
    answer = cpr.get(f"/persons/{pnr}")
    assert (answer.status_code, answer.json()) == (400, {"errorCode": "InvalidField", "field": "pnr"})


@pytest.mark.parametrize("pnr", ["0708614335", "0101980014", "1312814362", "0101520013", "0108610069"])
def test_who_does_not_live_here_has_no_address(cpr: httpx.Client, pnr: str) -> None:
    assert cpr.get(f"/persons/{pnr}").json()["aktuelAdresse"] is None


def test_a_changed_number_points_at_the_one_in_force(cpr: httpx.Client) -> None:
    person = cpr.get("/persons/0108610069").json()
    assert (person["status"], person["gaeldendePersonnummer"]) == ("60", "0709610015")


@pytest.mark.parametrize(("pnr", "is_protected"), [("0709614452", True), ("0107529039", False), ("0702614147", False)])
def test_having_a_period_of_protection_is_not_being_in_it(cpr: httpx.Client, pnr: str, *, is_protected: bool) -> None:
    protection = cpr.get(f"/persons/{pnr}").json()["adressebeskyttelse"]
    assert protection["startdato"]
    assert protection["beskyttet"] is is_protected


def test_a_move_shows_at_once_and_leaves_one_event(
    cpr: httpx.Client, admin: httpx.Client, citizen: str, address: dict[str, str], last_event: int, today: date
) -> None:
    moved = admin.post("/people/move", json={"personnummer": citizen, "address": address}).json()
    person = cpr.get(f"/persons/{citizen}").json()
    assert (person["aktuelAdresse"]["vejnavn"], person["aktuelAdresse"]["husnummer"]) == ("Testvænget", "012B")
    assert person["aktuelAdresse"]["tilflytningsdato"] == {"dato": today.isoformat(), "usikkerhedsmarkering": False}
    events = cpr.get("/events", params={"after": last_event}).json()["events"]
    assert [event["eventid"] for event in events] == [moved["eventid"]]
    assert moved["address"] == address


def test_an_event_tells_what_kind_whom_and_when(
    cpr: httpx.Client, admin: httpx.Client, citizen: str, last_event: int, today: date
) -> None:
    before = now()
    admin.post("/people/move", json={"personnummer": citizen})
    event = cpr.get("/events", params={"after": last_event}).json()["events"][0]
    assert before <= event.pop("object_registreringfra") <= now()
    assert event.pop("eventid") != event.pop("object_id")
    assert event == {
        "sequence": last_event + 1,
        "entityname": "CPR_Adresse",
        "eventaction": "u",
        "personnummer": citizen,
        "object_virkningfra": today.isoformat(),
        "fromfailedimport": False,
    }


def test_a_move_that_lies_ahead_waits_for_its_day(
    cpr: httpx.Client, admin: httpx.Client, citizen: str, address: dict[str, str], today: date
) -> None:
    before = cpr.get(f"/persons/{citizen}").json()["aktuelAdresse"]
    day = today + timedelta(days=10)
    order = {"personnummer": citizen, "effectFrom": day.isoformat(), "address": address}
    assert admin.post("/people/move", json=order).status_code == 200

    waiting = cpr.get(f"/persons/{citizen}").json()
    assert waiting["aktuelAdresse"] == before
    assert waiting["fremtidigAdresse"]["vejnavn"] == "Testvænget"
    assert waiting["fremtidigAdresse"]["tilflytningsdato"]["dato"] == day.isoformat()

    admin.post("/settings", json={"today": (day - timedelta(days=1)).isoformat()})
    assert cpr.get(f"/persons/{citizen}").json() == waiting
    admin.post("/settings", json={"today": day.isoformat()})
    arrived = cpr.get(f"/persons/{citizen}").json()
    assert arrived["aktuelAdresse"] == waiting["fremtidigAdresse"]
    assert "fremtidigAdresse" not in arrived


def test_a_move_after_one_that_has_arrived_counts(
    cpr: httpx.Client, admin: httpx.Client, citizen: str, address: dict[str, str], today: date
) -> None:
    day = today + timedelta(days=3)
    admin.post("/people/move", json={"personnummer": citizen, "effectFrom": day.isoformat()})
    admin.post("/settings", json={"today": day.isoformat()})
    admin.post("/people/move", json={"personnummer": citizen, "address": address})
    assert cpr.get(f"/persons/{citizen}").json()["aktuelAdresse"]["vejnavn"] == "Testvænget"


def test_a_new_future_move_keeps_the_one_that_has_arrived(
    cpr: httpx.Client, admin: httpx.Client, citizen: str, address: dict[str, str], today: date
) -> None:
    first, second = today + timedelta(days=3), today + timedelta(days=9)
    admin.post("/people/move", json={"personnummer": citizen, "effectFrom": first.isoformat(), "address": address})
    admin.post("/settings", json={"today": first.isoformat()})
    admin.post("/people/move", json={"personnummer": citizen, "effectFrom": second.isoformat()})
    person = cpr.get(f"/persons/{citizen}").json()
    assert person["aktuelAdresse"]["vejnavn"] == "Testvænget"
    assert person["fremtidigAdresse"]["tilflytningsdato"]["dato"] == second.isoformat()


def test_a_care_of_name_comes_and_goes_at_the_same_address(
    cpr: httpx.Client, admin: httpx.Client, citizen: str
) -> None:
    before = cpr.get(f"/persons/{citizen}").json()["aktuelAdresse"]
    admin.post("/people/move", json={"personnummer": citizen, "stay": True, "careOf": "Astrid Testlund"})
    with_name = cpr.get(f"/persons/{citizen}").json()["aktuelAdresse"]
    admin.post("/people/move", json={"personnummer": citizen, "stay": True, "careOf": ""})
    without = cpr.get(f"/persons/{citizen}").json()["aktuelAdresse"]
    assert (with_name["conavn"], without["conavn"]) == ("Astrid Testlund", "")
    assert before["AdresseUUID"] == with_name["AdresseUUID"] == without["AdresseUUID"]


def test_protection_begins_and_ends_with_an_event_each(
    cpr: httpx.Client, admin: httpx.Client, citizen: str, last_event: int, today: date
) -> None:
    admin.post("/people/protect", json={"personnummer": citizen, "protected": True})
    begun = cpr.get(f"/persons/{citizen}").json()["adressebeskyttelse"]
    admin.post("/people/protect", json={"personnummer": citizen, "protected": False})
    ended = cpr.get(f"/persons/{citizen}").json()["adressebeskyttelse"]
    day = today.isoformat()
    assert begun == {"beskyttet": True, "startdato": day, "slutdato": None}
    assert ended == {"beskyttet": False, "startdato": day, "slutdato": day}
    events = cpr.get("/events", params={"after": last_event}).json()["events"]
    assert [event["entityname"] for event in events] == ["CPR_Beskyttelse"] * 2


def test_a_death_takes_the_address_away_with_an_event(
    cpr: httpx.Client, admin: httpx.Client, citizen: str, last_event: int
) -> None:
    admin.post("/people/status", json={"personnummer": citizen, "status": "90"})
    person = cpr.get(f"/persons/{citizen}").json()
    assert (person["status"], person["aktuelAdresse"]) == ("90", None)
    assert cpr.get("/events", params={"after": last_event}).json()["events"][0]["entityname"] == "CPR_Status"


def test_events_come_in_pages(cpr: httpx.Client, admin: httpx.Client, citizen: str, last_event: int) -> None:
    for _ in range(3):
        admin.post("/people/move", json={"personnummer": citizen})
    page = cpr.get("/events", params={"after": last_event, "limit": 2}).json()
    assert [event["sequence"] for event in page["events"]] == [last_event + 1, last_event + 2]
    assert (page["hasMore"], page["lastSequence"]) == (True, last_event + 3)
    rest = cpr.get("/events", params={"after": last_event + 2, "limit": 2}).json()
    assert (len(rest["events"]), rest["hasMore"]) == (1, False)


def test_a_repeated_event_has_the_same_id_and_a_new_number(
    cpr: httpx.Client, admin: httpx.Client, citizen: str, last_event: int
) -> None:
    moved = admin.post("/people/move", json={"personnummer": citizen}).json()
    admin.post("/people/duplicate-event", json={"eventid": moved["eventid"]})
    first, second = cpr.get("/events", params={"after": last_event}).json()["events"]
    assert (first["fromfailedimport"], second["fromfailedimport"]) == (False, True)
    assert (second["sequence"], second["eventid"]) == (last_event + 2, first["eventid"])


def test_lost_events_leave_a_hole_in_the_numbers(
    cpr: httpx.Client, admin: httpx.Client, citizen: str, last_event: int
) -> None:
    assert admin.post("/people/lose-events", json={"count": 2}).json() == {"lostUpTo": last_event + 2}
    admin.post("/people/move", json={"personnummer": citizen})
    page = cpr.get("/events", params={"after": last_event}).json()
    assert [event["sequence"] for event in page["events"]] == [last_event + 3]


def test_events_lost_at_the_end_are_told_by_the_last_number(
    cpr: httpx.Client, admin: httpx.Client, last_event: int
) -> None:
    admin.post("/people/lose-events", json={})
    page = cpr.get("/events", params={"after": last_event}).json()
    assert page == {"events": [], "lastSequence": last_event + 1, "hasMore": False}


@pytest.mark.parametrize(
    ("name", "value"), [("after", "-1"), ("after", "x"), ("limit", "0"), ("limit", "1001"), ("limit", "²")]
)
def test_a_wrong_page_of_events_is_refused(cpr: httpx.Client, name: str, value: str) -> None:
    answer = cpr.get("/events", params={name: value})
    assert (answer.status_code, answer.json()) == (400, {"errorCode": "InvalidField", "field": name})


@pytest.mark.parametrize("after", ["9" * 25, "9007199254740993"])
def test_a_cursor_beyond_all_numbers_is_refused(cpr: httpx.Client, after: str) -> None:
    assert cpr.get("/events", params={"after": after}).status_code == 400


def test_nova_s_own_look_up_has_the_spelling_of_nova(nova: httpx.Client) -> None:
    params = {"TransactionId": "1", "Cpr": "0709614592", "api-version": "1.0-Cpr"}
    answer: dict[str, Any] = nova.get("/api/Cpr/GetAddressByCpr", params=params).json()
    assert (answer["name"], answer["address"]["houseNumber"]) == ("Jane Østerholm Fichte", "38")


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"Cpr": "3112999999"}, 404, "person"),
        ({"Cpr": "x"}, 400, "Cpr"),
        ({"TransactionId": ""}, 400, "TransactionId"),
        ({"api-version": "2.0-Case"}, 400, "api-version"),
    ],
)
def test_nova_s_own_look_up_refuses(nova: httpx.Client, change: dict[str, str], status: int, field: str) -> None:
    params = {"TransactionId": "1", "Cpr": "0709614592", "api-version": "1.0-Cpr"} | change
    answer = nova.get("/api/Cpr/GetAddressByCpr", params=params)
    assert (answer.status_code, answer.json()["field"]) == (status, field)


def test_every_person_can_be_looked_up(
    cpr: httpx.Client, admin: httpx.Client, envelope: Callable[..., dict[str, Any]]
) -> None:
    people = admin.get("/people", params={"limit": 1000}).json()["people"]
    assert {cpr.get(f"/persons/{person['personnummer']}").status_code for person in people} == {200}
