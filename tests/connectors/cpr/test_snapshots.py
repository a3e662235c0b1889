"""How SF1520's answer becomes a snapshot, and what of it is refused."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from connectors.cpr import Sf1520PersonRegister, open_register
from connectors.errors import SchemaDrift, Unavailable
from connectors.person_details import (
    ContactAddress,
    Custody,
    CustodyKind,
    Departure,
    Guardianship,
    GuardianshipKind,
    OtherProtection,
    UncertainDate,
)
from connectors.records import PersonSnapshot, PersonStatus
from foundation.clock import ManualClock
from foundation.cpr import Cpr
from tests.connectors.cpr.test_register import JANE, wire_person

Change = Callable[[dict[str, Any]], object]
#: Published test persons.
GUARDIAN, CHILD, OTHER = "0904414131", "2512169996", "1012620000"


def register_sending(content: bytes, *, status: int = 200) -> Sf1520PersonRegister:
    transport = httpx.MockTransport(lambda _request: httpx.Response(status, content=content))
    clock = ManualClock(datetime(2026, 11, 22, tzinfo=UTC))
    return open_register(url="http://127.0.0.1/cpr", token="t", transport=transport, clock=clock)


def looked_up(**changes: object) -> PersonSnapshot:
    return register_sending(json.dumps({**wire_person(), **changes}).encode()).lookup(JANE)


def at_home(**changes: object) -> PersonSnapshot:
    return looked_up(aktuelAdresse={**wire_person()["aktuelAdresse"], **changes})


def guarded(**changes: object) -> dict[str, object]:
    plain = {"umyndiggjort": True, "type": "FULD", "relationPersonnummer": GUARDIAN, "relationVaergenavn": None}
    return {**plain, "relationtekst": [], "startdato": "2000-02-28", "slettedato": None, **changes}


def past(moved_in: str | None, **changes: object) -> dict[str, object]:
    day = {"dato": moved_in, "usikkerhedsmarkering": False}
    left = {"dato": "2010-01-01", "usikkerhedsmarkering": True}
    return {"vejnavn": "Søgade", "husnummer": "016", "tilflytningsdato": day, "fraflytningsdato": left, **changes}


def test_what_is_not_delivered_is_none_or_empty() -> None:
    person = looked_up()
    assert (person.history, person.birth_day, person.guardianship, person.departure, person.contact_address) == (
        None,
        None,
        None,
        None,
        None,
    )
    assert (person.earlier_cprs, person.other_protections, person.moved_from_municipality) == ((), frozenset(), "")
    assert not person.is_correction
    assert person.family.children == ()


def test_an_unknown_field_is_ignored() -> None:
    assert looked_up(nytFelt={"a": [1.5]}) == looked_up()


def test_history_comes_newest_first_whatever_the_order_of_the_answer() -> None:
    history = looked_up(adresseHistorik=[past("1990-01-01"), past(None), past("2001-01-01")]).history
    assert history is not None
    assert [each.moved_in.day for each in history] == [date(2001, 1, 1), date(1990, 1, 1), None]
    assert history[0].moved_out == UncertainDate(date(2010, 1, 1), is_uncertain=True)
    assert (history[0].address.road_name, history[0].address.house_number) == ("Søgade", "016")


def test_an_earlier_address_that_was_taken_back_says_so() -> None:
    history = looked_up(adresseHistorik=[past("2001-01-01", retFortrydMarkering=True), past("2000-01-01")]).history
    assert history is not None
    assert [each.is_annulled for each in history] == [True, False]


def test_no_earlier_addresses_are_something_else_than_none_delivered() -> None:
    assert looked_up(adresseHistorik=[]).history == ()


def test_a_correction_of_the_present_address_is_told() -> None:
    assert at_home(retFortrydMarkering=True).is_correction
    assert not at_home(retFortrydMarkering=False).is_correction


@pytest.mark.parametrize(("code", "told"), [("0571", "0571"), ("", ""), (None, ""), ("0000", "")])
def test_the_municipality_moved_from_is_told(code: str | None, told: str) -> None:
    assert at_home(fraflytningskommunekode=code).moved_from_municipality == told


def test_a_shared_residence_is_told() -> None:
    assert at_home(DeltBopaelMarkering=True).family.is_shared_residence
    assert not at_home().family.is_shared_residence


def test_a_guardian_with_a_number() -> None:
    told = looked_up(umyndiggoerelse=guarded()).guardianship
    assert told == Guardianship(GuardianshipKind.FULL, Cpr(GUARDIAN), from_day=date(2000, 2, 28))


def test_a_guardian_without_a_number_keeps_name_and_lines() -> None:
    lines = ["Dresdener Allé 33", "", "D 13579 Celle"]
    written = guarded(
        type="DELVIS", relationPersonnummer=None, relationVaergenavn="Dieter Planckhardt", relationtekst=lines
    )
    told = looked_up(umyndiggoerelse=written).guardianship
    assert told is not None
    assert (told.kind, told.guardian) == (GuardianshipKind.PARTIAL, None)
    assert told.guardian_lines == ("Dieter Planckhardt", "Dresdener Allé 33", "D 13579 Celle")


def test_an_ended_guardianship_has_its_end() -> None:
    told = looked_up(umyndiggoerelse=guarded(slettedato="2009-07-01")).guardianship
    assert told is not None
    assert told.ended_on == date(2009, 7, 1)


@pytest.mark.parametrize("written", [None, {"umyndiggjort": False}])
def test_nobody_is_his_own_guardian(written: object) -> None:
    assert looked_up(umyndiggoerelse=written).guardianship is None


def test_a_departed_person_has_a_country_and_lines_and_no_address() -> None:
    left = {"dato": "1997-09-09", "usikkerhedsmarkering": False}
    lines = ["Grantoften 4", "S 45678", "Sverige", "", ""]
    written = {"udrejselandekode": "5120", "udrejseland": "Sverige", "udrejsedato": left, "udlandsadresse": lines}
    person = looked_up(status="80", aktuelAdresse=None, udrejseoplysninger=written)
    assert (person.status, person.address) == (PersonStatus.EMIGRATED, None)
    assert person.departure == Departure(
        "Sverige", UncertainDate(date(1997, 9, 9)), ("Grantoften 4", "S 45678", "Sverige")
    )


def test_a_country_without_a_name_is_told_by_its_code() -> None:
    told = looked_up(udrejseoplysninger={"udrejselandekode": "5120", "udlandsadresse": []}).departure
    assert told == Departure("5120", UncertainDate(None))


def test_a_contact_address_has_lines_and_days() -> None:
    written = {"kontaktAdr": ["Kontaktvej 1", "", "9000 Aalborg"], "startdato": "2001-06-30", "slettedato": None}
    assert looked_up(kontaktAdresse=written).contact_address == ContactAddress(
        ("Kontaktvej 1", "9000 Aalborg"), date(2001, 6, 30)
    )


def test_a_contact_address_without_a_text_is_none() -> None:
    assert looked_up(kontaktAdresse={"kontaktAdr": ["", " "]}).contact_address is None


def test_other_protections_are_told_apart() -> None:
    on, off = {"beskyttet": True, "startdato": None, "slutdato": None}, {"beskyttet": False}
    person = looked_up(vejviserbeskyttelse=off, markedsfoeringsbeskyttelse=on, forskerbeskyttelse=on)
    assert person.other_protections == {OtherProtection.MARKETING, OtherProtection.RESEARCH}
    assert not person.protection.is_protected


def test_family_has_children_parents_and_custody() -> None:
    custody = [
        {"type": "3", "startdato": "2017-01-01", "slettedato": None, "relationPersonnummer": OTHER},
        {"type": "5", "relationPersonnummer": None, "slettedato": "2020-01-01"},
    ]
    family = looked_up(barn=[CHILD], mor=OTHER, far=None, foraeldremyndighed=custody).family
    assert (family.children, family.parents) == ((Cpr(CHILD),), (Cpr(OTHER),))
    assert family.custody == (
        Custody(CustodyKind.MOTHER, Cpr(OTHER), from_day=date(2017, 1, 1)),
        Custody(CustodyKind.OTHER, None, ended_on=date(2020, 1, 1)),
    )


def test_earlier_numbers_and_day_of_birth() -> None:
    person = looked_up(tidligerePersonnumre=["0709614134"], foedselsdato="1961-09-07")
    assert (person.earlier_cprs, person.birth_day) == ((Cpr("0709614134"),), date(1961, 9, 7))


def home(**changes: object) -> Change:
    return lambda person: person["aktuelAdresse"].update(changes)


def top(**changes: object) -> Change:
    return lambda person: person.update(changes)


BAD: list[tuple[Change, str]] = [
    (top(navn={"personadresseringsnavn": 1}), "navn.personadresseringsnavn"),
    (top(navn={"personadresseringsnavn": "Jane\u0000"}), "navn.personadresseringsnavn"),
    (top(status=1), "status"),
    (top(status="99"), "status"),
    (top(status="0"), "status"),
    (top(foedselsdato="1961-02-30"), "foedselsdato"),
    (top(foedselsdato=19610907.0), "foedselsdato"),
    (top(personnummer="07096145A2"), "personnummer"),
    (top(gaeldendePersonnummer=709614592), "gaeldendePersonnummer"),
    (top(adressebeskyttelse=None), "adressebeskyttelse"),
    (top(adressebeskyttelse={"beskyttet": 1}), "adressebeskyttelse.beskyttet"),
    (home(husnummer=38), "aktuelAdresse.husnummer"),
    (home(husnummer=38.0), "aktuelAdresse.husnummer"),
    (home(vejnavn="Svinget\n38"), "aktuelAdresse.vejnavn"),
    (home(vejnavn="Svinget\ud800"), "aktuelAdresse.vejnavn"),
    (home(vejnavn="\u202eteignivS"), "aktuelAdresse.vejnavn"),
    (home(vejnavn="S" * 10_000), "aktuelAdresse.vejnavn"),
    (home(conavn=True), "aktuelAdresse.conavn"),
    (home(retFortrydMarkering="nej"), "aktuelAdresse.retFortrydMarkering"),
    (home(DeltBopaelMarkering=0), "aktuelAdresse.DeltBopaelMarkering"),
    (home(fraflytningskommunekode=571), "aktuelAdresse.fraflytningskommunekode"),
    (home(tilflytningsdato="2001-01-01"), "aktuelAdresse.tilflytningsdato"),
    (home(tilflytningsdato={"dato": "2001-13-01"}), "aktuelAdresse.tilflytningsdato.dato"),
    (home(tilflytningsdato={"usikkerhedsmarkering": "*"}), "aktuelAdresse.tilflytningsdato.usikkerhedsmarkering"),
    (home(registreringstidspunkt="i går"), "aktuelAdresse.registreringstidspunkt"),
    (top(adresseHistorik={}), "adresseHistorik"),
    (top(adresseHistorik=[past("2001-01-01"), "x"]), "adresseHistorik[1]"),
    (top(adresseHistorik=[past("2001-02-29")]), "adresseHistorik[0].tilflytningsdato.dato"),
    (top(adresseHistorik=[past(None, fraflytningsdato=7)]), "adresseHistorik[0].fraflytningsdato"),
    (top(umyndiggoerelse=[]), "umyndiggoerelse"),
    (top(umyndiggoerelse={}), "umyndiggoerelse.umyndiggjort"),
    (top(umyndiggoerelse=guarded(type="HALV")), "umyndiggoerelse.type"),
    (top(umyndiggoerelse=guarded(relationPersonnummer="090441413X")), "umyndiggoerelse.relationPersonnummer"),
    (top(umyndiggoerelse=guarded(relationtekst="x")), "umyndiggoerelse.relationtekst"),
    (top(umyndiggoerelse=guarded(relationtekst=[1])), "umyndiggoerelse.relationtekst[0]"),
    (top(umyndiggoerelse=guarded(slettedato="2009-06-31")), "umyndiggoerelse.slettedato"),
    (top(udrejseoplysninger={"udlandsadresse": ["a"] * 6}), "udrejseoplysninger.udlandsadresse"),
    (top(udrejseoplysninger={"udrejsedato": "1997"}), "udrejseoplysninger.udrejsedato"),
    (top(kontaktAdresse={"kontaktAdr": ["a\u0007"]}), "kontaktAdresse.kontaktAdr[0]"),
    (top(kontaktAdresse={"kontaktAdr": ["a"], "startdato": 1}), "kontaktAdresse.startdato"),
    (top(markedsfoeringsbeskyttelse={}), "markedsfoeringsbeskyttelse.beskyttet"),
    (top(barn="2512169996"), "barn"),
    (top(barn=[CHILD, 2512169996]), "barn[1]"),
    (top(mor="251216999Æ"), "mor"),
    (top(foraeldremyndighed=[{"type": "7"}]), "foraeldremyndighed[0].type"),
    (top(foraeldremyndighed=[{"type": 3}]), "foraeldremyndighed[0].type"),
    (top(tidligerePersonnumre=["3002614134"]), "tidligerePersonnumre[0]"),
]


@pytest.mark.parametrize(("change", "path"), BAD, ids=[f"{at}-{path}" for at, (_, path) in enumerate(BAD)])
def test_bad_input_is_told_by_its_path_and_never_by_its_value(change: Change, path: str) -> None:
    person = wire_person()
    change(person)
    with pytest.raises(SchemaDrift) as raised:
        register_sending(json.dumps(person).encode()).lookup(JANE)
    assert raised.value.detail == path
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"personnummer": "0709614592", "navn": {"person',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"\xff\xfe\x00",
        b'{"personnummer": "0709614592", "navn": "a\x01b"}',
        b'{"personnummer": "0709614592", "personnummer": "0709614592"}',
        b"null",
        b'"0709614592"',
        b"[]",
    ],
    ids=["empty", "half", "deep list", "deep object", "no text", "control", "twice", "null", "text", "list"],
)
def test_an_answer_that_is_no_person_is_drift(content: bytes) -> None:
    with pytest.raises(SchemaDrift) as raised:
        register_sending(content).lookup(JANE)
    assert raised.value.detail == "body"


def test_a_protection_said_twice_is_not_believed_either_way() -> None:
    content = b'{"adressebeskyttelse": {"beskyttet": true, "beskyttet": false}}'
    with pytest.raises(SchemaDrift):
        register_sending(content).lookup(JANE)


def test_a_fault_of_the_service_is_unavailable() -> None:
    fault = b'{"ErrorList": [{"ErrorCode": "SERVICE_FAULT", "ErrorText": "System error"}]}'
    with pytest.raises(Unavailable):
        register_sending(fault, status=500).lookup(JANE)
