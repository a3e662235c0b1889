"""A worker is dead when the operating system says so, and never because it is slow."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from uuid import UUID

import pytest

from casework import workers
from casework.errors import LeaseLostError
from casework.workers import Worker, death_of, enlist, is_seen_alive, require_alive
from casework.workplace import Workplace
from tests.concurrency import at_once
from tests.workbench import event_types, raw, rows

#: A process that enlists, says its id, and works until it is ended.
_CHILD = """
import sys, time
from pathlib import Path
from casework.workers import enlist
from casework.workplace import Workplace
from foundation.clock import SystemClock
from foundation.database import Database
from foundation.environment import Environment
from foundation.sealing import KeyRing
database = Database(sys.argv[1], KeyRing(bytes(range(32))))
worker = enlist(Workplace(database, SystemClock(), Environment.SIMULATED), locks=Path(sys.argv[2]))
print(worker.id, flush=True)
time.sleep(60)
"""

ROOT = Path(__file__).parents[2]

needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGSTOP")


@pytest.fixture
def child(
    database_url: str, place: Workplace, locks: Path, child_environment: dict[str, str]
) -> Iterator[tuple[subprocess.Popen[str], UUID]]:
    command = [sys.executable, "-c", _CHILD, database_url, str(locks)]
    started = subprocess.Popen(  # noqa: S603 - our own Python.
        command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=child_environment
    )
    with started as process:
        assert process.stdout is not None
        yield process, UUID(process.stdout.readline().strip())
        process.kill()


@needs_signals
@pytest.mark.slow
@pytest.mark.crash
def test_a_stopped_process_is_alive_and_a_killed_one_is_dead(
    child: tuple[subprocess.Popen[str], UUID], place: Workplace, locks: Path
) -> None:
    process, worker_id = child
    assert death_of(place, worker_id, locks=locks) is None
    os.kill(process.pid, signal.SIGSTOP)
    assert death_of(place, worker_id, locks=locks) is None
    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)
    dead_since = _until_dead(place, worker_id, locks)
    assert dead_since == place.now()
    assert event_types(place) == ["worker.declared_dead"]


def _until_dead(place: Workplace, worker_id: UUID, locks: Path) -> object:
    """PostgreSQL needs a moment to see that its client has gone; no test may wait long for it."""
    end = time.monotonic() + 10
    while (dead_since := death_of(place, worker_id, locks=locks)) is None and time.monotonic() < end:
        time.sleep(0.02)
    return dead_since


def test_a_living_worker_is_not_declared_dead_by_its_own_process(worker: Worker, place: Workplace, locks: Path) -> None:
    assert death_of(place, worker.id, locks=locks) is None


def test_the_proof_is_remembered(place: Workplace, locks: Path) -> None:
    gone = enlist(place, locks=locks)
    _die(gone)
    first = death_of(place, gone.id, locks=locks)
    place.clock.sleep(100)
    assert first is not None
    assert death_of(place, gone.id, locks=locks) == first
    assert event_types(place).count("worker.declared_dead") == 1


def test_many_who_prove_a_death_at_once_agree(place: Workplace, locks: Path) -> None:
    gone = enlist(place, locks=locks)
    _die(gone)
    answers = at_once(*(lambda: death_of(place, gone.id, locks=locks) for _ in range(4)))
    # Who does not get the lock cannot tell yet, and asks again later.
    assert {answer for answer in answers if answer is not None} == {place.now()}
    assert death_of(place, gone.id, locks=locks) == place.now()
    assert event_types(place).count("worker.declared_dead") == 1


def test_a_lock_file_that_is_not_there_proves_nothing(place: Workplace, locks: Path, tmp_path: Path) -> None:
    gone = enlist(place, locks=locks)
    _die(gone)
    assert death_of(place, gone.id, locks=tmp_path / "elsewhere") is None


def test_a_worker_on_another_machine_is_judged_by_the_database_alone(place: Workplace, locks: Path) -> None:
    gone = enlist(place, locks=locks)
    raw(place, "UPDATE worker SET host = 'en-anden-maskine'")
    assert death_of(place, gone.id, locks=locks) is None
    _die(gone)
    # SQLite lies on one machine and can say nothing of another; PostgreSQL can.
    dead_since = death_of(place, gone.id, locks=locks)
    assert dead_since == (None if place.database.is_sqlite else place.now())


def test_a_worker_that_said_goodbye_is_dead_since_then(place: Workplace, locks: Path) -> None:
    gone = enlist(place, locks=locks)
    gone.stop()
    stopped = place.now()
    place.clock.sleep(50)
    assert death_of(place, gone.id, locks=locks) == stopped


def test_a_worker_that_said_goodbye_leaves_no_lock_file(place: Workplace, locks: Path) -> None:
    killed = enlist(place, locks=locks)
    gone = enlist(place, locks=locks)
    gone.stop()
    assert [path.name for path in locks.iterdir()] == [f"worker-{killed.id}.lock"]
    assert death_of(place, gone.id, locks=locks) == place.now()
    assert "worker.declared_dead" not in event_types(place)
    assert death_of(place, killed.id, locks=locks) is None
    _die(killed)
    assert death_of(place, killed.id, locks=locks) == place.now()


def test_a_worker_that_says_goodbye_while_somebody_judges_it_is_not_declared_dead(
    place: Workplace, locks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = enlist(place, locks=locks)
    try_lock = workers._file_lock

    def try_lock_late(folder: Path, worker: UUID) -> AbstractContextManager[bool]:
        gone.stop()
        # Who found the file a moment ago makes it anew by opening it.
        (folder / f"worker-{worker}.lock").touch()
        return try_lock(folder, worker)

    monkeypatch.setattr(workers, "_file_lock", try_lock_late)
    stopped = place.now()
    assert death_of(place, gone.id, locks=locks) == stopped
    assert event_types(place) == []


def test_a_worker_that_said_goodbye_leaves_no_lock_in_the_database(place: Workplace, locks: Path) -> None:
    if place.database.is_sqlite:
        pytest.skip("SQLite has no advisory locks")
    enlist(place, locks=locks).stop()
    assert rows(place, "SELECT * FROM pg_locks WHERE locktype = 'advisory'") == []


@pytest.mark.parametrize(
    "statement",
    ["UPDATE worker SET declared_dead_at = started_at", "UPDATE worker SET stopped_at = started_at"],
    ids=["declared dead", "stopped"],
)
def test_a_worker_that_others_take_for_dead_may_not_intend(place: Workplace, locks: Path, statement: str) -> None:
    gone = enlist(place, locks=locks)
    with place.database.write() as session:
        require_alive(session, gone.id)
    raw(place, statement)
    with pytest.raises(LeaseLostError), place.database.write() as session:
        require_alive(session, gone.id)
    _die(gone)


def test_without_its_connection_a_worker_has_no_right_to_call_ever_again(place: Workplace, locks: Path) -> None:
    if place.database.is_sqlite:
        pytest.skip("with SQLite the lock file is the only proof of life")
    worker = enlist(place, locks=locks)
    worker.require_right_to_call()
    with place.database.engine.connect() as connection:
        connection.exec_driver_sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
    for _ in range(3):
        with pytest.raises(LeaseLostError):
            worker.require_right_to_call()
    worker.stop()


def test_a_worker_is_seen_alive_while_somebody_holds_its_lock(worker: Worker, place: Workplace, locks: Path) -> None:
    assert is_seen_alive(place, worker.id, locks=locks)
    worker.stop()
    assert not is_seen_alive(place, worker.id, locks=locks)


def test_a_worker_that_nobody_can_look_at_is_neither_seen_alive_nor_dead(place: Workplace, locks: Path) -> None:
    gone = enlist(place, locks=locks)
    raw(place, "UPDATE worker SET host = 'en-anden-maskine'")
    # On another machine with SQLite; with PostgreSQL its connection still tells.
    assert is_seen_alive(place, gone.id, locks=locks) is not place.database.is_sqlite
    _die(gone)
    assert not is_seen_alive(place, gone.id, locks=locks)


def test_many_threads_may_ask_for_the_right_to_call_at_once(worker: Worker) -> None:
    def ask() -> None:
        for _ in range(20):
            worker.require_right_to_call()

    at_once(*(ask for _ in range(6)))


def test_the_effect_with_one_key_belongs_to_one_thread_at_a_time(worker: Worker) -> None:
    with worker.calling("a") as first, worker.calling("a") as second, worker.calling("b") as other:
        assert (first, second, other) == (True, False, True)
    with worker.calling("a") as again:
        assert again


def _die(worker: Worker) -> None:
    """What the operating system and PostgreSQL do when a process ends without a word."""
    worker._lock.release()
    if worker._session_lock is not None:
        worker._session_lock.invalidate()
        worker._session_lock.close()
