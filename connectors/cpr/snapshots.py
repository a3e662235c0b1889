"""SF1520's answer as a ``PersonSnapshot``.

What must stay true: whether a person is protected, and whether he has an address, is never assumed, so an answer that
does not say so is drift. Everything else may be absent, and a field that we do not know is ignored.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from connectors import fields
from connectors.cpr import circumstances, reading, residences
from connectors.fields import Drift, Fields
from connectors.records import AddressProtection, PersonSnapshot, PersonStatus
from foundation.cpr import Cpr

_STATUSES: Final = {status.value: status for status in PersonStatus}


def snapshot_from_wire(body: object, asked_for: Cpr, *, looked_up_at: datetime) -> PersonSnapshot:
    """The person of an answer; an answer about another number than the one asked for is drift."""
    person = fields.record(body, "body")
    cpr = reading.cpr_from_wire(person, "personnummer")
    if cpr != asked_for:
        raise Drift("personnummer")
    home = residences.residence(person)
    return PersonSnapshot(
        cpr=cpr,
        current_cpr=reading.optional_cpr(person, "gaeldendePersonnummer") or cpr,
        addressing_name=fields.line(fields.child(person, "navn"), "personadresseringsnavn", "navn"),
        status=_status(person),
        status_day=fields.optional_day(person, "statusdato"),
        protection=_protection(person),
        address=home.address,
        moved_in=home.moved_in,
        registered_at=home.registered_at,
        looked_up_at=looked_up_at,
        pending=residences.pending_move(person),
        is_correction=home.is_correction,
        history=residences.history(person),
        birth_day=fields.optional_day(person, "foedselsdato"),
        earlier_cprs=reading.cprs(person, "tidligerePersonnumre"),
        guardianship=circumstances.guardianship(person),
        departure=circumstances.departure(person),
        contact_address=circumstances.contact_address(person),
        family=circumstances.family(person, is_shared_residence=home.is_shared),
        other_protections=circumstances.other_protections(person),
        moved_from_municipality=home.moved_from_municipality,
    )


def _status(person: Fields) -> PersonStatus:
    status = _STATUSES.get(fields.text(person, "status").lstrip("0"))
    if status is None:
        raise Drift("status")
    return status


def _protection(person: Fields) -> AddressProtection:
    path = "adressebeskyttelse"
    protection = fields.child(person, path)
    return AddressProtection(
        is_protected=fields.flag(protection, "beskyttet", path),
        from_day=fields.optional_day(protection, "startdato", path),
        to_day=fields.optional_day(protection, "slutdato", path),
    )
