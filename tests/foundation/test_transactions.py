"""Connections kept at hand, and a session that is made whole only when it is needed."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, event, select, text
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlmodel import Session

from audit.driver_sql import hand_over
from audit.tables import AuditSubjectRow
from foundation.database import Database
from foundation.errors import DatabaseError
from foundation.sealing import KeyRing

_INSERT = text("INSERT INTO bookmark (robot, source, cursor, updated_at) VALUES (:robot, 's', 'c', '2026-01-01')")
_COUNT = text("SELECT count(*) FROM bookmark")


def _driver(connection: Connection) -> object:
    return connection.connection.driver_connection


def _person(ref: str) -> AuditSubjectRow:
    return AuditSubjectRow(ref=ref, token=ref, year=2026, identity=b"nobody")


def _used(database: Database) -> object:
    with database.write() as session:
        return _driver(session.connection())


def _count(database: Database) -> int:
    with database.read() as session:
        count: int = session.execute(_COUNT).scalar_one()
        return count


def test_the_next_transaction_goes_on_with_the_connection_of_the_last(database: Database) -> None:
    assert _used(database) is _used(database)


def test_what_was_written_without_a_whole_session_is_committed_and_what_failed_is_not(database: Database) -> None:
    def fail() -> None:
        with database.write() as session:
            session.connection().execute(_INSERT, {"robot": "b"})
            raise RuntimeError("rolls back")

    with database.write() as session:
        session.connection().execute(_INSERT, {"robot": "a"})
    with pytest.raises(RuntimeError):
        fail()
    assert _count(database) == 1


def test_rows_of_the_orm_are_written_at_the_end(database: Database) -> None:
    with database.write() as session:
        session.connection().execute(_INSERT, {"robot": "a"})
        session.add(_person("S2026-a"))
    with database.read() as session:
        found = session.execute(select(AuditSubjectRow)).scalar_one()
        assert (found.ref, session.execute(_COUNT).scalar_one()) == ("S2026-a", 1)


@pytest.mark.parametrize("whole", [False, True])
def test_who_waits_for_the_commit_is_called_when_it_has_been_made(database: Database, *, whole: bool) -> None:
    told: list[str] = []
    event.listen(database.engine, "commit", lambda _connection: told.append("commit"))
    with database.write() as session:
        event.listen(session, "after_commit", lambda _session: told.append("after"))
        run = session.execute if whole else session.connection().execute
        run(_INSERT, {"robot": "a"})
        assert told == []
    assert told == ["commit", "after"]


def test_who_waits_for_the_commit_is_not_called_when_there_is_none(database: Database) -> None:
    told: list[str] = []

    def fail() -> None:
        with database.write() as session:
            event.listen(session, "after_commit", lambda _session: told.append("after"))
            session.connection().execute(_INSERT, {"robot": "a"})
            raise RuntimeError("rolls back")

    with pytest.raises(RuntimeError):
        fail()
    _used(database)
    assert told == []


@pytest.mark.parametrize("whole", [False, True])
def test_nothing_is_done_in_a_transaction_that_was_rolled_back_by_hand(database: Database, *, whole: bool) -> None:
    with database.write() as session:
        run = session.execute if whole else session.connection().execute
        run(_INSERT, {"robot": "a"})
        session.rollback()
        with pytest.raises(DatabaseError, match="has ended"):
            session.connection()
        with pytest.raises(InvalidRequestError):
            session.execute(_INSERT, {"robot": "a"})
    assert _count(database) == 0


def test_a_connection_of_a_closed_database_does_not_come_back(database: Database) -> None:
    with database.write() as session:
        first = _driver(session.connection())
        database.dispose()
    assert _used(database) is not first


def test_a_failing_commit_leaves_nothing_and_the_next_transaction_works(database: Database) -> None:
    def twice() -> None:
        with database.write() as session:
            session.add(_person("S2026-a"))
            session.execute(_INSERT, {"robot": "a"})
            session.connection().execute(_INSERT, {"robot": "a"})

    with pytest.raises(DBAPIError):
        twice()
    assert _count(database) == 0
    with database.write() as session:
        session.execute(_INSERT, {"robot": "a"})
    assert _count(database) == 1


@pytest.mark.postgres
def test_a_connection_that_the_server_has_closed_is_not_handed_out(
    make_database: Callable[..., str], ring: KeyRing
) -> None:
    url = make_database("postgresql")
    database, other = Database(url, ring), Database(url, ring)
    with database.write() as session:
        process = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with other.write() as session:
        session.execute(text("SELECT pg_terminate_backend(:process, 10000)"), {"process": process})
    with database.write() as session:
        assert session.execute(text("SELECT pg_backend_pid()")).scalar_one() != process
    database.dispose()
    other.dispose()


def test_an_error_past_sqlalchemy_is_sqlalchemys_own_and_shows_no_values(
    make_database: Callable[..., str], ring: KeyRing
) -> None:
    database = Database(make_database("sqlite"), ring)
    row = ("1012620001", "s", "c", "2026-01-01")

    def insert_twice(session: Session) -> None:
        statement = "INSERT INTO bookmark (robot, source, cursor, updated_at) VALUES (?, ?, ?, ?)"
        hand_over(session.connection(), statement, [row, row])

    def write() -> None:
        with database.write() as session:
            insert_twice(session)

    with pytest.raises(DBAPIError) as caught:
        write()
    assert "1012620001" not in str(caught.value)
    assert _count(database) == 0
    database.dispose()
