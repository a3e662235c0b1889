from __future__ import annotations

from typing import Any

import httpx
import pytest

Person = dict[str, Any]


@pytest.fixture
def last_event(cpr: httpx.Client) -> int:
    last: int = cpr.get("/events", params={"limit": 1}).json()["lastSequence"]
    return last


def _do(admin: httpx.Client, act: str, **order: object) -> dict[str, Any]:
    answer: dict[str, Any] = admin.post(f"/people/{act}", json=order).raise_for_status().json()
    return answer


def _look_up(cpr: httpx.Client, pnr: str) -> Person:
    person: Person = cpr.get(f"/persons/{pnr}").json()
    return person


@pytest.mark.parametrize(
    ("act", "order", "entity"),
    [
        ("correct", {}, "CPR_Adresse"),
        ("bury", {"day": "2026-01-05"}, "CPR_Status"),
        ("emigrate", {"countryCode": "5120", "country": "Sverige"}, "CPR_Status"),
        ("disappear", {}, "CPR_Status"),
        ("no-fixed-abode", {}, "CPR_Adresse"),
        ("greenland", {}, "CPR_Adresse"),
        ("rename", {"given": "Prøve", "surname": "Testesen"}, "CPR_Navn"),
        ("guardian", {"kind": "FULD", "guardian": "0904414131"}, "CPR_Person"),
        ("custody", {"kind": "3", "holder": "0904414131"}, "CPR_Person"),
        ("contact-address", {"lines": ["Prøvegade 1", "6790 Prøveby"]}, "CPR_Person"),
        ("protect", {"protected": True, "kind": "marketing"}, "CPR_Beskyttelse"),
    ],
)
def test_every_happening_leaves_one_event_of_its_kind(
    cpr: httpx.Client, admin: httpx.Client, citizen: str, last_event: int, act: str, order: Person, entity: str
) -> None:
    told = _do(admin, act, personnummer=citizen, **order)
    events = cpr.get("/events", params={"after": last_event}).json()["events"]
    assert [(event["eventid"], event["entityname"]) for event in events] == [(told["eventid"], entity)]


def test_a_death_has_its_day_and_ends_a_move_that_waits(cpr: httpx.Client, admin: httpx.Client, citizen: str) -> None:
    _do(admin, "move", personnummer=citizen, effectFrom="2999-01-05")
    _do(admin, "bury", personnummer=citizen, day="2026-01-05")
    person = _look_up(cpr, citizen)
    assert (person["status"], person["statusdato"], person["aktuelAdresse"]) == ("90", "2026-01-05", None)
    assert "fremtidigAdresse" not in person


def test_the_dead_do_not_move(admin: httpx.Client) -> None:
    answer = admin.post("/people/move", json={"personnummer": "0708614327"})
    assert (answer.status_code, answer.json()) == (409, {"errorCode": "NotRegistered"})


def test_an_emigrant_has_foreign_lines_and_comes_back_with_a_move(
    cpr: httpx.Client, admin: httpx.Client, citizen: str
) -> None:
    lines = ["Musterweg 4", "12345 Musterby"]
    _do(admin, "emigrate", personnummer=citizen, countryCode="5180", country="Tyskland", lines=lines, day="2026-02-03")
    gone = _look_up(cpr, citizen)
    assert gone["udrejseoplysninger"] == {
        "udrejselandekode": "5180",
        "udrejseland": "Tyskland",
        "udrejsedato": {"dato": "2026-02-03", "usikkerhedsmarkering": False},
        "udlandsadresse": lines,
    }
    _do(admin, "move", personnummer=citizen)
    back = _look_up(cpr, citizen)
    assert (back["status"], "udrejseoplysninger" in back) == ("1", False)
    assert back["adresseHistorik"][0]["fraflytningsdato"]["dato"] == "2026-02-03"


def test_no_fixed_abode_is_status_3_on_a_special_road(cpr: httpx.Client, admin: httpx.Client, citizen: str) -> None:
    _do(admin, "no-fixed-abode", personnummer=citizen)
    person = _look_up(cpr, citizen)
    assert (person["status"], person["aktuelAdresse"]["vejkode"]) == ("3", "9901")


def test_greenland_is_status_5_and_back_again_is_status_1(cpr: httpx.Client, admin: httpx.Client, citizen: str) -> None:
    _do(admin, "greenland", personnummer=citizen)
    assert _look_up(cpr, citizen)["status"] == "5"
    _do(admin, "correct", personnummer=citizen)
    assert _look_up(cpr, citizen)["status"] == "1"


def test_special_protection_is_no_fixed_abode_and_protection(
    cpr: httpx.Client, admin: httpx.Client, citizen: str
) -> None:
    told = _do(admin, "special-protection", personnummer=citizen)
    person = _look_up(cpr, citizen)
    assert (person["status"], person["adressebeskyttelse"]["beskyttet"], len(told["events"])) == ("3", True, 2)


def test_a_guardian_without_a_number_is_text_and_ends(cpr: httpx.Client, admin: httpx.Client, citizen: str) -> None:
    order = {"personnummer": citizen, "kind": "DELVIS", "name": "Øvehjemmet", "lines": ["Prøvegade 3"]}
    _do(admin, "guardian", **order, fromDay="2020-05-01", ended="2026-03-01")
    assert _look_up(cpr, citizen)["umyndiggoerelse"] == {
        "umyndiggjort": False,
        "type": "DELVIS",
        "relationPersonnummer": None,
        "relationVaergenavn": "Øvehjemmet",
        "relationtekst": ["Prøvegade 3"],
        "startdato": "2020-05-01",
        "slettedato": "2026-03-01",
    }


def test_custody_of_the_same_kind_is_replaced(cpr: httpx.Client, admin: httpx.Client, citizen: str) -> None:
    for holder in ("0904414131", "1012620000"):
        _do(admin, "custody", personnummer=citizen, kind="5", holder=holder, fromDay="2024-02-01")
    custody = [entry for entry in _look_up(cpr, citizen)["foraeldremyndighed"] if entry["type"] == "5"]
    assert custody == [
        {"type": "5", "startdato": "2024-02-01", "slettedato": None, "relationPersonnummer": "1012620000"}
    ]


def test_a_contact_address_begins_and_ends(cpr: httpx.Client, admin: httpx.Client, citizen: str) -> None:
    _do(admin, "contact-address", personnummer=citizen, lines=["Prøvegade 1"], fromDay="2026-01-05")
    _do(admin, "contact-address", personnummer=citizen, ended="2026-04-01")
    assert _look_up(cpr, citizen)["kontaktAdresse"] == {
        "kontaktAdr": ["Prøvegade 1"],
        "startdato": "2026-01-05",
        "slettedato": "2026-04-01",
    }


@pytest.mark.parametrize(
    ("kind", "group"),
    [
        ("directory", "vejviserbeskyttelse"),
        ("marketing", "markedsfoeringsbeskyttelse"),
        ("research", "forskerbeskyttelse"),
    ],
)
def test_other_protections_are_groups_of_their_own(
    cpr: httpx.Client, admin: httpx.Client, citizen: str, kind: str, group: str
) -> None:
    _do(admin, "protect", personnummer=citizen, protected=True, kind=kind, until="2999-01-05")
    person = _look_up(cpr, citizen)
    assert (person[group]["beskyttet"], person[group]["slutdato"]) == (True, "2999-01-05")
    assert person["adressebeskyttelse"]["beskyttet"] is False
    _do(admin, "protect", personnummer=citizen, protected=False, kind=kind)
    assert _look_up(cpr, citizen)[group]["beskyttet"] is False


def test_a_new_number_keeps_life_and_history_and_the_old_one_points_at_it(
    cpr: httpx.Client, admin: httpx.Client, citizen: str
) -> None:
    before = _look_up(cpr, citizen)
    _do(admin, "change-number", personnummer=citizen, newPersonnummer="0201920002")
    old, new = _look_up(cpr, citizen), _look_up(cpr, "0201920002")
    assert (old["status"], old["gaeldendePersonnummer"], old["aktuelAdresse"]) == ("60", "0201920002", None)
    assert new["tidligerePersonnumre"][0] == citizen
    assert (new["aktuelAdresse"], new["adresseHistorik"]) == (before["aktuelAdresse"], before["adresseHistorik"])


@pytest.mark.parametrize("number", ["0709614592", "0101920000", "3113990000"])
def test_a_number_that_could_be_somebody_s_is_not_given_out(admin: httpx.Client, citizen: str, number: str) -> None:
    answer = admin.post("/people/change-number", json={"personnummer": citizen, "newPersonnummer": number})
    assert answer.status_code in {400, 409}


def test_a_person_is_told_with_cases(admin: httpx.Client) -> None:
    told = admin.get("/people/0909610028").json()
    assert told["person"]["navn"]["fornavn"] == "Hilda"
    assert told["cases"]
    assert (told["origin"], told["subscribed"]) == ("published", False)


@pytest.mark.parametrize(
    ("pnr", "group", "part"),
    [
        ("0709614126", "umyndiggoerelse", {"type": "FULD", "relationPersonnummer": "0904414131"}),
        ("0909610028", "umyndiggoerelse", {"relationVaergenavn": "Dieter Planckhardt", "slettedato": "2009-07-01"}),
        ("0709614738", "udrejseoplysninger", {"udlandsadresse": ["Grantoften 4", "S 45678", "Sverige"]}),
        ("0708614335", "udrejseoplysninger", {"udrejselandekode": "5180"}),
        ("0709614258", "udrejseoplysninger", {"udlandsadresse": []}),
        ("0108610018", "markedsfoeringsbeskyttelse", {"beskyttet": True, "slutdato": "2101-12-31"}),
    ],
)
def test_the_published_persons_show_what_they_are_there_to_show(
    cpr: httpx.Client, pnr: str, group: str, part: Person
) -> None:
    told = _look_up(cpr, pnr)[group]
    assert {key: told[key] for key in part} == part


@pytest.mark.parametrize(
    ("pnr", "earlier"),
    [("0909610028", "0709614134"), ("0709610015", "0108610069"), ("0712614382", "0712610018")],
)
def test_the_published_persons_have_their_earlier_numbers(cpr: httpx.Client, pnr: str, earlier: str) -> None:
    assert _look_up(cpr, pnr)["tidligerePersonnumre"] == [earlier]


@pytest.mark.parametrize(
    ("act", "order", "field"),
    [
        ("bury", {"day": "2999-01-05"}, "day"),
        ("emigrate", {"countryCode": "SE", "country": "Sverige"}, "countryCode"),
        ("emigrate", {"countryCode": "5120", "country": "Sverige", "lines": ["x"] * 6}, "lines"),
        ("guardian", {"kind": "FULD"}, "guardian"),
        ("guardian", {"kind": "HALV", "guardian": "0904414131"}, "kind"),
        ("contact-address", {}, "lines"),
        ("rename", {"given": "", "surname": "Testesen"}, "given"),
    ],
)
def test_a_wrong_act_is_refused_with_its_field(admin: httpx.Client, act: str, order: Person, field: str) -> None:
    answer = admin.post(f"/people/{act}", json={"personnummer": "1012620001", **order})
    assert (answer.status_code, answer.json()["field"].split(".")[0]) == (400, field)
