"""Each run leads back to the person who started it."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from casework.errors import AlreadyRunningError
from casework.runs import ANY_NUMBER, close_dead_runs, close_run, open_run, runs_between, runs_of_flows
from casework.workers import enlist
from casework.workplace import Workplace
from tests.concurrency import at_once
from tests.workbench import ACTING, ANNE, ROBOT, event_types, events, rows


def test_a_run_is_opened_by_a_person_and_worked_by_the_robot_on_his_behalf(place: Workplace) -> None:
    run_id, acting = open_run(place, robot=ROBOT, robot_version="1.0", starter=ANNE, acting=ACTING)
    assert rows(place, "SELECT started_by FROM run") == [{"started_by": "anne"}]
    assert (acting.actor.id, acting.actor.on_behalf_of, acting.run_id) == (ROBOT, "anne", str(run_id))
    (told,) = events(place)
    assert (told["type"], told["actor"]["id"], told["run"]["run"]) == ("run.opened", "anne", str(run_id))


def test_a_closed_run_tells_what_came_of_it(place: Workplace) -> None:
    run_id, acting = open_run(place, robot=ROBOT, robot_version="1.0", starter=ANNE, acting=ACTING, is_dry=True)
    place.clock.sleep(5)
    close_run(place, run_id, acting=acting, counts={"completed": 3}, log_digest="abc")
    told = events(place)[-1]
    assert (told["type"], told["outcome"], told["facts"]) == ("run.closed", "ok", {"completed": 3, "log": "abc"})
    (row,) = rows(place, "SELECT is_dry, ended_at, log_digest FROM run")
    assert (bool(row["is_dry"]), row["log_digest"]) == (True, "abc")
    assert row["ended_at"] is not None


def test_a_run_that_ended_early_says_so(place: Workplace) -> None:
    run_id, acting = open_run(place, robot=ROBOT, robot_version="1.0", starter=ANNE, acting=ACTING)
    close_run(place, run_id, acting=acting, counts={}, failure="circuit_open")
    told = events(place)[-1]
    assert (told["outcome"], told["facts"]) == ("failed", {"failure": "circuit_open"})


def _open(place: Workplace, *, worker: UUID | None = None, at_most: int | None = 1) -> UUID:
    run_id, _ = open_run(
        place, robot=ROBOT, robot_version="1.0", starter=ANNE, acting=ACTING, worker=worker, at_most=at_most
    )
    return run_id


def test_a_second_run_that_collects_is_refused_while_the_first_goes_on(place: Workplace) -> None:
    first = _open(place)
    with pytest.raises(AlreadyRunningError, match="kører allerede"):
        _open(place)
    close_run(place, first, acting=ACTING, counts={})
    _open(place)


def test_as_many_run_together_as_may(place: Workplace) -> None:
    for _ in range(2):
        _open(place, at_most=2)
    with pytest.raises(AlreadyRunningError):
        _open(place, at_most=2)


def test_a_run_that_a_person_asks_for_is_opened_beside_others(place: Workplace) -> None:
    _open(place)
    _open(place, at_most=ANY_NUMBER)


def test_a_run_that_takes_nothing_in_hinders_nobody(place: Workplace) -> None:
    _open(place, at_most=None)
    _open(place)


def test_of_many_schedulers_at_once_one_gets_through(place: Workplace) -> None:
    def attempt() -> bool:
        try:
            _open(place)
        except AlreadyRunningError:
            return False
        return True

    assert sorted(at_once(*([attempt] * 5))) == [False] * 4 + [True]
    assert event_types(place) == ["run.opened"]


def test_a_run_is_closed_once(place: Workplace) -> None:
    run = _open(place)
    assert close_run(place, run, acting=ACTING, counts={"completed": 1})
    assert not close_run(place, run, acting=ACTING, counts={})
    assert event_types(place) == ["run.opened", "run.closed"]


def test_a_run_whose_worker_lives_is_left_alone(place: Workplace, tmp_path: Path) -> None:
    worker = enlist(place, locks=tmp_path)
    run = _open(place, worker=worker.id)
    try:
        assert close_dead_runs(place, locks=tmp_path, logs=tmp_path) == []
    finally:
        close_run(place, run, acting=ACTING, counts={})
        worker.stop()


def test_a_run_whose_worker_is_gone_is_closed_as_dead_with_the_digest_of_its_log(
    place: Workplace, tmp_path: Path
) -> None:
    worker = enlist(place, locks=tmp_path)
    run = _open(place, worker=worker.id)
    (tmp_path / f"run-{run}.jsonl").write_bytes(b"{}\n")
    worker.stop()
    assert close_dead_runs(place, locks=tmp_path, logs=tmp_path) == [run]
    assert close_dead_runs(place, locks=tmp_path, logs=tmp_path) == []
    told = events(place)[-1]
    digest = hashlib.sha256(b"{}\n").hexdigest()
    assert (told["type"], told["outcome"], told["actor"]["id"]) == ("run.closed", "failed", "reaper")
    assert told["facts"] == {"failure": "worker_died", "log": digest}
    assert rows(place, "SELECT failure, log_digest FROM run") == [{"failure": "worker_died", "log_digest": digest}]
    _open(place)


def test_runs_are_found_by_the_time_they_went_on(place: Workplace) -> None:
    begin = place.now()
    early = _open(place)
    place.clock.sleep(10)
    close_run(place, early, acting=ACTING, counts={})
    place.clock.sleep(10)
    late = _open(place)
    assert runs_between(place, ROBOT, begin, place.now(), limit=5) == [late, early]
    assert runs_between(place, ROBOT, begin + timedelta(seconds=11), place.now(), limit=5) == [late]
    assert runs_between(place, ROBOT, begin, begin + timedelta(seconds=5), limit=5) == [early]
    assert runs_between(place, "en anden", begin, place.now(), limit=5) == []


def test_our_run_of_a_flow_run_is_found(place: Workplace) -> None:
    acting = replace(ACTING, flow="flow-1")
    run_id, _ = open_run(place, robot=ROBOT, robot_version="1.0", starter=ANNE, acting=acting)
    found = runs_of_flows(place, ["flow-1", "flow-2"])
    assert {flow: run.id for flow, run in found.items()} == {"flow-1": run_id}
