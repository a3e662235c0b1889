"""The first half of the robot: look, rule, ask.

Reads CPR and every case of the person, rules on each party, puts a reminder where a person must act, and proposes what
may be written. Nothing of what it reads is kept for a later handling: a proposal that expired, a deferral that came due
and a crash all lead to a new look, because CPR may have changed meanwhile. What must stay true: this half writes
reminders and nothing else.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby
from operator import attrgetter

from pydantic import TypeAdapter

from casework.proposals import Proposal, ProposalRow
from connectors.errors import CaseArchived, CaseClosed, NotFound, NotYetVisible, SchemaDrift
from connectors.records import Case, CaseRef, NewReminder, PersonSnapshot
from foundation.clock import danish_time, local_date
from foundation.cpr import Cpr
from robots.address_update import texts
from robots.address_update.payload import AddressChange
from robots.address_update.plan import Plan, RuledParty, planned, start_of
from robots.address_update.reasons import Reason
from robots.address_update.rules import rule, rule_not_in_cpr
from robots.address_update.ruling import AppliedVersion, Policy, RulingKind
from robots.desk import Desk
from robots.outcome import Completed, Deferred, NeedsApproval, Outcome

#: What an approver must hold besides his own role when a row concerns a protected person.
PROTECTED_ROLE = "beskyttede_adresser"


def propose(work: AddressChange, desk: Desk, policy: Policy) -> Outcome:
    """Look, rule, remind and ask; returns what the item came to.

    A present difference is proposed at once, also when a further move lies ahead: that one is waited for when the
    present one is written (see ``apply``).
    """
    snapshot = _look_up(work.cpr, desk)
    ruled = tuple(sorted(_rule_all(work.cpr, snapshot, desk, policy), key=attrgetter("order")))
    for each in ruled:
        desk.evidence(
            "ruling",
            row=each.row_id,
            role=each.party.role.value,
            ruling=each.ruling.kind.value,
            rule=each.ruling.rule,
            reason=each.ruling.reason.value,
        )
    if any(each.ruling.kind is RulingKind.BLOCK for each in ruled):
        raise SchemaDrift("cpr", "lookup", "cpr")
    _remind(work, ruled, desk, policy)
    if snapshot is not None and any(each.ruling.kind.writes for each in ruled):
        return NeedsApproval(_proposal(work, snapshot, ruled, today=local_date(desk.now())))
    days = [each.ruling.defer_until for each in ruled if each.ruling.defer_until is not None]
    if days:
        return Deferred(start_of(min(days)), Reason.FUTURE_MOVE.value, Reason.FUTURE_MOVE.sentence)
    return _completed(ruled)


def _look_up(cpr: Cpr, desk: Desk) -> PersonSnapshot | None:
    """The person as CPR describes him now, or None when CPR does not know the number (ADR-48)."""
    try:
        return desk.people.lookup(cpr)
    except NotYetVisible:
        raise
    except NotFound:
        return None


def _rule_all(cpr: Cpr, snapshot: PersonSnapshot | None, desk: Desk, policy: Policy) -> Iterator[RuledParty]:
    """A ruling for every party with this number on every case (ADR-40), whatever its role (ADR-41)."""
    today = local_date(desk.now())
    capabilities = desk.cases.capabilities()
    last = AppliedVersion.from_json(desk.recall(cpr))
    for case in _cases_of(cpr, desk):
        for party in case.parties:
            if party.cpr != cpr:
                continue
            ruling = (
                rule_not_in_cpr(case, party)
                if snapshot is None
                else rule(
                    snapshot, case, party, today=today, capabilities=capabilities, policy=policy, last_applied=last
                )
            )
            yield RuledParty(case=case, party=party, ruling=ruling)


def _cases_of(cpr: Cpr, desk: Desk) -> Sequence[Case]:
    """Every case of the person, each once, however many pages there are and however they overlap."""
    found: dict[CaseRef, Case] = {}
    limit = desk.cases.capabilities().max_page
    cursor: str | None = None
    seen: set[str] = set()
    while True:
        page = desk.cases.search_cases(party=cpr, cursor=cursor, limit=limit)
        found.update((case.ref, case) for case in page.items)
        cursor = page.next_cursor
        if cursor is None:
            return tuple(found.values())
        if cursor in seen:
            # Going on would never end, and stopping would leave cases out.
            raise SchemaDrift(desk.cases.system, "search_cases", "next_cursor")
        seen.add(cursor)


def _remind(work: AddressChange, ruled: Sequence[RuledParty], desk: Desk, policy: Policy) -> None:
    """One reminder per case on which a person must act, for each set of reasons.

    The deadline is counted from the events and not from today, and is part of the step's key: a proposal that
    expires and is made anew leaves no second reminder, and a reminder never changes under a key that was used.
    Where nobody acted within the time, the next one comes.
    """
    deadline = _deadline(work.noticed_on, local_date(desk.now()), policy)
    tasks = [each for each in ruled if each.ruling.kind is RulingKind.TASK]
    for number, group in groupby(tasks, key=lambda each: each.case.number):
        own = tuple(group)
        case = own[0].case.ref
        reminder = NewReminder(texts.REMINDER_TITLE, texts.reminder_text([e.ruling.sentence for e in own]), deadline)
        reasons = "+".join(f"{each.party.ref.id}:{each.ruling.reason.value}" for each in own)

        def create(case: CaseRef = case, reminder: NewReminder = reminder) -> str:
            try:
                return desk.cases.create_reminder(case, reminder, intent="reminder").remote_id
            except (CaseClosed, CaseArchived):
                # It was closed since it was found, so nobody is to act on it any more (ADR-34).
                return ""

        desk.step("remind", create, returns=str, key=f"{number}:{reasons}:{deadline.isoformat()}")


def _deadline(noticed_on: date, today: date, policy: Policy) -> date:
    """The first whole number of reminder periods after the events that has not passed today."""
    period = max(policy.reminder_days, 1)
    periods = max(1, -(-(today - noticed_on).days // period))
    return noticed_on + timedelta(days=periods * period)


def _proposal(work: AddressChange, snapshot: PersonSnapshot, ruled: Sequence[RuledParty], *, today: date) -> Proposal:
    writing = [each for each in ruled if each.ruling.kind.writes]
    nonce = secrets.token_hex(16)
    evidence = _evidence(work, snapshot, nonce)
    rows = tuple(_row(each, evidence) for each in writing)
    coming = snapshot.pending.effect_from if snapshot.pending is not None else None
    plan = Plan(
        cpr=work.cpr,
        moved_in=snapshot.moved_in,
        event_ids=work.event_ids,
        coming=coming if coming is not None and coming > today else None,
        rows=tuple(planned(each) for each in writing),
    )
    return Proposal(
        title=texts.proposal_title(rows=len(rows), cases=len({row.case_number for row in rows})),
        rows=rows,
        plan=plan.to_json(),
        needs_role=PROTECTED_ROLE if any(row.is_protected for row in rows) else None,
        about=work.cpr.masked(),
        nonce=nonce,
    )


def _row(ruled: RuledParty, evidence: tuple[tuple[str, str], ...]) -> ProposalRow:
    change = planned(ruled).change
    return ProposalRow(
        id=ruled.row_id,
        case_number=ruled.case.number,
        rule=ruled.ruling.rule,
        ruling=ruled.ruling.kind.value,
        reason=ruled.ruling.sentence,
        before=texts.before_lines(
            ruled.party.contact, with_address=change.address is not None, with_mark=change.marks_protected
        ),
        after=texts.after_lines(change.address, marks_protected=change.marks_protected),
        is_protected=ruled.ruling.is_protected,
        evidence=evidence,
    )


def _evidence(work: AddressChange, snapshot: PersonSnapshot, nonce: str) -> tuple[tuple[str, str], ...]:
    """What the rulings rest on. The digest is salted with the sealed nonce: an address alone could be guessed."""
    digest = hashlib.sha256(nonce.encode() + _SNAPSHOT.dump_json(snapshot)).hexdigest()[:12]
    return (
        ("CPR-hændelse", ", ".join(work.event_ids)),
        ("Slået op i CPR", danish_time(snapshot.looked_up_at)),
        ("Gælder fra", texts.effect_text(snapshot.moved_in)),
        ("Kontrolsum af opslaget", digest),
    )


def _completed(ruled: Sequence[RuledParty]) -> Completed:
    kinds = Counter(each.ruling.kind for each in ruled)
    counts = tuple(sorted((kind.value.lower(), number) for kind, number in kinds.items()))
    if not ruled:
        return Completed("no_case", "Personen er ikke part på nogen sag.")
    if kinds[RulingKind.TASK]:
        return Completed("tasks_created", "En medarbejder er bedt om at tage stilling.", counts)
    if kinds[RulingKind.NOOP]:
        return Completed("already_current", "Ingen sag skal ændres.", counts)
    return Completed("skipped", "Alle personens sager er lukkede, arkiverede eller uden for robottens opgave.", counts)


_SNAPSHOT: TypeAdapter[PersonSnapshot] = TypeAdapter(PersonSnapshot)
