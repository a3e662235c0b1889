"""Whether a party's contact stands as a change expects it: the one rule behind conflicts and look-ups by value.

What must stay true: an adapter that has no version number from its system judges a write by these three functions and
nothing else, so that a real system, its simulation and the twin agree.
"""

from __future__ import annotations

from connectors.records import PartyContact, PartyContactChange, Sighting
from foundation.addresses import is_same_address


def has_landed(change: PartyContactChange, now: PartyContact, *, name: str = "") -> bool:
    """Whether every part that the change names stands as the change wants it; ``name`` is the party's name now."""
    is_address_there = change.address is None or is_same_address(change.address, now.address)
    is_mark_there = change.is_protected is None or change.is_protected == now.is_protected
    wanted = change.contact_address
    is_contact_there = wanted is None or is_same_address(wanted, now.contact_address)
    is_name_there = change.name is None or change.name == name
    return is_address_there and is_mark_there and is_contact_there and is_name_there


def still_stands(change: PartyContactChange, now: PartyContact, *, name: str = "") -> bool:
    """Whether everything in ``change.before`` stands as it did; ``name`` is the party's name now.

    A mark that was unknown then is not compared. The contact address counts where the change touches it or the proposal
    saw one, the name where the change touches it, letter by letter: many systems have no such fields.
    """
    before = change.before
    is_same_mark = before.is_protected is None or before.is_protected == now.is_protected
    counts_contact = change.contact_address is not None or before.contact_address is not None
    is_same_contact = not counts_contact or is_same_address(before.contact_address, now.contact_address)
    is_same_name = change.name is None or change.name_before == name
    return is_same_mark and is_same_contact and is_same_name and is_same_address(before.address, now.address)


def sight(change: PartyContactChange, now: PartyContact, *, name: str = "") -> Sighting:
    """Did the change land? After = present, before = absent, anything else cannot be told."""
    if has_landed(change, now, name=name):
        return Sighting.PRESENT
    return Sighting.ABSENT if still_stands(change, now, name=name) else Sighting.UNCLEAR
