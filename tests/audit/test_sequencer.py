"""Everything that is committed comes into the tree, once, whoever dies or comes late meanwhile."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from audit.clock_skew import CLOCK_TOLERANCE
from audit.errors import LeafRefusedError
from audit.merkle import EMPTY, verify_consistency, verify_inclusion
from audit.recording import record
from audit.sequencer import _leads, drain, read_head, sequence_batch
from audit.tiles import TILE_BYTES, StoredTree, TileName, index_path, tiles_of
from casework.workplace import Workplace
from foundation.clock import ManualClock
from foundation.database import Database
from foundation.sealing import KeyRing
from tests.audit.tampering import Fill, forced, plain
from tests.concurrency import at_once
from tests.workbench import db_id, event_types, rows


def _leaves(place: Workplace) -> list[bytes]:
    return [bytes(row["leaf"]) for row in rows(place, "SELECT leaf FROM audit_leaf ORDER BY seq")]


def _require_whole(place: Workplace) -> None:
    """Events and leaves are the same set, nothing waits, and head and tiles are those of the leaves."""
    events = {bytes(row["leaf"]) for row in rows(place, "SELECT leaf FROM audit_event")}
    leaves = _leaves(place)
    assert set(leaves) == events
    assert len(leaves) == len(events)
    assert rows(place, "SELECT * FROM audit_pending") == []
    assert [row["seq"] for row in rows(place, "SELECT seq FROM audit_leaf ORDER BY seq")] == list(range(len(leaves)))
    tree = EMPTY.append(leaves)
    with place.database.read() as session:
        assert read_head(session).tree == tree
        assert StoredTree(session).root(len(leaves)) == tree.root()
    full = rows(place, "SELECT level, idx, data FROM audit_tile ORDER BY level, idx")
    assert [(row["level"], row["idx"]) for row in full] == [
        (name.level, name.index) for name in tiles_of(len(leaves)) if name.width == 256
    ]


def _drain(place: Workplace, batch: int = 1000) -> int:
    return drain(place.database, now=place.now, environment="simulated", batch=batch).count


@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_what_waits_comes_into_the_tree_in_batches_of_any_size(place: Workplace, fill: Fill, batch: int) -> None:
    # The database's own first event waits, too.
    assert fill(20, batch=batch).count == 21
    _require_whole(place)


def test_a_tree_that_grows_fills_its_tiles_level_by_level(place: Workplace, fill: Fill) -> None:
    for count in (200, 54, 1, 1, 700, 300):
        fill(count, batch=150)
        _require_whole(place)


def test_with_nothing_waiting_nothing_is_done(place: Workplace, fill: Fill) -> None:
    fill(3)
    before = rows(place, "SELECT * FROM audit_tree")
    assert (_drain(place), rows(place, "SELECT * FROM audit_tree")) == (0, before)


@pytest.fixture
def second(database_url: str, ring: KeyRing) -> Iterator[Database]:
    """A second process's way into the same database."""
    opened = Database(database_url, ring)
    yield opened
    opened.dispose()


def test_two_sequencers_at_once_put_everything_into_the_tree_once(
    place: Workplace, fill: Fill, second: Database
) -> None:
    fill(400, into_tree=False)
    at_once(
        *(
            lambda one=one: drain(one, now=place.now, environment="simulated", batch=7)
            for one in (place.database, second)
        )
    )
    _drain(place)
    _require_whole(place)


def test_a_second_sequencer_is_told_so_and_does_nothing(place: Workplace, fill: Fill, second: Database) -> None:
    if place.database.is_sqlite:
        pytest.skip("on SQLite whoever writes is alone")
    fill(5, into_tree=False)
    with place.database.write() as session:
        assert _leads(session.connection())
        assert not drain(second, now=place.now, environment="simulated").is_leader
    assert rows(place, "SELECT * FROM audit_leaf") == []
    assert _drain(place) == 6
    _require_whole(place)


def test_an_event_that_is_committed_after_a_younger_one_is_not_lost(
    place: Workplace, fill: Fill, second: Database
) -> None:
    """A cursor over ids or times would never see it: in the experiment it lost 148 of 333."""
    if place.database.is_sqlite:
        pytest.skip("SQLite has one writer, so that nobody can be overtaken")
    with second.write() as late:
        record(late, plain(1), at=place.now(), environment="simulated")
        fill(5)
        assert len(_leaves(place)) == 6
    assert _drain(place) == 1
    _require_whole(place)


def test_writers_and_sequencer_at_once_lose_nothing(place: Workplace, fill: Fill, second: Database) -> None:
    def write() -> None:
        for number in range(30):
            with second.write() as session:
                record(session, plain(number), at=place.now(), environment="simulated")

    def sequence() -> None:
        for _ in range(20):
            sequence_batch(place.database, now=place.now(), environment="simulated")

    at_once(write, write, write, sequence)
    _drain(place)
    assert len(_leaves(place)) == 91
    _require_whole(place)


def test_a_leaf_that_its_writer_made_up_is_put_into_quarantine_and_nothing_else_is_lost(
    place: Workplace, fill: Fill
) -> None:
    fill(3, into_tree=False)
    with place.database.write() as session:
        forged = record(session, plain(), at=place.now(), environment="simulated")
    forced(place, "UPDATE audit_event SET leaf = body WHERE id = :id", id=db_id(place, forged))
    fill(3, into_tree=False)
    with pytest.raises(LeafRefusedError, match=str(forged)) as refused:
        _drain(place, batch=2)
    assert refused.value.events == (forged,)
    assert len(_leaves(place)) == 7
    (kept,) = rows(place, "SELECT event_id FROM audit_quarantine")
    assert UUID(str(kept["event_id"])) == forged
    assert rows(place, "SELECT * FROM audit_pending") == []
    # It was told once, and the rest goes on.
    assert fill(1).count == 1


def test_a_clock_that_is_set_back_is_told_once_in_the_record(place: Workplace, fill: Fill, clock: ManualClock) -> None:
    fill(3)
    clock._now -= CLOCK_TOLERANCE + timedelta(hours=1)
    fill(3)
    fill(3)
    _drain(place)
    assert event_types(place).count("clock.skewed") == 1
    _require_whole(place)


def test_a_clock_that_goes_a_little_back_is_not_told(place: Workplace, fill: Fill, clock: ManualClock) -> None:
    fill(3)
    clock._now -= CLOCK_TOLERANCE
    fill(3)
    assert "clock.skewed" not in event_types(place)


_DIES = """
import os, signal, sys
from datetime import UTC, datetime
import audit.sequencer as sequencer
from foundation.database import Database
from foundation.sealing import KeyRing
step, when = sys.argv[2], sys.argv[3]
whole = getattr(sequencer, step)
def dying(*arguments, **named):
    if when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    whole(*arguments, **named)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(sequencer, step, dying)
database = Database(sys.argv[1], KeyRing(bytes(range(32))))
sequencer.drain(database, now=lambda: datetime.now(UTC), environment="simulated", batch=300)
"""


@pytest.mark.crash
@pytest.mark.slow
@pytest.mark.parametrize("step", ["_append_leaves", "_append_tiles", "_store_head", "_clear"])
def test_a_sequencer_that_is_killed_at_any_step_loses_and_doubles_nothing(
    place: Workplace, fill: Fill, database_url: str, child_environment: dict[str, str], step: str
) -> None:
    fill(300)
    fill(700, into_tree=False)
    before = _leaves(place)
    for when in ("before", "after"):
        died = subprocess.run(  # noqa: S603 - our own Python.
            [sys.executable, "-c", _DIES, database_url, step, when],
            check=False,
            timeout=60,
            cwd=Path(__file__).parents[2],
            env=child_environment,
        )
        assert died.returncode == -9
        assert _leaves(place) == before
    assert _drain(place, batch=300) == 700
    _require_whole(place)


def test_a_connection_that_is_cut_in_the_middle_loses_and_doubles_nothing(
    place: Workplace, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    if place.database.is_sqlite:
        pytest.skip("SQLite has no connection to cut")
    fill(10, into_tree=False)

    def cut(connection: object, *_rest: object) -> None:
        with pytest.MonkeyPatch.context():
            connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")  # type: ignore[attr-defined]  # the sequencer's own connection

    monkeypatch.setattr("audit.sequencer._store_head", cut)
    with pytest.raises(Exception, match="terminating connection"):
        _drain(place)
    monkeypatch.undo()
    assert _leaves(place) == []
    assert _drain(place) == 11
    _require_whole(place)


def test_every_proof_read_from_stored_tiles_verifies(place: Workplace, fill: Fill) -> None:
    fill(600, batch=100)
    leaves = _leaves(place)
    size = len(leaves)
    with place.database.read() as session:
        stored = StoredTree(session)
        for older in (1, 2, 255, 256, 257, 511, 512, 513, size - 1, size):
            assert stored.compact(older) == EMPTY.append(leaves[:older])
            proof = stored.prove_consistency(older, size)
            older_root = EMPTY.append(leaves[:older]).root()
            verify_consistency(older, size, proof, older_root=older_root, newer_root=stored.root(size))
            proof = stored.prove_inclusion(older - 1, size)
            verify_inclusion(leaves[older - 1], older - 1, size, proof, stored.root(size))


def test_tiles_are_read_full_and_partial(place: Workplace, fill: Fill) -> None:
    fill(600)
    leaves = _leaves(place)
    with place.database.read() as session:
        stored = StoredTree(session)
        data = {name: stored.read_tile(name) for name in tiles_of(len(leaves))}
        assert data[TileName(0, 2, len(leaves) - 512)] == b"".join(leaves[512:])
        assert data[TileName(1, 0, 2)] == EMPTY.append(leaves[:256]).root() + EMPTY.append(leaves[256:512]).root()
        # A partial tile of an earlier, smaller tree is the beginning of what is there now.
        assert stored.read_tile(TileName(0, 1, 17)) == b"".join(leaves[256:273])
    assert {len(data[name]) for name in data if name.width == 256} == {TILE_BYTES}


def test_the_specifications_tree_of_seventy_thousand_has_the_specifications_tiles() -> None:
    names = tiles_of(70_000)
    assert [name for name in names if name.width < 256] == [
        TileName(0, 273, 112),
        TileName(1, 1, 17),
        TileName(2, 0, 1),
    ]
    assert len(names) == 273 + 1 + 1 + 1 + 1
    assert tiles_of(256) == [TileName(0, 0), TileName(1, 0, 1)]
    assert tiles_of(0) == []


@pytest.mark.parametrize(("index", "path"), [(0, "000"), (67, "067"), (1000, "x001/000"), (1234067, "x001/x234/067")])
def test_a_tiles_index_is_written_as_the_specification_writes_it(index: int, path: str) -> None:
    assert index_path(index) == path


def test_a_partial_tile_has_its_width_in_its_path() -> None:
    assert (TileName(0, 273, 112).path, TileName(1, 0).path) == ("tile/0/273.p/112", "tile/1/000")


def test_the_head_is_read_without_reading_the_leaves(
    place: Workplace, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(300)
    seen: list[str] = []
    with place.database.read() as session:
        connection = session.connection()
        whole: Callable[..., object] = connection.exec_driver_sql

        def watched(statement: str, *values: object) -> object:
            seen.append(statement)
            return whole(statement, *values)

        monkeypatch.setattr(connection, "exec_driver_sql", watched)
        assert read_head(session).tree.size == 301
    assert seen == ["SELECT size, compact, latest_at FROM audit_tree"]
