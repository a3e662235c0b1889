"""SF1520's answer as a ``PersonSnapshot``.

Addresses keep CPR's spelling (``038``, ``01``); to make them comparable is foundation's business. What must stay true:
whether a person is protected is never assumed, so an answer that does not say so is drift.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from connectors import fields
from connectors.fields import Drift, Fields
from connectors.records import AddressProtection, PendingMove, PersonSnapshot, PersonStatus, UncertainDate
from foundation.addresses import CivilAddress
from foundation.cpr import Cpr, InvalidCpr

_STATUSES: Final = {status.value: status for status in PersonStatus}


def snapshot_from_wire(body: object, asked_for: Cpr, *, looked_up_at: datetime) -> PersonSnapshot:
    """The person of an answer; an answer about another number than the one asked for is drift."""
    person = fields.record(body, "body")
    cpr = cpr_from_wire(person, "personnummer")
    if cpr != asked_for:
        raise Drift("personnummer")
    if "aktuelAdresse" not in person:
        # Null says that there is no address; absent says nothing.
        raise Drift("aktuelAdresse")
    address = fields.optional_child(person, "aktuelAdresse")
    name = fields.child(person, "navn")
    is_renumbered = fields.optional_text(person, "gaeldendePersonnummer") is not None
    return PersonSnapshot(
        cpr=cpr,
        current_cpr=cpr_from_wire(person, "gaeldendePersonnummer") if is_renumbered else cpr,
        addressing_name=fields.text(name, "personadresseringsnavn", "navn"),
        status=_status(person),
        status_day=fields.optional_day(person, "statusdato"),
        protection=_protection(person),
        address=None if address is None else _address(address, "aktuelAdresse"),
        moved_in=UncertainDate(None) if address is None else _moved_in(address, "aktuelAdresse"),
        registered_at=None if address is None else _registered_at(address, "aktuelAdresse"),
        looked_up_at=looked_up_at,
        pending=_pending(person),
    )


def cpr_from_wire(of: Fields, name: str, path: str = "") -> Cpr:
    """The CPR number under ``name``."""
    try:
        return Cpr.parse(fields.text(of, name, path))
    except InvalidCpr:
        drift = Drift(fields.join(path, name))
    raise drift


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


def _address(address: Fields, path: str) -> CivilAddress:
    return CivilAddress(
        road_name=fields.optional_text(address, "vejnavn", path) or "",
        house_number=fields.optional_text(address, "husnummer", path) or "",
        floor=fields.optional_text(address, "etage", path) or "",
        door=fields.optional_text(address, "sidedoer", path) or "",
        postal_code=fields.optional_text(address, "postnummer", path) or "",
        postal_district=fields.optional_text(address, "postdistrikt", path) or "",
        care_of=fields.optional_text(address, "conavn", path) or "",
        locality=fields.optional_text(address, "lokalitet", path) or "",
        town=fields.optional_text(address, "bynavn", path) or "",
        municipality_code=fields.optional_text(address, "kommunekode", path) or "",
        road_code=fields.optional_text(address, "vejkode", path) or "",
        address_id=_address_id(address, path),
    )


def _address_id(address: Fields, path: str) -> UUID | None:
    written = fields.optional_text(address, "AdresseUUID", path)
    if written is None:
        return None
    try:
        return UUID(written)
    except ValueError:
        drift = Drift(f"{path}.AdresseUUID")
    raise drift


def _moved_in(address: Fields, path: str) -> UncertainDate:
    """The day of moving in, with CPR's mark of uncertainty; a missing day is one that CPR does not know."""
    moved = fields.optional_child(address, "tilflytningsdato", path)
    if moved is None:
        return UncertainDate(None)
    inner = f"{path}.tilflytningsdato"
    is_marked = "usikkerhedsmarkering" in moved and fields.flag(moved, "usikkerhedsmarkering", inner)
    return UncertainDate(fields.optional_day(moved, "dato", inner), is_uncertain=is_marked)


def _registered_at(address: Fields, path: str) -> datetime | None:
    if fields.optional_text(address, "registreringstidspunkt", path) is None:
        return None
    return fields.instant(address, "registreringstidspunkt", path)


def _pending(person: Fields) -> PendingMove | None:
    """ASSUMED: how SF1520 shows a registered move that lies ahead is not public; this is our reading."""
    path = "fremtidigAdresse"
    address = fields.optional_child(person, path)
    if address is None:
        return None
    effect_from = _moved_in(address, path).day
    if effect_from is None:
        raise Drift(f"{path}.tilflytningsdato.dato")
    return PendingMove(_address(address, path), effect_from)
