"""A run that is told to stop ends in time, and every item is where the record says."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from casework.claiming import reap
from casework.items import NewItem, count_by_state, enqueue
from casework.pausing import set_state
from casework.runs import close_dead_runs
from casework.states import ItemState, RobotState
from casework.tables import RunRow
from casework.workplace import Workplace, as_person
from flows.composition import lock_folder, open_workplace
from flows.ending import Result
from flows.opened_run import log_folder
from flows.stopping import GAVE_UP, Stopping, Watch, stopped_by_signals
from flows.work_loop import WorkLoop
from foundation.clock import ShiftedClock
from foundation.settings import Settings
from robots.desk import Desk
from robots.outcome import Completed, Outcome
from tests.flows.office import Office
from tests.flows.test_ending import Puppet

#: Longer than any lease.
_LONG = timedelta(hours=1)
not_on_windows = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal that a test can send")


def _add(office: Office, number: int) -> None:
    place = office.composition.place
    new = [NewItem(f"item-{each}", b"{}") for each in range(number)]
    with place.database.write() as session:
        enqueue(session, place, office.robot.card.name, new, acting=as_person(office.actor("anne")), run_id=None)


def _loop(office: Office, act: Callable[[Desk], Outcome]) -> WorkLoop:
    return WorkLoop(office.composition, Puppet(act), office.actor("dorthe"))


def test_a_run_that_is_asked_to_stop_finishes_what_it_has_begun_and_lays_back_the_rest(office: Office) -> None:
    _add(office, 6)

    def act(desk: Desk) -> Outcome:
        desk.step("first", loop.stop, returns=type(None))
        desk.step("second", lambda: None, returns=type(None))
        return Completed("fine")

    loop = _loop(office, act)
    summary = loop.run()
    assert summary.stopped_by == "asked_to_stop"
    assert summary.counts[Result.COMPLETED] in {1, 2}
    assert summary.counts.total() == 6
    assert {item.attempts for item in office.items() if item.state is ItemState.NEW} == {0}


def test_a_run_that_is_halted_lays_back_what_it_has_begun_after_the_step_it_is_in(office: Office) -> None:
    _add(office, 1)
    done: list[str] = []

    def first() -> None:
        done.append("first")
        loop.stopping.halt()

    def act(desk: Desk) -> Outcome:
        desk.step("first", first, returns=type(None))
        desk.step("second", lambda: done.append("second"), returns=type(None))
        return Completed("fine")

    loop = _loop(office, act)
    assert loop.run().counts == {Result.GIVEN_BACK: 1}
    loop = _loop(office, act)
    assert loop.run().counts == {Result.COMPLETED: 1}
    assert done == ["first", "second"], "the first step is remembered, and not done again"


def test_a_robot_that_is_stopped_lays_back_what_it_has_begun(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.work_loop.Watch", lambda ask, stopping: Watch(ask, stopping, every_seconds=0.01))
    _add(office, 1)

    def act(desk: Desk) -> Outcome:
        set_state(
            office.composition.place,
            office.robot.card.name,
            RobotState.STOPPED,
            actor=office.actor("dorthe"),
            reason="Nu.",
        )
        while not loop.stopping.is_halted:
            time.sleep(0.01)
        desk.step("after", lambda: pytest.fail("the robot is stopped"), returns=type(None))
        return Completed("fine")

    loop = _loop(office, act)
    summary = loop.run()
    assert (summary.counts, summary.stopped_by) == ({Result.GIVEN_BACK: 1}, "robot_stopped")


def test_the_grace_goes_from_asking_over_halting_to_giving_up() -> None:
    stopping, gave_up = Stopping(), threading.Event()
    stopping.ask_within(0.3, give_up=gave_up.set)
    assert (stopping.is_asked, stopping.is_halted) == (True, False)
    assert gave_up.wait(10)
    assert stopping.is_halted


def test_a_run_that_has_ended_is_not_given_up() -> None:
    stopping, gave_up = Stopping(), threading.Event()
    stopping.ask_within(0.05, give_up=gave_up.set)
    stopping.ended()
    assert not gave_up.wait(0.2)
    assert not stopping.is_halted


@not_on_windows
def test_signals_are_the_test_processes_own_again_afterwards() -> None:
    before = signal.getsignal(signal.SIGTERM)
    stopping = Stopping()
    with stopped_by_signals(stopping, grace_seconds=60):
        signal.raise_signal(signal.SIGTERM)
        assert stopping.is_asked
    assert signal.getsignal(signal.SIGTERM) is before


def test_in_another_thread_signals_are_left_alone() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen: list[object] = []

    def enter() -> None:
        with stopped_by_signals(Stopping(), grace_seconds=60):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [before]


@contextmanager
def _child(
    folder: Path, environment: dict[str, str], *, seconds: float, grace: float, items: int
) -> Iterator[subprocess.Popen[str]]:
    environment = {name: value for name, value in environment.items() if not name.startswith("SAGSGANG_")}
    words = [sys.executable, "-m", "tests.flows.stopped_child", str(folder), str(seconds), str(grace), str(items)]
    with (folder.parent / "err.txt").open("w") as err:
        process = subprocess.Popen(  # noqa: S603 - our own Python and a module beside this one.
            words, stdout=subprocess.PIPE, stderr=err, text=True, cwd=Path(__file__).parents[2], env=environment
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _states(place: Workplace) -> Counter[ItemState]:
    with place.database.read() as session:
        return Counter(count_by_state(session))


def _failures(place: Workplace) -> list[str | None]:
    with place.database.read() as session:
        return list(session.execute(select(RunRow.__table__.c.failure)).scalars())


@not_on_windows
@pytest.mark.slow
def test_a_process_that_is_told_to_stop_ends_within_the_grace_with_nothing_half(
    settings: Settings, child_environment: dict[str, str]
) -> None:
    settings.data_dir.parent.mkdir(parents=True, exist_ok=True)
    with _child(settings.data_dir, child_environment, seconds=0.3, grace=20, items=8) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "step\n"
        process.send_signal(signal.SIGTERM)
        told, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert told.splitlines()[-1] == "asked_to_stop"
    with open_workplace(settings) as place:
        assert _states(place) == {ItemState.COMPLETED: 2, ItemState.NEW: 6}
        assert _failures(place) == ["asked_to_stop"]


@not_on_windows
@pytest.mark.slow
@pytest.mark.parametrize("signals", [1, 2], ids=["after the grace", "at the second signal"])
def test_a_process_that_cannot_end_gives_up_and_its_items_come_back(
    settings: Settings, child_environment: dict[str, str], signals: int
) -> None:
    settings.data_dir.parent.mkdir(parents=True, exist_ok=True)
    with _child(
        settings.data_dir, child_environment, seconds=60, grace=0.5 if signals == 1 else 50, items=3
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "step\n"
        for _ in range(signals):
            process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
        assert process.wait(20) == GAVE_UP
    with open_workplace(settings, clock=ShiftedClock(by=_LONG)) as place:
        assert _states(place)[ItemState.IN_PROGRESS] > 0
        assert len(close_dead_runs(place, locks=lock_folder(settings), logs=log_folder(settings))) == 1
        reap(place, max_attempts=5)
        assert _states(place) == {ItemState.NEW: 3}
        assert _failures(place) == ["worker_died"]
