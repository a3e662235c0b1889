"""A database from before there was a tree gets one, each trigger once, and its old events come into it."""

from collections.abc import Iterator

import pytest
from alembic import command

from audit.append_only import existing_triggers, trigger_names
from audit.recording import record
from audit.sequencer import drain
from casework.schema import _config, check, upgrade
from casework.workplace import Workplace
from foundation.clock import ManualClock
from foundation.database import Database, schema_changes
from foundation.environment import Environment
from foundation.sealing import KeyRing
from tests.audit.tampering import plain
from tests.workbench import rows


@pytest.fixture
def first(empty_database_url: str, ring: KeyRing, clock: ManualClock) -> Iterator[Workplace]:
    """A database at revision 0001, with three events."""
    database = Database(empty_database_url, ring)
    with database.engine.begin() as connection, schema_changes(connection):
        command.upgrade(_config(connection), "0001")
    place = Workplace(database, clock, Environment.SIMULATED)
    for number in range(3):
        with database.write() as session:
            record(session, plain(number), at=place.now(), environment="simulated")
    yield place
    database.dispose()


def test_a_database_at_the_first_revision_comes_up_to_date_with_its_events(first: Workplace) -> None:
    upgrade(first.database, environment=Environment.SIMULATED, now=first.now())
    check(first.database, environment=Environment.SIMULATED)
    assert drain(first.database, now=first.now, environment="simulated").count == 4
    assert len(rows(first, "SELECT seq FROM audit_leaf")) == 4


def test_each_trigger_is_there_once(first: Workplace) -> None:
    upgrade(first.database, environment=Environment.SIMULATED, now=first.now())
    with first.database.read() as session:
        dialect = session.get_bind().dialect.name
        assert existing_triggers(session) == trigger_names(dialect)
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'audit_%'"
        if first.database.is_sqlite
        else "SELECT tgname AS name FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE 'audit_%'"
    )
    names = [row["name"] for row in rows(first, query)]
    assert sorted(names) == sorted(trigger_names(dialect))
