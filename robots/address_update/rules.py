"""The address rules, in the order in which they are asked; the first that answers, decides.

    1. may the case and the party be touched at all?           SKIP, BLOCK     ADR-31 32 40 47
    2. is the person an ordinary resident under this number?   else TASK       ADR-13 14 15 16 18 19 20 21
    3. is CPR's answer newer than what was last written?       else TASK, NOOP ADR-04
    4. has CPR an ordinary Danish address?                     else TASK       ADR-12b 16
    5. do CPR and the case agree on how protection is kept?    else TASK       ADR-11 12
    6. does anything differ today?                             else NOOP, DEFER  ADR-02 05
    7. can, and may, this be written in this system?           else TASK       ADR-35 36 37 56
    8. must each row be looked at by itself?                   APPLY_REVIEW    ADR-08 11 29 45
    9. the rest                                                APPLY           ADR-01 09 10

Safety comes first: every situation that is not yet handled is caught in 1 to 8. What must stay true: ``rule`` is a
pure function of its arguments, and takes the day as one of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from connectors.records import Case, CaseCapabilities, CaseParty, CaseState, PersonSnapshot, PersonStatus
from foundation.addresses import CivilAddress, is_same_address, lines, normalised
from foundation.cpr import CprKind
from robots.address_update.reasons import Reason
from robots.address_update.ruling import AppliedVersion, ContactChange, Policy, Ruling, RulingKind, is_closed

#: Road codes for people without a road: no fixed abode, refugees, staff abroad (CPR; integration reference A.8.2).
_SPECIAL_ROADS: Final = range(9900, 10000)
_UNKNOWN_POSTCODE: Final = "9999"

_STATUS_REASONS: Final[dict[PersonStatus, Reason]] = {
    PersonStatus.RESIDENT_SPECIAL_ROAD: Reason.SPECIAL_ROAD,
    PersonStatus.GREENLAND: Reason.GREENLAND,
    PersonStatus.GREENLAND_SPECIAL_ROAD: Reason.GREENLAND,
    PersonStatus.NO_RESIDENCE: Reason.NO_RESIDENCE,
    PersonStatus.ANNULLED: Reason.ANNULLED,
    PersonStatus.DELETED: Reason.ANNULLED,
    PersonStatus.NUMBER_CHANGED: Reason.NUMBER_CHANGED,
    PersonStatus.DISAPPEARED: Reason.DISAPPEARED,
    PersonStatus.EMIGRATED: Reason.EMIGRATED,
    PersonStatus.DEAD: Reason.DEAD,
}


def rule(
    snapshot: PersonSnapshot,
    case: Case,
    party: CaseParty,
    *,
    today: date,
    capabilities: CaseCapabilities,
    policy: Policy,
    last_applied: AppliedVersion | None,
) -> Ruling:
    """What is to happen with ``party`` on ``case``, now that CPR says ``snapshot``.

    Args:
        snapshot: a fresh look-up of the party.
        case: the case as read just now.
        party: the party, one of ``case.parties``.
        today: the day in Denmark.
        capabilities: what the case system can do.
        policy: what the municipality decides.
        last_applied: the version that was last written for the person, where known.
    """
    asked = _Question(snapshot, case, party, today, capabilities, policy)
    untouchable = rule_untouchable(case, party)
    if untouchable is not None:
        return untouchable
    if party.cpr != snapshot.cpr:
        return asked.answer(RulingKind.BLOCK, Reason.WRONG_PERSON)
    personal = _status_reason(snapshot)
    if personal is not None:
        return asked.answer(RulingKind.TASK, personal)
    if last_applied is not None and _is_older(snapshot, last_applied):
        # A late copy of CPR, or a move that CPR has undone: the first must not be written, the second not be forgotten.
        is_shown = is_same_address(snapshot.address, party.contact.address)
        return asked.answer(RulingKind.NOOP if is_shown else RulingKind.TASK, Reason.OLDER_THAN_APPLIED)
    unsure = _address_reason(snapshot) or asked.protection_reason()
    return asked.answer(RulingKind.TASK, unsure) if unsure is not None else _rule_difference(asked)


def rule_not_in_cpr(case: Case, party: CaseParty) -> Ruling:
    """The ruling for a party whose number CPR does not know (ADR-48): a person must look, where the case is open."""
    untouchable = rule_untouchable(case, party)
    return untouchable or Ruling(kind=RulingKind.TASK, reason=Reason.NOT_IN_CPR, role=party.role)


def rule_untouchable(case: Case, party: CaseParty) -> Ruling | None:
    """SKIP for a case or party that is never touched, whatever CPR says; else None."""
    if case.state is CaseState.ARCHIVED:
        reason = Reason.ARCHIVED
    elif is_closed(case.state, case.progress):
        reason = Reason.CLOSED
    elif party.cpr is None or party.cpr.kind is CprKind.REPLACEMENT:
        reason = Reason.NO_CPR
    else:
        return None
    return Ruling(kind=RulingKind.SKIP, reason=reason, role=party.role)


@dataclass(frozen=True, slots=True)
class _Question:
    """The arguments of ``rule`` together, and what follows from them."""

    snapshot: PersonSnapshot
    case: Case
    party: CaseParty
    today: date
    capabilities: CaseCapabilities
    policy: Policy

    def answer(
        self,
        kind: RulingKind,
        reason: Reason,
        change: ContactChange | None = None,
        *,
        until: date | None = None,
    ) -> Ruling:
        protected = self.snapshot.protection.is_protected or self.party.contact.is_protected is True
        return Ruling(
            kind=kind,
            reason=reason,
            role=self.party.role,
            change=change,
            defer_until=until,
            # A child's address tells where its protected parent lives (ADR-29), so one protected party masks all.
            is_protected=protected or self.has_protected_household(),
        )

    def has_protected_household(self) -> bool:
        return any(other.contact.is_protected is True for other in self.case.parties if other.ref != self.party.ref)

    def protection_reason(self) -> Reason | None:
        """Why protection is a person's business here, or None (ADR-11, ADR-12).

        A mark on the case that CPR does not have may be the caseworker's own, so it makes even a plain move a
        person's business: the robot never removes a mark, and does not write beside one that nobody explains.
        """
        marked = self.party.contact.is_protected
        if self.snapshot.protection.is_protected:
            can_mark = self.capabilities.protects_address and marked is not None
            return None if can_mark else Reason.NO_PROTECTED_FIELD
        return Reason.PROTECTION_OFF if marked else None

    def coming(self) -> date | None:
        """The day of a move that is registered and not in force, or None; at the earliest tomorrow.

        Registers differ: some keep the present address until the day and tell of the coming one beside it, some give
        the coming one at once with a date that lies ahead.
        """
        day = self.snapshot.moved_in.day
        if day is not None and day > self.today:
            return day
        pending = self.snapshot.pending
        # A day that has come without the register following is looked at again tomorrow, and not in a tight loop.
        return None if pending is None else max(pending.effect_from, self.today + timedelta(days=1))

    def address_due(self) -> CivilAddress | None:
        """The address that is to be written today, or None."""
        shown, current, pending = self.party.contact.address, self.snapshot.address, self.snapshot.pending
        day = self.snapshot.moved_in.day
        is_ahead = day is not None and day > self.today
        # Somebody already wrote the coming address on the case: the present one is not written back over it.
        is_early = pending is not None and is_same_address(shown, pending.address)
        return None if is_ahead or is_early or is_same_address(shown, current) else current


def _rule_difference(asked: _Question) -> Ruling:
    """Steps 6 to 9: CPR has an ordinary address of an ordinary resident."""
    address = asked.address_due()
    protected = asked.snapshot.protection.is_protected
    marks = protected and asked.party.contact.is_protected is not True
    if address is None and not marks:
        coming = asked.coming()
        if coming is not None:
            return asked.answer(RulingKind.DEFER, Reason.FUTURE_MOVE, until=coming)
        return asked.answer(RulingKind.NOOP, Reason.ALREADY_CURRENT)
    obstacle = _obstacle(asked, address)
    if obstacle is not None:
        return asked.answer(RulingKind.TASK, obstacle)
    change = ContactChange(address=address, marks_protected=marks)
    if address is None:
        return asked.answer(RulingKind.APPLY_REVIEW, Reason.PROTECTION_ON, change)
    review = _review_reason(asked, address)
    if review is not None:
        return asked.answer(RulingKind.APPLY_REVIEW, review, change)
    return asked.answer(RulingKind.APPLY, _what_differs(asked.party.contact.address, address), change)


def _status_reason(snapshot: PersonSnapshot) -> Reason | None:
    if snapshot.status is not PersonStatus.RESIDENT:
        return _STATUS_REASONS[snapshot.status]
    return Reason.NUMBER_CHANGED if snapshot.current_cpr != snapshot.cpr else None


def _is_older(snapshot: PersonSnapshot, last: AppliedVersion) -> bool:
    """Whether CPR registered this before what was last written; where it is the same instant, the effect decides.

    A correction has an earlier effect and a later registration, so effect alone says nothing about order.
    """
    if snapshot.registered_at is None or last.registered_at is None:
        return False
    if snapshot.registered_at != last.registered_at:
        return snapshot.registered_at < last.registered_at
    day = snapshot.moved_in.day
    return day is not None and last.effect_from is not None and day < last.effect_from


def _address_reason(snapshot: PersonSnapshot) -> Reason | None:
    """Why CPR's address is not one that the robot writes, or None (ADR-12b, ADR-16)."""
    reason = _unusable(snapshot.address)
    if reason is not None and snapshot.protection.is_protected:
        return Reason.SPECIAL_PROTECTION
    return reason


def _unusable(address: CivilAddress | None) -> Reason | None:
    tidy = normalised(address or CivilAddress())
    is_special_road = tidy.road_code.isdecimal() and int(tidy.road_code) in _SPECIAL_ROADS
    if is_special_road or tidy.postal_code == _UNKNOWN_POSTCODE:
        return Reason.SPECIAL_ROAD
    # A Danish residence always has these three; a foreign or broken address lacks at least one.
    is_danish = len(tidy.postal_code) == len(_UNKNOWN_POSTCODE) and tidy.postal_code.isdecimal()
    is_complete = bool(tidy.road_name and tidy.house_number) and is_danish
    return None if is_complete else Reason.NO_USABLE_ADDRESS


def _obstacle(asked: _Question, address: CivilAddress | None) -> Reason | None:
    """Why this cannot or may not be written in this system, or None."""
    writes = asked.capabilities.party_address_write
    if writes == "SYNCED_BY_VENDOR":
        return Reason.SYNCED_BY_VENDOR
    if writes != "API":
        return Reason.NO_ADDRESS_WRITE
    if asked.capabilities.party_model == "SHARED_MASTER":
        return Reason.SHARED_MASTER
    return None if address is None else _municipality_reason(asked.party.contact.address, address, asked.policy)


def _municipality_reason(shown: CivilAddress | None, new: CivilAddress, policy: Policy) -> Reason | None:
    """Who acts may change with the municipality (ADR-36, ADR-37; retssikkerhedsloven section 9)."""
    before = normalised(shown or CivilAddress()).municipality_code
    after = normalised(new).municipality_code
    own = policy.municipality_code
    if not after or after == before:
        return None
    if own:
        if after != own:
            return Reason.OTHER_MUNICIPALITY
        return Reason.MOVED_IN if before else None
    return Reason.OTHER_MUNICIPALITY if before else None


def _review_reason(asked: _Question, address: CivilAddress) -> Reason | None:
    if asked.snapshot.protection.is_protected:
        return Reason.PROTECTED_MOVE
    if asked.has_protected_household():
        return Reason.HOUSEHOLD_PROTECTED
    moved_in = asked.snapshot.moved_in
    if moved_in.is_uncertain or moved_in.day is None:
        return Reason.UNCERTAIN_DATE
    shown = asked.party.contact.address
    if shown is not None and lines(shown) == lines(address):
        return Reason.CODES_DIFFER
    return None


def _what_differs(shown: CivilAddress | None, new: CivilAddress) -> Reason:
    """The row of an ordinary change: the c/o name alone, locality or town alone, or a move.

    Where c/o name and locality both differ and nothing else does, the c/o name names the row.
    """
    before = shown or CivilAddress()
    with_locality = replace(before, locality=new.locality, town=new.town)
    if is_same_address(with_locality, new):
        return Reason.LOCALITY
    return Reason.CARE_OF if is_same_address(replace(with_locality, care_of=new.care_of), new) else Reason.MOVE
