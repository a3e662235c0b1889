from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from connectors.simulated.server import running

DRIFT = {"outdated": 400, "manual": 20, "closed": 30, "protected": 5, "seed": 3}
KINDS = {"corrections": 6, "deaths": 4, "emigrations": 5, "names": 7}

Sides = tuple[httpx.Client, httpx.Client]


@pytest.fixture(scope="module")
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="module")
def usual(stack: ExitStack, tmp_path_factory: pytest.TempPathFactory) -> Sides:
    """A municipality of the usual size; the tester's side and CPR."""
    served = stack.enter_context(running(tmp_path_factory.mktemp("usual"), seed=1))
    headers = {"Authorization": f"Bearer {served.cpr_token}"}
    return (
        stack.enter_context(httpx.Client(base_url=f"{served.url}/__admin", timeout=60)),
        stack.enter_context(httpx.Client(base_url=f"{served.url}/cpr", headers=headers, timeout=60)),
    )


@pytest.fixture(scope="module")
def drift(usual: Sides) -> dict[str, Any]:
    answer: dict[str, Any] = usual[0].post("/drift", json=DRIFT).raise_for_status().json()
    return answer


@pytest.fixture(scope="module")
def parties(usual: Sides, drift: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """By kind, the parties that CPR contradicts on the cases that were told."""
    admin, cpr = usual
    told = {number: kind for kind, numbers in drift["cases"].items() for number in numbers}
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in drift["cases"]}
    for person in admin.get("/people", params={"limit": 5000, "origin": "generated"}).json()["people"]:
        pnr = person["personnummer"]
        for case in admin.get(f"/cases/by-person/{pnr}").json()["cases"]:
            kind = told.get(case["caseAttributes"]["userFriendlyCaseNumber"])
            party = next(party for party in case["caseParties"] if party["identification"] == pnr)
            if kind is None or person["esdhSpelling"] != "same":
                continue
            answer = cpr.get(f"/persons/{pnr}").json()
            present = answer["aktuelAdresse"]
            if present is not None and not _is_at(party["address"], present):
                found[kind].append({"party": party, "case": case, "person": answer})
    return found


def test_drift_is_planted_as_ordered(drift: dict[str, Any]) -> None:
    assert {kind: drift[kind] for kind in drift["cases"]} == {k: n for k, n in DRIFT.items() if k != "seed"}
    assert {kind: len(numbers) for kind, numbers in drift["cases"].items()} == {
        kind: drift[kind] for kind in drift["cases"]
    }


def test_each_planted_party_is_found_again(parties: dict[str, list[dict[str, Any]]]) -> None:
    assert {kind: len(found) for kind, found in parties.items()} == {k: n for k, n in DRIFT.items() if k != "seed"}


@pytest.mark.parametrize("kind", ["outdated", "closed", "protected"])
def test_an_outdated_address_is_one_that_cpr_had(parties: dict[str, list[dict[str, Any]]], kind: str) -> None:
    for found in parties[kind]:
        history = found["person"]["adresseHistorik"]
        assert any(_is_at(found["party"]["address"], past) for past in history)


def test_an_address_typed_by_hand_is_none_that_cpr_had(parties: dict[str, list[dict[str, Any]]]) -> None:
    for found in parties["manual"]:
        assert found["party"]["address"]["addressUuid"] == ""
        assert not any(_is_at(found["party"]["address"], past) for past in found["person"]["adresseHistorik"])


def test_planted_cases_are_open_or_closed_as_their_kind_says(parties: dict[str, list[dict[str, Any]]]) -> None:
    for kind, every in parties.items():
        states = {found["case"]["state"]["progressState"] == "Afsluttet" for found in every}
        assert states == {kind == "closed"}


def test_only_the_protected_kind_is_protected(parties: dict[str, list[dict[str, Any]]]) -> None:
    for kind, every in parties.items():
        marks = {found["person"]["adressebeskyttelse"]["beskyttet"] for found in every}
        assert marks == {kind == "protected"}


def test_drift_tells_no_event(usual: Sides, drift: dict[str, Any]) -> None:
    assert drift
    assert usual[1].get("/events").json()["lastSequence"] == 0


def test_a_night_of_three_hundred_moves_and_mixed_kinds_on_the_usual_size(usual: Sides, drift: dict[str, Any]) -> None:
    admin, cpr = usual
    order = {"moves": 300, "seed": 2, "uncertain": 8, "late": 9, "away": 10, "future": 5, "careOf": 6, **KINDS}
    assert drift
    night = admin.post("/nights", json=order).raise_for_status().json()
    assert (night["persons"], night["events"]) == (300, 300 + sum(KINDS.values()))
    assert {kind: len(met) for kind, met in night["others"].items()} == KINDS
    assert len({*night["personnumre"], *(pnr for met in night["others"].values() for pnr in met)}) == night["events"]
    moved = [cpr.get(f"/persons/{pnr}").json() for pnr in night["personnumre"]]
    homes = [person.get("fremtidigAdresse", person["aktuelAdresse"]) for person in moved]
    assert sum(home["tilflytningsdato"]["usikkerhedsmarkering"] for home in homes) == 8
    assert sum(home["kommunekode"] == "0898" for home in homes) == 10
    statuses = [cpr.get(f"/persons/{pnr}").json()["status"] for pnr in night["others"]["deaths"]]
    assert statuses == ["90"] * 4
    corrected = [cpr.get(f"/persons/{pnr}").json()["aktuelAdresse"] for pnr in night["others"]["corrections"]]
    assert all(address["retFortrydMarkering"] for address in corrected)


def test_a_night_with_more_kinds_than_moves_is_refused(usual: Sides) -> None:
    answer = usual[0].post("/nights", json={"moves": 2, "late": 2, "away": 1})
    assert (answer.status_code, answer.json()["field"]) == (400, "moves")


def _is_at(address: dict[str, str], in_cpr: dict[str, str]) -> bool:
    """Whether an address on a case is one of CPR's, apart from the leading zeros."""
    return (
        address["roadName"] == in_cpr["vejnavn"]
        and address["houseNumber"] == in_cpr["husnummer"].lstrip("0")
        and address["floor"] == in_cpr["etage"].lstrip("0")
        and address["door"] == in_cpr["sidedoer"]
        and address["careOf"] == in_cpr["conavn"]
    )
