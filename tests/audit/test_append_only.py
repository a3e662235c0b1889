"""Every way around append-only that can be closed is closed; each one here was open in some system once."""

import sqlite3
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from audit.events import ActorRef, Event
from audit.recording import record
from audit.subjects import erase, refer_to
from audit.vocabulary import ActorKind
from casework.states import ItemState
from casework.workplace import Workplace
from foundation.sealing import KeyRing
from tests.workbench import bring_to, raw, rows


@pytest.fixture
def trail(place: Workplace, event: Event, ring: KeyRing) -> Workplace:
    """A trail with a row in each of its tables."""
    with place.database.write() as session:
        record(session, event, at=place.now(), environment="simulated")
        refer_to(session, ring, identity="0101010001", year=2026)
    return place


TABLES = {
    "audit_event": ("outcome", "'refused'"),
    "audit_private": ("retention", "'lookup'"),
    "audit_subject": ("year", "1999"),
    "audit_pending": ("event_id", "event_id"),
}


def _all(place: Workplace) -> list[object]:
    return [rows(place, f"SELECT * FROM {table} ORDER BY 1") for table in TABLES]  # noqa: S608 - names of our own tables.


def _refused(place: Workplace, statement: str) -> None:
    before = _all(place)
    with pytest.raises(DBAPIError, match="append-only"):
        raw(place, statement)
    assert _all(place) == before


def test_no_row_of_the_trail_can_be_updated(trail: Workplace) -> None:
    for table, (column, value) in TABLES.items():
        _refused(trail, f"UPDATE {table} SET {column} = {value}")  # noqa: S608 - names of our own tables.


def test_no_event_can_be_deleted(trail: Workplace) -> None:
    # Without the rows that refer to it, so that the trigger and not the foreign key is tried.
    raw(trail, "DELETE FROM audit_pending")
    raw(trail, "DELETE FROM audit_private")
    _refused(trail, "DELETE FROM audit_event")


def test_what_retention_erases_can_be_deleted(trail: Workplace, ring: KeyRing) -> None:
    actor, years = ActorRef(ActorKind.PERSON, "carla", "os_account"), range(2026, 2027)
    with trail.database.write() as session:
        at = trail.now()
        assert erase(session, ring, identity="0101010001", years=years, actor=actor, at=at, environment="test") == 1
    raw(trail, "DELETE FROM audit_private")
    assert rows(trail, "SELECT * FROM audit_private") == []


def test_an_upsert_changes_no_event(trail: Workplace) -> None:
    _refused(
        trail,
        "INSERT INTO audit_event SELECT * FROM audit_event WHERE true "
        "ON CONFLICT (id) DO UPDATE SET outcome = 'refused'",
    )


@pytest.fixture
def bare(trail: Workplace) -> Iterator[sqlite3.Connection]:
    """SQLite as somebody else's tool opens it: with none of our settings."""
    if not trail.database.is_sqlite:
        pytest.skip("a way around SQLite only")
    connection = sqlite3.connect(str(trail.database.engine.url.database), isolation_level=None)
    yield connection
    connection.close()


@pytest.mark.parametrize("recursive", ["OFF", "ON"])
@pytest.mark.parametrize("table", ["audit_event", "audit_private", "audit_subject"])
def test_insert_or_replace_writes_over_no_row(
    trail: Workplace, bare: sqlite3.Connection, table: str, recursive: str
) -> None:
    before = _all(trail)
    bare.execute(f"PRAGMA recursive_triggers = {recursive}")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        bare.execute(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")  # noqa: S608 - names of our own tables.
    assert _all(trail) == before


@pytest.mark.parametrize("table", ["audit_event", "audit_private", "audit_subject"])
def test_insert_or_replace_writes_over_no_row_by_its_rowid(
    trail: Workplace, bare: sqlite3.Connection, table: str
) -> None:
    before = _all(trail)
    names = [row[1] for row in bare.execute(f"PRAGMA table_info({table})")]
    key = names[0]
    chosen = ", ".join("'forged'" if name in {key, "token"} else name for name in names)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        bare.execute(
            f"INSERT OR REPLACE INTO {table} (rowid, {', '.join(names)}) SELECT rowid, {chosen} FROM {table} LIMIT 1"  # noqa: S608 - names of our own tables.
        )
    assert _all(trail) == before


@pytest.fixture
def owner(trail: Workplace, database_url: str) -> Iterator[psycopg.Connection]:
    """The owner of the PostgreSQL database."""
    if trail.database.is_sqlite:
        pytest.skip("a way around PostgreSQL only")
    url = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("table", TABLES)
def test_no_table_of_the_trail_can_be_truncated(trail: Workplace, owner: psycopg.Connection, table: str) -> None:
    before = _all(trail)
    with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        owner.execute(f"TRUNCATE {table} CASCADE".encode())
    assert _all(trail) == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET outcome = 'refused'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event CASCADE",
        "UPDATE audit_private SET retention = 'lookup'",
    ],
)
def test_a_replica_session_changes_nothing_either(trail: Workplace, owner: psycopg.Connection, statement: str) -> None:
    before = _all(trail)
    owner.execute("SET session_replication_role = replica")
    with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        owner.execute(statement.encode())
    assert _all(trail) == before


def test_a_replica_session_moves_no_item_along_an_arrow_that_is_not_there(
    trail: Workplace, owner: psycopg.Connection
) -> None:
    bring_to(trail, ItemState.COMPLETED)
    owner.execute("SET session_replication_role = replica")
    with pytest.raises(psycopg.errors.RaiseException, match="no such transition"):
        owner.execute("UPDATE work_item SET state = 'new'")
