from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.simulated.server import running

#: U12170-P: how long each record is.
LENGTHS = {
    "000": 35,
    "001": 106,
    "002": 382,
    "003": 249,
    "004": 37,
    "005": 200,
    "006": 203,
    "007": 26,
    "008": 193,
    "012": 95,
    "014": 23,
    "016": 58,
    "017": 272,
    "021": 63,
    "022": 45,
    "023": 96,
    "052": 287,
    "099": 45,
    "999": 21,
}
MONDAY, TUESDAY, WEDNESDAY = "2026-11-23", "2026-11-24", "2026-11-25"


class Town:
    """A municipality of the test's own, and its two sides."""

    def __init__(self, url: str, token: str) -> None:
        self.admin = httpx.Client(base_url=f"{url}/__admin", timeout=30)
        self.cpr = httpx.Client(base_url=f"{url}/cpr", headers={"Authorization": f"Bearer {token}"})

    def on(self, day: str) -> None:
        self.admin.post("/settings", json={"today": day}).raise_for_status()

    def tell(self, path: str, **body: object) -> dict[str, Any]:
        answer: dict[str, Any] = self.admin.post(path, json=body).raise_for_status().json()
        return answer

    def extract(self, **order: object) -> list[str]:
        name = self.tell("/extracts", **order)["name"]
        text = self.cpr.get(f"/extracts/{name}").raise_for_status().content.decode("latin-1")
        return text.splitlines()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with running(tmp_path / "town", seed=5, citizens=120, cases=200) as served:
        town = Town(served.url, served.cpr_token)
        town.on(MONDAY)
        yield town
        town.admin.close()
        town.cpr.close()


def test_every_record_has_the_length_of_its_type(town: Town) -> None:
    for person in town.admin.get("/people", params={"origin": "published"}).json()["people"]:
        town.tell("/people/protect", personnummer=person["personnummer"], protected=True, kind="marketing")
    child = next(p for p in town.admin.get("/people").json()["people"] if p["remark"].startswith("barn"))
    town.tell("/people/custody", personnummer=child["personnummer"], kind="5")
    lines = town.extract()
    assert {line[:3]: len(line) for line in lines} == {line[:3]: LENGTHS[line[:3]] for line in lines}
    assert {line[:3] for line in lines} >= {"001", "002", "003", "004", "005", "006", "007", "008", "012"}
    assert {line[:3] for line in lines} >= {"016", "017", "021", "022", "023", "052", "099"}


def test_the_file_begins_with_its_days_and_ends_with_its_count(town: Town) -> None:
    town.tell("/people/move", personnummer="1012620000")
    lines = town.extract()
    assert lines[0] == "000" + "0" * 10 + "110901" + "20261123" + "00000000"
    assert lines[-1] == "999" + "9" * 10 + f"{len(lines) - 2:08d}"


def test_an_extract_tells_of_those_with_events_since_the_last_one(town: Town) -> None:
    town.tell("/people/move", personnummer="1012620000")
    assert _people(town.extract()) == ["1012620000"]
    town.on(TUESDAY)
    moved = town.tell("/people/move", personnummer="0709614673")
    town.tell("/people/duplicate-event", eventid=moved["eventid"])
    lines = town.extract()
    assert _people(lines) == ["0709614673"]
    assert lines[0][19:35] == "2026112420261123"
    assert Counter(line[:3] for line in lines)["099"] == 1
    town.on(WEDNESDAY)
    assert len(town.extract()) == 2


def test_the_block_holds_the_new_address_and_the_old_one(town: Town) -> None:
    before = town.cpr.get("/persons/1012620000").json()["aktuelAdresse"]
    town.tell("/people/move", personnummer="1012620000", careOf="Ester Øveholm", uncertain=True)
    after = town.cpr.get("/persons/1012620000").json()["aktuelAdresse"]
    lines = town.extract()
    present = next(line for line in lines if line.startswith("002"))
    earlier = [line for line in lines if line.startswith("023")][-1]
    assert present[13:17] + present[17:21] == after["kommunekode"] + after["vejkode"]
    assert (present[21:25].strip(), present[25:27].strip()) == (after["husnummer"], after["etage"])
    assert (present[35:69].strip(), present[69:82]) == ("Ester Øveholm", "202611230000*")
    assert (present[306:346].strip(), present[346:382]) == (after["vejnavn"], after["AdresseUUID"])
    assert earlier[18:22] == before["vejkode"]
    assert earlier[83:96] == "202611230000*"


def test_who_died_has_no_record_of_an_address(town: Town) -> None:
    town.tell("/people/bury", personnummer="1012620000", day="2026-11-20")
    lines = town.extract()
    assert not [line for line in lines if line.startswith("002")]
    assert next(line for line in lines if line.startswith("001"))[23:37] == "90202611200000"
    assert next(line for line in lines if line.startswith("099"))[25:28] == "A74"


def test_what_is_not_told_yet_waits_for_a_later_extract(town: Town) -> None:
    town.tell("/settings", delayHours=30.0)
    town.tell("/people/move", personnummer="1012620000")
    assert _people(town.extract()) == []
    town.on(WEDNESDAY)
    assert _people(town.extract()) == ["1012620000"]


def test_the_same_happenings_give_the_same_file(town: Town) -> None:
    town.tell("/people/move", personnummer="1012620000")
    assert town.extract() == town.extract(again=True)


def test_there_is_one_extract_a_day(town: Town) -> None:
    town.extract()
    answer = town.admin.post("/extracts", json={})
    assert (answer.status_code, answer.json()) == (409, {"errorCode": "AlreadyProduced"})


def test_extracts_are_listed_and_an_unknown_one_is_not_found(town: Town) -> None:
    made = town.tell("/extracts")
    assert town.cpr.get("/extracts").json() == {"extracts": [made]}
    assert made["name"] == "D261123.L110901"
    assert town.cpr.get("/extracts/D261124.L110901").status_code == 404


def test_an_extract_is_laid_in_a_folder(town: Town, tmp_path: Path) -> None:
    made = town.tell("/extracts", folder=str(tmp_path))
    assert [path.name for path in tmp_path.glob("D*")] == [made["name"]]
    assert (tmp_path / made["name"]).stat().st_size == made["bytes"]


@pytest.mark.parametrize("folder", ["var/udtræk", "/findes/ikke"])
def test_a_folder_that_is_not_there_is_refused(town: Town, folder: str) -> None:
    answer = town.admin.post("/extracts", json={"folder": folder})
    assert (answer.status_code, answer.json()["field"]) == (400, "folder")


def test_a_truncated_file_has_no_end(town: Town) -> None:
    town.tell("/people/move", personnummer="1012620000")
    assert not town.extract(fault="truncated")[-1].startswith("999")


def test_a_wrong_trailer_counts_a_line_that_is_not_there(town: Town) -> None:
    lines = town.extract(fault="trailer")
    assert int(lines[-1][13:]) == len(lines) - 2 + 1


def test_a_gap_names_a_day_on_which_nothing_was_made(town: Town) -> None:
    town.extract()
    town.on(TUESDAY)
    assert town.extract(fault="gap")[0][27:35] not in {"20261123", "00000000"}


def _people(lines: list[str]) -> list[str]:
    return [line[3:13] for line in lines if line.startswith("001")]
