"""Carrying out a plan that a person, or the policy, approved: each approved row once, a note per case, nothing else.

Shared by the two errands of this robot, writing CPR's address and taking such a write back; they differ in what
refuses a row, what is kept afterwards and what the note says. For each row, in the order of case number and party:

    1. ask the errand, inside the row's step and on fresh readings, whether the row may still be written
    2. write it and read it back (``writing``)
    3. say what became of it

What must stay true: reading and writing share a step, so that once it is stored all is done, and before that all is
read anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby

from casework.proposals import ApprovedProposal
from casework.results import PrimaryResult, RowResult
from connectors.errors import CaseArchived, CaseClosed, VersionConflict
from connectors.records import NewJournalNote
from robots.address_update.plan import Plan, PlannedRow
from robots.address_update.writing import write_row
from robots.desk import Desk


class Ending(StrEnum):
    """What became of one row; the names of the counts."""

    APPLIED = "applied"
    ROLLED_BACK = "rolled_back"
    LEFT_OUT = "left_out"
    #: ADR-34: no error, and nothing to do about it.
    CLOSED_SINCE_PLAN = "closed_since_plan"
    #: The rules no longer let the robot touch the row, for example because it was put on hold.
    SKIPPED = "skipped"
    CONFLICT = "conflict"


_RESULTS = {
    Ending.APPLIED: PrimaryResult.APPLIED,
    Ending.ROLLED_BACK: PrimaryResult.ROLLED_BACK,
    Ending.LEFT_OUT: PrimaryResult.LEFT_OUT,
    Ending.CLOSED_SINCE_PLAN: PrimaryResult.SKIPPED,
    Ending.SKIPPED: PrimaryResult.SKIPPED,
    Ending.CONFLICT: PrimaryResult.OVERTAKEN,
}


@dataclass(frozen=True, slots=True)
class EndedRow:
    """The stored result of a row's step: what became of it and when; aware UTC."""

    ending: Ending
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What one kind of plan asks, keeps and says."""

    #: What a row that was written came to.
    success: Ending
    #: Why the row may not be written now, or None.
    refusal: Callable[[PlannedRow], Ending | None]
    #: What is kept after a row was written, stored with the row's step.
    keep: Callable[[PlannedRow], None]
    #: Title and text of the note about these rows of one case.
    note: Callable[[Sequence[PlannedRow]], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows came to what, and how many cases were written on without a note."""

    endings: Counter[Ending]
    notes_missing: int

    def counts(self) -> tuple[tuple[str, int], ...]:
        """The counts of an outcome, without zeros."""
        told = [(ending.value, number) for ending, number in self.endings.items() if number]
        if self.notes_missing:
            told.append(("note_missing", self.notes_missing))
        return tuple(sorted(told))


def carry_out(plan: Plan, approval: ApprovedProposal, desk: Desk, errand: Errand) -> Tally:
    """Carry out the approved rows of the plan.

    Raises:
        VersionConflict: a row changed since it was proposed; raised after all that could be written was (ADR-43).
        NotYetVisible: a write was taken and cannot be read yet; the row goes on from there when tried again.
        SchemaDrift: what was read back is not what was written.
    """
    approved = {row.id for row in approval.approved_rows()}
    rows = sorted((row for row in plan.rows if row.id in approved), key=lambda row: (row.case_number, row.party.id))
    for row in plan.rows:
        if row.id not in approved:
            _say(row, Ending.LEFT_OUT, desk)
    endings = Counter({Ending.LEFT_OUT: len(plan.rows) - len(rows)})
    without_note = 0
    for number, group in groupby(rows, key=lambda row: row.case_number):
        own = [(row, _ended(row, approval, desk, errand)) for row in group]
        endings.update(each.ending for _, each in own)
        done = [(row, each.at) for row, each in own if each.ending is errand.success]
        if done and not _note(number, done, approval, desk, errand):
            without_note += 1
    if endings[Ending.CONFLICT]:
        raise VersionConflict(desk.cases.system, "apply", f"{endings[Ending.CONFLICT]} of {len(rows)} rows")
    return Tally(endings, without_note)


def _ended(row: PlannedRow, approval: ApprovedProposal, desk: Desk, errand: Errand) -> EndedRow:
    def work() -> EndedRow:
        ending = _checked_and_written(row, desk, errand)
        # Last in the step, so that both are stored with the step and therefore once.
        desk.evidence("row", row=row.id, rule=row.reason.rule, result=ending.value)
        _say(row, ending, desk)
        return EndedRow(ending, desk.now())

    return desk.step("write", work, returns=EndedRow, key=f"{row.id}@{approval.approval_id}")


def _checked_and_written(row: PlannedRow, desk: Desk, errand: Errand) -> Ending:
    refusal = errand.refusal(row)
    if refusal is not None:
        return refusal
    try:
        write_row(row, desk)
    except VersionConflict:
        return Ending.CONFLICT
    except (CaseClosed, CaseArchived):
        return Ending.CLOSED_SINCE_PLAN
    errand.keep(row)
    return errand.success


def _say(row: PlannedRow, ending: Ending, desk: Desk) -> None:
    is_closed = ending is Ending.CLOSED_SINCE_PLAN
    desk.result(
        RowResult(
            row=row.id,
            result=_RESULTS[ending],
            rule="ADR-34" if is_closed else row.reason.rule,
            reason=ending.value if is_closed else row.reason.value,
            tasks=row.tasks,
        )
    )


def _note(
    number: str,
    done: Sequence[tuple[PlannedRow, datetime]],
    approval: ApprovedProposal,
    desk: Desk,
    errand: Errand,
) -> bool:
    """One note on the case; returns False when it was closed between the last write and the note."""
    rows = [row for row, _ in done]
    title, text = errand.note(rows)
    # The stored time of the write, so that the note is letter by letter the same after a crash.
    note = NewJournalNote(title=title, text=text, at=max(at for _, at in done))

    def append() -> bool:
        try:
            desk.cases.append_journal_note(rows[0].case, note, intent="note")
        except (CaseClosed, CaseArchived):
            desk.evidence("note_missing", case=number)
            return False
        return True

    return desk.step("note", append, returns=bool, key=f"{number}@{approval.approval_id}")
