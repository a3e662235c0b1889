"""A sweep goes on where it was, and two processes never both advance it."""

from uuid import UUID, uuid4

import pytest

from casework.errors import ReasonMissingError, TransitionRefusedError, UnknownItemError
from casework.states import SweepKind, SweepState
from casework.sweeps import SweepView, advance, finish_sweep, get_sweep, latest_sweep, start_sweep, stop_sweep
from casework.workplace import Workplace, as_person
from tests.concurrency import at_once
from tests.workbench import ACTING, BO, ROBOT, event_types, events

SWEEP = SweepKind.SWEEP


def _start(place: Workplace, kind: SweepKind = SWEEP) -> SweepView:
    return start_sweep(place, robot=ROBOT, kind=kind, acting=ACTING)


def _advance(place: Workplace, sweep: SweepView, before: str | None, cursor: str | None, **counts: int) -> bool:
    with place.database.write() as session:
        return advance(session, place, sweep.id, before_cursor=before, cursor=cursor, counts=counts)


def _latest(place: Workplace, kind: SweepKind = SWEEP) -> SweepView:
    with place.database.read() as session:
        sweep = latest_sweep(session, robot=ROBOT, kind=kind)
    assert sweep is not None
    return sweep


def _finish(place: Workplace, sweep: SweepView) -> SweepView:
    with place.database.write() as session:
        return finish_sweep(session, place, sweep.id, acting=ACTING)


def test_a_sweep_begins_at_the_beginning(place: Workplace) -> None:
    sweep = _start(place)
    assert (sweep.state, sweep.cursor, sweep.counts, sweep.started_by) == (SweepState.RUNNING, None, {}, "anne")
    assert _latest(place) == sweep


def test_before_the_first_sweep_there_is_none(place: Workplace) -> None:
    with place.database.read() as session:
        assert latest_sweep(session, robot=ROBOT, kind=SWEEP) is None


def test_after_a_crash_the_sweep_goes_on_where_it_was(place: Workplace) -> None:
    sweep = _start(place)
    assert _advance(place, sweep, None, "page-2", parties=500, drift=3)
    assert _advance(place, _latest(place), "page-2", "page-3", parties=500)
    again = _latest(place)
    assert (again.cursor, again.counts) == ("page-3", {"parties": 1000, "drift": 3})


def test_what_is_rolled_back_does_not_move_the_cursor(place: Workplace) -> None:
    sweep = _start(place)

    def fail() -> None:
        with place.database.write() as session:
            assert advance(session, place, sweep.id, before_cursor=None, cursor="page-2", counts={"parties": 1})
            raise RuntimeError("the items could not be stored")

    with pytest.raises(RuntimeError):
        fail()
    assert (_latest(place).cursor, _latest(place).counts) == (None, {})


def test_a_process_that_read_an_older_cursor_does_not_advance(place: Workplace) -> None:
    sweep = _start(place)
    assert _advance(place, sweep, None, "page-2", parties=500)
    assert not _advance(place, sweep, None, "page-2", parties=500)
    assert _latest(place).counts == {"parties": 500}


def test_of_two_processes_at_once_one_advances(place: Workplace) -> None:
    sweep = _start(place)
    moved = at_once(*[lambda: _advance(place, sweep, None, "page-2", parties=500)] * 3)
    assert sorted(moved) == [False, False, True]
    assert _latest(place).counts == {"parties": 500}


def test_the_last_portion_finishes_the_sweep_in_its_own_transaction(place: Workplace) -> None:
    sweep = _start(place)
    with place.database.write() as session:
        assert advance(session, place, sweep.id, before_cursor=None, cursor=None, counts={"parties": 7})
        finish_sweep(session, place, sweep.id, acting=ACTING)
    ended = _latest(place)
    assert (ended.state, ended.finished_at) == (SweepState.FINISHED, place.now())
    assert not _advance(place, sweep, None, None, parties=7)


def test_one_sweep_of_each_kind_runs_at_a_time(place: Workplace) -> None:
    sweep = _start(place)
    _start(place, SweepKind.COMPARISON)
    with pytest.raises(TransitionRefusedError, match="allerede i gang"):
        _start(place)
    _finish(place, sweep)
    assert _start(place).id == _latest(place).id != sweep.id


def test_a_sweep_that_runs_is_found_also_when_an_earlier_one_was_made_by_a_clock_that_was_ahead(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = iter([UUID("01f00000-0000-7000-8000-000000000000"), UUID("01900000-0000-7000-8000-000000000000")])
    monkeypatch.setattr("casework.sweeps.new_id", lambda: next(ids))
    _finish(place, _start(place))
    running = _start(place)
    assert _latest(place) == running
    finished = _finish(place, running)
    assert _latest(place).id > finished.id


def test_a_stopped_sweep_is_not_advanced(place: Workplace) -> None:
    sweep = _start(place)
    with place.database.write() as session:
        stop_sweep(session, place, sweep.id, acting=as_person(BO), reason="Registeret er nede.")
    assert not _advance(place, sweep, None, "page-2")
    assert _latest(place).state is SweepState.STOPPED


def test_stopping_needs_a_reason_and_a_sweep_that_runs(place: Workplace) -> None:
    sweep = _start(place)
    with pytest.raises(ReasonMissingError), place.database.write() as session:
        stop_sweep(session, place, sweep.id, acting=ACTING, reason=" ")
    _finish(place, sweep)
    with pytest.raises(TransitionRefusedError, match="finished"):
        _finish(place, sweep)
    with pytest.raises(UnknownItemError), place.database.read() as session:
        get_sweep(session, uuid4())


def test_the_trail_tells_of_begin_and_end_with_the_counts(place: Workplace) -> None:
    sweep = _start(place)
    _advance(place, sweep, None, "page-2", parties=500, drift=3)
    _finish(place, sweep)
    assert event_types(place) == ["sweep.started", "sweep.finished"]
    facts = events(place)[-1]["facts"]
    assert facts == {"parties": 500, "drift": 3, "sweep": str(sweep.id), "robot": ROBOT, "kind": "sweep"}
