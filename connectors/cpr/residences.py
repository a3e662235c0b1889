"""SF1520's addresses: the present one, a registered move ahead, and the earlier ones.

Addresses keep CPR's spelling (``038``, ``01``); to make them comparable is foundation's business. What must stay true:
an address that CPR took back is never shown as one that was in force.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from connectors import fields
from connectors.cpr import reading
from connectors.fields import Drift, Fields
from connectors.person_details import PastAddress, UncertainDate
from connectors.records import PendingMove
from foundation.addresses import CivilAddress

#: How CPR writes that there is no municipality.
_NO_MUNICIPALITY: Final = "0000"
_UNKNOWN_DAY: Final = UncertainDate(None)


@dataclass(frozen=True, slots=True)
class Residence:
    """``aktuelAdresse``, or what stands in its place for a person without an address."""

    address: CivilAddress | None = None
    moved_in: UncertainDate = _UNKNOWN_DAY
    registered_at: datetime | None = None
    is_correction: bool = False
    is_shared: bool = False
    moved_from_municipality: str = ""


def residence(person: Fields) -> Residence:
    """The present address and what belongs to it.

    Null says that there is no address; an answer without the field says nothing and is drift.
    """
    path = "aktuelAdresse"
    if path not in person:
        raise Drift(path)
    written = fields.optional_child(person, path)
    if written is None:
        return Residence()
    left = reading.optional_text(written, "fraflytningskommunekode", path)
    return Residence(
        address=_address(written, path),
        moved_in=reading.uncertain_day(written, "tilflytningsdato", path),
        registered_at=_registered_at(written, path),
        is_correction=reading.optional_flag(written, "retFortrydMarkering", path),
        is_shared=reading.optional_flag(written, "DeltBopaelMarkering", path),
        moved_from_municipality="" if left == _NO_MUNICIPALITY else left,
    )


def pending_move(person: Fields) -> PendingMove | None:
    """ASSUMED: how SF1520 shows a registered move that lies ahead is not public; this is our reading."""
    path = "fremtidigAdresse"
    written = fields.optional_child(person, path)
    if written is None:
        return None
    effect_from = reading.uncertain_day(written, "tilflytningsdato", path).day
    if effect_from is None:
        raise Drift(f"{path}.tilflytningsdato.dato")
    return PendingMove(_address(written, path), effect_from)


def history(person: Fields) -> tuple[PastAddress, ...] | None:
    """The earlier addresses, newest first whatever the order of the answer; None when they are not delivered."""
    path = "adresseHistorik"
    if person.get(path) is None:
        return None
    found = [_past(value, f"{path}[{at}]") for at, value in enumerate(fields.rows(person, path))]
    return tuple(sorted(found, key=lambda past: past.moved_in.day or date.min, reverse=True))


def _past(value: object, path: str) -> PastAddress:
    written = fields.record(value, path)
    return PastAddress(
        _address(written, path),
        moved_in=reading.uncertain_day(written, "tilflytningsdato", path),
        moved_out=reading.uncertain_day(written, "fraflytningsdato", path),
        is_annulled=reading.optional_flag(written, "retFortrydMarkering", path),
    )


def _address(written: Fields, path: str) -> CivilAddress:
    return CivilAddress(
        road_name=reading.optional_text(written, "vejnavn", path),
        house_number=reading.optional_text(written, "husnummer", path),
        floor=reading.optional_text(written, "etage", path),
        door=reading.optional_text(written, "sidedoer", path),
        postal_code=reading.optional_text(written, "postnummer", path),
        postal_district=reading.optional_text(written, "postdistrikt", path),
        care_of=reading.optional_text(written, "conavn", path),
        locality=reading.optional_text(written, "lokalitet", path),
        town=reading.optional_text(written, "bynavn", path),
        municipality_code=reading.optional_text(written, "kommunekode", path),
        road_code=reading.optional_text(written, "vejkode", path),
        address_id=_address_id(written, path),
    )


def _address_id(written: Fields, path: str) -> UUID | None:
    given = reading.optional_text(written, "AdresseUUID", path)
    if not given:
        return None
    try:
        return UUID(given)
    except ValueError:
        drift = Drift(f"{path}.AdresseUUID")
    raise drift


def _registered_at(written: Fields, path: str) -> datetime | None:
    if fields.optional_text(written, "registreringstidspunkt", path) is None:
        return None
    return fields.instant(written, "registreringstidspunkt", path)
