"""The second half of the robot: carry out what a person approved, and nothing else.

For each approved row, in the order of case number and party:

    1. read CPR (once per handling) and the case afresh, inside the row's step, so that no stored reading is trusted
    2. rule again, as if the case still stood as it did when the plan was made; the ruling must be the approved one
    3. set the protection mark first, read it back, and only then write the address (ADR-11)
    4. read back, and compare
    5. one journal note per case, after all its rows

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

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cache, partial
from itertools import groupby

from casework.proposals import ApprovedProposal
from connectors.errors import (
    CaseArchived,
    CaseClosed,
    NotFound,
    NotYetVisible,
    SchemaDrift,
    VersionConflict,
)
from connectors.records import (
    Case,
    CaseParty,
    NewJournalNote,
    PartyContact,
    PartyContactChange,
    PersonSnapshot,
)
from foundation.addresses import is_same_address
from foundation.clock import local_date
from robots.address_update import texts
from robots.address_update.plan import Plan, PlannedRow, start_of
from robots.address_update.reasons import Reason
from robots.address_update.rules import rule
from robots.address_update.ruling import AppliedVersion, Policy, RulingKind
from robots.desk import Desk
from robots.outcome import Completed, Deferred, Outcome


class RowResult(StrEnum):
    """What became of one row; the names of the counts."""

    APPLIED = "applied"
    LEFT_OUT = "left_out"
    CLOSED_SINCE_PLAN = "closed_since_plan"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class WrittenRow:
    """The stored result of a row's step: what became of it and when; aware UTC."""

    result: RowResult
    at: datetime


def apply(approval: ApprovedProposal, desk: Desk, policy: Policy, *, robot: str) -> Outcome:
    """Carry out the approved rows; returns what the item came to.

    Args:
        approval: what a person approved, and what he left out.
        desk: the desk.
        policy: as when the plan was made.
        robot: name and version, for the journal notes.

    Raises:
        VersionConflict: after all that could be written was; see the top of this module.
        NotYetVisible: a write was taken and cannot be read yet; the row goes on from there when tried again.
        SchemaDrift: what was read back is not what was written.
    """
    plan = Plan.from_json(approval.proposal.plan)
    approved = {row.id for row in approval.approved_rows()}
    rows = sorted((row for row in plan.rows if row.id in approved), key=lambda row: (row.case_number, row.party.id))
    lookup = cache(partial(_look_up, desk, plan))
    counts = Counter({RowResult.LEFT_OUT: len(plan.rows) - len(rows)})
    without_note = 0
    for number, group in groupby(rows, key=lambda row: row.case_number):
        own = tuple(group)
        written = [(row, _write(row, approval, desk, policy, lookup)) for row in own]
        counts.update(each.result for _, each in written)
        done = [(row, each.at) for row, each in written if each.result is RowResult.APPLIED]
        if done and not _note(number, done, approval, desk, plan, robot):
            without_note += 1
    if counts[RowResult.CONFLICT]:
        raise VersionConflict(desk.cases.system, "apply", f"{counts[RowResult.CONFLICT]} of {len(rows)} rows")
    return _outcome(plan, desk, counts, without_note)


def _outcome(plan: Plan, desk: Desk, counts: Counter[RowResult], without_note: int) -> Outcome:
    if plan.coming is not None:
        wake = start_of(plan.coming)
        if desk.now() >= wake:
            raise VersionConflict("cpr", "apply", "a later move has taken effect")
        return Deferred(wake, Reason.FUTURE_MOVE.value, Reason.FUTURE_MOVE.sentence)
    told = [(result.value, number) for result, number in counts.items() if number]
    if without_note:
        told.append(("note_missing", without_note))
    if counts[RowResult.APPLIED]:
        return Completed("applied", "De godkendte ændringer er skrevet og kontrolleret.", tuple(sorted(told)))
    return Completed("skipped", "Ingen af ændringerne blev skrevet.", tuple(sorted(told)))


def _look_up(desk: Desk, plan: Plan) -> PersonSnapshot | None:
    try:
        return desk.people.lookup(plan.cpr)
    except NotYetVisible:
        raise
    except NotFound:
        return None


def _write(
    row: PlannedRow,
    approval: ApprovedProposal,
    desk: Desk,
    policy: Policy,
    lookup: Callable[[], PersonSnapshot | None],
) -> WrittenRow:
    """The row's step. Reading and writing share it: once it is stored all is done, and before that all is read anew."""

    def work() -> WrittenRow:
        result = _checked_and_written(row, desk, policy, lookup())
        # Last in the step, so that it is stored with the step and therefore once.
        desk.evidence("row", row=row.id, rule=row.reason.rule, result=result.value)
        return WrittenRow(result, desk.now())

    return desk.step("write", work, returns=WrittenRow, key=f"{row.id}@{approval.approval_id}")


def _checked_and_written(row: PlannedRow, desk: Desk, policy: Policy, snapshot: PersonSnapshot | None) -> RowResult:
    if snapshot is None:
        return RowResult.CONFLICT
    refusal = _refusal(row, desk, policy, snapshot)
    if refusal is not None:
        return refusal
    try:
        if row.change.marks_protected:
            mark = PartyContactChange(before=row.before, is_protected=True)
            desk.cases.update_party_contact(row.party, mark, intent="protection")
            # A protected address may not stand unmarked for an instant, so the mark is seen before it is written.
            # After a crash the address may stand there already, so only the mark is looked at.
            _read_back(row, desk, is_there=lambda contact: contact.is_protected is True)
        if row.change.address is not None:
            change = PartyContactChange(before=row.marked, address=row.change.address)
            desk.cases.update_party_contact(row.party, change, intent="address")
            _read_back(row, desk, is_there=partial(_is_same_contact, row.after))
            # Stored with the step: nothing older is written for this person from now on (ADR-04).
            desk.remember(snapshot.cpr, AppliedVersion(snapshot.registered_at, snapshot.moved_in.day).to_json())
    except VersionConflict:
        return RowResult.CONFLICT
    except (CaseClosed, CaseArchived):
        return RowResult.CLOSED_SINCE_PLAN
    return RowResult.APPLIED


def _refusal(row: PlannedRow, desk: Desk, policy: Policy, snapshot: PersonSnapshot) -> RowResult | None:
    """Why the row may not be written now, or None."""
    case = _read_case(row, desk)
    party = case.party(row.party) if case is not None else None
    if case is None or party is None or not _is_as_planned(row, party.contact):
        return RowResult.CONFLICT
    # Our own earlier writes are taken off before ruling, so that a row that was half written before a crash is ruled
    # as it was. Somebody else's equal write is refused by the register, because ``before`` does not stand there.
    unwritten = replace(party, contact=row.before)
    again = rule(
        snapshot,
        _with_party(case, unwritten),
        unwritten,
        today=local_date(desk.now()),
        capabilities=desk.cases.capabilities(),
        policy=policy,
        last_applied=AppliedVersion.from_json(desk.recall(snapshot.cpr)),
    )
    if again.kind is RulingKind.SKIP:
        return RowResult.CLOSED_SINCE_PLAN
    is_same = (again.kind, again.reason, again.change) == (row.kind, row.reason, row.change)
    return None if is_same and again.is_protected == row.is_protected else RowResult.CONFLICT


def _read_case(row: PlannedRow, desk: Desk) -> Case | None:
    try:
        return desk.cases.get_case(row.case)
    except NotYetVisible:
        raise
    except NotFound:
        return None


def _with_party(case: Case, party: CaseParty) -> Case:
    return replace(case, parties=tuple(party if each.ref == party.ref else each for each in case.parties))


def _is_as_planned(row: PlannedRow, contact: PartyContact) -> bool:
    """Whether the case shows what stood there, or what our own writes of this row leave there."""
    return contact in (row.before, row.marked) or _is_same_contact(row.after, contact)


def _is_same_contact(wanted: PartyContact, found: PartyContact) -> bool:
    return found.is_protected == wanted.is_protected and is_same_address(found.address, wanted.address)


def _read_back(row: PlannedRow, desk: Desk, *, is_there: Callable[[PartyContact], bool]) -> None:
    """See that the write stands; raises ``NotYetVisible`` or ``SchemaDrift`` when it does not."""
    case = _read_case(row, desk)
    party = case.party(row.party) if case is not None else None
    if party is not None and is_there(party.contact):
        return
    if party is not None and _is_as_planned(row, party.contact):
        raise NotYetVisible(desk.cases.system, "get_case", "party_contact")
    raise SchemaDrift(desk.cases.system, "get_case", "party_contact")


def _note(
    number: str,
    done: Sequence[tuple[PlannedRow, datetime]],
    approval: ApprovedProposal,
    desk: Desk,
    plan: Plan,
    robot: str,
) -> bool:
    """One note on the case; returns False when it was closed between the last write and the note."""
    rows = [row for row, _ in done]
    has_address = any(row.change.address is not None for row in rows)
    note = NewJournalNote(
        title=texts.NOTE_TITLE if has_address else texts.MARKED_NOTE_TITLE,
        text=texts.note_text(
            addresses=[row.change.address for row in rows if row.change.address is not None],
            reasons=[row.reason for row in rows],
            moved_in=plan.moved_in,
            event_ids=plan.event_ids,
            robot=robot,
            is_protected=any(row.is_protected for row in rows),
        ),
        # The stored time of the write, so that the note is letter by letter the same after a crash.
        at=max(at for _, at in done),
    )

    def append() -> bool:
        try:
            desk.cases.append_journal_note(rows[0].case, note, intent="note")
        except (CaseClosed, CaseArchived):
            desk.evidence("note_missing", case=number)
            return False
        return True

    return desk.step("note", append, returns=bool, key=f"{number}@{approval.approval_id}")
