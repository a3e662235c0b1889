"""Whether a party's contact stands as a change expects it: the one rule behind conflicts and look-ups by value.

What must stay true: an adapter that has no version number from its system judges a write by these three functions and
nothing else, so that a real system, its simulation and the twin agree.
"""

from __future__ import annotations

from connectors.records import PartyContact, PartyContactChange, Sighting
from foundation.addresses import is_same_address


def has_landed(change: PartyContactChange, now: PartyContact) -> bool:
    """Whether every part that the change names stands as the change wants it."""
    is_address_there = change.address is None or is_same_address(change.address, now.address)
    is_mark_there = change.is_protected is None or change.is_protected == now.is_protected
    return is_address_there and is_mark_there


def still_stands(change: PartyContactChange, now: PartyContact) -> bool:
    """Whether everything in ``change.before`` stands as it did; a mark that was unknown then is not compared."""
    before = change.before
    is_same_mark = before.is_protected is None or before.is_protected == now.is_protected
    return is_same_mark and is_same_address(before.address, now.address)


def sight(change: PartyContactChange, now: PartyContact) -> Sighting:
    """Did the change land? After = present, before = absent, anything else cannot be told."""
    if has_landed(change, now):
        return Sighting.PRESENT
    return Sighting.ABSENT if still_stands(change, now) else Sighting.UNCLEAR
