"""How addresses get into a Nova, and what its answer to the assumed call proves."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx
import pytest

from connectors.errors import (
    CapabilityMissing,
    NotFound,
    OutcomeUnknown,
    VersionConflict,
)
from connectors.nova import AddressWrite, NovaCaseRegister
from connectors.records import (
    Case,
    CaseParty,
    CaseRef,
    IdempotencyKey,
    PartyContact,
    PartyContactChange,
    PartyRef,
)
from foundation.addresses import is_same_address
from tests.connectors.contract.case_benches import elsewhere
from tests.connectors.nova.scripts import listed, offline, scripted, wire_case
from tests.connectors.simulation import Simulation, open_simulated_nova

KEY = IdempotencyKey("x")


def test_where_the_assumed_call_is_switched_off_in_nova_nothing_is_written(
    simulated: Simulation, nova: NovaCaseRegister
) -> None:
    case, party = simulated.take_case(nova)
    simulated.tell("/settings", assumedAddressWrite=False)
    change = PartyContactChange(party.contact, elsewhere(party.contact.address))
    with pytest.raises(CapabilityMissing):
        nova.update_party_contact(party.ref, change, key=KEY)
    assert not simulated.ask("/ledger", case=case.ref.id)["entries"]


def test_where_we_switched_the_assumed_call_off_nothing_is_sent_and_nothing_assumed_is_asked_for(
    simulated: Simulation, nova: NovaCaseRegister
) -> None:
    case, party = simulated.take_case(nova)
    careful = open_simulated_nova(simulated, address_write="none")
    found = careful.get_case(case.ref).party(party.ref)
    assert found is not None
    assert (found.contact.address, found.contact.is_protected) == (None, None)
    assert careful.capabilities().party_address_write == "NONE"
    assert not careful.capabilities().protects_address
    with pytest.raises(CapabilityMissing):
        careful.update_party_contact(party.ref, PartyContactChange(party.contact, is_protected=True), key=KEY)
    careful.close()


@pytest.mark.parametrize(
    ("way", "told", "shows", "names"),
    [
        ("api", "API", True, True),
        ("screen", "UI_ONLY", True, False),
        ("vendor", "SYNCED_BY_VENDOR", True, False),
        ("none", "NONE", False, False),
    ],
)
def test_the_capabilities_say_how_addresses_get_into_this_nova(
    no_network: httpx.MockTransport,
    way: AddressWrite,
    told: str,
    *,
    shows: bool,
    names: bool,
) -> None:
    able = offline(no_network, way).capabilities()
    assert (able.party_address_write, able.writes_name) == (told, names)
    assert (able.protects_address, able.has_contact_address) == (shows, shows)


@pytest.mark.parametrize("way", ["screen", "vendor", "none"])
def test_without_the_call_nothing_is_sent_to_write_an_address(
    no_network: httpx.MockTransport, way: AddressWrite
) -> None:
    change = PartyContactChange(PartyContact(None, is_protected=False), is_protected=True)
    with pytest.raises(CapabilityMissing):
        offline(no_network, way).update_party_contact(PartyRef(CaseRef("nova", "c1"), "1"), change, key=KEY)


@pytest.mark.parametrize("way", ["screen", "vendor"])
def test_an_address_is_shown_also_where_somebody_else_writes_it(
    simulated: Simulation, nova: NovaCaseRegister, way: AddressWrite
) -> None:
    case, _ = simulated.take_case(nova)
    reading = open_simulated_nova(simulated, address_write=way)
    assert reading.get_case(case.ref) == nova.get_case(case.ref)
    reading.close()


def test_what_the_vendor_wrote_meanwhile_is_not_overwritten(simulated: Simulation, nova: NovaCaseRegister) -> None:
    case, party = simulated.take_case(nova)
    assert party.cpr is not None
    simulated.tell("/settings", vendorSyncHours=0)
    simulated.tell("/people/move", personnummer=party.cpr.digits)
    change = PartyContactChange(party.contact, elsewhere(party.contact.address))
    with pytest.raises(VersionConflict):
        nova.update_party_contact(party.ref, change, key=KEY)
    assert [entry["operation"] for entry in simulated.ask("/ledger", case=case.ref.id)["entries"]] == [
        "vendor_sync_address"
    ]


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        {"caseUuid": "c2", "index": "1"},
        {"caseUuid": "c1", "index": "2"},
        {"caseUuid": "c1", "index": "1", "changedTime": 5},
    ],
)
def test_an_answer_about_another_party_leaves_the_write_unknown(answer: object) -> None:
    nova = scripted(
        {"/api/Case/GetList": [(200, listed(wire_case("c1")))], "/api/Case/UpdatePartyAddress": [(200, answer)]}
    )
    party = nova.get_case(CaseRef("nova", "c1")).parties[0]
    with pytest.raises(OutcomeUnknown):
        nova.update_party_contact(party.ref, PartyContactChange(party.contact, is_protected=True), key=KEY)


def test_a_party_that_goes_while_it_is_written_is_not_found() -> None:
    gone = {**wire_case("c1"), "caseParties": []}
    nova = scripted(
        {
            "/api/Case/GetList": [(200, listed(wire_case("c1"))), (200, listed(wire_case("c1"))), (200, listed(gone))],
            "/api/Case/UpdatePartyAddress": [(404, None)],
        }
    )
    party = nova.get_case(CaseRef("nova", "c1")).parties[0]
    with pytest.raises(NotFound) as raised:
        nova.update_party_contact(party.ref, PartyContactChange(party.contact, is_protected=True), key=KEY)
    assert raised.value.detail == "party"


def test_eight_threads_share_one_register(simulated: Simulation, nova: NovaCaseRegister) -> None:
    taken = [simulated.take_case(nova) for _ in range(8)]
    together = Barrier(8)

    def work(case: Case, party: CaseParty) -> PartyContact:
        together.wait(timeout=10)
        for _ in range(5):
            assert nova.get_case(case.ref) == case
        nova.update_party_contact(
            party.ref,
            PartyContactChange(party.contact, elsewhere(party.contact.address)),
            key=IdempotencyKey(case.ref.id),
        )
        found = nova.get_case(case.ref).party(party.ref)
        assert found is not None
        return found.contact

    with ThreadPoolExecutor(8) as pool:
        contacts = list(pool.map(work, *zip(*taken, strict=True)))
    assert all(
        is_same_address(contact.address, elsewhere(party.contact.address))
        for contact, (_, party) in zip(contacts, taken, strict=True)
    )
    assert [simulated.effects(case) for case, _ in taken] == [1] * 8


def test_a_404_of_the_assumed_call_itself_is_a_missing_capability() -> None:
    nova = scripted(
        {"/api/Case/GetList": [(200, listed(wire_case("c1")))], "/api/Case/UpdatePartyAddress": [(404, None)]}
    )
    party = nova.get_case(CaseRef("nova", "c1")).parties[0]
    with pytest.raises(CapabilityMissing):
        nova.update_party_contact(party.ref, PartyContactChange(party.contact, is_protected=True), key=KEY)
