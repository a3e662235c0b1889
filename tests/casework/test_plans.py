"""How the database goes about what is asked of it often: by an index, however many items there were before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from casework.claiming import expire_approvals, keep, reap
from casework.items import list_items
from casework.matters import matters
from casework.states import ItemState
from casework.workplace import Workplace
from tests.workbench import WORKER, add, raw, take

_SCANS = ("SCAN work_item", "Seq Scan on work_item")
_SORTS = ("TEMP B-TREE", "Sort ")


def _fill(place: Workplace, number: int) -> None:
    """A table in which most items are done with, some wait, and the database has counted them."""
    add(place, "først")
    columns = "robot, state, payload, priority, attempts, lease_token, reopenings, created_at, updated_at"
    if place.database.is_sqlite:
        numbers = f"WITH RECURSIVE g(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM g WHERE n < {number})"  # noqa: S608 - a number of our own.
        made = "printf('018e%028x', g.n)"
    else:
        numbers = f"WITH g AS (SELECT generate_series(1, {number}) AS n)"
        made = "('018e' || lpad(to_hex(g.n), 28, '0'))::uuid"
    raw(
        place,
        f"INSERT INTO work_item (id, reference, {columns}) {numbers} "  # noqa: S608 - names of our own.
        f"SELECT {made}, 'sag-' || g.n, {columns} FROM g, work_item",
    )
    raw(place, "UPDATE work_item SET state = 'cancelled' WHERE reference NOT LIKE '%7'")
    raw(place, "ANALYZE")


@contextmanager
def _plans(place: Workplace) -> Iterator[dict[str, str]]:
    """Fills in, when the block ends, how each question about items in it is answered."""
    asked: dict[str, Any] = {}
    plans: dict[str, str] = {}

    def remember(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:  # noqa: ANN401 - as the driver takes them.
        if " work_item" in statement and statement.lstrip().startswith(("SELECT", "UPDATE")):
            asked[statement] = values[0] if isinstance(values, list) else values

    event.listen(place.database.engine, "before_cursor_execute", remember)
    try:
        yield plans
    finally:
        event.remove(place.database.engine, "before_cursor_execute", remember)
    explain = "EXPLAIN QUERY PLAN " if place.database.is_sqlite else "EXPLAIN "
    with place.database.read() as session:
        connection = session.connection()
        for statement, values in asked.items():
            steps = connection.exec_driver_sql(explain + statement, values)
            plans[statement] = "\n".join(str(step[-1]) for step in steps)


def test_no_act_of_every_run_reads_the_whole_table_or_sorts_the_queue(place: Workplace) -> None:
    _fill(place, 10_000)
    take(place, limit=3)
    with _plans(place) as plans:
        take(place, limit=3)
        keep(place, worker=WORKER, lease_seconds=60)
        place.clock.sleep(3600)
        reap(place, max_attempts=9)
        expire_approvals(place)
    assert len(plans) >= 5
    assert {asked for asked, plan in plans.items() if any(word in plan for word in (*_SCANS, *_SORTS))} == set()


#: An index of the states that every item passes through would cost each of them.
_RARE = sorted(set(ItemState) - {ItemState.NEW, ItemState.IN_PROGRESS, ItemState.COMPLETED})


@pytest.mark.parametrize("state", _RARE)
def test_items_in_a_state_are_listed_without_reading_those_in_another(place: Workplace, state: ItemState) -> None:
    _fill(place, 10_000)
    with _plans(place) as plans, place.database.read() as session:
        list_items(session, state=state)
    (plan,) = plans.values()
    assert not any(word in plan for word in _SCANS), plan


def test_deadlines_are_found_without_reading_items_that_have_none(place: Workplace) -> None:
    _fill(place, 10_000)
    with _plans(place) as plans, place.database.read() as session:
        matters(session, place, deadline_hours=4, approval_hours=4)
        list_items(session, is_due=True)
    assert len(plans) == 2
    assert {asked for asked, plan in plans.items() if any(word in plan for word in _SCANS)} == set()
