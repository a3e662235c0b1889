"""What the twin of an ESDH does besides its port's contract."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connectors.errors import Ambiguous, CapabilityMissing, NotFound, VersionConflict
from connectors.records import (
    CaseCapabilities,
    CaseRef,
    DocumentDirection,
    IdempotencyKey,
    PartyContact,
    PartyContactChange,
    PartyRef,
    Sighting,
)
from foundation.addresses import CivilAddress
from foundation.cpr import Cpr
from robots.twins import TwinCaseRegister
from robots.twins.case_register import CAPABLE

CPR = Cpr("1012620000")
KEY = IdempotencyKey("0" * 64)
HOME = CivilAddress("Prøvegade", "1", postal_code="9000")
MAIL = CivilAddress(free_lines=("Prøvekontoret", "Prøvetorv 4"))


@pytest.fixture
def cases() -> TwinCaseRegister:
    return TwinCaseRegister()


@pytest.fixture
def case(cases: TwinCaseRegister) -> CaseRef:
    return cases.stage.add_case()


@pytest.fixture
def party(cases: TwinCaseRegister, case: CaseRef) -> PartyRef:
    return cases.stage.add_party(case, cpr=CPR, address=HOME)


def shown(cases: TwinCaseRegister, party: PartyRef) -> tuple[str, PartyContact]:
    found = cases.get_case(party.case).party(party)
    assert found is not None
    return found.name, found.contact


def test_every_case_is_listed_once_over_the_pages(cases: TwinCaseRegister) -> None:
    cases.able(replace(CAPABLE, max_page=2))
    planted = [cases.stage.add_case() for _ in range(5)]
    found: list[CaseRef] = []
    cursor: str | None = None
    while True:
        page = cases.list_cases(cursor=cursor)
        found += [each.ref for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == planted


def test_a_case_is_found_by_its_number_as_people_write_it(cases: TwinCaseRegister, case: CaseRef) -> None:
    assert cases.find_case(" s2026-00001 ").ref == case


def test_a_number_that_no_case_or_two_cases_have_is_refused(cases: TwinCaseRegister) -> None:
    for _ in range(2):
        cases.stage.add_case(number="S2026-7")
    with pytest.raises(NotFound):
        cases.find_case("S2026-8")
    with pytest.raises(Ambiguous):
        cases.find_case("S2026-7")


def test_documents_are_listed_oldest_first_and_only_those_of_the_case(cases: TwinCaseRegister, case: CaseRef) -> None:
    later = cases.stage.add_document(case, at=datetime(2026, 11, 2, tzinfo=UTC))
    first = cases.stage.add_document(case, at=datetime(2026, 11, 1, tzinfo=UTC), direction=DocumentDirection.INCOMING)
    cases.stage.add_document(cases.stage.add_case(), at=datetime(2026, 11, 1, tzinfo=UTC))
    assert cases.list_documents(case) == (first, later)
    assert len({first.id, later.id}) == 2


def test_contact_address_and_name_are_written_beside_the_residence(cases: TwinCaseRegister, party: PartyRef) -> None:
    name, before = shown(cases, party)
    change = PartyContactChange(before, contact_address=MAIL, name="Nynavn Prøvesen", name_before=name)
    assert cases.find_party_contact(party, change).sighting is Sighting.ABSENT
    cases.update_party_contact(party, change, key=KEY)
    assert shown(cases, party) == ("Nynavn Prøvesen", replace(before, contact_address=MAIL))
    assert cases.find_party_contact(party, change).sighting is Sighting.PRESENT


def test_a_name_that_was_changed_meanwhile_is_a_conflict(cases: TwinCaseRegister, party: PartyRef) -> None:
    _, before = shown(cases, party)
    cases.stage.rename(party, "Håndnavn Prøvesen")
    change = PartyContactChange(before, name="Nynavn Prøvesen", name_before="Test Prøvesen")
    with pytest.raises(VersionConflict):
        cases.update_party_contact(party, change, key=KEY)
    assert cases.find_party_contact(party, change).sighting is Sighting.UNCLEAR


def test_a_contact_address_that_was_changed_meanwhile_is_a_conflict(cases: TwinCaseRegister, party: PartyRef) -> None:
    _, before = shown(cases, party)
    cases.stage.edit_contact(party, replace(before, contact_address=HOME))
    with pytest.raises(VersionConflict):
        cases.update_party_contact(party, PartyContactChange(before, contact_address=MAIL), key=KEY)


@pytest.mark.parametrize(
    ("able", "change"),
    [
        (replace(CAPABLE, party_address_write="NONE"), {"address": MAIL}),
        (replace(CAPABLE, party_address_write="SYNCED_BY_VENDOR"), {"address": MAIL}),
        (replace(CAPABLE, protects_address=False), {"is_protected": True}),
        (replace(CAPABLE, has_contact_address=False), {"contact_address": MAIL}),
        (replace(CAPABLE, writes_name=False), {"name": "Nynavn", "name_before": "Test Prøvesen"}),
    ],
    ids=["none", "vendor", "mark", "contact address", "name"],
)
def test_what_a_system_has_no_field_for_it_refuses(
    cases: TwinCaseRegister, party: PartyRef, able: CaseCapabilities, change: dict[str, object]
) -> None:
    cases.able(able)
    _, before = shown(cases, party)
    wanted = replace(PartyContactChange(before), **change)  # type: ignore[arg-type] # fields of the change, by name
    with pytest.raises(CapabilityMissing):
        cases.update_party_contact(party, wanted, key=KEY)
    assert cases.ledger == ()
