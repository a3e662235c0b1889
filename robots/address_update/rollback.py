"""Taking back what the robot wrote by mistake (ADR-53).

A compensating write of the saved before-image, proposed row by row, and only where the case still shows exactly what
the robot wrote; everywhere else a person gets a task. The original note stays, a second one says that the change was a
mistake, and the row is put on hold: the robot does not fight CPR, so without a hold the next ruling would write the
same again.

A protection mark that the robot set is taken away again only when CPR, asked at that very moment, no longer protects
the person; and alone, in a proposal of its own once the rest is back (ADR-12). What must stay true: a rollback always
waits for a person, whatever the policy says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from casework.proposals import ApprovedProposal
from casework.results import PrimaryResult, RowResult
from connectors.errors import VersionConflict
from connectors.person_details import UncertainDate
from connectors.records import Case, CaseParty, PartyRole, PersonSnapshot
from foundation.addresses import CivilAddress
from robots.address_update import notes
from robots.address_update.carrying import Ending, Errand, carry_out
from robots.address_update.gathering import look_up
from robots.address_update.payload import AddressChange
from robots.address_update.plan import Plan, PlannedRow, RuledParty, planned
from robots.address_update.policy import Mode, Policy
from robots.address_update.proposals import proposal_of
from robots.address_update.propose import tell
from robots.address_update.reasons import Reason
from robots.address_update.remembered import Remembered
from robots.address_update.reminding import About, remind
from robots.address_update.rules import rule_untouchable
from robots.address_update.ruling import ContactChange, Ruling, RulingKind, is_closed
from robots.address_update.writing import is_as_planned, is_done, is_same_contact, read_case
from robots.desk import Desk
from robots.outcome import Completed, NeedsApproval, Outcome

_UNMARK: Final = ContactChange(address=None, marks_protected=False, unmarks_protected=True)


def propose_rollback(work: AddressChange, desk: Desk, policy: Policy, *, item: str) -> Outcome:
    """Propose to take back the rows of ``work``, and remind where that is no longer the robot's business."""
    policy = policy.model_copy(update={"modes": {}, "default_mode": Mode.APPROVE_ALL})
    snapshot = look_up(work.cpr, desk)
    ruled: list[RuledParty] = []
    for row in sorted(work.take_back, key=lambda row: (row.case_number, row.party.id)):
        case = read_case(row, desk)
        party = case.party(row.party) if case is not None else None
        if case is None or party is None:
            # There is nobody to write on and nothing to put a task on; the trail says so.
            lost = Reason.ROLLBACK_BY_HAND
            desk.evidence("rollback_lost", row=row.id, rule=lost.rule)
            desk.result(RowResult(row=row.id, result=PrimaryResult.SKIPPED, rule=lost.rule, reason=lost.value))
            continue
        ruled.append(RuledParty(case=case, party=party, ruling=_rule(row, case, party, snapshot)))
    written = Remembered.from_json(desk.recall(work.cpr)).written
    for each in ruled:
        tell(each, desk, policy, is_own_write=written.get(each.row_id) == item)
    remind(work, ruled, desk, policy, About(snapshot=None))
    writing = [each for each in ruled if each.ruling.kind.writes]
    if not writing:
        return _nothing_to_write(ruled)
    plan = Plan(
        cpr=work.cpr,
        moved_in=snapshot.moved_in if snapshot is not None else UncertainDate(None),
        event_ids=(),
        coming=None,
        rows=tuple(planned(each) for each in writing),
    )
    sentences = [each.ruling.sentence for each in writing]
    proposal = proposal_of(work, snapshot, plan, sentences=sentences, tasks=[() for _ in writing])
    barred = frozenset({work.asked_by} if work.asked_by else ())
    return NeedsApproval(proposal, valid_for=policy.approval_seconds, barred=barred)


def apply_rollback(work: AddressChange, approval: ApprovedProposal, desk: Desk, *, item: str, robot: str) -> Outcome:
    """Take back the approved rows.

    Raises:
        VersionConflict: as ``apply``; also when a mark is still to be looked at, and when whoever asked for the
            rollback approved it himself: then it is proposed anew, to somebody else.
    """
    if work.asked_by and approval.approved_by == work.asked_by:
        raise VersionConflict(desk.cases.system, "apply", "approved by who asked for it")
    plan = Plan.from_json(approval.proposal.plan)

    def refusal(row: PlannedRow) -> Ending | None:
        case = read_case(row, desk)
        party = case.party(row.party) if case is not None else None
        if case is None or party is None:
            return Ending.CONFLICT
        if is_closed(case.state, case.progress):
            return Ending.CLOSED_SINCE_PLAN
        if row.change.unmarks_protected and _is_protected(look_up(plan.cpr, desk)):
            return Ending.CONFLICT
        return None if is_as_planned(row, party) else Ending.CONFLICT

    def note(rows: Sequence[PlannedRow]) -> tuple[str, str]:
        text = notes.rollback_text(
            rows, approved_by=approval.approved_by, robot=robot, source=work.source, event_ids=plan.event_ids
        )
        return notes.ROLLBACK_TITLE, text

    def keep(row: PlannedRow) -> None:
        desk.hold(row.id)
        remembered = Remembered.from_json(desk.recall(work.cpr))
        desk.remember(work.cpr, remembered.with_written(row.id, item=item, version=None).to_json())

    errand = Errand(success=Ending.ROLLED_BACK, refusal=refusal, keep=keep, note=note)
    tally = carry_out(plan, approval, desk, errand)
    if tally.endings[Ending.ROLLED_BACK] and _leaves_marks(work, plan, desk):
        raise VersionConflict(desk.cases.system, "apply", "a mark waited for the address")
    if tally.endings[Ending.ROLLED_BACK]:
        return Completed("rolled_back", "Ændringerne er ført tilbage, og rækkerne er spærret.", tally.counts())
    return Completed("skipped", "Ingen af ændringerne blev ført tilbage.", tally.counts())


def _rule(row: PlannedRow, case: Case, party: CaseParty, snapshot: PersonSnapshot | None) -> Ruling:
    untouchable = rule_untouchable(case, party)
    if untouchable is not None:
        return untouchable
    protected = row.is_protected or _is_protected(snapshot) or party.contact.is_protected is True
    is_name_back = row.change.name is None or party.name == row.name_before
    if is_name_back and is_same_contact(row.before, party.contact):
        return _answer(RulingKind.NOOP, party.role, is_protected=protected)
    may_unmark = row.change.marks_protected and not _is_protected(snapshot)
    if is_done(row, party):
        change = _back(row) or (_UNMARK if may_unmark else None)
    else:
        # Everything but the mark is back already: the second of two proposals.
        is_all_but_marked = is_name_back and is_same_contact(row.marked, party.contact)
        change = _UNMARK if may_unmark and is_all_but_marked else None
    if change is None:
        return _answer(RulingKind.TASK, party.role, is_protected=protected)
    return Ruling(
        kind=RulingKind.APPLY_REVIEW, reason=Reason.ROLLBACK, role=party.role, change=change, is_protected=protected
    )


def _answer(kind: RulingKind, role: PartyRole, *, is_protected: bool) -> Ruling:
    reason = Reason.ROLLBACK_BY_HAND if kind is RulingKind.TASK else Reason.ROLLBACK
    return Ruling(kind=kind, reason=reason, role=role, is_protected=is_protected)


def _back(row: PlannedRow) -> ContactChange | None:
    """The change that brings the before-image back but for a mark that was set; None when that is all there was."""
    wrote, before = row.change, row.before
    if not (wrote.unmarks_protected or wrote.address or wrote.contact_address or wrote.name is not None):
        return None
    return ContactChange(
        # An address cannot be taken away, so where there was none, one without parts is written.
        address=None if wrote.address is None else before.address or CivilAddress(),
        marks_protected=wrote.unmarks_protected,
        contact_address=None if wrote.contact_address is None else before.contact_address or CivilAddress(),
        name=None if wrote.name is None else row.name_before,
    )


def _leaves_marks(work: AddressChange, plan: Plan, desk: Desk) -> bool:
    """Whether the plan brought everything back but a mark that CPR no longer knows of."""
    back = {row.id for row in plan.rows if not row.change.unmarks_protected}
    is_left = any(row.change.marks_protected and row.id in back for row in work.take_back)
    return is_left and not _is_protected(look_up(work.cpr, desk))


def _is_protected(snapshot: PersonSnapshot | None) -> bool:
    """Whether CPR protects the person; somebody whom CPR does not know is treated as if it did."""
    return snapshot is None or snapshot.protection.is_protected


def _nothing_to_write(ruled: Sequence[RuledParty]) -> Completed:
    kinds = [each.ruling.kind for each in ruled]
    counts = tuple(sorted((kind.value.lower(), kinds.count(kind)) for kind in set(kinds)))
    if RulingKind.TASK in kinds:
        return Completed("tasks_created", "En medarbejder er bedt om at føre ændringen tilbage i hånden.", counts)
    return Completed("skipped", "Der er intet at føre tilbage.", counts)
