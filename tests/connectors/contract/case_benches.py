"""What the contract tests of the case register need of each implementation, and the three that exist."""

import os
from dataclasses import replace
from datetime import datetime
from typing import NoReturn, Protocol, get_args

import pytest

from connectors.errors import (
    AccessDenied,
    CaseArchived,
    CaseClosed,
    ConnectorError,
    LockedByUser,
    OutcomeUnknown,
    SchemaDrift,
    Throttled,
    Unavailable,
    VersionConflict,
)
from connectors.nova import AddressWrite, NovaCaseRegister, open_nova
from connectors.ports import CaseRegister
from connectors.records import Case, CaseParty, CaseState, DocumentDirection, PartyContact
from foundation.addresses import CivilAddress
from foundation.cpr import Cpr
from robots.twins import TwinCaseRegister
from tests.connectors.contract.trouble import RETRY_AFTER, Trouble
from tests.connectors.simulation import Simulation

WRITES = ("update_party_contact", "append_journal_note", "create_reminder")
#: What reaches the other system although its answer cannot be used.
AFTER_EFFECT = frozenset({Trouble.LOST_AFTER, Trouble.BROKEN_AFTER, Trouble.GARBLED, Trouble.WRONG_SHAPE})
NUMBERS = ("1012620001", "1012620002", "1012620003", "2211771212", "2512169996")

_OWN_PREFIX = "SAGSGANG_CONTRACT_NOVA_"
#: What must be set to run the contract tests against a municipality's own test system, and is not.
MISSING_FOR_OWN_SYSTEM = tuple(
    _OWN_PREFIX + name
    for name in ("URL", "TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET", "CPR")
    if not os.environ.get(_OWN_PREFIX + name)
)


class CaseBench(Protocol):
    """One implementation and the means to set its scene; what a system does not offer is skipped with the reason."""

    @property
    def register(self) -> CaseRegister:
        """The implementation under test."""

    def take_case(self) -> tuple[Case, CaseParty]:
        """An open case without our writes, and a party on it with number, address and no protection."""

    def close(self, case: Case, /) -> None:
        """A caseworker closes the case."""

    def archive(self, case: Case, /) -> None:
        """A caseworker hands the case to the archive."""

    def edit(self, party: CaseParty, contact: PartyContact, /) -> None:
        """A caseworker changes address, contact address and mark by hand."""

    def rename(self, party: CaseParty, name: str, /) -> None:
        """A caseworker writes another name."""

    def send_letter(self, case: Case, title: str, at: datetime, /) -> None:
        """A caseworker sends a letter that stands on the case."""

    def order(self, method: str, trouble: Trouble, /) -> None:
        """Let the next call of this method, its own and not its preparation, meet trouble."""

    def effects(self, case: Case, /) -> int:
        """How many of our writes took effect on the case, by the system's own record."""


class SimulatedBench:
    """The real adapter against the simulated municipality."""

    def __init__(self, simulated: Simulation, register: NovaCaseRegister) -> None:
        self._simulated = simulated
        self.register = register

    def take_case(self) -> tuple[Case, CaseParty]:
        return self._simulated.take_case(self.register)

    def close(self, case: Case, /) -> None:
        self._simulated.tell("/cases/close", case=case.ref.id)

    def archive(self, case: Case, /) -> None:
        self._simulated.tell("/cases/archive", case=case.ref.id)

    def edit(self, party: CaseParty, contact: PartyContact, /) -> None:
        self._simulated.tell(
            "/parties/address",
            case=party.ref.case.id,
            index=party.ref.id,
            address=spelled(contact.address or CivilAddress()),
            contactAddress=spelled(contact.contact_address or CivilAddress()),
            nameAddressProtected=bool(contact.is_protected),
        )

    def rename(self, party: CaseParty, name: str, /) -> None:
        self._simulated.tell("/parties/address", case=party.ref.case.id, index=party.ref.id, name=name)

    def send_letter(self, case: Case, title: str, at: datetime, /) -> None:
        self._simulated.tell("/cases/document", case=case.ref.id, title=title, documentDate=at.isoformat())

    def order(self, method: str, trouble: Trouble, /) -> None:
        kinds = {
            Trouble.LOST_BEFORE: "timeout_before_commit",
            Trouble.LOST_AFTER: "timeout_after_commit",
            Trouble.BROKEN_BEFORE: "broken",
            Trouble.BROKEN_AFTER: "broken_after_commit",
            Trouble.THROTTLED: "throttled",
            Trouble.UNAVAILABLE: "unavailable",
            Trouble.CONFLICT: "conflict",
            Trouble.CLOSED: "closed",
            Trouble.OUTDATED: "precondition",
            Trouble.LOCKED: "locked",
            Trouble.ARCHIVED: "archived",
            Trouble.FORBIDDEN: "forbidden",
            Trouble.GARBLED: "garbled",
            Trouble.WRONG_SHAPE: "wrong_shape",
        }
        self._simulated.tell("/faults", route=route_of(method), kind=kinds[trouble], retryAfter=RETRY_AFTER)

    def effects(self, case: Case, /) -> int:
        return self._simulated.effects(case)


class TwinBench:
    """The twin."""

    def __init__(self) -> None:
        self.register = TwinCaseRegister()
        self._numbers = iter(NUMBERS)

    def take_case(self) -> tuple[Case, CaseParty]:
        stage = self.register.stage
        ref = stage.add_case()
        party = stage.add_party(ref, cpr=Cpr(next(self._numbers)), address=HOME, is_protected=False)
        stage.add_party(ref, cpr=None, name="Prøvefirmaet ApS")
        case = self.register.get_case(ref)
        found = case.party(party)
        assert found is not None
        return case, found

    def close(self, case: Case, /) -> None:
        self.register.stage.close(case.ref)

    def archive(self, case: Case, /) -> None:
        self.register.stage.archive(case.ref)

    def edit(self, party: CaseParty, contact: PartyContact, /) -> None:
        self.register.stage.edit_contact(party.ref, contact)

    def rename(self, party: CaseParty, name: str, /) -> None:
        self.register.stage.rename(party.ref, name)

    def send_letter(self, case: Case, title: str, at: datetime, /) -> None:
        self.register.stage.add_document(case.ref, title=title, direction=DocumentDirection.OUTGOING, at=at)

    def order(self, method: str, trouble: Trouble, /) -> None:
        is_write, system = method in WRITES, self.register.system
        lost = OutcomeUnknown if is_write else Unavailable
        garbled = OutcomeUnknown if is_write else SchemaDrift
        kinds: dict[Trouble, type[ConnectorError]] = {
            Trouble.LOST_BEFORE: lost,
            Trouble.LOST_AFTER: lost,
            Trouble.BROKEN_BEFORE: lost,
            Trouble.BROKEN_AFTER: lost,
            Trouble.THROTTLED: Throttled,
            Trouble.UNAVAILABLE: Unavailable,
            Trouble.CONFLICT: VersionConflict,
            Trouble.CLOSED: CaseClosed,
            Trouble.OUTDATED: VersionConflict if method == "update_party_contact" else LockedByUser,
            Trouble.LOCKED: LockedByUser,
            Trouble.ARCHIVED: CaseArchived,
            Trouble.FORBIDDEN: AccessDenied,
            Trouble.GARBLED: garbled,
            Trouble.WRONG_SHAPE: garbled,
        }
        waits = trouble in {Trouble.THROTTLED, Trouble.LOCKED}
        error = kinds[trouble](system, method, retry_after=RETRY_AFTER if waits else None)
        self.register.fail_next(method, error, after_effect=trouble in AFTER_EFFECT)

    def effects(self, case: Case, /) -> int:
        return sum(entry.case == case.ref for entry in self.register.ledger)


class OwnSystemBench:
    """The real adapter against a municipality's own test system; see ``connectors/README.md`` for the variables."""

    def __init__(self) -> None:
        self._cpr = Cpr(_own("CPR"))
        self.register = open_nova(
            url=_own("URL"),
            token_url=_own("TOKEN_URL"),
            client_id=_own("CLIENT_ID"),
            client_secret=_own("CLIENT_SECRET"),
            address_write=_own_address_write(),
        )

    def take_case(self) -> tuple[Case, CaseParty]:
        for case in self.register.search_cases(party=self._cpr).items:
            for party in case.parties:
                if case.state is CaseState.OPEN and party.cpr == self._cpr and party.contact.address is not None:
                    return case, party
        pytest.skip("the test person has no open case with an address in the municipality's test system")

    def close(self, _case: Case, /) -> None:
        _needs_a_person("closing a case")

    def archive(self, _case: Case, /) -> None:
        _needs_a_person("archiving a case")

    def edit(self, _party: CaseParty, _contact: PartyContact, /) -> None:
        _needs_a_person("editing a party by hand")

    def rename(self, _party: CaseParty, _name: str, /) -> None:
        _needs_a_person("writing a name by hand")

    def send_letter(self, _case: Case, _title: str, _at: datetime, /) -> None:
        _needs_a_person("sending a letter")

    def order(self, _method: str, trouble: Trouble, /) -> None:
        _needs_a_person(f"a call that is {trouble}")

    def effects(self, _case: Case, /) -> int:
        _needs_a_person("counting what took effect")


def _own(name: str) -> str:
    return os.environ.get(_OWN_PREFIX + name, "")


def _own_address_write() -> AddressWrite:
    """How addresses are written there, as the variable says; none where it does not."""
    wanted = _own("ADDRESS_WRITE")
    return next((way for way in get_args(AddressWrite) if way == wanted), "none")


def _needs_a_person(what: str) -> NoReturn:
    pytest.skip(f"a municipality's own test system cannot be told to do this: {what}")


HOME = CivilAddress(
    road_name="Prøvegade",
    house_number="12B",
    floor="1",
    door="tv",
    postal_code="6790",
    postal_district="Prøveby",
    municipality_code="0899",
    road_code="1001",
)


def elsewhere(address: CivilAddress | None) -> CivilAddress:
    """Another valid address: the same road, the other side of the street."""
    assert address is not None
    return replace(address, house_number="77" if address.house_number != "77" else "79", address_id=None)


def spelled(address: CivilAddress) -> dict[str, object]:
    """Nova's address object, written here a second time so that the adapter's own mapping is put to the test."""
    return {
        "careOf": address.care_of,
        "locality": address.locality,
        "roadName": address.road_name,
        "houseNumber": address.house_number.lstrip("0"),
        "floor": address.floor.lstrip("0"),
        "door": address.door.lower(),
        "town": address.town,
        "postalCode": address.postal_code,
        "postalDistrict": address.postal_district,
        "municipalityCode": address.municipality_code,
        "roadCode": address.road_code,
        "addressUuid": str(address.address_id or ""),
        "freeLines": list(address.free_lines),
        "country": address.country,
    }


def route_of(method: str) -> str:
    """The simulator's name for the route that a method ends in."""
    return {
        "update_party_contact": "nova.case.update_party_address",
        "append_journal_note": "nova.case.update",
        "create_reminder": "nova.task.import",
        "find_reminder": "nova.task.get_list",
        "list_documents": "nova.document.get_list",
    }.get(method, "nova.case.get_list")
