"""What is SF1520's own about the adapter, and how its answer becomes a snapshot."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from connectors.cpr import Sf1520PersonRegister, open_register
from connectors.errors import AuthExpired, NotFound, SchemaDrift
from connectors.records import PersonStatus
from foundation.clock import ManualClock
from foundation.cpr import Cpr
from tests.connectors.simulation import Simulation

JANE = Cpr("0709614592")


def wire_person() -> dict[str, Any]:
    return {
        "personnummer": "0709614592",
        "gaeldendePersonnummer": "0709614592",
        "navn": {"personadresseringsnavn": "Jane Østerholm Fichte", "fornavn": "Jane"},
        "status": "1",
        "statusdato": "2000-02-03",
        "adressebeskyttelse": {"beskyttet": False, "startdato": None, "slutdato": None},
        "aktuelAdresse": {
            "kommunekode": "0851",
            "vejkode": "8513",
            "husnummer": "038",
            "etage": "01",
            "sidedoer": "th",
            "conavn": "",
            "lokalitet": "",
            "bynavn": "Lindholm",
            "postnummer": "9000",
            "postdistrikt": "Aalborg",
            "vejnavn": "Svinget",
            "tilflytningsdato": {"dato": "2001-02-03", "usikkerhedsmarkering": True},
            "AdresseUUID": "",
            "registreringstidspunkt": "2001-02-04T05:06:07+00:00",
        },
    }


def register_answering(body: object, *, status: int = 200) -> Sf1520PersonRegister:
    transport = httpx.MockTransport(lambda _request: httpx.Response(status, json=body))
    clock = ManualClock(datetime(2026, 11, 22, tzinfo=UTC))
    return open_register(url="http://127.0.0.1/cpr", token="t", transport=transport, clock=clock)


def test_the_published_person_is_as_published(cpr_register: Sf1520PersonRegister) -> None:
    address = cpr_register.lookup(JANE).address
    assert address is not None
    assert (address.road_name, address.house_number, address.floor, address.door) == ("Svinget", "038", "01", "th")
    assert (address.postal_code, address.municipality_code, address.road_code) == ("9000", "0851", "8513")


def test_a_person_is_read_as_cpr_spells_him() -> None:
    person = register_answering(wire_person()).lookup(JANE)
    assert (person.status, person.status_day) == (PersonStatus.RESIDENT, date(2000, 2, 3))
    assert (person.moved_in.day, person.moved_in.is_uncertain) == (date(2001, 2, 3), True)
    assert person.registered_at == datetime(2001, 2, 4, 5, 6, 7, tzinfo=UTC)
    assert person.looked_up_at == datetime(2026, 11, 22, tzinfo=UTC)
    assert person.pending is None


def test_every_citizen_of_the_simulated_municipality_is_understood(
    simulated: Simulation, cpr_register: Sf1520PersonRegister
) -> None:
    people = simulated.people(limit="1000")
    assert [cpr_register.lookup(cpr).cpr for cpr in people] == people


def test_a_changed_number_names_the_one_in_force(cpr_register: Sf1520PersonRegister) -> None:
    person = cpr_register.lookup(Cpr("0108610069"))
    assert (person.status, person.current_cpr) == (PersonStatus.NUMBER_CHANGED, Cpr("0709610015"))


def test_an_expired_protection_is_none_and_keeps_its_days(cpr_register: Sf1520PersonRegister) -> None:
    protection = cpr_register.lookup(Cpr("0107529039")).protection
    assert (protection.is_protected, protection.to_day) == (False, date(1998, 6, 30))


def test_a_dead_person_has_his_status(cpr_register: Sf1520PersonRegister) -> None:
    assert cpr_register.lookup(Cpr("0708614327")).status is PersonStatus.DEAD


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda person: person.update(status="44"), "status"),
        (lambda person: person.update(personnummer="1012620000"), "personnummer"),
        (lambda person: person.update(gaeldendePersonnummer="x"), "gaeldendePersonnummer"),
        (lambda person: person.pop("navn"), "navn"),
        (lambda person: person.pop("adressebeskyttelse"), "adressebeskyttelse"),
        (lambda person: person["adressebeskyttelse"].update(beskyttet="J"), "adressebeskyttelse.beskyttet"),
        (lambda person: person.pop("aktuelAdresse"), "aktuelAdresse"),
        (lambda person: person["aktuelAdresse"].update(AdresseUUID="x"), "aktuelAdresse.AdresseUUID"),
        (lambda person: person["aktuelAdresse"].update(vejnavn=["Svinget"]), "aktuelAdresse.vejnavn"),
        (lambda person: person.update(statusdato="i går"), "statusdato"),
        (lambda person: person.update(fremtidigAdresse={}), "fremtidigAdresse.tilflytningsdato.dato"),
    ],
)
def test_what_does_not_match_the_contract_is_told_by_its_path(
    change: Callable[[dict[str, Any]], object], path: str
) -> None:
    person = wire_person()
    change(person)
    with pytest.raises(SchemaDrift) as raised:
        register_answering(person).lookup(JANE)
    assert raised.value.detail == path


@pytest.mark.parametrize("field", ["status", "personnummer"])
def test_an_answer_without_what_names_a_person_is_drift(field: str) -> None:
    person = wire_person()
    del person[field]
    with pytest.raises(SchemaDrift):
        register_answering(person).lookup(JANE)


def test_no_address_is_none_and_not_an_empty_one() -> None:
    person = register_answering({**wire_person(), "aktuelAdresse": None}).lookup(JANE)
    assert (person.address, person.registered_at, person.moved_in.day) == (None, None, None)


def test_a_wrong_address_of_the_service_makes_nobody_an_unknown_person() -> None:
    with pytest.raises(SchemaDrift):
        register_answering({"detail": "Not Found"}, status=404).lookup(JANE)


def test_a_fault_of_another_name_makes_nobody_an_unknown_person() -> None:
    with pytest.raises(SchemaDrift):
        register_answering({"ErrorList": [{"ErrorCode": "NO_SUCH_SERVICE"}]}, status=404).lookup(JANE)


def test_a_replacement_number_never_leaves_this_machine(no_network: httpx.MockTransport) -> None:
    register = open_register(url="http://127.0.0.1/cpr", token="t", transport=no_network)
    with pytest.raises(NotFound):
        register.lookup(Cpr("7012620001"))


def test_a_wrong_token_is_no_access(simulated: Simulation) -> None:
    register = open_register(url=simulated.cpr_url, token="wrong")
    with pytest.raises(AuthExpired):
        register.lookup(JANE)
    register.close()
