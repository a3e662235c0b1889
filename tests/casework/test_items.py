"""Items are made once per reference, cancelled and reopened by named persons."""

from uuid import UUID

import pytest
from sqlalchemy import select

from casework.claiming import reap
from casework.errors import ReasonMissingError, TransitionRefusedError, UnknownItemError
from casework.items import NewItem, count_by_state, enqueue, get_item, list_items, unfinished
from casework.states import ItemState
from casework.steps import finished_steps
from casework.tables import ApprovalRow
from casework.transitions import FINAL, NOT_FINAL
from casework.workplace import Workplace
from foundation.sealing import UnsealError
from tests.concurrency import at_once
from tests.workbench import (
    ACTING,
    ROBOT,
    add,
    add_and_take,
    approve,
    ask,
    bring_to,
    cancel_item,
    db_id,
    event_types,
    events,
    item,
    raw,
    reopen_item,
    rows,
    state_of,
    take,
    work_out,
)


def test_a_reference_makes_one_item_however_often_it_is_handed_in(place: Workplace) -> None:
    (first,) = add(place, "sag-1")
    assert add(place, "sag-1", "sag-2", "sag-1")[0] == first
    assert [row["reference"] for row in rows(place, "SELECT reference FROM work_item ORDER BY id")] == [
        "sag-1",
        "sag-2",
    ]
    assert event_types(place) == ["item.created", "item.created"]


def test_a_reference_handed_in_by_many_at_once_makes_one_item_and_one_event(place: Workplace) -> None:
    answers = at_once(*(lambda: add(place, "sag-1", "sag-2") for _ in range(5)))
    assert len({tuple(ids) for ids in answers}) == 1
    assert event_types(place) == ["item.created", "item.created"]


def test_the_same_references_handed_in_in_two_orders_at_once_make_one_item_each(place: Workplace) -> None:
    references = [f"sag-{number}" for number in range(400)]
    forwards, backwards = at_once(lambda: add(place, *references), lambda: add(place, *references[::-1]))
    assert forwards == backwards[::-1]
    assert event_types(place).count("item.created") == 400


def test_the_same_reference_of_two_robots_is_two_items(place: Workplace) -> None:
    assert add(place, "sag-1") != add(place, "sag-1", robot="en anden robot")


def test_more_items_than_a_portion_are_all_made(place: Workplace) -> None:
    references = [f"sag-{number}" for number in range(1203)]
    ids = add(place, *references)
    assert add(place, *references) == ids
    assert len(set(ids)) == 1203


def test_items_that_are_rolled_back_leave_no_event(place: Workplace) -> None:
    def fail() -> None:
        with place.database.write() as session:
            enqueue(session, place, ROBOT, [NewItem("sag-1", b"{}")], acting=ACTING, run_id=None)
            raise RuntimeError("rolls back")

    with pytest.raises(RuntimeError):
        fail()
    assert events(place) == []


def test_an_item_that_is_not_final_and_not_in_progress_is_cancelled_at_once(place: Workplace) -> None:
    for state in sorted(NOT_FINAL - {ItemState.IN_PROGRESS}):
        item_id = bring_to(place, state)
        assert cancel_item(place, item_id) is True
        assert state_of(place, item_id) is ItemState.CANCELLED
        assert event_types(place, item_id)[-1] == "item.cancelled"


def test_an_item_in_progress_is_asked_to_stop(place: Workplace) -> None:
    claimed = add_and_take(place)
    assert cancel_item(place, claimed.lease.item_id) is False
    row = item(place, claimed.lease.item_id)
    assert (row["state"], row["cancel_requested_by"]) == ("in_progress", "anne")
    assert event_types(place, claimed.lease.item_id)[-1] == "item.cancel_requested"


def test_a_wish_to_cancel_outlives_the_worker(place: Workplace) -> None:
    claimed = add_and_take(place)
    cancel_item(place, claimed.lease.item_id)
    place.clock.sleep(61)
    reap(place, max_attempts=9)
    take(place)
    assert item(place, claimed.lease.item_id)["cancel_requested_by"] == "anne"


def test_a_final_item_cannot_be_cancelled(place: Workplace) -> None:
    for state in sorted(FINAL):
        item_id = bring_to(place, state)
        with pytest.raises(TransitionRefusedError):
            cancel_item(place, item_id)
        assert state_of(place, item_id) is state


def test_cancelling_voids_the_proposal_that_waits(place: Workplace) -> None:
    claimed = add_and_take(place)
    ask(place, claimed)
    cancel_item(place, claimed.lease.item_id)
    (approval,) = rows(place, "SELECT state, decided_by FROM approval")
    assert approval == {"state": "voided", "decided_by": "anne"}


def test_cancelling_needs_a_reason(place: Workplace) -> None:
    item_id = bring_to(place, ItemState.NEW)
    with pytest.raises(ReasonMissingError):
        cancel_item(place, item_id, reason="  ")
    assert state_of(place, item_id) is ItemState.NEW


def test_an_unknown_item_cannot_be_cancelled(place: Workplace) -> None:
    with pytest.raises(UnknownItemError):
        cancel_item(place, UUID(int=5))


def test_a_reopened_item_begins_afresh_and_counts_its_reopening(place: Workplace) -> None:
    for state in sorted(FINAL):
        item_id = bring_to(place, state)
        reopen_item(place, item_id)
        row = item(place, item_id)
        fresh = ("state", "reopenings", "attempts", "approval_id", "outcome_code", "cancel_requested_by")
        assert [row[name] for name in fresh] == ["new", 1, 0, None, None, None]


def test_an_item_that_is_not_final_cannot_be_reopened(place: Workplace) -> None:
    for state in sorted(NOT_FINAL):
        item_id = bring_to(place, state)
        with pytest.raises(TransitionRefusedError):
            reopen_item(place, item_id)


def test_reopening_needs_a_reason(place: Workplace) -> None:
    with pytest.raises(ReasonMissingError):
        reopen_item(place, bring_to(place, ItemState.FAILED), reason="")


def test_reopening_forgets_the_approval_and_the_steps(place: Workplace) -> None:
    claimed = add_and_take(place)
    item_id = claimed.lease.item_id
    work_out(place, item_id)
    approve(place, item_id, ask(place, claimed))
    cancel_item(place, item_id)
    reopen_item(place, item_id)
    (again,) = take(place)
    assert again.approval_id is None
    with place.database.read() as session:
        assert finished_steps(session, item_id, robot_version="1.0") == {}


def test_the_fencing_token_goes_on_from_where_it_was_after_a_reopening(place: Workplace) -> None:
    item_id = bring_to(place, ItemState.COMPLETED)
    reopen_item(place, item_id)
    assert take(place)[0].lease.token == 2


def test_items_are_counted_and_listed_by_state(place: Workplace) -> None:
    bring_to(place, ItemState.COMPLETED)
    newest = bring_to(place, ItemState.NEW)
    add(place, "sag-x", robot="en anden robot")
    with place.database.read() as session:
        assert count_by_state(session, robot=ROBOT) == {ItemState.NEW: 1, ItemState.COMPLETED: 1}
        assert unfinished(session, robot=ROBOT) == 1
        assert next(view.id for view in list_items(session, robot=ROBOT)) == newest
        assert [view.state for view in list_items(session, state=ItemState.COMPLETED)] == [ItemState.COMPLETED]
        assert get_item(session, newest).attempts == 0
        with pytest.raises(UnknownItemError):
            get_item(session, UUID(int=5))


def test_nothing_personal_can_be_read_in_the_items_row(place: Workplace) -> None:
    with place.database.write() as session:
        items = [NewItem("sag-1", "Vejnavn 7, Kærby".encode())]
        enqueue(session, place, ROBOT, items, acting=ACTING, run_id=None)
    assert "rby" not in str(rows(place, "SELECT * FROM work_item"))


def test_a_payload_moved_to_another_column_does_not_open(place: Workplace) -> None:
    claimed = add_and_take(place)
    ask(place, claimed)
    raw(
        place,
        "UPDATE approval SET reason = (SELECT payload FROM work_item WHERE id = :id)",
        id=db_id(place, claimed.lease.item_id),
    )
    with pytest.raises(UnsealError), place.database.read() as session:
        session.execute(select(ApprovalRow.__table__.c.reason)).all()
