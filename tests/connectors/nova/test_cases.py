"""Nova's answer as a case."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.fields import Drift
from connectors.nova.cases import case_from_wire
from connectors.records import Case, CaseState, PartyContact, PartyRole, Progress
from foundation.addresses import CivilAddress
from foundation.cpr import Cpr

FIELD_NAMES = ("common", "uuid", "caseAttributes", "title", "userFriendlyCaseNumber", "state", "activeCode")


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
        (party("address", "Svinget 38"), "cases[0].caseParties[0].address"),
        (party("contactAddress", {"door": []}), "cases[0].caseParties[0].contactAddress.door"),
        (lambda case: case["caseParties"].append("x"), "cases[0].caseParties[1]"),
    ],
)
def test_what_does_not_match_the_contract_is_told_by_its_path(
    change: Callable[[dict[str, Any]], object], path: str
) -> None:
    with pytest.raises(Drift) as raised:
        read(change)
    assert raised.value.path == path
    assert raised.value.__context__ is None


@pytest.mark.parametrize(
    "value", [None, 7, ["x"], "x\x1b[2J", "x\u202ey", "x\u2066", "x\ud800", "x\u2028y", "x" * 2001]
)
@pytest.mark.parametrize(
    ("inside", "field"),
    [
        (("common",), "uuid"),
        (("caseAttributes",), "title"),
        (("caseAttributes",), "userFriendlyCaseNumber"),
        (("caseParties", 0), "name"),
        (("caseParties", 0), "index"),
        (("caseParties", 0), "identification"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_a_text_that_no_person_could_trust_is_told_by_its_path(
    inside: tuple[str | int, ...], field: str, value: object
) -> None:
    case: Any = wire_case()
    holder = case
    for step in inside:
        holder = holder[step]
    holder[field] = value
    with pytest.raises(Drift) as raised:
        case_from_wire(case, "cases[0]")
    path = ".".join(["cases[0]", *(str(step) for step in inside), field]).replace(".0.", "[0].")
    assert raised.value.path == path
    assert raised.value.__context__ is None


@pytest.mark.parametrize(
    "written",
    [
        "Svinget 38",
        "",
        "3113620000",
        "101262xxxx",
        "10126200001",
        "10126A0000",
        "1O12620000",
        "3002620000",
        "١٠١٢٦٢٠٠٠٠",
    ],
)
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


def test_a_field_that_nobody_knows_is_passed_over() -> None:
    wire = wire_case()
    wire["nyt"] = {"a": 1}
    wire["caseParties"][0]["nyt"] = [1]
    assert case_from_wire(wire, "cases[0]") == case_from_wire(wire_case(), "cases[0]")


def test_a_title_with_pasted_line_breaks_is_one_line() -> None:
    assert read(lambda case: case["caseAttributes"].update(title="Hjælp\r\ni\thjemmet")).title == "Hjælp i hjemmet"


def test_a_hard_space_in_a_name_is_no_drift() -> None:
    assert read(party("name", "Testine\u00a0Prøvesen")).parties[0].name == "Testine\u00a0Prøvesen"


def test_a_contact_address_is_read_beside_the_residence() -> None:
    contact = read(party("contactAddress", {"roadName": "Svinget"})).parties[0].contact
    assert contact == PartyContact(None, is_protected=False, contact_address=CivilAddress(road_name="Svinget"))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=4),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELD_NAMES), inner, max_size=6),
        max_leaves=25,
    )
)
def test_whatever_an_answer_holds_it_is_a_case_or_drift(value: object) -> None:
    assert re.fullmatch(r"|cases\[0\](\.[A-Za-z]+(\[\d+\])?)*", _drift(value))


@given(st.data())
def test_a_case_with_one_part_replaced_is_a_case_or_drift(data: st.DataObject) -> None:
    case = wire_case()
    holder: dict[str, Any] | list[Any] = case
    while True:
        keys: list[Any] = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        at = data.draw(st.sampled_from(keys))
        inside = holder[at]
        if not isinstance(inside, dict | list) or not inside or data.draw(st.booleans()):
            break
        holder = inside
    holder[at] = data.draw(st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just([]) | st.just({}))
    assert re.fullmatch(r"|cases\[0\](\.[A-Za-z]+(\[\d+\])?)*", _drift(case))


def _drift(value: object) -> str:
    """Where the value is no case; empty where it is one."""
    try:
        case_from_wire(value, "cases[0]")
    except Drift as drift:
        return drift.path
    return ""


def test_a_case_without_the_optional_parts_is_read() -> None:
    case = read(lambda wire: [wire.pop(name) for name in ("caseParties", "caseClassification", "caseworker")])
    assert (case.parties, case.kle, case.caseworker) == ((), None, None)


def test_a_nova_without_the_assumed_fields_tells_nothing_of_protection() -> None:
    case = read(lambda wire: [wire["caseParties"][0].pop(name) for name in ("address", "nameAddressProtected")])
    assert case.parties[0].contact == PartyContact(None, is_protected=None)
