"""Whatever a driver raises becomes a Danish sentence with what to do, and repeats nothing of the driver's own text."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, ResourceClosedError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from foundation.database import Database
from foundation.database_faults import BUSY, DAMAGED, FULL, REFUSED, UNAVAILABLE, UNREADABLE, DatabaseFault, fault_of
from foundation.sealing import KeyRing

ALL = (UNAVAILABLE, BUSY, FULL, UNREADABLE, DAMAGED, REFUSED)


def _raised(act: Callable[[], object]) -> SQLAlchemyError:
    with pytest.raises(SQLAlchemyError) as caught:
        act()
    return caught.value


def _write_to(url: str, ring: KeyRing) -> None:
    database = Database(url, ring, longest_transaction=0.05)
    try:
        with database.write() as session:
            session.execute(text("CREATE TABLE IF NOT EXISTS t (x)"))
    finally:
        database.dispose()


def test_a_folder_that_is_not_there_cannot_be_opened(tmp_path: Path, ring: KeyRing) -> None:
    url = f"sqlite:///{tmp_path.as_posix()}/intet/her.db"
    assert fault_of(_raised(lambda: _write_to(url, ring))) == UNREADABLE


def test_a_folder_in_the_place_of_the_file_cannot_be_opened(tmp_path: Path, ring: KeyRing) -> None:
    assert fault_of(_raised(lambda: _write_to(f"sqlite:///{tmp_path.as_posix()}", ring))) == UNREADABLE


def test_a_file_that_may_only_be_read_cannot_be_written(tmp_path: Path) -> None:
    file = tmp_path / "a.db"
    sqlite3.connect(file).close()
    engine = create_engine(f"sqlite:///file:{file.as_posix()}?mode=ro&uri=true")
    with engine.connect() as connection:
        assert fault_of(_raised(lambda: connection.execute(text("CREATE TABLE t (x)")))) == UNREADABLE
    engine.dispose()


def test_a_file_that_is_no_database_is_damaged(tmp_path: Path, ring: KeyRing) -> None:
    (tmp_path / "a.db").write_bytes(b"1012620000 er ikke en database. " * 100)
    assert fault_of(_raised(lambda: _write_to(f"sqlite:///{(tmp_path / 'a.db').as_posix()}", ring))) == DAMAGED


def test_a_database_that_another_process_holds_for_too_long_is_busy(tmp_path: Path, ring: KeyRing) -> None:
    file = tmp_path / "a.db"
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("BEGIN IMMEDIATE")
    assert fault_of(_raised(lambda: _write_to(f"sqlite:///{file.as_posix()}", ring))) == BUSY
    other.close()


def test_a_server_that_does_not_answer_is_unavailable(ring: KeyRing) -> None:
    url = "postgresql://hemmelig:hemmeligt@127.0.0.1:9/sagsgang"
    assert fault_of(_raised(lambda: _write_to(url, ring))) == UNAVAILABLE


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        (psycopg.errors.AdminShutdown, UNAVAILABLE),
        (psycopg.errors.CannotConnectNow, UNAVAILABLE),
        (psycopg.errors.IdleInTransactionSessionTimeout, UNAVAILABLE),
        (psycopg.errors.TooManyConnections, UNAVAILABLE),
        (psycopg.errors.DiskFull, FULL),
        (psycopg.errors.LockNotAvailable, BUSY),
        (psycopg.errors.DeadlockDetected, BUSY),
        (psycopg.errors.SerializationFailure, BUSY),
        (psycopg.errors.DataCorrupted, DAMAGED),
        (psycopg.errors.InsufficientPrivilege, REFUSED),
        (psycopg.errors.UndefinedTable, REFUSED),
    ],
)
def test_postgresql_tells_by_its_code(kind: type[psycopg.Error], fault: DatabaseFault) -> None:
    wrapped = DBAPIError.instance("SELECT", {}, kind("hemmeligt"), psycopg.Error)
    assert isinstance(wrapped, DBAPIError)
    assert fault_of(wrapped) == fault
    assert fault_of(kind("hemmeligt")) == fault


def test_a_line_that_is_cut_has_no_code_and_is_known_by_its_kind() -> None:
    cut = psycopg.OperationalError("hemmeligt")
    assert fault_of(cut) == UNAVAILABLE
    assert fault_of(DBAPIError.instance("SELECT", {}, cut, psycopg.Error)) == UNAVAILABLE
    assert fault_of(psycopg.ProgrammingError("hemmeligt")) == REFUSED


def test_a_pool_that_has_no_connection_left_is_busy() -> None:
    assert fault_of(PoolTimeoutError("hemmeligt")) == BUSY


def test_what_is_left_is_refused_and_what_is_not_the_databases_is_nothing() -> None:
    assert fault_of(ResourceClosedError("hemmeligt")) == REFUSED
    assert fault_of(ValueError("hemmeligt")) is None


@pytest.mark.parametrize("fault", ALL, ids=lambda fault: fault.code)
def test_each_says_what_to_do_in_danish(fault: DatabaseFault) -> None:
    acts = ("prøv igen", "Prøv igen", "Skaf plads", "Kontrollér", "gendan", "Se, ")
    assert any(act in fault.message for act in acts)
    assert fault.message.endswith((".", "sagsgang doctor"))
