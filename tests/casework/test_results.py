"""Every row has exactly one result at any moment, so that the numbers add up."""

from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from casework import transitions
from casework.approvals import Answer, send_back, take_over
from casework.claiming import reap
from casework.results import PrimaryResult, RowResult, results_of, store_results, tally
from casework.workplace import Workplace
from tests.workbench import BO, ROBOT, RUN, add_and_take, ask, cancel_item, db_id, end, proposal, raw

WAITING = PrimaryResult.AWAITING_APPROVAL
APPLIED = PrimaryResult.APPLIED


def _row(row: str, result: PrimaryResult, *, tasks: int = 0) -> RowResult:
    return RowResult(row=row, result=result, rule="ADR-01", reason="moved", tasks=tasks)


def _store(place: Workplace, item_id: UUID, *results: RowResult, robot: str = ROBOT) -> None:
    with place.database.write() as session:
        store_results(session, item_id, robot=robot, results=results, at=place.now())


def _results(place: Workplace, item_id: UUID) -> dict[str, PrimaryResult]:
    with place.database.read() as session:
        return {each.row: each.result for each in results_of(session, item_id)}


def test_a_later_result_is_written_over_the_earlier_one(place: Workplace) -> None:
    item_id = uuid4()
    _store(place, item_id, _row("S1/1", WAITING), _row("S1/2", WAITING))
    _store(place, item_id, _row("S1/1", APPLIED, tasks=2))
    with place.database.read() as session:
        assert results_of(session, item_id) == [_row("S1/1", APPLIED, tasks=2), _row("S1/2", WAITING)]


def test_one_row_of_two_items_has_a_result_in_each(place: Workplace) -> None:
    one, two = uuid4(), uuid4()
    _store(place, one, _row("S1/1", APPLIED))
    _store(place, two, _row("S1/1", PrimaryResult.NOOP))
    assert (_results(place, one), _results(place, two)) == ({"S1/1": APPLIED}, {"S1/1": PrimaryResult.NOOP})


def test_of_two_results_of_one_row_handed_in_together_the_last_counts(place: Workplace) -> None:
    item_id = uuid4()
    _store(place, item_id, _row("S1/1", WAITING), _row("S1/1", APPLIED))
    assert _results(place, item_id) == {"S1/1": APPLIED}


def test_rows_are_counted_by_result_and_tasks_apart(place: Workplace) -> None:
    _store(place, uuid4(), _row("S1/1", APPLIED, tasks=1), _row("S1/2", APPLIED), _row("S2/1", WAITING, tasks=2))
    _store(place, uuid4(), _row("S1/1", APPLIED), robot="another")
    with place.database.read() as session:
        counted = tally(session, robot=ROBOT)
    assert (counted.by_result, counted.tasks, counted.rows) == ({APPLIED: 2, WAITING: 1}, 3, 3)


def test_nothing_is_nothing(place: Workplace) -> None:
    _store(place, uuid4())
    with place.database.read() as session:
        counted = tally(session, robot=ROBOT)
    assert (counted.by_result, counted.tasks, counted.rows) == ({}, 0, 0)


def test_rows_are_counted_of_some_items_or_since_a_time(place: Workplace) -> None:
    one, two = uuid4(), uuid4()
    _store(place, one, _row("S1/1", APPLIED))
    place.clock.sleep(60)
    later = place.now()
    _store(place, two, _row("S1/1", WAITING))
    with place.database.read() as session:
        assert tally(session, robot=ROBOT, items=[one, one]).by_result == {APPLIED: 1}
        assert tally(session, robot=ROBOT, items=[]).rows == 0
        assert tally(session, robot=ROBOT, since=later).by_result == {WAITING: 1}


def test_rows_are_counted_of_the_items_of_a_run(place: Workplace) -> None:
    claimed = add_and_take(place)
    _store(place, claimed.lease.item_id, _row("S1/1", APPLIED))
    _store(place, uuid4(), _row("S2/1", APPLIED))
    with place.database.read() as session:
        assert tally(session, robot=ROBOT, run=RUN).rows == 1
        assert tally(session, robot=ROBOT, run=uuid4()).rows == 0


@given(
    handlings=st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 5), st.sampled_from(PrimaryResult), st.integers(0, 2)), max_size=20
    )
)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_stored_in_whatever_order_every_row_is_counted_once(
    place: Workplace, handlings: list[tuple[int, int, PrimaryResult, int]]
) -> None:
    robot, items = f"robot-{uuid4()}", [uuid4() for _ in range(4)]
    latest: dict[tuple[int, int], tuple[PrimaryResult, int]] = {}
    for number, row, result, tasks in handlings:
        _store(place, items[number], _row(f"S{row}/1", result, tasks=tasks), robot=robot)
        latest[number, row] = (result, tasks)
    with place.database.read() as session:
        counted = tally(session, robot=robot)
    assert counted.rows == len(latest)
    assert counted.tasks == sum(tasks for _, tasks in latest.values())
    assert all(
        counted.by_result.get(result, 0) == [known for known, _ in latest.values()].count(result)
        for result in PrimaryResult
    )


def _item_with_rows(place: Workplace) -> UUID:
    claimed = add_and_take(place)
    _store(place, claimed.lease.item_id, _row("S1/1", WAITING), _row("S1/2", PrimaryResult.NOOP))
    return claimed.lease.item_id


def test_cancelling_an_item_takes_its_waiting_rows_over(place: Workplace) -> None:
    claimed = add_and_take(place)
    item_id = claimed.lease.item_id
    _store(place, item_id, _row("S1/1", WAITING), _row("S1/2", PrimaryResult.NOOP))
    ask(place, claimed)
    cancel_item(place, item_id)
    assert _results(place, item_id) == {"S1/1": PrimaryResult.TAKEN_OVER, "S1/2": PrimaryResult.NOOP}


def test_taking_a_proposal_over_takes_its_rows_over(place: Workplace) -> None:
    claimed = add_and_take(place)
    _store(place, claimed.lease.item_id, _row("S1/1", WAITING))
    asked = ask(place, claimed, proposal("r1"))
    answer = Answer(claimed.lease.item_id, asked.digest())
    take_over(place, answer, actor=BO, person_seconds=1, reason="Gør det selv.")
    assert _results(place, claimed.lease.item_id) == {"S1/1": PrimaryResult.TAKEN_OVER}


def test_sending_a_proposal_back_leaves_its_rows_waiting(place: Workplace) -> None:
    claimed = add_and_take(place)
    _store(place, claimed.lease.item_id, _row("S1/1", WAITING))
    asked = ask(place, claimed, proposal("r1"))
    send_back(place, Answer(claimed.lease.item_id, asked.digest()), actor=BO, person_seconds=1, reason="Forkert dato.")
    assert _results(place, claimed.lease.item_id) == {"S1/1": WAITING}


@pytest.mark.parametrize("arrow", [transitions.FAIL, transitions.REJECT], ids=lambda arrow: arrow.name)
def test_rows_of_an_item_that_fails_or_is_rejected_wait_no_more(
    place: Workplace, arrow: transitions.Transition
) -> None:
    claimed = add_and_take(place)
    _store(place, claimed.lease.item_id, _row("S1/1", WAITING), _row("S1/2", APPLIED))
    end(place, claimed, arrow)
    assert _results(place, claimed.lease.item_id) == {"S1/1": PrimaryResult.BLOCKED, "S1/2": APPLIED}


def test_rows_of_an_item_whose_workers_died_too_often_wait_no_more(place: Workplace) -> None:
    item_id = _item_with_rows(place)
    place.clock.sleep(3600)
    reap(place, max_attempts=1)
    assert _results(place, item_id)["S1/1"] is PrimaryResult.BLOCKED


@pytest.mark.parametrize("wrong", ["result = 'lost'", "result = NULL", "tasks = -1"])
def test_the_database_refuses_a_row_without_one_of_the_results(place: Workplace, wrong: str) -> None:
    item_id = _item_with_rows(place)
    statement = f"UPDATE work_result SET {wrong} WHERE item_id = :id"  # noqa: S608 - one of three texts above.
    with pytest.raises(IntegrityError):
        raw(place, statement, id=db_id(place, item_id))
