"""What became of each row: one party on one case for one person, with exactly one primary result.

A later handling of the same item writes over the result of an earlier one, so that at any moment every row has one and
all rows can be counted (ADR-54). What must stay true: a row names a case and a place on it, never a person; and a row
does not wait for an approval when its item has ended.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlmodel import Session

from audit.driver_sql import run_many
from casework.oversight_tables import WorkResultRow
from casework.states import ItemState, PrimaryResult
from casework.stored_values import stored
from casework.tables import WorkItemRow
from casework.transitions import NOT_FINAL
from casework.workplace import in_clauses

__all__ = [
    "WHEN_ITEM_ENDS",
    "PrimaryResult",
    "RowResult",
    "Tally",
    "leave_waiting",
    "leave_waiting_of",
    "results_of",
    "rows_waiting",
    "rows_with",
    "store_results",
    "tally",
    "times_applied",
]

_RESULT = WorkResultRow.__table__
_ITEM = WorkItemRow.__table__
#: Most endings ask it, so it is handed to the driver as it is.
_LEAVE_WAITING = "UPDATE work_result SET result = ?, at = ? WHERE item_id = ? AND result = 'awaiting_approval'"
#: What becomes of rows that wait for an approval when their item ends in another way than by the robot's own word.
WHEN_ITEM_ENDS = {
    # The robot told of every row that it still found; the others left the case since they were proposed.
    ItemState.COMPLETED: PrimaryResult.OVERTAKEN,
    ItemState.CANCELLED: PrimaryResult.TAKEN_OVER,
    ItemState.REJECTED: PrimaryResult.BLOCKED,
    ItemState.FAILED: PrimaryResult.BLOCKED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """The result of one row."""

    #: Case number and the system's id of the party: ``S2022-12345/1``.
    row: str
    result: PrimaryResult
    #: The rule and the reason's code.
    rule: str
    reason: str
    #: Tasks for people that were made beside the primary result; counted apart.
    tasks: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many rows came to what; every row stands under exactly one result, so the counts add up to ``rows``."""

    by_result: Mapping[PrimaryResult, int]
    #: Tasks for people, beside the results.
    tasks: int

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(self.by_result.values())


#: Every row of every item ends with it.
_UPSERT = (
    'INSERT INTO work_result (item_id, "row", robot, result, rule, reason, tasks, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) '
    'ON CONFLICT (item_id, "row") DO UPDATE SET robot = excluded.robot, result = excluded.result, '
    "rule = excluded.rule, reason = excluded.reason, tasks = excluded.tasks, at = excluded.at"
)


def store_results(session: Session, item_id: UUID, *, robot: str, results: Collection[RowResult], at: datetime) -> None:
    """Write what became of rows over what was said of them before, in the caller's transaction.

    Of several results of one row the last counts.
    """
    if not results:
        return
    latest = {each.row: each for each in results}
    connection = session.connection()
    rows = [
        stored(connection, item_id, each.row, robot, each.result.value, each.rule, each.reason, each.tasks, at)
        # Always in the same order, so that two writers cannot wait for each other.
        for _, each in sorted(latest.items())
    ]
    run_many(connection, _UPSERT, rows)


def leave_waiting(session: Session, item_id: UUID, *, ended: ItemState, at: datetime) -> None:
    """Nobody answers any more for rows that wait: say so when their item ends, in the transaction that ends it.

    A cancelled item's rows are taken over by a person; those of one that was rejected or failed are blocked, because a
    person is told; those that still wait on a completed one are overtaken.
    """
    leave_waiting_of(session, [item_id], ended=ended, at=at)


def leave_waiting_of(session: Session, item_ids: Sequence[UUID], *, ended: ItemState, at: datetime) -> None:
    """As ``leave_waiting``, of several items that end alike."""
    result = WHEN_ITEM_ENDS.get(ended)
    if result is None:
        return
    connection = session.connection()
    changes = stored(connection, result.value, at)
    run_many(connection, _LEAVE_WAITING, [(*changes, *stored(connection, item_id)) for item_id in item_ids])


def results_of(session: Session, item_id: UUID) -> list[RowResult]:
    """The rows of one item, in the order of their names."""
    query = select(_RESULT).where(_RESULT.c.item_id == item_id).order_by(_RESULT.c.row)
    found = session.execute(query).mappings()
    return [
        RowResult(
            row=each["row"],
            result=PrimaryResult(each["result"]),
            rule=each["rule"],
            reason=each["reason"],
            tasks=each["tasks"],
        )
        for each in found
    ]


def rows_with(session: Session, *, robot: str, result: PrimaryResult) -> frozenset[str]:
    """The rows of a robot whose latest word in some item is this result."""
    query = select(_RESULT.c.row).where(_RESULT.c.robot == robot, _RESULT.c.result == result.value)
    return frozenset(session.execute(query).scalars())


def rows_waiting(session: Session, *, robot: str, rows: Collection[str]) -> frozenset[str]:
    """Which of these rows wait in an item that has not ended, for an approval or for a day to come."""
    waiting = [PrimaryResult.AWAITING_APPROVAL.value, PrimaryResult.DEFERRED.value]
    found: set[str] = set()
    for portion in in_clauses(sorted(rows)):
        query = (
            select(_RESULT.c.row)
            .join(_ITEM, _ITEM.c.id == _RESULT.c.item_id)
            .where(_RESULT.c.robot == robot, _RESULT.c.row.in_(portion), _RESULT.c.result.in_(waiting))
            .where(_ITEM.c.state.in_([state.value for state in NOT_FINAL]))
        )
        found.update(session.execute(query).scalars())
    return frozenset(found)


def times_applied(session: Session, *, robot: str, row: str) -> int:
    """In how many items this row was written."""
    query = select(func.count()).select_from(_RESULT)
    query = query.where(_RESULT.c.robot == robot, _RESULT.c.row == row)
    count: int = session.execute(query.where(_RESULT.c.result == PrimaryResult.APPLIED.value)).scalar_one()
    return count


def tally(
    session: Session,
    *,
    robot: str,
    items: Sequence[UUID] | None = None,
    since: datetime | None = None,
    run: UUID | None = None,
) -> Tally:
    """Count the rows of a robot; a row without a result cannot be counted because it cannot be stored.

    Args:
        session: a session.
        robot: the robot's name.
        items: only the rows of these items.
        since: only rows whose result was written then or later.
        run: only the rows of items that were made in this run or were last handled in it.
    """
    query = select(_RESULT.c.result, func.count(), func.sum(_RESULT.c.tasks)).group_by(_RESULT.c.result)
    query = query.where(_RESULT.c.robot == robot)
    if since is not None:
        query = query.where(_RESULT.c.at >= since)
    if run is not None:
        query = query.join(_ITEM, _ITEM.c.id == _RESULT.c.item_id)
        query = query.where((_ITEM.c.run_id == run) | (_ITEM.c.created_by_run == run))
    counts: dict[PrimaryResult, int] = {}
    tasks = 0
    for portion in _portions(query, items):
        for result, count, made in session.execute(portion):
            counts[PrimaryResult(result)] = counts.get(PrimaryResult(result), 0) + count
            tasks += int(made)
    return Tally(by_result=counts, tasks=tasks)


def _portions(query: Select[Any], items: Sequence[UUID] | None) -> list[Select[Any]]:
    if items is None:
        return [query]
    # An item that is named twice is counted once.
    return [query.where(_RESULT.c.item_id.in_(portion)) for portion in in_clauses(list(dict.fromkeys(items)))]
