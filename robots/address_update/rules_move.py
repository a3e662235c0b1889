"""What follows from a move: another municipality, letters that went to the old place, dates that are no dates.

What must stay true: nothing is worked out from a date that CPR marks as uncertain, or does not have (ADR-08).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from connectors.person_details import UncertainDate
from connectors.records import PersonSnapshot, PersonStatus
from foundation.addresses import CivilAddress, is_same_address, normalised
from robots.address_update.facts import Facts, Places
from robots.address_update.policy import is_in_kle
from robots.address_update.reasons import Reason
from robots.address_update.rules_difference import Difference
from robots.address_update.rules_family import moves_apart
from robots.address_update.rules_place import GREENLAND
from robots.address_update.ruling import AppliedVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequences:
    """What a move brings besides the address itself."""

    #: The reason of the row instead of the plain one, where it is more telling (``MOVED_IN``).
    reason: Reason | None = None
    #: Why the row must be looked at by itself.
    reviews: tuple[Reason, ...] = ()
    tasks: tuple[Reason, ...] = ()
    mentions: tuple[Reason, ...] = ()


def consequences(facts: Facts, difference: Difference) -> Consequences:
    """What a person must do or know because of this move (ADR-06, 07, 08, 14, 16, 18, 26, 36 to 38)."""
    snapshot = facts.snapshot
    moved = _municipality(facts, difference)
    reviews, tasks, mentions = moved.reviews, moved.tasks, moved.mentions
    if snapshot.status is PersonStatus.EMIGRATED:
        reviews, tasks = (Reason.EMIGRATED, *reviews), (*tasks, Reason.EMIGRATED_RIGHTS)
    if snapshot.status in GREENLAND:
        tasks = (*tasks, Reason.GREENLAND_CHECK)
    if difference.reason is Reason.SPECIAL_ROAD and is_in_kle(facts.case.kle, facts.policy.residence_kle):
        tasks = (*tasks, Reason.RESIDENCE_DECIDES)
    if moves_apart(facts, difference.address):
        tasks = (*tasks, Reason.MOVED_APART)
    effect = certain_day(effect_of(snapshot))
    if effect is None:
        mentions = (*mentions, Reason.UNCERTAIN_DATE)
    elif effect < facts.today and facts.letters_since:
        tasks = (*tasks, Reason.LETTERS_SENT)
    if snapshot.is_correction:
        mentions = (*mentions, Reason.CORRECTION)
    return Consequences(reason=moved.reason, reviews=reviews, tasks=tasks, mentions=mentions)


def effect_of(snapshot: PersonSnapshot) -> UncertainDate:
    """From when what the case should show counts: the departure of somebody who left the country, else the move."""
    if snapshot.status is PersonStatus.EMIGRATED:
        return UncertainDate(None) if snapshot.departure is None else snapshot.departure.left_on
    return snapshot.moved_in


def certain_day(told: UncertainDate) -> date | None:
    """The day, if it may be used for working out anything (ADR-08)."""
    return None if told.is_uncertain else told.day


def coming_day(snapshot: PersonSnapshot, today: date) -> date | None:
    """The day of a move that is registered and not in force, or None; at the earliest tomorrow (ADR-05).

    Registers differ: some keep the present address until the day and tell of the coming one beside it, some give the
    coming one at once with a date that lies ahead.
    """
    day = certain_day(effect_of(snapshot))
    if day is not None and day > today:
        return day
    # A day that has come without the register following is looked at again tomorrow, and not in a tight loop.
    pending = snapshot.pending
    return None if pending is None else max(pending.effect_from, today + timedelta(days=1))


def is_waited_for(facts: Facts) -> bool:
    """Whether what CPR says is not to be written yet, since it lies ahead or the case shows what lies ahead."""
    day = certain_day(effect_of(facts.snapshot))
    if day is not None and day > facts.today:
        return True
    # Somebody already wrote the coming address on the case: the present one is not written back over it.
    return facts.snapshot.pending is not None and _shows(facts, facts.snapshot.pending.address, facts.places)


def is_older(snapshot: PersonSnapshot, last: AppliedVersion) -> bool:
    """Whether CPR registered this before what was last written; at the same instant the effect decides (ADR-04).

    A correction has an earlier effect and a later registration, so effect alone says nothing about order.
    """
    if snapshot.registered_at is None or last.registered_at is None:
        return False
    if snapshot.registered_at != last.registered_at:
        return snapshot.registered_at < last.registered_at
    day = certain_day(effect_of(snapshot))
    return day is not None and last.effect_from is not None and day < last.effect_from


def _shows(facts: Facts, address: CivilAddress, places: Places) -> bool:
    known = places.pending
    return is_same_address(facts.party.contact.address, address) or (known is not None and known.id == places.shown)


def _municipality(facts: Facts, difference: Difference) -> Consequences:
    """What a move between municipalities brings (ADR-36 to ADR-38).

    Who acts may change with the municipality (retssikkerhedsloven section 9); in which groups we go on acting all
    the same is the policy's to say.
    """
    if facts.snapshot.status is PersonStatus.EMIGRATED or facts.snapshot.status in GREENLAND:
        return Consequences()
    after = normalised(facts.snapshot.address or CivilAddress()).municipality_code
    moved_from = CivilAddress(municipality_code=facts.snapshot.moved_from_municipality)
    before = difference.before_municipality or normalised(moved_from).municipality_code
    own = facts.policy.municipality_code
    if not after or after == before or not (before or own):
        return Consequences()
    if after == own:
        return Consequences(reason=Reason.MOVED_IN, tasks=(Reason.MOVED_IN,)) if before else Consequences()
    if is_in_kle(facts.case.kle, facts.policy.keeps_kle):
        return Consequences(reviews=(Reason.OTHER_MUNICIPALITY,), mentions=(Reason.KEPT_CASE,))
    return Consequences(reviews=(Reason.OTHER_MUNICIPALITY,), tasks=(Reason.HANDOVER,))
