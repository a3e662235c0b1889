"""What guardians, custody and household mean for a row: matters that a person is told of, and never a write.

A standing fact (a guardian, custody) is told once: its fingerprint is remembered, and only another fingerprint is
told again. What must stay true: nobody but the person himself decides his address, neither parent nor guardian.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from connectors.person_details import Custody, Guardianship, GuardianshipKind
from connectors.records import CaseParty
from foundation.addresses import CivilAddress, is_same_address, lines
from foundation.cpr import Cpr
from robots.address_update.facts import Facts
from robots.address_update.policy import is_in_kle
from robots.address_update.reasons import Reason

_OF_AGE: Final = 18
_ENDED: Final = "ended"
_TASKS: Final[dict[GuardianshipKind, Reason]] = {
    GuardianshipKind.FULL: Reason.GUARDIAN,
    GuardianshipKind.PARTIAL: Reason.PARTIAL_GUARDIAN,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What is told beside a ruling, and what is remembered as told."""

    tasks: tuple[Reason, ...] = ()
    tells: tuple[tuple[str, str], ...] = ()

    def __add__(self, other: Standing) -> Standing:
        return Standing(self.tasks + other.tasks, self.tells + other.tells)


def standing(facts: Facts) -> Standing:
    """Guardian and custody, as far as they were not told of before (ADR-22 to ADR-25, ADR-28)."""
    return _guardian(facts) + _custody(facts)


def has_other_party(facts: Facts) -> bool:
    """Whether somebody else with a number is a party, and so may see documents of the case (ADR-30)."""
    return any(other.cpr is not None and other.cpr != facts.party.cpr for other in _others(facts))


def has_protected_household(facts: Facts) -> bool:
    """Whether another party is marked as protected: this one's address may tell where that one lives (ADR-29)."""
    return any(other.contact.is_protected is True for other in _others(facts))


def has_protected_relative(facts: Facts) -> bool:
    """Whether a parent or child of the person is a party and marked as protected."""
    return any(other.contact.is_protected is True for other in _relatives(facts))


def moves_apart(facts: Facts, new: CivilAddress) -> bool:
    """Whether a parent or child on the case shared the address that is left, where custody matters (ADR-26)."""
    shown = facts.party.contact.address
    if shown is None or not lines(shown) or not is_in_kle(facts.case.kle, facts.policy.custody_kle):
        return False
    return any(
        _is_same_home(other.contact.address, shown) and not _is_same_home(other.contact.address, new)
        for other in _relatives(facts)
    )


def _is_same_home(first: CivilAddress | None, second: CivilAddress) -> bool:
    return first is not None and is_same_address(replace(first, care_of=""), replace(second, care_of=""))


def _others(facts: Facts) -> Iterable[CaseParty]:
    return (other for other in facts.case.parties if other.ref != facts.party.ref)


def _relatives(facts: Facts) -> Iterable[CaseParty]:
    family = {*facts.snapshot.family.children, *facts.snapshot.family.parents}
    return (other for other in _others(facts) if other.cpr in family)


def _guardian(facts: Facts) -> Standing:
    """One standing fact under one name, so that a guardian who comes again after another is told of again."""
    name = Reason.GUARDIAN.value
    told = facts.told.get(name)
    guardianship = facts.snapshot.guardianship
    if guardianship is None:
        is_news = told is not None and not told.startswith(_ENDED)
        return Standing((Reason.GUARDIAN_ENDED,), ((name, _ENDED),)) if is_news else Standing()
    if guardianship.from_day is not None and guardianship.from_day > facts.today:
        return Standing()
    has_ended = guardianship.ended_on is not None and guardianship.ended_on <= facts.today
    mark = _guardian_mark(guardianship)
    fingerprint = f"{_ENDED}:{mark}" if has_ended else mark
    if fingerprint == told:
        return Standing()
    if has_ended:
        tasks: tuple[Reason, ...] = (Reason.GUARDIAN_ENDED,)
    elif guardianship.guardian is None:
        tasks = (Reason.GUARDIAN_WITHOUT_NUMBER,)
    elif guardianship.kind is GuardianshipKind.FULL and told is None and _is_party(facts, guardianship.guardian):
        tasks = ()
    else:
        tasks = (_TASKS[guardianship.kind],)
    return Standing(tasks, ((name, fingerprint),))


def _is_party(facts: Facts, cpr: Cpr) -> bool:
    return any(other.cpr == cpr for other in _others(facts))


def _custody(facts: Facts) -> Standing:
    """Custody at first sight is only remembered; nor is it a change that the child came of age."""
    name = Reason.CUSTODY_CHANGED.value
    told = facts.told.get(name)
    held = [each for each in facts.snapshot.family.custody if _is_running(each, facts.today)]
    if not held and (told is None or _is_of_age(facts)):
        return Standing()
    fingerprint = _fingerprint(*sorted(_custody_mark(each) for each in held))
    if fingerprint == told:
        return Standing()
    return Standing(() if told is None else (Reason.CUSTODY_CHANGED,), ((name, fingerprint),))


def _is_running(custody: Custody, today: date) -> bool:
    has_begun = custody.from_day is None or custody.from_day <= today
    return has_begun and (custody.ended_on is None or custody.ended_on > today)


def _is_of_age(facts: Facts) -> bool:
    born, today = facts.snapshot.birth_day, facts.today
    return born is not None and (today.year - born.year, today.month, today.day) >= (_OF_AGE, born.month, born.day)


def _guardian_mark(guardianship: Guardianship) -> str:
    who = "" if guardianship.guardian is None else guardianship.guardian.digits
    return _fingerprint(guardianship.kind.value, who, *guardianship.guardian_lines, _day(guardianship.from_day))


def _custody_mark(custody: Custody) -> str:
    who = "" if custody.holder is None else custody.holder.digits
    return "|".join((custody.kind.value, who, _day(custody.from_day)))


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _fingerprint(*parts: str) -> str:
    """Tells two facts apart. A number could be guessed from it, so whoever remembers it keeps it sealed."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
