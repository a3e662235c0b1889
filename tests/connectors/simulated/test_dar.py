"""The simulated address register: DAWA's shapes and refusals, and what a tester can let happen to places."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import httpx
import pytest

from connectors.simulated.server import Running
from tests.connectors.simulated.washing import MARGRETHE, Place, told


def last_of(found: list[Place]) -> int:
    return int(found[-1]["sekvensnummer"]) if found else 0


def test_the_mini_object_has_the_fields_of_dawa(places: Callable[..., list[Place]]) -> None:
    (place,) = places(vejnavn="Prøvegade", husnr="7B", etage="2", dør="th")
    assert set(place) == {
        "id",
        "status",
        "darstatus",
        "kommunekode",
        "vejkode",
        "vejnavn",
        "adresseringsvejnavn",
        "husnr",
        "supplerendebynavn",
        "postnr",
        "postnrnavn",
        "stormodtagerpostnr",
        "stormodtagerpostnrnavn",
        "x",
        "y",
        "adgangsadresseid",
        "etage",
        "dør",
        "betegnelse",
        "href",
        "kvhx",
    }
    assert (place["status"], place["darstatus"], place["kvhx"]) == (1, 3, "08991001__7B__2__th")
    assert place["betegnelse"] == "Prøvegade 7B, 2. th, 6790 Prøveby"
    assert place["supplerendebynavn"] is None


@pytest.mark.parametrize(
    "query",
    [
        {"kvhx": "08991001__7B__2__th"},
        {"postnr": "6790", "vejkode": "1001", "husnr": "7B", "etage": "2", "dør": "th"},
        {"q": "prøvegade 7b 2. th prøveby"},
        {"q": "prøveg* 7b 2 th"},
        {"kommunekode": "0899", "vejnavn": "Prøvegade|Findesikke", "husnr": "7B", "etage": "2", "dør": "th"},
    ],
)
def test_one_address_is_found_by_each_of_its_parts(places: Callable[..., list[Place]], query: dict[str, str]) -> None:
    assert [place["kvhx"] for place in places(**query)] == ["08991001__7B__2__th"]


def test_addresses_without_a_floor_are_asked_for_with_nothing(places: Callable[..., list[Place]]) -> None:
    assert places(vejnavn="Prøvegade", etage="") == []
    assert {place["etage"] for place in places(vejnavn="Eliasgade", etage="")} == {None}


def test_a_list_leaves_closed_addresses_out_unless_they_are_asked_for(places: Callable[..., list[Place]]) -> None:
    assert [place["husnr"] for place in places(vejnavn="Eliasgade")] == ["12"]
    assert [place["husnr"] for place in places(vejnavn="Eliasgade", status="2")] == ["10"]
    assert {place["husnr"] for place in places(vejnavn="Eliasgade", status="1|2")} == {"10", "12"}


def test_a_closed_address_is_found_by_its_id(dar: httpx.Client, places: Callable[..., list[Place]]) -> None:
    closed = places(vejnavn="Eliasgade", status="2")[0]["id"]
    assert dar.get(f"/adresser/{closed}", params={"struktur": "mini"}).json()["status"] == 2


def test_a_list_has_a_thousand_at_most_and_comes_in_pages(places: Callable[..., list[Place]]) -> None:
    assert len(places(q="prøveby")) == 1000
    pages = [places(q="prøveby", side=str(page), per_side="400") for page in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [400, 400, 200, 0]
    assert len({place["id"] for page in pages for place in page}) == 1000
    assert len(places(q="prøveby", side="1")) == 20


def test_completion_takes_the_beginnings_of_words(dar: httpx.Client) -> None:
    found = dar.get("/adresser/autocomplete", params={"q": "prøveg 7b st"}).json()
    assert {row["tekst"] for row in found} == {
        "Prøvegade 7B, st. tv, 6790 Prøveby",
        "Prøvegade 7B, st. th, 6790 Prøveby",
    }
    assert {row["adresse"]["husnr"] for row in found} == {"7B"}


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ({"postnr": "12345"}, ["postnr", "Value 12345 is greater than maximum 9999"]),
        ({"postnr": "abc"}, ["postnr", '"abc" is not a valid integer']),
        ({"side": "0"}, ["side", "Value 0 is less than minimum 1"]),
        ({"kvhx": "0899"}, ["kvhx", "KVHX key must be a string of length 19, but supplied value was '0899'"]),
        ({"id": "x"}, ["id", 'String does not match pattern: "x"']),
        ({"ukendt": "1"}, ["ukendt", "Unknown parameter"]),
        ({"struktur": "nestet"}, ["struktur", "No enum match: only mini is simulated"]),
    ],
)
def test_a_wrong_parameter_is_refused_as_dawa_does(dar: httpx.Client, query: dict[str, str], detail: list[str]) -> None:
    answer = dar.get("/adresser", params={"struktur": "mini", **query})
    assert answer.status_code == 400
    assert answer.json() == {
        "type": "QueryParameterFormatError",
        "title": "One or more query parameters was ill-formed.",
        "details": [detail],
    }


@pytest.mark.parametrize(
    ("path", "kind"),
    [("00000000-0000-4000-8000-000000000000", "ResourceNotFoundError"), ("x", "ResourcePathFormatError")],
)
def test_an_id_that_is_none_and_one_that_nobody_has_are_told_apart(dar: httpx.Client, path: str, kind: str) -> None:
    answer = dar.get(f"/adresser/{path}", params={"struktur": "mini"})
    assert (answer.status_code, answer.json()["type"]) == (404, kind)


def test_the_register_is_open_and_takes_no_wrong_token(dar: httpx.Client) -> None:
    query, path = {"struktur": "mini"}, f"/adresser/{MARGRETHE}"
    assert dar.get(path, params=query).status_code == 200
    for token, status in (("kun-til-simulatoren", 200), ("forkert", 401)):
        headers = {"Authorization": f"Bearer {token}"}
        assert dar.get(path, params=query, headers=headers).status_code == status


@pytest.mark.parametrize(
    ("route", "path"),
    [
        ("dar.addresses", "/adresser?struktur=mini&postnr=8000"),
        ("dar.address", f"/adresser/{MARGRETHE}?struktur=mini"),
        ("dar.wash", "/datavask/adresser?betegnelse=x"),
        ("dar.events", "/replikering/haendelser"),
    ],
)
def test_each_route_has_its_faults_and_is_counted(
    dar: httpx.Client, admin: httpx.Client, order_fault: Callable[..., None], route: str, path: str
) -> None:
    before = admin.get("/ledger/reads").json().get(route, 0)
    order_fault(route, "unavailable")
    assert [dar.get(path).status_code for _ in range(2)] == [503, 200]
    assert admin.get("/ledger/reads").json()[route] == before + 2


def test_a_renamed_road_keeps_its_ids_and_its_old_name_is_still_understood(
    dar: httpx.Client,
    admin: httpx.Client,
    wash: Callable[[str], Place],
    places: Callable[..., list[Place]],
    events: Callable[[int], list[Place]],
) -> None:
    before = places(vejnavn="Øvegade", husnr="3")
    since = last_of(events(0))
    answer = admin.post("/dar/roads/respell", json={"roadCode": before[0]["vejkode"], "roadName": "Nyøvegade"})
    after = places(vejnavn="Nyøvegade", husnr="3")
    assert [place["id"] for place in after] == [place["id"] for place in before]
    assert places(vejnavn="Øvegade") == []
    for old, new in zip(before, after, strict=True):
        assert new["kvhx"] == old["kvhx"]
        result = wash(old["betegnelse"])
        assert (told(result), result["resultater"][0]["aktueladresse"]["vejnavn"]) == (("A", old["id"]), "Nyøvegade")
        assert told(wash(new["betegnelse"])) == ("A", old["id"])
    changed = events(since)
    assert len(changed) == answer.json()["addresses"] > len(before)
    assert {(event["operation"], event["data"]["vejnavn"]) for event in changed} == {("update", "Nyøvegade")}
    assert [event["sekvensnummer"] for event in changed] == list(range(since + 1, since + 1 + len(changed)))


@pytest.mark.parametrize("in_cpr", [True, False])
def test_a_new_postcode_reaches_those_who_live_there_and_moves_nobody(
    served: Running, admin: httpx.Client, cpr: httpx.Client, citizen: str, *, in_cpr: bool
) -> None:
    seen = last_number(cpr)
    before = cpr.get(f"/persons/{citizen}").json()["aktuelAdresse"]
    order = {"roadCode": before["vejkode"], "postalCode": "6799", "postalDistrict": "Nyprøveby", "inCpr": in_cpr}
    assert admin.post("/dar/roads/respell", json=order).status_code == 200
    after = cpr.get(f"/persons/{citizen}").json()["aktuelAdresse"]
    new = {"postnummer": "6799", "postdistrikt": "Nyprøveby"} if in_cpr else {}
    assert after == {**before, **new}
    assert last_number(cpr) == seen


def last_number(cpr: httpx.Client) -> int:
    return int(cpr.get("/events").json()["lastSequence"])


def test_a_closed_address_names_its_successor_and_the_successor_s_own(
    admin: httpx.Client,
    dar: httpx.Client,
    wash: Callable[[str], Place],
    places: Callable[..., list[Place]],
    events: Callable[[int], list[Place]],
) -> None:
    first, second, third = (places(vejnavn="Testengen", husnr=number)[0] for number in ("1", "2", "3"))
    since = last_of(events(0))
    admin.post("/dar/addresses/close", json={"id": first["id"], "replacedBy": second["id"]}).raise_for_status()
    admin.post("/dar/addresses/close", json={"id": second["id"], "replacedBy": third["id"]}).raise_for_status()
    for closed in (first, second):
        assert told(wash(closed["betegnelse"])) == ("A", third["id"])
        assert dar.get(f"/adresser/{closed['id']}", params={"struktur": "mini"}).json()["status"] == 2
    assert [(event["operation"], event["data"]["status"]) for event in events(since)] == [("update", 2)] * 2


def test_a_closed_address_without_a_successor_is_told_as_closed(
    admin: httpx.Client, wash: Callable[[str], Place], places: Callable[..., list[Place]]
) -> None:
    place = places(vejnavn="Prøveengen", husnr="1")[0]
    admin.post("/dar/addresses/close", json={"id": place["id"]}).raise_for_status()
    answer = wash(place["betegnelse"])
    assert (told(answer), answer["resultater"][0]["aktueladresse"]["status"]) == (("A", place["id"]), 2)


def test_a_new_road_is_lived_on_before_the_register_knows_it(
    admin: httpx.Client,
    cpr: httpx.Client,
    citizen: str,
    wash: Callable[[str], Place],
    places: Callable[..., list[Place]],
    events: Callable[[int], list[Place]],
) -> None:
    since = last_of(events(0))
    road = {"roadCode": "5001", "roadName": "Nybyggervej", "postalCode": "6790", "postalDistrict": "Prøveby"}
    built = admin.post("/dar/roads/build", json={**road, "houseNumbers": ["1", "3A"]}).json()
    assert (len(built["addresses"]), built["ids"], events(since)) == (2, [], [])
    admin.post("/people/move", json={"personnummer": citizen, "address": built["addresses"][0]}).raise_for_status()
    assert cpr.get(f"/persons/{citizen}").json()["aktuelAdresse"]["vejnavn"] == "Nybyggervej"
    assert wash("Nybyggervej 1, 6790 Prøveby")["kategori"] == "C"
    entered = admin.post("/dar/roads/enter", json={"roadCode": "5001"}).json()["ids"]
    assert [place["id"] for place in places(vejnavn="Nybyggervej", husnr="1")] == entered[:1]
    assert told(wash("Nybyggervej 1, 6790 Prøveby")) == ("A", entered[0])
    assert [event["operation"] for event in events(since)] == ["insert", "insert"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/dar/roads/respell", {"roadCode": "1001"}, 400),
        ("/dar/roads/respell", {"roadCode": "9999", "roadName": "Ny"}, 404),
        ("/dar/roads/respell", {"roadCode": "1001", "name": "Ny"}, 400),
        ("/dar/roads/enter", {"roadCode": "1001"}, 404),
        ("/dar/addresses/close", {"id": "00000000-0000-4000-8000-000000000000"}, 404),
        ("/dar/addresses/close", {"id": MARGRETHE, "replacedBy": MARGRETHE}, 400),
    ],
)
def test_a_wrong_order_changes_nothing_and_is_refused(
    admin: httpx.Client, events: Callable[[int], list[Place]], path: str, body: dict[str, str], status: int
) -> None:
    before = events(0)
    assert admin.post(path, json=body).status_code == status
    assert events(0) == before


def test_the_events_come_from_one_number_to_another(dar: httpx.Client, admin: httpx.Client) -> None:
    admin.post("/dar/roads/respell", json={"roadCode": "1003", "roadName": "Eksempelstræde"}).raise_for_status()
    query = {"sekvensnummerfra": 2, "sekvensnummertil": 4}
    found = dar.get("/replikering/haendelser", params=query).json()
    assert [event["sekvensnummer"] for event in found] == [2, 3, 4]


def test_the_register_keeps_a_place_once(served: Running, admin: httpx.Client) -> None:
    folder = admin.get("/health").json()["store"]
    with sqlite3.connect(f"file:{folder}/municipality.sqlite3?mode=ro", uri=True) as connection:
        (count,) = connection.execute("SELECT count(*) - count(DISTINCT kvhx) FROM dar_place").fetchone()
    connection.close()
    assert count == 0
