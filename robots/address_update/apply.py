"""The second half of the robot: carry out what was approved, and nothing else.

Before each row is written, CPR and the case are read afresh and ruled on again, as if the case still stood as it did
when the plan was made; the ruling must be the approved one. See ``carrying`` for the order, ``writing`` for how.

A case that was closed meanwhile is left alone (ADR-34). A row whose facts changed is not written; the others are, and
at the end ``VersionConflict`` is raised (ADR-43). **Agreement with the work loop:** a ``VersionConflict`` that comes
out of ``handle`` means "plan again": the loop withdraws the approval, discards the steps of the item, and handles it
without an approval. Rows that were written are found current then. Keys hold the approval's id, so a
later approval never meets the stored steps of this one.

A move that lay ahead when the plan was made is not forgotten: the item ends as ``Deferred`` to that day instead of
``Completed``. If it comes back with the spent approval still on it, the approval is refused with ``VersionConflict``,
which leads to a new look.

What must stay true: nothing is written that the rules would not rule again at the moment of writing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from casework.proposals import ApprovedProposal
from connectors.errors import VersionConflict
from connectors.records import Case, CaseParty
from robots.address_update import notes
from robots.address_update.carrying import Ending, Errand, Tally, carry_out
from robots.address_update.gathering import Gathering, look_up
from robots.address_update.payload import AddressChange
from robots.address_update.plan import Plan, PlannedRow, start_of
from robots.address_update.policy import Policy
from robots.address_update.reasons import Reason
from robots.address_update.remembered import Remembered
from robots.address_update.rules import rule
from robots.address_update.rules_move import effect_of
from robots.address_update.ruling import AppliedVersion, RulingKind, is_closed
from robots.address_update.writing import is_as_planned, read_case
from robots.desk import Desk
from robots.outcome import Completed, Deferred, Outcome


def apply(
    work: AddressChange, approval: ApprovedProposal, desk: Desk, policy: Policy, *, item: str, robot: str
) -> Outcome:
    """Carry out the approved rows; returns what the item came to.

    Args:
        work: what made the item.
        approval: what was approved, and what was left out.
        desk: the desk.
        policy: as when the plan was made.
        item: the item's reference.
        robot: name and version, for the journal notes.

    Raises:
        VersionConflict: after all that could be written was, because a row changed or an address waited for it; see
            the top of this module.
        NotYetVisible: a write was taken and cannot be read yet; the row goes on from there when tried again.
        SchemaDrift: what was read back is not what was written.
    """
    plan = Plan.from_json(approval.proposal.plan)
    check = _Check(plan, desk, policy, item)

    def note(rows: Sequence[PlannedRow]) -> tuple[str, str]:
        text = notes.text(
            rows,
            moved_in=plan.moved_in,
            approved_by=approval.approved_by,
            robot=robot,
            source=work.source,
            event_ids=plan.event_ids,
        )
        return notes.title(rows), text

    errand = Errand(success=Ending.APPLIED, refusal=check.refusal, keep=check.keep, note=note)
    return _outcome(plan, approval, desk, carry_out(plan, approval, desk, errand))


def _outcome(plan: Plan, approval: ApprovedProposal, desk: Desk, tally: Tally) -> Outcome:
    approved = {row.id for row in approval.approved_rows()}
    waits = any(Reason.ADDRESS_WAITS in row.mentions for row in plan.rows if row.id in approved)
    if waits and tally.endings[Ending.APPLIED]:
        # The mark is gone, so the address that waited for it is looked at now, and approved by itself (ADR-12).
        raise VersionConflict(desk.cases.system, "apply", "an address waited for the mark")
    if plan.coming is not None:
        wake = start_of(plan.coming)
        if desk.now() >= wake:
            raise VersionConflict("cpr", "apply", "a later move has taken effect")
        return Deferred(wake, Reason.FUTURE_MOVE.value, Reason.FUTURE_MOVE.sentence)
    if tally.endings[Ending.APPLIED]:
        return Completed("applied", "De godkendte ændringer er skrevet og kontrolleret.", tally.counts())
    return Completed("skipped", "Ingen af ændringerne blev skrevet.", tally.counts())


@dataclass
class _Check:
    """Whether a row would be ruled again as it was; CPR is asked once per handling, and again before a mark goes."""

    plan: Plan
    desk: Desk
    policy: Policy
    item: str

    @cached_property
    def _gathering(self) -> Gathering | None:
        return self._gather()

    def _gather(self) -> Gathering | None:
        snapshot = look_up(self.plan.cpr, self.desk)
        return None if snapshot is None else Gathering(snapshot, self.desk, self.policy, self.item)

    def refusal(self, row: PlannedRow) -> Ending | None:
        """Why the row may not be written now, or None."""
        # Only CPR's word of this very moment takes a mark away (ADR-12).
        gathering = self._gather() if row.change.unmarks_protected else self._gathering
        case = read_case(row, self.desk)
        party = case.party(row.party) if case is not None else None
        if gathering is None or case is None or party is None:
            return Ending.CONFLICT
        if is_closed(case.state, case.progress):
            return Ending.CLOSED_SINCE_PLAN
        if not is_as_planned(row, party):
            return Ending.CONFLICT
        # Our own earlier writes are taken off before ruling, so that a row that was half written before a crash is
        # ruled as it was. Somebody else's equal write is refused by the register: ``before`` does not stand there.
        unwritten = replace(party, contact=row.before, name=row.name_before or party.name)
        again = rule(gathering.facts(_with_party(case, unwritten), unwritten))
        if again.kind is RulingKind.SKIP:
            return Ending.SKIPPED
        is_same = (again.kind, again.reason, again.change) == (row.kind, row.reason, row.change)
        return None if is_same and again.is_protected == row.is_protected else Ending.CONFLICT

    def keep(self, row: PlannedRow) -> None:
        """Who wrote the row; and nothing older is written for this person from now on (ADR-04)."""
        version: AppliedVersion | None = None
        if row.change.address is not None and self._gathering is not None:
            snapshot = self._gathering.snapshot
            version = AppliedVersion(snapshot.registered_at, effect_of(snapshot).day)
        remembered = Remembered.from_json(self.desk.recall(self.plan.cpr))
        kept = remembered.with_written(row.id, item=self.item, version=version)
        self.desk.remember(self.plan.cpr, kept.to_json())


def _with_party(case: Case, party: CaseParty) -> Case:
    return replace(case, parties=tuple(party if each.ref == party.ref else each for each in case.parties))
