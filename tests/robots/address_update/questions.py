"""How the tests of the address rules put their questions: facts with one thing changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from connectors.address_records import RegisteredAddress, RegisteredStatus
from connectors.person_details import PastAddress, UncertainDate
from connectors.records import AddressProtection, Case, CaseParty, PartyContact, PartyRef, PersonSnapshot
from foundation.addresses import CivilAddress
from foundation.cpr import Cpr
from robots.address_update.facts import Facts
from robots.address_update.policy import Policy
from robots.twins.case_register import CAPABLE

TODAY = date(2026, 11, 22)
#: Numbers of CPR-kontoret's public demonstration file.
RELATIVE = Cpr("0709614673")
STRANGER = Cpr("0707614293")
PLACE = UUID("91b21c97-fb07-4aac-98c5-61bcb4689f78")


def facts_of(snapshot: PersonSnapshot, case: Case, **changes: Any) -> Facts:  # noqa: ANN401 - fields of ``Facts`` by name, checked by ``Facts`` itself.
    """The facts of the first party of ``case``."""
    given: dict[str, Any] = {
        "snapshot": snapshot,
        "case": case,
        "party": case.parties[0],
        "today": TODAY,
        "capabilities": CAPABLE,
        "policy": Policy(),
        **changes,
    }
    return Facts(**given)


def knowing(facts: Facts, **changes: Any) -> Facts:  # noqa: ANN401 - fields of ``PersonSnapshot`` by name.
    """The same facts, where CPR says something else."""
    return replace(facts, snapshot=replace(facts.snapshot, **changes))


def protected(facts: Facts) -> Facts:
    """The same facts, where the person has name and address protection."""
    return knowing(facts, protection=AddressProtection(is_protected=True))


def showing(facts: Facts, address: CivilAddress | None, **changes: Any) -> Facts:  # noqa: ANN401 - fields of ``PartyContact`` by name.
    """The same facts, where the case shows another address of the party."""
    contact = replace(facts.party.contact, address=address, **changes)
    return with_party(facts, replace(facts.party, contact=contact))


def with_party(facts: Facts, party: CaseParty) -> Facts:
    """The same facts, where the party asked about is another."""
    parties = tuple(party if each.ref == party.ref else each for each in facts.case.parties)
    return replace(facts, party=party, case=replace(facts.case, parties=parties))


def beside(facts: Facts, cpr: Cpr | None, address: CivilAddress | None = None, *, marked: bool = False) -> Facts:
    """The same facts, with one more party on the case."""
    ref = PartyRef(facts.case.ref, str(len(facts.case.parties) + 1))
    contact = PartyContact(address, is_protected=marked)
    other = replace(facts.party, ref=ref, cpr=cpr, contact=contact)
    return replace(facts, case=replace(facts.case, parties=(*facts.case.parties, other)))


def able(facts: Facts, **changes: Any) -> Facts:  # noqa: ANN401 - fields of ``CaseCapabilities`` by name.
    """The same facts, in a system that can do something else."""
    return replace(facts, capabilities=replace(facts.capabilities, **changes))


def under(facts: Facts, **policy: Any) -> Facts:  # noqa: ANN401 - fields of ``Policy`` by name, checked by pydantic.
    """The same facts, under another policy."""
    return replace(facts, policy=Policy(**policy))


def past(address: CivilAddress, *, is_annulled: bool = False) -> PastAddress:
    """An earlier address without dates."""
    return PastAddress(address, UncertainDate(None), UncertainDate(None), is_annulled=is_annulled)


def registered(
    address: CivilAddress, *, id_: UUID = PLACE, status: RegisteredStatus = RegisteredStatus.CURRENT
) -> RegisteredAddress:
    """The address as DAR would have it."""
    return RegisteredAddress(id_, status, replace(address, address_id=id_, care_of="", locality=""), "")
