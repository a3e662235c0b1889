"""The address rules, in the order in which they are asked; the first that answers, decides.

    1. may the case, the party and the row be touched at all?    SKIP, BLOCK   ADR-31 32 40 41 47 53
    2. is the person's status something that we write about?     else TASK     ADR-13 15 20 21
    3. has CPR something that may be written as a residence?     else TASK     ADR-12b 14 16 18 19
    4. is CPR's answer newer than what was last written?         else TASK     ADR-04 (NOOP when it is shown)
    5. can the protection be marked?                             else TASK     ADR-11
    6. may a mark be taken away, and that alone?                 APPLY_REVIEW  ADR-12
    7. did a person type what the case shows?                    TASK          ADR-42
    8. can, and may, this be written in this system?             else TASK     ADR-01 35 56 (DEFER in the grace)
    9. does anything differ today?                               else NOOP     ADR-02 19 (DEFER before a move, ADR-05)
   10. must the row be looked at by itself?                      APPLY_REVIEW  ADR-11 14 29 30 36 42 45
   11. the rest                                                  APPLY         ADR-01 09 10 16 17 18 37 45 46

Beside its own answer a row may ask for tasks (ADR-06 14 16 18 22 to 26 28 36 37) and mention what nobody has to act on
(ADR-07 08 12 17 27 38 44 46). What must stay true: ``rule`` is a pure function of its facts, and takes the day as one
of them; whoever is protected, or shares a case with somebody who is, never gets a plain ``APPLY``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from connectors.records import Case, CaseParty, CaseState, PersonSnapshot, PersonStatus
from foundation.addresses import CivilAddress, is_same_address
from foundation.cpr import CprKind
from robots.address_update.facts import Facts
from robots.address_update.policy import Policy
from robots.address_update.reasons import Reason
from robots.address_update.rules_difference import Difference, difference, is_same_text
from robots.address_update.rules_family import (
    has_other_party,
    has_protected_household,
    has_protected_relative,
    standing,
)
from robots.address_update.rules_move import Consequences, coming_day, consequences, is_older, is_waited_for
from robots.address_update.rules_party import Beside, beside
from robots.address_update.rules_place import Destination, destination, is_withheld
from robots.address_update.rules_writing import may_write, obstacle
from robots.address_update.ruling import ContactChange, Ruling, RulingKind, is_closed

_PERSONS_BUSINESS: Final[dict[PersonStatus, Reason]] = {
    PersonStatus.ANNULLED: Reason.ANNULLED,
    PersonStatus.DELETED: Reason.ANNULLED,
    PersonStatus.NUMBER_CHANGED: Reason.NUMBER_CHANGED,
    PersonStatus.DISAPPEARED: Reason.DISAPPEARED,
    PersonStatus.DEAD: Reason.DEAD,
}


def rule(facts: Facts) -> Ruling:
    """What is to happen with ``facts.party`` on ``facts.case``, now that CPR says ``facts.snapshot``."""
    snapshot = facts.snapshot
    untouchable = rule_untouchable(facts.case, facts.party, policy=facts.policy)
    if untouchable is not None:
        return untouchable
    if facts.party.cpr != snapshot.cpr:
        return _answer(facts, RulingKind.BLOCK, Reason.WRONG_PERSON)
    if facts.is_held:
        return _answer(facts, RulingKind.SKIP, Reason.HELD)
    personal = _persons_business(snapshot)
    if personal is not None:
        return _answer(facts, RulingKind.TASK, personal)
    if is_withheld(snapshot):
        return _answer(facts, RulingKind.TASK, Reason.SPECIAL_PROTECTION)
    wanted = None if snapshot.status is PersonStatus.NO_RESIDENCE else destination(snapshot, facts.places)
    if wanted is None and snapshot.status is not PersonStatus.NO_RESIDENCE:
        return _answer(facts, RulingKind.TASK, Reason.NO_USABLE_ADDRESS)
    if facts.last_applied is not None and is_older(snapshot, facts.last_applied):
        # A late copy of CPR, or a move that CPR has undone: the first must not be written, the second not be forgotten.
        kind = RulingKind.NOOP if _is_shown(facts, wanted) else RulingKind.TASK
        return _answer(facts, kind, Reason.OLDER_THAN_APPLIED)
    return _with_family(facts, _rule_contents(facts, wanted))


def rule_not_in_cpr(case: Case, party: CaseParty, *, policy: Policy | None = None) -> Ruling:
    """The ruling for a party whose number CPR does not know (ADR-48): a person must look, where the case is open."""
    untouchable = rule_untouchable(case, party, policy=policy)
    return untouchable or Ruling(
        kind=RulingKind.TASK,
        reason=Reason.NOT_IN_CPR,
        role=party.role,
        is_protected=any(each.contact.is_protected is True for each in case.parties),
    )


def rule_untouchable(case: Case, party: CaseParty, *, policy: Policy | None = None) -> Ruling | None:
    """SKIP for a case or party that is never touched, whatever CPR says; else None. No policy keeps every role."""
    if case.state is CaseState.ARCHIVED:
        reason = Reason.ARCHIVED
    elif is_closed(case.state, case.progress):
        reason = Reason.CLOSED
    elif party.cpr is None or party.cpr.kind is CprKind.REPLACEMENT:
        reason = Reason.NO_CPR
    elif policy is not None and party.role not in policy.roles:
        reason = Reason.ROLE_NOT_KEPT
    else:
        return None
    return Ruling(kind=RulingKind.SKIP, reason=reason, role=party.role)


def _persons_business(snapshot: PersonSnapshot) -> Reason | None:
    """Why the person as such is a matter for a person, or None."""
    if snapshot.status is not PersonStatus.DEAD and snapshot.current_cpr != snapshot.cpr:
        return Reason.NUMBER_CHANGED
    return _PERSONS_BUSINESS.get(snapshot.status)


def _is_shown(facts: Facts, wanted: Destination | None) -> bool:
    shown = facts.party.contact.address or CivilAddress()
    if wanted is None or is_same_text(shown, wanted.address):
        return True
    return is_same_address(shown, wanted.address) or is_same_address(shown, facts.snapshot.address)


def _answer(facts: Facts, kind: RulingKind, reason: Reason, change: ContactChange | None = None) -> Ruling:
    return Ruling(kind=kind, reason=reason, role=facts.party.role, change=change, is_protected=_is_masked(facts))


def _is_masked(facts: Facts) -> bool:
    """A child's address tells where its protected parent lives (ADR-29), so one protected party masks all."""
    own = facts.snapshot.protection.is_protected or facts.party.contact.is_protected is True
    return own or has_protected_household(facts)


def _with_family(facts: Facts, ruling: Ruling) -> Ruling:
    """The ruling with what is told of guardian, custody and shared residence, whatever comes of the address."""
    told = standing(facts)
    shared = (Reason.SHARED_RESIDENCE,) if facts.snapshot.family.is_shared_residence else ()
    return replace(
        ruling,
        tasks=tuple(dict.fromkeys(ruling.tasks + told.tasks)),
        mentions=tuple(dict.fromkeys(ruling.mentions + shared)),
        tells=told.tells,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """What one row is about, once it is known what CPR has and what the case shows."""

    found: Difference | None
    followed: Consequences
    besides: Beside
    #: Whether the protection mark is to be set, or may be taken away.
    marks: bool
    unmarks: bool
    #: What the destination itself wants mentioned where it is written.
    place_mentions: tuple[Reason, ...] = ()

    @property
    def is_by_hand(self) -> bool:
        """Whether the case shows an address that a person typed."""
        return self.found is not None and self.found.doubt is Reason.MANUAL_ADDRESS

    @property
    def address(self) -> CivilAddress | None:
        """The address that may be written."""
        return None if self.found is None or self.is_by_hand else self.found.address


def _rule_contents(facts: Facts, wanted: Destination | None) -> Ruling:
    """Steps 5 to 11."""
    snapshot, marked = facts.snapshot, facts.party.contact.is_protected
    protected = snapshot.protection.is_protected
    found = None if wanted is None or is_waited_for(facts) else difference(facts, wanted)
    row = _Row(
        found=found,
        followed=consequences(facts, found) if found is not None and found.is_move else Consequences(),
        besides=beside(facts),
        marks=protected and marked is False,
        # The mark of a child whose protected parent is on the case stays, also where CPR protects only the parent.
        unmarks=marked is True and not protected and not has_protected_relative(facts),
        place_mentions=() if wanted is None or found is None else wanted.mentions,
    )
    if protected and (marked is None or not facts.capabilities.protects_address):
        return replace(_answer(facts, RulingKind.TASK, Reason.NO_PROTECTED_FIELD), tasks=_tasks(row))
    if row.is_by_hand and not row.marks and not row.unmarks:
        manual = _answer(facts, RulingKind.TASK, Reason.MANUAL_ADDRESS)
        return replace(manual, tasks=_tasks(row), mentions=row.besides.mentions)
    if found is not None or row.marks or row.unmarks:
        stopped = obstacle(facts)
        if stopped is not None:
            kind = RulingKind.TASK if stopped.until is None else RulingKind.DEFER
            ruling = Ruling(
                kind=kind,
                reason=stopped.reason,
                role=facts.party.role,
                defer_until=stopped.until,
                is_protected=_is_masked(facts),
            )
            return ruling if kind is RulingKind.DEFER else replace(ruling, tasks=_tasks(row))
    if row.unmarks:
        waits = (Reason.ADDRESS_WAITS,) if found is not None else ()
        alone = ContactChange(None, marks_protected=False, unmarks_protected=True)
        return replace(_answer(facts, RulingKind.APPLY_REVIEW, Reason.PROTECTION_OFF, alone), mentions=waits)
    if row.address is not None or row.marks or (may_write(facts) and _has_beside(row)):
        return _write(facts, row)
    return _nothing(facts, row)


def _has_beside(row: _Row) -> bool:
    return row.besides.contact_address is not None or row.besides.name is not None


def _tasks(row: _Row) -> tuple[Reason, ...]:
    """The tasks of a move; letters were sent to what the case shows, which is no earlier home if it was typed."""
    if not row.is_by_hand:
        return row.followed.tasks
    return tuple(task for task in row.followed.tasks if task is not Reason.LETTERS_SENT)


def _nothing(facts: Facts, row: _Row) -> Ruling:
    coming = coming_day(facts.snapshot, facts.today)
    no_residence = facts.snapshot.status is PersonStatus.NO_RESIDENCE
    if coming is not None and not no_residence:
        return Ruling(
            kind=RulingKind.DEFER,
            reason=Reason.FUTURE_MOVE,
            role=facts.party.role,
            defer_until=coming,
            is_protected=_is_masked(facts),
            mentions=row.besides.mentions,
        )
    reason = Reason.NO_RESIDENCE if no_residence else Reason.ALREADY_CURRENT
    return replace(_answer(facts, RulingKind.NOOP, reason), mentions=row.besides.mentions)


def _write(facts: Facts, row: _Row) -> Ruling:
    """Steps 10 and 11: something is written, and only the kind and the reason are open."""
    besides = row.besides
    change = ContactChange(
        row.address, marks_protected=row.marks, contact_address=besides.contact_address, name=besides.name
    )
    own = _own_reason(facts, row)
    reviews = _reviews(facts, row)
    reason = reviews[0] if reviews else own
    kind = RulingKind.APPLY_REVIEW if reviews or _is_masked(facts) else RulingKind.APPLY
    told = (own, *reviews) if own is not Reason.MOVE else reviews
    name_too = (Reason.NAME_TOO,) if besides.name is not None and own is not Reason.NAME else ()
    contact = besides.contact_address is not None
    contact_too = (Reason.CONTACT_ADDRESS,) if contact else ()
    address_mentions = (*row.place_mentions, *row.followed.mentions) if row.address is not None else ()
    mentions = (*told, *address_mentions, *besides.mentions, *name_too, *contact_too)
    by_hand = (Reason.MANUAL_ADDRESS,) if row.is_by_hand else ()
    return replace(
        _answer(facts, kind, reason, change),
        tasks=(*by_hand, *_tasks(row)),
        mentions=tuple(each for each in dict.fromkeys(mentions) if each is not reason),
    )


def _own_reason(facts: Facts, row: _Row) -> Reason:
    """What the row is about before it is asked who must look at it."""
    if row.address is not None and row.found is not None:
        return row.followed.reason or row.found.reason
    if row.marks:
        return Reason.PROTECTION_ON
    if row.besides.contact_address is None:
        return Reason.NAME
    return Reason.NO_RESIDENCE if facts.snapshot.status is PersonStatus.NO_RESIDENCE else Reason.CONTACT_ADDRESS


def _reviews(facts: Facts, row: _Row) -> tuple[Reason, ...]:
    """Why this row must be looked at by itself, the weightiest first."""
    if row.address is None or row.found is None:
        return ()
    protection: tuple[Reason, ...] = ()
    if facts.snapshot.protection.is_protected:
        protection = (Reason.PROTECTED_WITH_OTHER_PARTY if has_other_party(facts) else Reason.PROTECTED_MOVE,)
    elif has_protected_household(facts):
        protection = (Reason.HOUSEHOLD_PROTECTED,)
    doubt = () if row.found.doubt is None else (row.found.doubt,)
    codes = (Reason.CODES_DIFFER,) if row.found.reason is Reason.CODES_DIFFER else ()
    return (*protection, *row.followed.reviews, *doubt, *codes)
