"""Two kinds of transaction, never nested, never left open, and errors without parameters."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from foundation.database import Database
from foundation.errors import DatabaseError, DiskFullError
from foundation.sealing import KeyRing

_COUNT = text("SELECT count(*) FROM bookmark")
_INSERT = text("INSERT INTO bookmark (robot, source, cursor, updated_at) VALUES (:robot, 's', 'c', '2026-01-01')")


def _count(database: Database) -> int:
    with database.read() as session:
        count: int = session.execute(_COUNT).scalar_one()
        return count


def test_what_is_written_is_there_and_what_fails_is_not(database: Database) -> None:
    with database.write() as session:
        session.execute(_INSERT, {"robot": "a"})

    def fail() -> None:
        with database.write() as session:
            session.execute(_INSERT, {"robot": "b"})
            raise RuntimeError("rolls back")

    with pytest.raises(RuntimeError):
        fail()
    assert _count(database) == 1


def test_a_reading_transaction_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError), database.read() as session:
        session.execute(_INSERT, {"robot": "a"})
    with database.write() as session:
        session.execute(_INSERT, {"robot": "a"})
    assert _count(database) == 1


def test_a_reading_transaction_sees_one_state(database: Database) -> None:
    def write() -> None:
        with database.write() as session:
            session.execute(_INSERT, {"robot": "a"})

    with database.read() as session:
        assert session.execute(_COUNT).scalar_one() == 0
        other = threading.Thread(target=write)
        other.start()
        other.join(20)
        assert not other.is_alive()
        assert session.execute(_COUNT).scalar_one() == 0
    assert _count(database) == 1


@pytest.mark.parametrize("inner", ["read", "write"])
@pytest.mark.parametrize("outer", ["read", "write"])
def test_transactions_are_not_nested(database: Database, outer: str, inner: str) -> None:
    with getattr(database, outer)(), pytest.raises(DatabaseError, match="another transaction"):
        getattr(database, inner)().__enter__()
    database.require_no_open_transaction("the test")


def test_another_thread_has_transactions_of_its_own(database: Database) -> None:
    free: list[bool] = []

    def ask() -> None:
        database.require_no_open_transaction("the call")
        free.append(True)

    with database.read():
        with pytest.raises(DatabaseError, match="the call"):
            database.require_no_open_transaction("the call")
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    assert free == [True]


def test_an_error_shows_no_parameters(database: Database) -> None:
    def insert_twice() -> None:
        with database.write() as session:
            session.execute(_INSERT, {"robot": "1012620001"})
            session.execute(_INSERT, {"robot": "1012620001"})

    with pytest.raises(DBAPIError) as caught:
        insert_twice()
    # The driver's own text may hold the value on PostgreSQL (DETAIL), and the masking of logs takes it there.
    if database.is_sqlite:
        assert "1012620001" not in str(caught.value)
    assert "parameters hidden" in str(caught.value)


def test_a_write_transaction_on_sqlite_takes_the_write_lock_with_its_first_statement(
    make_database: Callable[..., str], ring: KeyRing
) -> None:
    url = make_database("sqlite")
    # Two engines share no lock in memory, as two processes.
    one, other = Database(url, ring), Database(url, ring, longest_transaction=0.05)
    with one.write() as first:
        first.execute(_COUNT)
        with pytest.raises(DBAPIError, match="locked"), other.write() as second:
            second.execute(_COUNT)
        with other.read() as session:
            session.execute(_COUNT)
    one.dispose()
    other.dispose()


def test_two_writers_who_read_first_both_succeed(make_database: Callable[..., str], ring: KeyRing) -> None:
    url = make_database("sqlite")
    databases = [Database(url, ring) for _ in range(2)]
    errors: list[Exception] = []

    def work(database: Database, name: str) -> None:
        try:
            for number in range(10):
                with database.write() as session:
                    session.execute(_COUNT)
                    session.execute(_INSERT, {"robot": f"{name}-{number}"})
        except DBAPIError as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(database, str(number))) for number, database in enumerate(databases)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert _count(databases[0]) == 20
    for database in databases:
        database.dispose()


def test_sqlite_is_opened_with_what_durability_and_the_triggers_need(
    make_database: Callable[..., str], ring: KeyRing
) -> None:
    database = Database(make_database("sqlite"), ring)
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1}
    with database.read() as session:
        found = {name: session.execute(text(f"PRAGMA {name}")).scalar_one() for name in wanted}
    assert found == wanted
    database.dispose()


@pytest.mark.parametrize("url", ["mysql://localhost/x", "oracle://localhost/x", "en adresse", ""])
def test_another_kind_of_database_is_refused(ring: KeyRing, url: str) -> None:
    with pytest.raises(DatabaseError, match="SAGSGANG_DATABASE_URL"):
        Database(url, ring)


@pytest.mark.postgres
def test_a_session_that_sleeps_within_a_transaction_loses_its_locks(
    make_database: Callable[..., str], ring: KeyRing
) -> None:
    url = make_database("postgresql")
    asleep, awake = Database(url, ring, longest_transaction=0.2), Database(url, ring, longest_transaction=5)

    def sleep_while_another_waits() -> None:
        with asleep.write() as session:
            session.execute(text("LOCK TABLE work_item"))
            with awake.write() as other:
                other.execute(text("LOCK TABLE work_item"))

    with pytest.raises(DBAPIError, match="idle-in-transaction"):
        sleep_while_another_waits()
    asleep.dispose()
    awake.dispose()


def test_a_full_disk_is_told_of_in_danish_and_nothing_is_half(make_database: Callable[..., str], ring: KeyRing) -> None:
    database = Database(make_database("sqlite"), ring, pool_size=1)

    def fill() -> None:
        with database.write() as session:
            session.execute(text("PRAGMA max_page_count = 1"))
            for number in range(1000):
                session.execute(_INSERT, {"robot": f"robot-{number}"})

    with pytest.raises(DiskFullError, match="Disken er fuld"):
        fill()
    assert _count(database) == 0
    database.dispose()
