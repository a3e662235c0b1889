"""The first half of the robot: look, rule, ask.

Reads CPR and every case of the person, rules on each party, puts a reminder where a person must act, and proposes what
may be written. Nothing of what it reads is kept for a later handling: a proposal that expired, a deferral that came due
and a crash all lead to a new look, because CPR may have changed meanwhile. What must stay true: this half writes
reminders and nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from operator import attrgetter

from casework.results import PrimaryResult, RowResult
from connectors.errors import SchemaDrift
from connectors.records import PersonSnapshot
from foundation.clock import local_date
from robots.address_update.gathering import Gathering, cases_of, look_up
from robots.address_update.payload import AddressChange
from robots.address_update.plan import Plan, RuledParty, planned, start_of
from robots.address_update.policy import Mode, Policy
from robots.address_update.proposals import proposal_of
from robots.address_update.reasons import Reason
from robots.address_update.remembered import Remembered
from robots.address_update.reminding import About, beside, is_shadow, remind, tasks_of
from robots.address_update.rules import rule_not_in_cpr
from robots.address_update.rules_move import effect_of
from robots.address_update.ruling import RulingKind
from robots.desk import Desk
from robots.outcome import Automatic, Completed, Deferred, NeedsApproval, Outcome

_RESULTS = {
    RulingKind.APPLY: PrimaryResult.AWAITING_APPROVAL,
    RulingKind.APPLY_REVIEW: PrimaryResult.AWAITING_APPROVAL,
    RulingKind.TASK: PrimaryResult.TASK,
    RulingKind.DEFER: PrimaryResult.DEFERRED,
    RulingKind.NOOP: PrimaryResult.NOOP,
    RulingKind.SKIP: PrimaryResult.SKIPPED,
    RulingKind.BLOCK: PrimaryResult.BLOCKED,
}


def propose(work: AddressChange, desk: Desk, policy: Policy, *, item: str) -> Outcome:
    """Look, rule, remind and ask; returns what the item, whose reference is ``item``, came to.

    A present difference is proposed at once, also when a further move lies ahead: that one is waited for when the
    present one is written (see ``apply``).

    Raises:
        SchemaDrift: CPR answered about somebody else.
    """
    snapshot = look_up(work.cpr, desk)
    ruled = tuple(sorted(_rule_all(work, snapshot, desk, policy, item), key=attrgetter("order")))
    written = Remembered.from_json(desk.recall(work.cpr)).written
    for each in ruled:
        tell(each, desk, policy, is_own_write=written.get(each.row_id) == item)
    if any(each.ruling.reason is Reason.WRONG_PERSON for each in ruled):
        raise SchemaDrift("cpr", "lookup", "cpr")
    remind(work, ruled, desk, policy, About.of(snapshot, ruled))
    _remember_told(work, ruled, desk, policy, item)
    writing = [each for each in ruled if each.ruling.kind.writes and not is_shadow(each.ruling, policy)]
    if snapshot is not None and writing:
        return _ask(work, snapshot, ruled, writing, desk, policy)
    waiting = [(each.ruling.defer_until, each.ruling.reason) for each in ruled if each.ruling.defer_until is not None]
    if waiting:
        day, reason = min(waiting)
        return Deferred(start_of(day), reason.value, reason.sentence)
    return _completed(ruled, policy)


def tell(each: RuledParty, desk: Desk, policy: Policy, *, is_own_write: bool) -> None:
    """Say the ruling as evidence, and what the row came to so far.

    A row that is current because this very item wrote it, before it was planned anew, stays what it was said to be.
    """
    ruling = each.ruling
    tasks = beside(ruling, policy)
    is_seen_only = is_shadow(ruling, policy)
    desk.evidence(
        "ruling",
        row=each.row_id,
        role=each.party.role.value,
        ruling=ruling.kind.value,
        rule=ruling.rule,
        reason=ruling.reason.value,
        tasks="+".join(task.value for task in tasks),
        mentions="+".join(mention.value for mention in ruling.mentions),
        is_shadow=is_seen_only,
    )
    if is_own_write and ruling.kind is RulingKind.NOOP:
        return
    desk.result(
        RowResult(
            row=each.row_id,
            result=PrimaryResult.SHADOW if is_seen_only else _RESULTS[ruling.kind],
            rule=ruling.rule,
            reason=ruling.reason.value,
            tasks=len(tasks),
        )
    )


def _rule_all(
    work: AddressChange, snapshot: PersonSnapshot | None, desk: Desk, policy: Policy, item: str
) -> Iterator[RuledParty]:
    """A ruling for every party with this number on every case (ADR-40), whatever its role (ADR-41)."""
    gathering = None if snapshot is None else Gathering(snapshot, desk, policy, item)
    for case in cases_of(work.cpr, desk):
        for party in case.parties:
            if party.cpr != work.cpr:
                continue
            if gathering is None:
                yield RuledParty(case=case, party=party, ruling=rule_not_in_cpr(case, party, policy=policy))
            else:
                yield gathering.ruled(case, party)


def _remember_told(work: AddressChange, ruled: Sequence[RuledParty], desk: Desk, policy: Policy, item: str) -> None:
    """Standing facts that somebody was told of now are not told of again by another item."""
    before = Remembered.from_json(desk.recall(work.cpr))
    after = before
    for each in ruled:
        # What shadow mode kept from being told is told when the policy is widened.
        if set(each.ruling.tasks) <= set(tasks_of(each.ruling, policy)):
            after = after.with_told(each.row_id, each.ruling.tells, item=item)
    if after != before:
        desk.remember(work.cpr, after.to_json())


def _ask(
    work: AddressChange,
    snapshot: PersonSnapshot,
    ruled: Sequence[RuledParty],
    writing: Sequence[RuledParty],
    desk: Desk,
    policy: Policy,
) -> NeedsApproval:
    tasks = [beside(each.ruling, policy) for each in writing]
    today = local_date(desk.now())
    ahead = [each.ruling.defer_until for each in ruled if each.ruling.defer_until is not None]
    if snapshot.pending is not None and snapshot.pending.effect_from > today:
        ahead.append(snapshot.pending.effect_from)
    plan = Plan(
        cpr=work.cpr,
        moved_in=effect_of(snapshot),
        event_ids=work.event_ids,
        coming=min(ahead, default=None),
        rows=tuple(planned(each, tasks=len(told)) for each, told in zip(writing, tasks, strict=True)),
    )
    sentences = [each.ruling.sentence for each in writing]
    return NeedsApproval(
        proposal_of(work, snapshot, plan, sentences=sentences, tasks=tasks),
        valid_for=policy.approval_seconds,
        automatic=Automatic(policy.sample_percent) if _may_pass(writing, policy) else None,
    )


def _may_pass(writing: Sequence[RuledParty], policy: Policy) -> bool:
    """Whether the policy lets all of it through without a person; one row that does not pass keeps the others."""
    return all(
        each.ruling.kind is RulingKind.APPLY
        and not each.ruling.is_protected
        and policy.mode_of(each.ruling.reason) is Mode.SAMPLE
        for each in writing
    )


def _completed(ruled: Sequence[RuledParty], policy: Policy) -> Completed:
    kinds = Counter("shadow" if is_shadow(each.ruling, policy) else each.ruling.kind.value.lower() for each in ruled)
    made = sum(len(beside(each.ruling, policy)) for each in ruled)
    if made:
        kinds["tasks_beside"] = made
    counts = tuple(sorted(kinds.items()))
    if not ruled:
        return Completed("no_case", "Personen er ikke part på nogen sag.")
    if kinds["block"]:
        return Completed("blocked", "Robotten rører ikke personens sager; en medarbejder skal se på dem.", counts)
    if kinds["task"] or made:
        return Completed("tasks_created", "En medarbejder er bedt om at tage stilling.", counts)
    if kinds["shadow"]:
        return Completed("shadow", "Politikken lader kun robotten sige, hvad den ville gøre.", counts)
    if kinds["noop"]:
        return Completed("already_current", "Ingen sag skal ændres.", counts)
    return Completed("skipped", "Alle personens sager er lukkede, arkiverede eller uden for robottens opgave.", counts)
