"""Every way around append-only that can be closed is closed; each one here was open in some system once."""

import sqlite3
from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from audit.errors import LeafRefusedError
from audit.events import ActorRef, Event
from audit.recording import record
from audit.signer import Signer
from audit.subjects import erase, refer_to
from audit.vocabulary import ActorKind
from casework.states import ItemState
from casework.workplace import Workplace
from foundation.sealing import KeyRing
from tests.audit.tampering import Fill, forced
from tests.workbench import bring_to, db_id, raw, rows


@pytest.fixture
def trail(place: Workplace, event: Event, ring: KeyRing, fill: Fill, signer: Signer) -> Workplace:
    """A trail with a row in each of its tables."""
    with place.database.write() as session:
        bad = record(session, event, at=place.now(), environment="simulated")
    forced(place, "UPDATE audit_event SET leaf = body WHERE id = :id", id=db_id(place, bad))
    with pytest.raises(LeafRefusedError):
        fill(300)
    signer.sign(place.database, now=place.now())
    with place.database.write() as session:
        record(session, event, at=place.now(), environment="simulated")
        refer_to(session, ring, identity="1012620001", year=2026)
    at = "'2026-03-02 11:00:00'"
    data = "'x'" if place.database.is_sqlite else "'x'::bytea"
    anchor = f"SELECT size, 'k', 'n', {data}, {at} FROM audit_checkpoint"  # noqa: S608 - names of our own tables.
    raw(place, f"INSERT INTO audit_anchor (size, kind, name, data, at) {anchor}")
    pruned = f"SELECT 1, event_id, {at} FROM audit_leaf WHERE seq = 0"  # noqa: S608 - names of our own tables.
    raw(place, f"INSERT INTO audit_pruned (below, event_id, at) {pruned}")
    return place


TABLES = {
    "audit_event": ("outcome", "'refused'"),
    "audit_private": ("retention", "'lookup'"),
    "audit_subject": ("year", "1999"),
    "audit_pending": ("event_id", "event_id"),
    "audit_leaf": ("seq", "seq + 1000"),
    "audit_tile": ("root", "data"),
    "audit_tree": ("size", "size - 1"),
    "audit_checkpoint": ("note", "'x'"),
    "audit_anchor": ("name", "'x'"),
    "audit_pruned": ("below", "2"),
    "audit_quarantine": ("event_id", "event_id"),
}
#: What nobody may delete; the others are erased by retention, or emptied by the sequencer.
KEPT = [table for table in TABLES if table not in {"audit_private", "audit_subject"}]


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


@pytest.mark.parametrize("table", KEPT)
def test_no_row_that_proves_anything_can_be_deleted(trail: Workplace, table: str) -> None:
    if table == "audit_event":
        # Without the rows that refer to it, so that the trigger and not the foreign key is tried.
        raw(trail, "DELETE FROM audit_private")
        _refused(trail, "DELETE FROM audit_event WHERE id IN (SELECT event_id FROM audit_leaf)")
    elif table == "audit_checkpoint":
        forced(trail, "DELETE FROM audit_anchor")
    _refused(trail, f"DELETE FROM {table}")  # noqa: S608 - names of our own tables.


def test_an_event_in_the_tree_leaves_the_queue_and_no_other_does(trail: Workplace) -> None:
    _refused(trail, "DELETE FROM audit_pending WHERE event_id NOT IN (SELECT event_id FROM audit_leaf)")


@pytest.mark.parametrize(
    ("table", "statement"),
    [
        (
            "audit_leaf",
            "INSERT INTO audit_leaf (seq, event_id, leaf) SELECT 999, :other, leaf FROM audit_leaf WHERE seq = 1",
        ),
        (
            "audit_leaf",
            "INSERT INTO audit_leaf (seq, event_id, leaf) SELECT -5, :other, leaf FROM audit_leaf WHERE seq = 1",
        ),
        (
            "audit_checkpoint",
            "INSERT INTO audit_checkpoint SELECT size - 1, note, signed_by, at FROM audit_checkpoint",
        ),
        ("audit_pruned", "INSERT INTO audit_pruned (below, event_id, at) SELECT 0, event_id, at FROM audit_pruned"),
    ],
    ids=["a hole", "before the first", "an older checkpoint", "less pruned"],
)
def test_nothing_is_put_in_out_of_order(trail: Workplace, table: str, statement: str) -> None:
    other = UUID(int=7)
    before = _all(trail)
    with pytest.raises(DBAPIError, match=f"{table} is append-only"):
        raw(
            trail,
            statement,
            **({"other": other.hex if trail.database.is_sqlite else other} if ":other" in statement else {}),
        )
    assert _all(trail) == before


def test_what_retention_erases_can_be_deleted(trail: Workplace, ring: KeyRing) -> None:
    actor, years = ActorRef(ActorKind.PERSON, "carla", "os_account"), range(2026, 2027)
    with trail.database.write() as session:
        at = trail.now()
        assert erase(session, ring, identity="1012620001", years=years, actor=actor, at=at, environment="test") == 1
    raw(trail, "DELETE FROM audit_private")
    assert rows(trail, "SELECT * FROM audit_private") == []


def test_a_leaf_is_not_written_over_by_the_id_of_its_event(bare: sqlite3.Connection) -> None:
    """A new last leaf with an event that has one: the number is in order, and REPLACE would delete the old leaf."""
    bare.execute("PRAGMA recursive_triggers = OFF")
    query = "SELECT (SELECT max(seq) + 1 FROM audit_leaf), event_id, x'00' FROM audit_leaf WHERE seq = 3"
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        bare.execute(f"INSERT OR REPLACE INTO audit_leaf (seq, event_id, leaf) {query}")


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
@pytest.mark.parametrize("table", [table for table in TABLES if table != "audit_pending"])
def test_insert_or_replace_writes_over_no_row(
    trail: Workplace, bare: sqlite3.Connection, table: str, recursive: str
) -> None:
    before = _all(trail)
    bare.execute(f"PRAGMA recursive_triggers = {recursive}")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        bare.execute(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")  # noqa: S608 - names of our own tables.
    assert _all(trail) == before


@pytest.mark.parametrize("table", ["audit_event", "audit_private", "audit_subject", "audit_tile", "audit_quarantine"])
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
        "UPDATE audit_leaf SET seq = seq + 1000",
        "DELETE FROM audit_leaf",
        "DELETE FROM audit_pending",
        "DELETE FROM audit_checkpoint",
        "TRUNCATE audit_leaf",
        "UPDATE audit_tree SET size = 1",
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
