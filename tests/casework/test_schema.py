"""The schema comes up to date once, belongs to one environment, and says what is wrong with it."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect
from sqlmodel import SQLModel

import audit.append_only
import audit.tables
import casework.triggers
from casework.errors import SchemaNotCurrentError
from casework.schema import check, upgrade
from casework.workplace import Workplace
from foundation.database import Database
from foundation.environment import Environment, EnvironmentLockedError
from foundation.sealing import KeyRing
from tests.concurrency import at_once
from tests.conftest import NOON
from tests.workbench import ROBOT, add, event_types, raw, rows

ENVIRONMENT = Environment.SIMULATED

_CHILD = """
import sys
from datetime import UTC, datetime
from casework.schema import upgrade
from foundation.database import Database
from foundation.environment import Environment
from foundation.sealing import KeyRing
database = Database(sys.argv[1], KeyRing(bytes(range(32))))
upgrade(database, environment=Environment.SIMULATED, now=datetime.now(UTC))
database.dispose()
"""


@pytest.fixture
def empty(empty_database_url: str, ring: KeyRing) -> Iterator[Database]:
    opened = Database(empty_database_url, ring)
    yield opened
    opened.dispose()


def _tables(database: Database) -> set[str]:
    with database.read() as session:
        return set(inspect(session.connection()).get_table_names())


def test_an_empty_database_is_brought_up_to_date_and_marked(empty: Database) -> None:
    upgrade(empty, environment=ENVIRONMENT, now=NOON)
    check(empty, environment=ENVIRONMENT)
    assert {"work_item", "audit_event", "installation"} <= _tables(empty)


def test_bringing_up_to_date_twice_changes_nothing(place: Workplace) -> None:
    before = rows(place, "SELECT * FROM installation")
    upgrade(place.database, environment=ENVIRONMENT, now=place.now())
    assert rows(place, "SELECT * FROM installation") == before
    (created,) = rows(place, "SELECT count(*) AS n FROM audit_event WHERE type = 'database.created'")
    assert created["n"] == 1
    assert event_types(place) == []


def test_many_threads_bring_one_database_up_to_date_at_once(empty: Database, ring: KeyRing) -> None:
    url = empty.engine.url.render_as_string(hide_password=False)
    databases = [Database(url, ring) for _ in range(3)]
    at_once(*(lambda one=one: upgrade(one, environment=ENVIRONMENT, now=NOON) for one in databases))
    for one in databases:
        one.dispose()
    check(empty, environment=ENVIRONMENT)


@pytest.mark.slow
def test_two_processes_bring_one_database_up_to_date_at_once(
    empty_database_url: str, ring: KeyRing, child_environment: dict[str, str]
) -> None:
    command = [sys.executable, "-c", _CHILD, empty_database_url]
    root = Path(__file__).parents[2]
    processes = [
        subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=root, env=child_environment)  # noqa: S603 - our own Python.
        for _ in range(2)
    ]
    told = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], told
    database = Database(empty_database_url, ring)
    check(database, environment=ENVIRONMENT)
    database.dispose()


def test_the_migrations_make_what_the_tables_say(place: Workplace) -> None:
    dialect = place.database.engine.dialect.name

    def is_of_this_kind(_item: object, name: str | None, *_: object) -> bool:
        # Alembic does not see that an index is made on one kind of database only.
        return name != "ix_work_item_reference_prefix" or dialect == "postgresql"

    opts = {"compare_type": True, "compare_server_default": True, "include_object": is_of_this_kind}
    with place.database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, SQLModel.metadata) == []


def test_references_are_found_by_how_they_begin_without_reading_every_item(place: Workplace) -> None:
    if place.database.is_sqlite:
        plan = rows(
            place,
            "EXPLAIN QUERY PLAN SELECT reference FROM work_item "
            "WHERE robot = 'r' AND reference >= 'a:' AND reference < 'a;'",
        )
        assert "reference>? AND reference<?" in str(plan)
        return
    # The planner reads a small table from end to end, whatever indexes it has.
    add(place, *(f"sag:{number}" for number in range(1000)))
    raw(place, "ANALYZE work_item")
    plan = rows(place, f"EXPLAIN SELECT reference FROM work_item WHERE robot = '{ROBOT}' AND reference LIKE 'a:%'")  # noqa: S608 - a name of our own.
    assert "ix_work_item_reference_prefix" in str(plan)


def test_the_migrations_make_the_checks_that_the_tables_say(
    place: Workplace, database_kind: str, make_database: Callable[..., str], ring: KeyRing
) -> None:
    # Alembic does not compare check constraints, so they are made a second time from the tables.
    other = Database(make_database(database_kind, is_empty=True), ring)
    with other.engine.begin() as connection:
        SQLModel.metadata.create_all(connection)

    def checks(database: Database) -> set[tuple[str, str, str]]:
        with database.read() as session:
            inspector = inspect(session.connection())
            return {
                (table, str(found["name"]), found["sqltext"])
                for table in SQLModel.metadata.tables
                for found in inspector.get_check_constraints(table)
            }

    assert checks(place.database) == checks(other)
    assert len(checks(other)) == 16
    other.dispose()


def test_every_trigger_is_there_after_the_migrations(place: Workplace) -> None:
    with place.database.read() as session:
        dialect = session.get_bind().dialect.name
        assert audit.append_only.existing_triggers(session) == audit.append_only.trigger_names(dialect)
        assert casework.triggers.existing(session) == casework.triggers.NAMES


def test_a_database_of_another_environment_is_refused(place: Workplace) -> None:
    with pytest.raises(EnvironmentLockedError, match="simulated"):
        check(place.database, environment=Environment.TEST)
    with pytest.raises(EnvironmentLockedError, match="simulated"):
        upgrade(place.database, environment=Environment.PRODUCTION, now=NOON)


def test_a_database_of_another_environment_is_not_migrated_before_it_is_refused(place: Workplace) -> None:
    raw(place, "DELETE FROM alembic_version")
    with pytest.raises(EnvironmentLockedError):
        upgrade(place.database, environment=Environment.TEST, now=NOON)
    assert rows(place, "SELECT * FROM alembic_version") == []


@pytest.mark.parametrize(
    "act",
    [lambda one: check(one, environment=ENVIRONMENT), lambda one: upgrade(one, environment=ENVIRONMENT, now=NOON)],
    ids=["check", "upgrade"],
)
def test_a_newer_database_is_refused_with_a_sentence(place: Workplace, act: Callable[[Database], None]) -> None:
    raw(place, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaNotCurrentError, match=r"9999.*nyere program"):
        act(place.database)


def test_a_database_without_tables_is_refused_with_the_command_that_mends_it(empty: Database) -> None:
    with pytest.raises(SchemaNotCurrentError, match="sagsgang database upgrade"):
        check(empty, environment=ENVIRONMENT)


@pytest.mark.parametrize("name", ["audit_event_no_update", "audit_private_no_update", "work_item_transition"])
def test_a_trigger_that_was_dropped_is_seen(place: Workplace, name: str) -> None:
    table = "work_item" if name.startswith("work_item") else name.removesuffix("_no_update")
    raw(place, f"DROP TRIGGER {name}" if place.database.is_sqlite else f"DROP TRIGGER {name} ON {table}")
    with pytest.raises(SchemaNotCurrentError, match=name):
        check(place.database, environment=ENVIRONMENT)


def test_a_trigger_that_was_exchanged_for_a_harmless_one_is_seen(place: Workplace) -> None:
    if place.database.is_sqlite:
        raw(place, "DROP TRIGGER audit_event_no_update")
        raw(place, "CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event BEGIN SELECT 1; END")
    else:
        body = "BEGIN RETURN NEW; END"
        raw(
            place,
            f"CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
        )
    with pytest.raises(SchemaNotCurrentError, match="audit_event_no_update"):
        check(place.database, environment=ENVIRONMENT)


@pytest.mark.parametrize("weakening", ["DISABLE TRIGGER", "ENABLE TRIGGER", "ENABLE REPLICA TRIGGER"])
def test_a_trigger_that_was_disabled_or_weakened_is_seen(place: Workplace, weakening: str) -> None:
    if place.database.is_sqlite:
        pytest.skip("SQLite cannot disable a trigger")
    raw(place, f"ALTER TABLE audit_event {weakening} audit_event_no_delete")
    with pytest.raises(SchemaNotCurrentError, match="audit_event_no_delete"):
        check(place.database, environment=ENVIRONMENT)


def test_every_table_is_known_to_the_migrations(place: Workplace) -> None:
    assert _tables(place.database) == set(SQLModel.metadata.tables) | {"alembic_version"}
    assert audit.tables.AuditEventRow.__tablename__ in SQLModel.metadata.tables
