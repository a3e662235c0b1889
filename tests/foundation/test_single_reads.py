"""One row read by itself: the same answers and the same errors as within a transaction."""

from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError

from audit.driver_sql import run
from casework.workplace import Workplace
from foundation.database import Database
from foundation.errors import DatabaseError
from foundation.sealing import KeyRing
from foundation.single_reads import read_row

_STATE = "SELECT state FROM work_item WHERE reference = ?"


def test_nothing_found_is_none(place: Workplace) -> None:
    assert read_row(place.database, _STATE, "unknown") is None


def test_what_was_committed_is_read(database: Database) -> None:
    with database.write() as session:
        run(session.connection(), "CREATE TABLE tried (word TEXT)")
        run(session.connection(), "INSERT INTO tried VALUES (?)", "ord")
    assert read_row(database, "SELECT word FROM tried WHERE word = ?", "ord") == ("ord",)


def test_it_is_not_asked_within_a_transaction(place: Workplace) -> None:
    with place.database.write(), pytest.raises(DatabaseError, match="one row"):
        read_row(place.database, _STATE, "unknown")


def test_an_error_is_sqlalchemys_and_shows_no_value(place: Workplace) -> None:
    with pytest.raises(DBAPIError) as caught:
        read_row(place.database, "SELECT nothing FROM nowhere WHERE word = ?", "hemmeligt")
    assert "hemmeligt" not in str(caught.value)


def test_the_connection_is_of_use_after_an_error(place: Workplace) -> None:
    for _ in range(40):
        with pytest.raises(DBAPIError):
            read_row(place.database, "SELECT nothing FROM nowhere WHERE word = ?", str(UUID(int=1)))
    assert read_row(place.database, _STATE, "unknown") is None


def test_a_server_that_is_not_there_is_sqlalchemys_error_too(ring: KeyRing) -> None:
    database = Database("postgresql://hemmelig:hemmeligt@127.0.0.1:9/sagsgang", ring)
    with pytest.raises(DBAPIError) as caught:
        read_row(database, "SELECT 1 WHERE 'ord' = ?", "ord")
    assert "hemmeligt" not in str(caught.value)
    database.dispose()
