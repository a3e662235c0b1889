"""Nova's answer as a case."""

from collections.abc import Callable
from typing import Any

import pytest

from connectors.fields import Drift
from connectors.nova.cases import case_from_wire
from connectors.records import Case, CaseState, PartyContact, PartyRole, Progress
from foundation.cpr import Cpr


def wire_case() -> dict[str, Any]:
    return {
        "common": {"uuid": "c1"},
        "caseAttributes": {"title": "Prøvesag", "userFriendlyCaseNumber": "S2026-00001"},
        "state": {"activeCode": "Aktiv", "progressState": "Oplyst"},
        "caseClassification": {"kleNumber": {"code": "27.00.00"}},
        "caseworker": {"kspIdentity": {"fullName": "Asta Prøvesen"}},
        "caseParties": [
            {
                "index": "1",
                "identificationType": "CprNummer",
                "identification": "1012620000",
                "participantRole": "Primær",
                "name": "Testine Prøvesen",
                "address": None,
                "nameAddressProtected": False,
            }
        ],
    }


def read(change: Callable[[dict[str, Any]], object]) -> Case:
    case = wire_case()
    change(case)
    return case_from_wire(case, "cases[0]")


def party(field: str, value: object) -> Callable[[dict[str, Any]], object]:
    return lambda case: case["caseParties"][0].update({field: value})


def test_a_whole_case_is_read() -> None:
    case = case_from_wire(wire_case(), "cases[0]")
    assert (case.ref.id, case.number, case.title, case.kle) == ("c1", "S2026-00001", "Prøvesag", "27.00.00")
    assert (case.progress, case.state, case.caseworker) == (Progress.OPLYST, CaseState.OPEN, "Asta Prøvesen")
    (one,) = case.parties
    assert (one.cpr, one.role, one.ref.id) == (Cpr("1012620000"), PartyRole.PRIMARY, "1")


@pytest.mark.parametrize(
    ("active", "progress", "state"),
    [
        ("Aktiv", "Afgjort", CaseState.OPEN),
        ("Aktiv", "Afsluttet", CaseState.CLOSED),
        ("Arkiveret", "Afsluttet", CaseState.ARCHIVED),
        ("Arkiveret", "Oplyst", CaseState.ARCHIVED),
    ],
)
def test_a_state_is_open_closed_or_archived(active: str, progress: str, state: CaseState) -> None:
    case = read(lambda wire: wire.update(state={"activeCode": active, "progressState": progress}))
    assert case.state is state


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda case: case.pop("common"), "cases[0].common"),
        (lambda case: case.pop("caseAttributes"), "cases[0].caseAttributes"),
        (lambda case: case["state"].update(progressState="Ny"), "cases[0].state.progressState"),
        (lambda case: case["state"].update(activeCode="Slettet"), "cases[0].state.activeCode"),
        (lambda case: case.update(caseParties="x"), "cases[0].caseParties"),
        (party("participantRole", "Værge"), "cases[0].caseParties[0].participantRole"),
        (party("identificationType", "Pas"), "cases[0].caseParties[0].identificationType"),
        (party("nameAddressProtected", None), "cases[0].caseParties[0].nameAddressProtected"),
        (party("address", {"floor": 1}), "cases[0].caseParties[0].address.floor"),
    ],
)
def test_what_does_not_match_the_contract_is_told_by_its_path(
    change: Callable[[dict[str, Any]], object], path: str
) -> None:
    with pytest.raises(Drift) as raised:
        read(change)
    assert raised.value.path == path
    assert raised.value.__context__ is None


@pytest.mark.parametrize("written", ["Svinget 38", "", "3113620000", "101262xxxx", "10126200001"])
def test_what_stands_as_a_cpr_number_and_is_none_is_drift_that_does_not_quote_it(written: str) -> None:
    with pytest.raises(Drift) as raised:
        read(party("identification", written))
    assert raised.value.path == "cases[0].caseParties[0].identification"
    assert raised.value.__context__ is None


@pytest.mark.parametrize("written", ["7012620001", "101262-1AB2", "101262TAA1"])
def test_a_replacement_number_is_no_number(written: str) -> None:
    assert read(party("identification", written)).parties[0].cpr is None


@pytest.mark.parametrize("kind", ["CvrNummer", "Frit", "PNummer", "EsrNummer", "BfeNummer"])
def test_a_company_has_no_cpr_number_even_when_its_number_looks_like_one(kind: str) -> None:
    assert read(party("identificationType", kind)).parties[0].cpr is None


def test_a_case_without_the_optional_parts_is_read() -> None:
    case = read(lambda wire: [wire.pop(name) for name in ("caseParties", "caseClassification", "caseworker")])
    assert (case.parties, case.kle, case.caseworker) == ((), None, None)


def test_a_nova_without_the_assumed_fields_tells_nothing_of_protection() -> None:
    case = read(lambda wire: [wire["caseParties"][0].pop(name) for name in ("address", "nameAddressProtected")])
    assert case.parties[0].contact == PartyContact(None, is_protected=None)
