"""How what a case shows differs from where CPR says that the person lives.

What must stay true: what nobody at CPR ever said is taken for a person's own work and is not written over (ADR-42); a
place that is only spelled otherwise is the same place (ADR-02).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from foundation import address_parts
from foundation.addresses import CivilAddress, is_same_address, lines, normalised
from foundation.kvhx import Kvhx
from robots.address_update.facts import Facts
from robots.address_update.reasons import Reason
from robots.address_update.rules_place import UNKNOWN_ABROAD, Destination

#: Parts of an address that are shown, as ``normalise`` compares them letter by letter (ADR-02).
_SHOWN_PARTS: Final = (
    "road_name", "house_number", "floor", "door", "postal_code", "postal_district", "care_of", "locality", "town"
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What is to be written, and why."""

    address: CivilAddress
    reason: Reason
    #: Whether the person moved, as against a place that is only called or written otherwise.
    is_move: bool
    #: ``MANUAL_ADDRESS`` or ``UNKNOWN_ORIGIN`` where what the case shows may be a person's own work.
    doubt: Reason | None = None
    #: The municipality of what the case shows, as far as the case or CPR's history tells; else empty.
    before_municipality: str = ""


def difference(facts: Facts, wanted: Destination) -> Difference | None:
    """How the case differs from ``wanted``; None where it shows the place already."""
    shown = facts.party.contact.address or CivilAddress()
    if is_same_text(shown, wanted.address) and (wanted.is_text or shown.free_lines):
        return None
    if wanted.is_text:
        return _moved(facts, shown, wanted)
    if not _is_same_place(facts, shown, wanted.address):
        return _moved(facts, shown, wanted)
    reason = _small_difference(facts, shown, wanted.address)
    if reason is not None:
        return Difference(address=wanted.address, reason=reason, is_move=False)
    tidy = normalised(wanted.address)
    if facts.policy.normalise and any(getattr(shown, part) != getattr(tidy, part) for part in _SHOWN_PARTS):
        return Difference(address=tidy, reason=Reason.SPELLING, is_move=False)
    return None


def is_empty(address: CivilAddress | None) -> bool:
    """Whether nothing stands there."""
    return not lines(address or CivilAddress())


def is_same_text(first: CivilAddress, second: CivilAddress) -> bool:
    """Whether both read alike, however the text is spread over parts and lines."""
    return _words(first) == _words(second)


#: Each row compares its address with every earlier one of the person, by each of these.
@lru_cache(maxsize=128)
def _words(address: CivilAddress) -> str:
    return address_parts.comparable(" ".join(lines(address)).replace(",", " ").replace(".", " "))


def _moved(facts: Facts, shown: CivilAddress, wanted: Destination) -> Difference:
    doubt: Reason | None = None
    codes = {normalised(shown).municipality_code}
    if not is_empty(shown):
        history = facts.snapshot.history
        matches = [each for each in _known_to_cpr(facts) if _is_known_as(facts, shown, each)]
        codes |= {normalised(each).municipality_code for each in matches} if codes == {""} else set()
        if not matches:
            doubt = Reason.UNKNOWN_ORIGIN if history is None else Reason.MANUAL_ADDRESS
    # Where two earlier addresses tell two municipalities, none is taken, so that the order of history is no matter.
    told = codes - {""}
    return Difference(
        address=wanted.address,
        reason=wanted.reason,
        is_move=True,
        doubt=doubt,
        before_municipality=told.pop() if len(told) == 1 else "",
    )


def _known_to_cpr(facts: Facts) -> tuple[CivilAddress, ...]:
    """Every address that CPR has said of the person, as well as what the robot writes where CPR says none."""
    snapshot = facts.snapshot
    departure = snapshot.departure
    abroad = (CivilAddress(free_lines=departure.lines),) if departure is not None and departure.lines else ()
    present = (snapshot.address,) if snapshot.address is not None else ()
    return (*present, *(past.address for past in snapshot.history or ()), *abroad, UNKNOWN_ABROAD)


def _is_known_as(facts: Facts, shown: CivilAddress, known: CivilAddress) -> bool:
    """Whether the case shows this place; c/o name and locality do not make it another."""
    is_alike = bool(_core(known)) and _core(shown) == _core(known)
    return is_alike or is_same_text(shown, known) or _has_same_key(facts, shown, known)


def _has_same_key(facts: Facts, shown: CivilAddress, other: CivilAddress) -> bool:
    """Whether both have an id, and the same, or else the same KVHX key."""
    shown_id = facts.places.shown or shown.address_id
    if shown_id is not None and other.address_id is not None:
        return shown_id == other.address_id
    mine = Kvhx.of(shown)
    return mine is not None and mine == Kvhx.of(other)


def _is_same_place(facts: Facts, shown: CivilAddress, wanted: CivilAddress) -> bool:
    current = facts.places.current
    with_id = wanted if current is None else replace(wanted, address_id=current.id)
    # A text that reads alike is the same place under other codes, which a person is to look at (ADR-45).
    return _has_same_key(facts, shown, with_id) or _core(shown) in {_core(wanted), _core(_from_cpr(facts))}


def _small_difference(facts: Facts, shown: CivilAddress, wanted: CivilAddress) -> Reason | None:
    """What differs at one and the same place, or None."""
    if is_same_address(shown, wanted) or shown.free_lines:
        return None
    from_cpr = _from_cpr(facts)
    if _core(shown) != _core(wanted):
        if not _is_shortened(_core(shown), _core(wanted)):
            return Reason.ADDRESS_RENAMED
    elif _have_other_codes(shown, wanted) and _have_other_codes(shown, from_cpr):
        return Reason.CODES_DIFFER
    mine, theirs = normalised(shown), normalised(wanted)
    if not _is_alike(mine.care_of, theirs.care_of):
        return Reason.CARE_OF
    # Many case systems keep no supplementary town name; one that DAR has and CPR has not is no difference.
    is_town_known = any(_is_alike(mine.town, town) for town in (theirs.town, normalised(from_cpr).town))
    return None if is_town_known and _is_alike(mine.locality, theirs.locality) else Reason.LOCALITY


def _from_cpr(facts: Facts) -> CivilAddress:
    return facts.snapshot.address or CivilAddress()


@lru_cache(maxsize=128)
def _core(address: CivilAddress) -> str:
    """What names the place: road, house number, floor, door and postcode, in whichever fields the system has them."""
    return _words(replace(address, care_of="", locality="", town="", postal_district=""))


def _is_alike(first: str, second: str) -> bool:
    return address_parts.comparable(first) == address_parts.comparable(second)


def _is_shortened(first: str, second: str) -> bool:
    """Whether one only writes the road's name shorter or plainer, as CPR's names of 20 characters are: no renaming."""
    short, long = sorted((_plain_letters(first), _plain_letters(second)), key=len)
    letters = iter(long)
    return _numbers(first) == _numbers(second) and bool(short) and all(each in letters for each in short)


def _plain_letters(text: str) -> str:
    """Without accents, and with aa for å, which are two ways to write one name."""
    apart = unicodedata.normalize("NFKD", text.replace("å", "aa"))
    return "".join(each for each in apart if each.isalnum())


def _numbers(text: str) -> list[str]:
    return [word for word in text.split() if any(each.isdecimal() for each in word)]


def _have_other_codes(first: CivilAddress, second: CivilAddress) -> bool:
    one, other = normalised(first), normalised(second)
    pairs = (
        (one.municipality_code, other.municipality_code),
        (one.road_code, other.road_code),
        (one.address_id, other.address_id),
    )
    return any(mine and theirs and mine != theirs for mine, theirs in pairs)
