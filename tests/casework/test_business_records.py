"""A row that was changed by hand is found by the verifier, and so is an event whose row is gone."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from audit.obligations.finding import Verdict
from casework import approvals
from casework.approvals import Answer
from casework.business_records import BUSINESS_RECORDS
from casework.items import cancel
from casework.runs import close_run, open_run
from casework.states import ItemState
from casework.workplace import Workplace, as_person
from tests.casework.verifying import broken, eleventh
from tests.workbench import ACTING, ANNE, BO, ROBOT, add_and_take, approve, ask, bring_to, raw, rows


@pytest.mark.parametrize("state", ItemState)
def test_an_item_that_came_into_its_state_honestly_raises_no_alarm(place: Workplace, state: ItemState) -> None:
    bring_to(place, state)
    assert eleventh(place).verdict is Verdict.HOLDS


@pytest.mark.parametrize("end", ["approve", "send_back", "take_over", "cancel"])
def test_a_proposal_that_was_answered_honestly_raises_no_alarm(place: Workplace, end: str) -> None:
    claimed = add_and_take(place)
    item_id = claimed.lease.item_id
    asked = ask(place, claimed)
    answer: dict[str, Any] = {"actor": BO, "person_seconds": 3, "reason": "Fordi."}
    if end == "cancel":
        with place.database.write() as session:
            cancel(session, place, item_id, acting=as_person(BO), reason="Fordi.")
    elif end == "approve":
        approve(place, item_id, asked)
    else:
        getattr(approvals, end)(place, Answer(item_id, asked.digest()), **answer)
    assert eleventh(place).verdict is Verdict.HOLDS


def test_a_run_opened_and_closed_honestly_raises_no_alarm(place: Workplace) -> None:
    run_id, acting = open_run(place, robot=ROBOT, robot_version="1.0", starter=ANNE, acting=ACTING)
    assert eleventh(place).verdict is Verdict.HOLDS
    close_run(place, run_id, acting=acting, counts={"completed": 0})
    assert eleventh(place).verdict is Verdict.HOLDS


def test_an_item_made_by_hand_is_found(place: Workplace) -> None:
    made = bring_to(place, ItemState.NEW)
    other = UUID(int=7)

    def key(one: UUID) -> object:
        return one.hex if place.database.is_sqlite else one

    same = ", ".join(name for name in _columns(place, "work_item") if name not in {"id", "reference"})
    copied = f"SELECT :other, 'andet', {same} FROM work_item WHERE id = :made"  # noqa: S608 - names of our own columns.
    raw(place, f"INSERT INTO work_item (id, reference, {same}) {copied}", other=key(other), made=key(made))
    assert str(other) in broken(place)


def test_an_item_completed_by_hand_is_found(place: Workplace) -> None:
    item_id = bring_to(place, ItemState.IN_PROGRESS)
    raw(place, "UPDATE work_item SET state = 'completed', lease_owner = NULL, lease_expires_at = NULL")
    assert f"Opgaver: {item_id}" in broken(place)


def test_an_item_put_back_into_a_state_that_it_once_had_is_found(place: Workplace) -> None:
    item_id = bring_to(place, ItemState.COMPLETED)
    for trigger in _triggers(place):
        raw(place, trigger)
    raw(place, "UPDATE work_item SET state = 'new'")
    assert f"Opgaver: {item_id}" in broken(place)


def test_an_approval_given_by_hand_is_found(place: Workplace) -> None:
    ask(place, add_and_take(place))
    raw(place, "UPDATE approval SET state = 'approved', decided_by = 'bo'")
    assert "Godkendelser" in broken(place)


def test_an_approval_put_in_another_approvers_name_is_found(place: Workplace) -> None:
    claimed = add_and_take(place)
    approve(place, claimed.lease.item_id, ask(place, claimed))
    raw(place, "UPDATE approval SET decided_by = 'erik'")
    assert "Godkendelser" in broken(place)


def test_a_proposal_exchanged_after_it_was_approved_is_found(place: Workplace) -> None:
    claimed = add_and_take(place)
    approve(place, claimed.lease.item_id, ask(place, claimed))
    raw(place, "UPDATE approval SET digest = 'en anden'")
    assert "Godkendelser" in broken(place)


def test_a_run_ended_by_hand_is_found(place: Workplace) -> None:
    open_run(place, robot=ROBOT, robot_version="1.0", starter=ANNE, acting=ACTING)
    raw(place, "UPDATE run SET ended_at = started_at")
    assert "Kørsler" in broken(place)


@pytest.mark.parametrize("table", ["work_item", "approval", "run"])
def test_a_row_that_is_gone_is_found(place: Workplace, table: str) -> None:
    ask(place, add_and_take(place))
    open_run(place, robot=ROBOT, robot_version="1.0", starter=ANNE, acting=ACTING)
    raw(place, f"DELETE FROM {table}")  # noqa: S608 - names of our own tables.
    assert "findes ikke" in broken(place)


def test_rows_from_before_the_log_was_pruned_are_left_alone(place: Workplace) -> None:
    bring_to(place, ItemState.IN_PROGRESS)
    raw(place, "UPDATE work_item SET state = 'completed', lease_owner = NULL, lease_expires_at = NULL")
    with place.database.read() as session:
        later = place.now() + timedelta(seconds=1)
        for records in BUSINESS_RECORDS:
            assert list(records.rows_without_event(session, since=later)) == []


def _columns(place: Workplace, table: str) -> list[str]:
    with place.database.read() as session:
        return list(session.execute(text(f"SELECT * FROM {table}")).keys())  # noqa: S608 - names of our own tables.


def _triggers(place: Workplace) -> list[str]:
    """What takes away the triggers of work items, as one does who owns the database."""
    if place.database.is_sqlite:
        found = rows(place, "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'work_item'")
        return [f"DROP TRIGGER {row['name']}" for row in found]
    return ["ALTER TABLE work_item DISABLE TRIGGER USER"]
