"""What the address register is asked before the rules are: how a place is spelled, and whether two texts are one place.

The register is asked about places, never about persons, and only where there is something to ask: an ordinary Danish
address. Nothing is asked about foreign addresses, Greenland, special road codes or a missing address (ADR-12b, ADR-14,
ADR-16, ADR-18): washing such a text would find a place where the person does not live. An error of the register passes
through, so that the proposal and its carrying out rest on the same answers.

What must stay true: only a certain washing (A, one candidate) is ever used.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from uuid import UUID

from connectors.address_records import RegisteredAddress
from connectors.records import PersonSnapshot
from foundation.addresses import CivilAddress, is_same_address, one_line
from foundation.kvhx import Kvhx
from robots.address_update.facts import Places
from robots.address_update.rules_place import is_ordinary, may_be_looked_up
from robots.desk import AddressDesk

#: The register washes no longer text (datavask).
_LONGEST_WASHED: Final = 100


def places_of(snapshot: PersonSnapshot, addresses: AddressDesk | None) -> Places:
    """The person's present and coming address as the register has them; not yet what a case shows."""
    if addresses is None or not may_be_looked_up(snapshot):
        return Places()
    pending = snapshot.pending.address if snapshot.pending is not None else None
    return Places(
        is_asked=True,
        current=_registered(snapshot.address, addresses),
        pending=_registered(pending, addresses) if is_ordinary(pending) else None,
    )


def with_shown(
    places: Places, snapshot: PersonSnapshot, shown: CivilAddress | None, addresses: AddressDesk | None
) -> Places:
    """``places`` with the id of what a case shows.

    An id that stands on the case is taken as it is. Otherwise the text is washed, and only where the rules cannot
    tell without it: it is neither CPR's present or coming address nor one of the earlier ones.
    """
    if addresses is None or shown is None or not places.is_asked:
        return places
    if shown.address_id is not None:
        return replace(places, shown=shown.address_id)
    known = [snapshot.address, *(past.address for past in snapshot.history or ())]
    if snapshot.pending is not None:
        known.append(snapshot.pending.address)
    if not is_ordinary(shown) or any(is_same_address(shown, address) for address in known):
        return places
    return replace(places, shown=_washed_id(shown, addresses))


def _registered(address: CivilAddress | None, addresses: AddressDesk) -> RegisteredAddress | None:
    """By id, else by KVHX, else washed."""
    if address is None:
        return None
    found = addresses.get(address.address_id) if address.address_id is not None else None
    if found is not None:
        return found
    key = Kvhx.of(address)
    found = addresses.by_kvhx(key) if key is not None else None
    return found if found is not None else _washed(address, addresses)


def _washed(address: CivilAddress, addresses: AddressDesk) -> RegisteredAddress | None:
    text = one_line(address)
    return addresses.wash(text).certain if len(text) <= _LONGEST_WASHED else None


def _washed_id(address: CivilAddress, addresses: AddressDesk) -> UUID | None:
    found = _washed(address, addresses)
    return None if found is None else found.id
