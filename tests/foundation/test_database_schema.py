"""The program's own connections to SQLite change no schema outside a migration, so that no trigger goes by a slip."""

import sqlite3
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from foundation.database import Database, schema_changes
from foundation.sealing import KeyRing

FORBIDDEN = [
    "DROP TRIGGER audit_event_no_update",
    "DROP TRIGGER IF EXISTS audit_event_no_delete",
    "DROP TABLE audit_event",
    "DROP INDEX ix_audit_event_at",
    "ALTER TABLE audit_event RENAME TO old",
    "ALTER TABLE audit_event DROP COLUMN outcome",
    "CREATE TRIGGER swallow BEFORE INSERT ON audit_event BEGIN SELECT RAISE(IGNORE); END",
    "CREATE TEMP TRIGGER swallow BEFORE INSERT ON main.audit_event BEGIN SELECT RAISE(IGNORE); END",
    "PRAGMA writable_schema = ON",
    "PRAGMA Writable_Schema = 1",
    "PRAGMA recursive_triggers = OFF",
    "PRAGMA foreign_keys = OFF",
    "PRAGMA ignore_check_constraints = ON",
    "DELETE FROM sqlite_master",
]


@pytest.fixture
def embedded(make_database: Callable[..., str], ring: KeyRing) -> Iterator[Database]:
    database = Database(make_database("sqlite"), ring)
    yield database
    database.dispose()


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_a_statement_that_would_weaken_the_record_is_refused(embedded: Database, statement: str) -> None:
    with pytest.raises(DBAPIError, match=r"not authorized|may not be modified"), embedded.write() as session:
        session.execute(text(statement))


@pytest.mark.parametrize("statement", ["DROP TRIGGER audit_event_no_update", "PRAGMA writable_schema = ON"])
def test_a_migration_may_and_afterwards_nobody(embedded: Database, statement: str) -> None:
    with embedded.engine.connect() as connection:
        with schema_changes(connection):
            connection.exec_driver_sql(statement)
        with pytest.raises(DBAPIError, match="not authorized"):
            connection.exec_driver_sql("DROP TRIGGER audit_event_no_delete")


def test_a_migration_that_fails_leaves_nothing_open(embedded: Database) -> None:
    with embedded.engine.connect() as connection:
        with pytest.raises(RuntimeError), schema_changes(connection):
            raise RuntimeError
        with pytest.raises(DBAPIError, match="not authorized"):
            connection.exec_driver_sql("DROP TRIGGER audit_event_no_delete")


def test_settings_can_still_be_read(embedded: Database) -> None:
    with embedded.read() as session:
        assert session.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
        assert session.execute(text("PRAGMA recursive_triggers")).scalar_one() == 1


def test_the_owner_of_the_file_is_not_hindered_and_that_is_what_the_tree_is_for(embedded: Database) -> None:
    with sqlite3.connect(str(embedded.engine.url.database)) as other:
        other.execute("DROP TRIGGER audit_event_no_update")
    other.close()
