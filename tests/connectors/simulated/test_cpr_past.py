from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

Person = dict[str, Any]


@pytest.fixture
def today() -> date:
    return datetime.now(ZoneInfo("Europe/Copenhagen")).date()


def _look_up(cpr: httpx.Client, pnr: str) -> Person:
    person: Person = cpr.get(f"/persons/{pnr}").json()
    return person


def _place(address: Person) -> tuple[str, str]:
    return address["AdresseUUID"], address["tilflytningsdato"]["dato"]


def test_a_move_makes_the_old_address_the_newest_earlier_one(
    cpr: httpx.Client, admin: httpx.Client, citizen: str, today: date
) -> None:
    before = _look_up(cpr, citizen)
    admin.post("/people/move", json={"personnummer": citizen})
    after = _look_up(cpr, citizen)
    assert _place(after["adresseHistorik"][0]) == _place(before["aktuelAdresse"])
    assert after["adresseHistorik"][0]["fraflytningsdato"]["dato"] == today.isoformat()
    assert after["adresseHistorik"][1:] == before["adresseHistorik"]


def test_a_move_that_arrives_by_itself_is_in_the_history_as_well(
    cpr: httpx.Client, admin: httpx.Client, citizen: str, today: date
) -> None:
    before, day = _look_up(cpr, citizen), (today + timedelta(days=5)).isoformat()
    admin.post("/people/move", json={"personnummer": citizen, "effectFrom": day, "uncertain": True})
    admin.post("/settings", json={"today": day})
    arrived = _look_up(cpr, citizen)["adresseHistorik"]
    assert _place(arrived[0]) == _place(before["aktuelAdresse"])
    assert arrived[0]["fraflytningsdato"] == {"dato": day, "usikkerhedsmarkering": True}
    admin.post("/people/move", json={"personnummer": citizen})
    assert _look_up(cpr, citizen)["adresseHistorik"][1:] == arrived


def test_a_correction_lets_the_old_address_stand_again_and_marks_both(
    cpr: httpx.Client, admin: httpx.Client, citizen: str
) -> None:
    before = _look_up(cpr, citizen)
    moved = admin.post("/people/move", json={"personnummer": citizen}).json()
    assert admin.post("/people/correct", json={"personnummer": citizen}).status_code == 200
    after = _look_up(cpr, citizen)
    assert _place(after["aktuelAdresse"]) == _place(before["aktuelAdresse"])
    assert after["aktuelAdresse"]["retFortrydMarkering"] is True
    assert after["adresseHistorik"][0]["AdresseUUID"] == moved["address"]["addressUuid"]
    assert after["adresseHistorik"][0]["retFortrydMarkering"] is True
    assert after["adresseHistorik"][1:] == before["adresseHistorik"]


def test_a_correction_gives_up_a_move_that_waits(
    cpr: httpx.Client, admin: httpx.Client, citizen: str, today: date
) -> None:
    before, day = _look_up(cpr, citizen), (today + timedelta(days=5)).isoformat()
    admin.post("/people/move", json={"personnummer": citizen, "effectFrom": day})
    admin.post("/people/correct", json={"personnummer": citizen})
    after = _look_up(cpr, citizen)
    assert "fremtidigAdresse" not in after
    assert after["aktuelAdresse"] == before["aktuelAdresse"]


def test_who_never_moved_has_nothing_to_correct(admin: httpx.Client, citizen: str) -> None:
    answers = [admin.post("/people/correct", json={"personnummer": citizen}) for _ in range(6)]
    assert (answers[-1].status_code, answers[-1].json()) == (409, {"errorCode": "NothingToCorrect"})


def test_a_move_to_another_municipality_tells_where_the_person_came_from(
    cpr: httpx.Client, admin: httpx.Client, citizen: str
) -> None:
    admin.post("/people/move", json={"personnummer": citizen, "municipalityCode": "0898"})
    away = _look_up(cpr, citizen)["aktuelAdresse"]
    assert (away["kommunekode"], away["fraflytningskommunekode"]) == ("0898", "0899")
    admin.post("/people/move", json={"personnummer": citizen})
    assert _look_up(cpr, citizen)["aktuelAdresse"]["fraflytningskommunekode"] == "0898"


def test_a_move_carries_uncertainty_and_locality(cpr: httpx.Client, admin: httpx.Client, citizen: str) -> None:
    admin.post("/people/move", json={"personnummer": citizen, "uncertain": True, "locality": "Prøvegården"})
    person = _look_up(cpr, citizen)
    assert person["aktuelAdresse"]["tilflytningsdato"]["usikkerhedsmarkering"] is True
    assert person["aktuelAdresse"]["lokalitet"] == "Prøvegården"
    assert person["adresseHistorik"][0]["fraflytningsdato"]["usikkerhedsmarkering"] is True


def test_the_long_history_has_other_municipalities_and_an_annulled_address(cpr: httpx.Client) -> None:
    history = _look_up(cpr, "0707614293")["adresseHistorik"]
    assert len(history) >= 14
    assert sum(address["retFortrydMarkering"] for address in history) == 1
    days = [address["tilflytningsdato"]["dato"] for address in history]
    assert days == sorted(days, reverse=True)


def test_the_last_address_of_the_emigrated_is_the_newest_earlier_one(cpr: httpx.Client) -> None:
    person = _look_up(cpr, "0709614738")
    assert person["aktuelAdresse"] is None
    assert (
        person["adresseHistorik"][0]["fraflytningsdato"]["dato"] == person["udrejseoplysninger"]["udrejsedato"]["dato"]
    )
