"""Where CPR says that a person lives, in the form in which it is written on a case.

CPR decides where a person lives, DAR how that place is spelled (integration reference A.9). What must stay true: a
place that is no ordinary Danish address is written as CPR's own text, and the address register is never asked about
it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from connectors.address_records import RegisteredStatus
from connectors.records import PersonSnapshot, PersonStatus
from foundation.addresses import CivilAddress, lines, normalised
from robots.address_update.facts import Places
from robots.address_update.reasons import Reason

#: Road codes for people without a road: no fixed abode, refugees, staff abroad (CPR; integration reference A.8.2).
_SPECIAL_ROADS: Final = range(9900, 10000)
_UNKNOWN_POSTCODE: Final = "9999"
#: Lines of text that CPR, and an address without parts, may have.
_MOST_LINES: Final = 5
#: What stands on the case for a person who left the country without saying where to (ADR-14).
UNKNOWN_ABROAD: Final = CivilAddress(free_lines=("Ukendt adresse i udlandet",))

#: Registered in Greenland, on an ordinary and on a special road.
GREENLAND: Final = frozenset({PersonStatus.GREENLAND, PersonStatus.GREENLAND_SPECIAL_ROAD})
#: Who is registered as living somewhere that CPR can name; only of them is an ordinary address expected.
_RESIDENTS: Final = frozenset({PersonStatus.RESIDENT, PersonStatus.RESIDENT_SPECIAL_ROAD, *GREENLAND})


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """What the case should show. ``reason`` is that of a row which writes it."""

    address: CivilAddress
    reason: Reason
    #: Whether it is CPR's text as it is (``free_lines``), to be compared as text only.
    is_text: bool = False
    mentions: tuple[Reason, ...] = ()


def may_be_looked_up(snapshot: PersonSnapshot) -> bool:
    """Whether the address register may be asked about ``snapshot.address`` (ADR-12b, ADR-14, ADR-16, ADR-18)."""
    return snapshot.status is PersonStatus.RESIDENT and is_ordinary(snapshot.address)


def is_ordinary(address: CivilAddress | None) -> bool:
    """Whether this is a complete Danish address on an ordinary road."""
    tidy = normalised(address or CivilAddress())
    # A Danish residence always has these three; a foreign or broken address lacks at least one.
    is_danish = len(tidy.postal_code) == len(_UNKNOWN_POSTCODE) and tidy.postal_code.isdecimal()
    return bool(tidy.road_name and tidy.house_number) and is_danish and not _is_special(tidy)


def is_withheld(snapshot: PersonSnapshot) -> bool:
    """Whether a protected person has no ordinary address in CPR: no automation at all (ADR-12b; CPRL 6 (6))."""
    if not snapshot.protection.is_protected or snapshot.status not in _RESIDENTS:
        return False
    if snapshot.status is PersonStatus.GREENLAND:
        return not _text(snapshot.address)
    return snapshot.status is not PersonStatus.RESIDENT or not is_ordinary(snapshot.address)


def destination(snapshot: PersonSnapshot, places: Places) -> Destination | None:
    """What the case should show; None where CPR has nothing that may be written as a residence.

    The caller has taken out everybody whose status is a person's business, and those without residence.
    """
    if snapshot.status is PersonStatus.EMIGRATED:
        return Destination(address=_abroad(snapshot), reason=Reason.EMIGRATED, is_text=True)
    if snapshot.status in GREENLAND:
        return _as_text(snapshot, Reason.GREENLAND)
    address = snapshot.address or CivilAddress()
    if snapshot.status is PersonStatus.RESIDENT_SPECIAL_ROAD or _is_special(normalised(address)):
        return _as_text(snapshot, Reason.SPECIAL_ROAD, Reason.NO_FIXED_ABODE)
    if not is_ordinary(address):
        return None
    if not places.is_asked:
        return Destination(address=address, reason=Reason.MOVE)
    known = places.current
    if known is None or known.status not in {RegisteredStatus.CURRENT, RegisteredStatus.PRELIMINARY}:
        return Destination(address=replace(address, address_id=None), reason=Reason.MOVE, mentions=(Reason.NOT_IN_DAR,))
    spelled = replace(known.address, care_of=address.care_of, locality=address.locality, address_id=known.id)
    return Destination(address=spelled, reason=Reason.MOVE)


def _is_special(tidy: CivilAddress) -> bool:
    is_special_road = tidy.road_code.isdecimal() and int(tidy.road_code) in _SPECIAL_ROADS
    return is_special_road or tidy.postal_code == _UNKNOWN_POSTCODE


def _text(address: CivilAddress | None) -> tuple[str, ...]:
    """CPR's address as lines; empty where there are none, or more than an address may have."""
    text = lines(address or CivilAddress())
    return text if len(text) <= _MOST_LINES else ()


def _as_text(snapshot: PersonSnapshot, reason: Reason, *mentions: Reason) -> Destination | None:
    text = _text(snapshot.address)
    if not text:
        return None
    return Destination(address=CivilAddress(free_lines=text), reason=reason, is_text=True, mentions=mentions)


def _abroad(snapshot: PersonSnapshot) -> CivilAddress:
    departure = snapshot.departure
    text = tuple(line for line in departure.lines if line.strip()) if departure is not None else ()
    if departure is None or not text:
        return UNKNOWN_ABROAD
    # CPR has a country as a number; only where the register made a word of it does it say anything in an address.
    country = "" if departure.country_code.strip().isdecimal() else departure.country_code
    is_told = any(country.casefold() == line.strip().casefold() for line in text)
    return normalised(CivilAddress(free_lines=text[:_MOST_LINES], country="" if is_told else country))
