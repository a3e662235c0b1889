"""Each column that says what was done is held against the events; the others are named, with why, in the documentation.

The attacker owns the database: he takes the triggers away, and writes what he likes.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import ColumnElement, Table, Uuid, literal, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from audit.obligations.business import EventTold
from audit.tables import AuditEventRow
from casework import approvals, transitions
from casework.approvals import Answer
from casework.business_records import BUSINESS_RECORDS
from casework.effects import Ending, settle
from casework.items import NewItem, enqueue
from casework.moves import Detail, move
from casework.runs import close_run, open_run
from casework.states import EffectState, ItemState
from casework.workers import enlist
from casework.workplace import Workplace
from foundation.clock import ManualClock
from foundation.columns import UtcDateTime
from foundation.database import schema_changes
from tests.casework.effect_makers import end_note, intend_note
from tests.casework.oversight_makers import MAKERS
from tests.workbench import (
    ACTING,
    ANNE,
    BO,
    ROBOT,
    RUN,
    add,
    add_and_take,
    approve,
    ask,
    bring_to,
    cancel_item,
    proposal,
    raw,
    reopen_item,
    rows,
    take,
)

DOCUMENT = Path(__file__).parents[2] / "docs" / "audit-verification.md"
EVENT = AuditEventRow.__table__


def _items(place: Workplace) -> None:
    """Completed and deferred with a code, reopened, asked to stop, with a due date, made in a run, and approved."""
    with place.database.write() as session:
        due = NewItem("sag-frist", b"{}", due_at=place.now() + timedelta(days=3))
        enqueue(session, place, ROBOT, [due], acting=ACTING, run_id=RUN)
    take(place)
    for arrow, facts in ((transitions.COMPLETE, {}), (transitions.DEFER, {"until": place.now() + timedelta(days=1)})):
        claimed = add_and_take(place, f"sag-{arrow.name}")
        told = {name: value.isoformat() for name, value in facts.items()} | {"code": "moved"}
        values: dict[str, object] = {"outcome_code": "moved", "available_at": facts.get("until")}
        with place.database.write() as session:
            detail = Detail(facts=told)
            lease = claimed.lease
            move(session, place, arrow, lease.item_id, acting=ACTING, lease=lease, values=values, detail=detail)
    cancel_item(place, add_and_take(place, "sag-stop").lease.item_id)
    reopen_item(place, bring_to(place, ItemState.REJECTED))
    asked = add_and_take(place, "sag-godkendt")
    approve(place, asked.lease.item_id, ask(place, asked))


def _effects(place: Workplace, locks: Path) -> None:
    """One done, one refused, one that a person saw, one intended, under an approval."""
    first = add_and_take(place, "sag-virkning")
    approval = approve(place, first.lease.item_id, ask(place, first))
    worker = enlist(place, locks=locks)
    try:
        (claimed,) = take(place, worker=worker.id)
        made: dict[str, UUID] = {}
        for key, state in (
            ("k1", EffectState.DONE),
            ("k2", EffectState.REFUSED),
            ("k3", EffectState.IN_DOUBT),
            ("k4", None),
        ):
            effect = intend_note(place, claimed.lease, key, approval=approval)
            if state is None:
                continue
            error = "refused_by_system" if state is EffectState.REFUSED else None
            end_note(place, claimed.lease, effect, Ending(state=state, remote_id=f"note-{key}", error_code=error))
            made[key] = effect.id
        later = replace(place, clock=ManualClock(place.now() + timedelta(hours=1)))
        settle(later, made["k3"], happened=True, saw="Noten står der.", actor=BO, locks=locks)
    finally:
        worker.stop()


def _approvals(place: Workplace) -> None:
    """One approved with a row left out, one returned, one that waits, one voided with its item."""
    for number in range(4):
        claimed = add_and_take(place, f"sag-{number}")
        role = "beskyttede_adresser" if number == 3 else None
        item_id, asked = claimed.lease.item_id, ask(place, claimed, proposal("r1", "r2", needs_role=role))
        answer = Answer(item_id, asked.digest(), frozenset({"r2"} if number == 0 else ()))
        if number == 0:
            approvals.approve(place, [answer], actor=BO, person_seconds=9, reason="Ikke den.")
        elif number == 1:
            approvals.send_back(place, answer, actor=BO, person_seconds=9, reason="Se igen.")
        elif number == 2:
            cancel_item(place, item_id)


def _runs(place: Workplace) -> None:
    """One closed, one open."""
    for number in range(2):
        run_id, acting = open_run(
            place, robot=ROBOT, robot_version="1.0", starter=ANNE, acting=replace(ACTING, flow="strøm")
        )
        if number == 0:
            close_run(place, run_id, acting=acting, counts={"completed": 1}, log_digest="ab", failure="fault")


#: Effects need a worker with a lock, see ``_make``.
ALL: dict[str, Callable[[Workplace], None]] = {
    "work_item": _items,
    "approval": _approvals,
    "run": _runs,
    **MAKERS,
}


def _unbound() -> dict[str, set[str]]:
    """What the documentation says that no event binds, table by table."""
    told = DOCUMENT.read_text(encoding="utf-8").split("## What no event binds", 1)[1].split("\n## ", 1)[0]
    found = re.findall(r"^\| `(\w+)` \| ([^|]+) \| [^|]{10,} \|$", told, re.MULTILINE)
    tables = SQLModel.metadata.tables
    return {
        name: {column.name for column in tables[name].c} if columns == "all" else set(re.findall(r"`(\w+)`", columns))
        for name, columns in found
    }


def _alarms(place: Workplace, table: str) -> list[str]:
    """What the records of this table find, both ways."""
    (records,) = [one for one in BUSINESS_RECORDS if getattr(one, "table").name == table]  # noqa: B009 - not part of the port.
    with place.database.read() as session:
        told = [EventTold(row.id, json.loads(row.body)) for row in session.execute(select(EVENT.c.id, EVENT.c.body))]
        without = [str(each) for each in records.events_without_row(session, told)]
        return [*records.rows_without_event(session, since=None), *without]


def _without_triggers(place: Workplace, table: str) -> None:
    if not place.database.is_sqlite:
        raw(place, f"ALTER TABLE {table} DISABLE TRIGGER USER")
        return
    for row in rows(place, "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :t", t=table):
        raw(place, f"DROP TRIGGER {row['name']}")


def _others(column: ColumnElement[Any], values: list[Any]) -> Iterator[Any]:
    """Values that an attacker might write instead."""
    if isinstance(column.type, UtcDateTime):
        yield from (value - timedelta(days=40) for value in values[:1])
    elif isinstance(column.type, Uuid):
        yield UUID(int=77)
    elif isinstance(values[0], bool):
        yield not values[0]
    elif isinstance(values[0], int):
        yield values[0] + 7
    else:
        # Another row's value is the likeliest one, and the only one that a constraint may let through.
        yield from (value for value in [*values[1:], "noget-andet"] if value != values[0])


#: Counted up without an event until it ends.
_WHILE_IT_GOES_ON = frozenset({"sweep.counts"})


def _edits(place: Workplace, table: Table, column: ColumnElement[Any]) -> Iterator[list[str]]:
    """The alarms after each edit of each row's value that the database takes; what was edited is put right again."""
    keys = list(table.primary_key.columns)
    query = select(*keys, column.label("value"))
    if f"{table.name}.{column.name}" in _WHILE_IT_GOES_ON:
        query = query.where(table.c.state != "running")
    with place.database.read() as session:
        found = session.execute(query).all()
    for row in found:
        if row.value is None:
            continue
        where = [key == value for key, value in zip(keys, row, strict=False)]
        now = list(where)
        values = [row.value, *(other.value for other in found if other.value not in {None, row.value})]
        for other in _others(column, values):
            try:
                _write(place, table, where, column, other)
            except IntegrityError:
                continue
            yield _alarms(place, table.name)
            now = [key == (other if key.name == column.name else value) for key, value in zip(keys, row, strict=False)]
            _write(place, table, now, column, row.value)


def _write(place: Workplace, table: Table, where: list[Any], column: ColumnElement[Any], value: object) -> None:
    with place.database.write() as session, schema_changes(session.connection()):
        session.execute(update(table).where(*where).values({column.name: literal(value, column.type)}))


def _make(place: Workplace, table: str, locks: Path) -> None:
    """Rows of this table that came about honestly."""
    if table == "effect":
        _effects(place, locks)
    else:
        ALL[table](place)


@pytest.mark.parametrize("table", [*ALL, "effect"])
def test_a_column_changed_by_hand_is_found(place: Workplace, table: str, tmp_path: Path) -> None:
    _make(place, table, tmp_path)
    _without_triggers(place, table)
    assert _alarms(place, table) == []
    its = SQLModel.metadata.tables[table]
    bound = [column for column in its.c if column.name not in _unbound().get(table, set())]
    assert bound
    tried = {column.name: list(_edits(place, its, column)) for column in bound}
    assert [name for name, alarms in tried.items() if not alarms] == [], "each must have been edited at least once"
    assert [name for name, alarms in tried.items() if not all(alarms)] == []
    assert _alarms(place, table) == []


def test_every_table_is_bound_or_named_with_why_not() -> None:
    ours = {name for name in SQLModel.metadata.tables if not name.startswith("audit_")}
    whole = {name for name, columns in _unbound().items() if columns == set(SQLModel.metadata.tables[name].c.keys())}
    bound = {*ALL, "effect"}
    assert whole | bound == ours
    assert not whole & bound


def test_what_the_documentation_names_is_there() -> None:
    tables = SQLModel.metadata.tables
    assert {
        f"{name}.{each}" for name, columns in _unbound().items() for each in columns - set(tables[name].c.keys())
    } == set()


def test_an_approval_of_another_item_does_not_account_for_this_one(place: Workplace) -> None:
    first = add_and_take(place, "sag-a")
    approval = approve(place, first.lease.item_id, ask(place, first))
    add(place, "sag-b")
    key = approval.hex if place.database.is_sqlite else approval
    raw(place, "UPDATE work_item SET approval_id = :approval WHERE reference = 'sag-b'", approval=key)
    assert _alarms(place, "work_item")


@pytest.mark.parametrize(
    ("table", "statement"),
    [
        ("hold", "UPDATE hold SET released_at = NULL, released_by = NULL WHERE released_at IS NOT NULL"),
        ("incident", "UPDATE incident SET closed_at = NULL, closed_by = NULL WHERE closed_at IS NOT NULL"),
        ("incident", "UPDATE incident SET acknowledged_at = NULL, acknowledged_by = NULL WHERE code = 'taken'"),
        ("sweep", "UPDATE sweep SET state = 'running', finished_at = NULL WHERE state = 'stopped'"),
        ("acceptance", "UPDATE acceptance SET used_at = NULL, used_by_run = NULL"),
        ("robot_state", "UPDATE robot_state SET state = 'active', changed_by = NULL WHERE robot = 'a'"),
        ("run", "UPDATE run SET ended_at = NULL"),
        ("approval", "UPDATE approval SET state = 'voided' WHERE state = 'waiting'"),
        ("approval", "UPDATE approval SET state = 'waiting', decided_by = NULL WHERE state = 'approved'"),
        ("effect", "UPDATE effect SET state = 'in_doubt' WHERE settled_by IS NOT NULL"),
        ("work_item", "UPDATE work_item SET due_at = NULL"),
        ("work_item", "UPDATE work_item SET reopenings = 0"),
    ],
)
def test_a_row_set_back_to_what_it_once_was_is_found(
    place: Workplace, table: str, statement: str, tmp_path: Path
) -> None:
    _make(place, table, tmp_path)
    _without_triggers(place, table)
    if table == "sweep":
        raw(place, "DROP INDEX uq_sweep_running")
    raw(place, statement)
    assert _alarms(place, table)


def test_a_policy_that_was_replaced_and_is_put_back_is_found(place: Workplace) -> None:
    MAKERS["policy"](place)
    _without_triggers(place, "policy")
    raw(place, "DROP INDEX uq_policy_in_force")
    in_force = "CASE state WHEN 'in_force' THEN 'superseded' ELSE 'in_force' END"
    raw(place, f"UPDATE policy SET state = {in_force} WHERE state IN ('in_force', 'superseded')")  # noqa: S608 - our own words.
    assert len(_alarms(place, "policy")) == 2
