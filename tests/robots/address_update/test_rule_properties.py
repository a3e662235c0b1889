"""What must hold of the rules for every person, case and system."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connectors.records import (
    AddressProtection,
    Case,
    CaseCapabilities,
    CaseParty,
    CaseState,
    PartyContact,
    PartyRole,
    PendingMove,
    PersonSnapshot,
    PersonStatus,
    UncertainDate,
)
from foundation.addresses import CivilAddress
from foundation.cpr import Cpr
from robots.address_update.rules import rule
from robots.address_update.ruling import Policy, Ruling, RulingKind
from robots.twins.case_register import CAPABLE

TODAY = date(2026, 11, 22)


def ask(snapshot: PersonSnapshot, case: Case, party: CaseParty | None = None, **changes: Any) -> Ruling:  # noqa: ANN401 - the arguments of ``rule`` by name, checked by ``rule`` itself.
    arguments: dict[str, Any] = {
        "today": TODAY,
        "capabilities": CAPABLE,
        "policy": Policy(),
        "last_applied": None,
        **changes,
    }
    return rule(snapshot, case, party or case.parties[0], **arguments)


def showing(
    case: Case, address: CivilAddress | None, *, is_protected: bool | None = False, role: PartyRole = PartyRole.PRIMARY
) -> Case:
    party = replace(case.parties[0], contact=PartyContact(address, is_protected), role=role)
    return replace(case, parties=(party,))


texts = st.sampled_from(["", "Prøvevej", "Anden Prøvevej"])
addresses = st.none() | st.builds(
    CivilAddress,
    road_name=texts,
    house_number=st.sampled_from(["", "1", "001", "2B"]),
    postal_code=st.sampled_from(["", "9000", "9999", "13579"]),
    road_code=st.sampled_from(["", "0100", "9900", "9999"]),
    municipality_code=st.sampled_from(["", "0851", "0751"]),
    care_of=texts,
)
pending_moves = st.builds(
    PendingMove, addresses.map(lambda address: address or CivilAddress()), st.dates(date(2026, 11, 1), date(2027, 1, 1))
)
people = st.builds(
    PersonSnapshot,
    cpr=st.just(Cpr("1012620000")),
    current_cpr=st.sampled_from([Cpr("1012620000"), Cpr("0709614673")]),
    addressing_name=st.just("Test Prøvesen"),
    status=st.sampled_from(PersonStatus),
    status_day=st.none(),
    protection=st.builds(AddressProtection, is_protected=st.booleans()),
    address=addresses,
    moved_in=st.builds(
        UncertainDate, st.none() | st.dates(date(2026, 1, 1), date(2027, 12, 31)), is_uncertain=st.booleans()
    ),
    registered_at=st.none() | st.just(datetime(2026, 11, 20, tzinfo=UTC)),
    looked_up_at=st.just(datetime(2026, 11, 22, tzinfo=UTC)),
    pending=st.none()
    | st.builds(
        PendingMove, addresses.map(lambda a: a or CivilAddress()), st.dates(date(2026, 11, 1), date(2027, 1, 1))
    ),
)
contacts = st.builds(PartyContact, addresses, st.sampled_from([None, False, True]))
capabilities = st.builds(
    replace,
    st.just(CAPABLE),
    party_model=st.sampled_from(["SHARED_MASTER", "CASE_SNAPSHOT", "CONTACT_WITH_ADDRESSES"]),
    party_address_write=st.sampled_from(["API", "UI_ONLY", "SYNCED_BY_VENDOR", "NONE"]),
    protects_address=st.booleans(),
)
states = st.sampled_from(CaseState)


@given(people, contacts, capabilities, states)
def test_the_same_question_has_the_same_answer(
    case: Case,
    person: PersonSnapshot,
    contact: PartyContact,
    able: CaseCapabilities,
    state: CaseState,
) -> None:
    asked = replace(showing(case, contact.address, is_protected=contact.is_protected), state=state)
    assert ask(person, asked, capabilities=able) == ask(person, asked, capabilities=able)


@given(people, contacts, capabilities, states)
def test_a_situation_that_is_not_handled_never_leads_to_a_write(
    case: Case,
    person: PersonSnapshot,
    contact: PartyContact,
    able: CaseCapabilities,
    state: CaseState,
) -> None:
    asked = replace(showing(case, contact.address, is_protected=contact.is_protected), state=state)
    ruling = ask(person, asked, capabilities=able)
    is_handled = (
        state is CaseState.OPEN
        and person.status is PersonStatus.RESIDENT
        and person.current_cpr == person.cpr
        and able.party_address_write == "API"
        and able.party_model != "SHARED_MASTER"
        and (able.protects_address or not person.protection.is_protected)
        and (person.protection.is_protected or not contact.is_protected)
    )
    assert is_handled or ruling.change is None


@given(people, contacts)
def test_a_protected_address_is_never_written_without_the_mark(
    case: Case, person: PersonSnapshot, contact: PartyContact
) -> None:
    ruling = ask(person, showing(case, contact.address, is_protected=contact.is_protected))
    if person.protection.is_protected and ruling.change is not None:
        assert ruling.kind is RulingKind.APPLY_REVIEW
        assert ruling.is_protected
        assert ruling.change.marks_protected or contact.is_protected


@given(people, contacts)
def test_what_is_written_is_current_afterwards(case: Case, person: PersonSnapshot, contact: PartyContact) -> None:
    ruling = ask(person, showing(case, contact.address, is_protected=contact.is_protected))
    if ruling.change is None:
        return
    marked = ruling.change.marks_protected or contact.is_protected
    afterwards = showing(case, ruling.change.address or contact.address, is_protected=marked)
    assert ask(person, afterwards).kind in {RulingKind.NOOP, RulingKind.DEFER}
