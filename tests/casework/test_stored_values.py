"""What goes to the driver as it is must be what the column types would have stored."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import insert, select

from audit.driver_sql import run
from casework.moves import arrow_statement
from casework.stored_values import run_counted, sealed, stored, stored_in, unsealed
from casework.tables import WorkItemRow
from casework.transitions import COMPLETE
from casework.workplace import Workplace
from foundation.identifiers import new_id

_ITEM = WorkItemRow.__table__
_ZONED = datetime(2026, 3, 2, 13, 30, 15, 123456, tzinfo=timezone(timedelta(hours=2)))


def _insert(place: Workplace, at: datetime) -> object:
    key = new_id()
    values = {
        "id": key,
        "robot": "r",
        "reference": str(key),
        "state": "new",
        "payload": b"x",
        "priority": 0,
        "attempts": 0,
        "lease_token": 0,
        "reopenings": 0,
        "created_at": at,
        "updated_at": at,
    }
    with place.database.write() as session:
        session.execute(insert(_ITEM).values(**values))
    return key


@pytest.mark.parametrize("at", [_ZONED, _ZONED.replace(microsecond=0), _ZONED.astimezone(UTC)])
def test_what_the_column_types_stored_is_found_by_a_value_for_the_driver(place: Workplace, at: datetime) -> None:
    key = _insert(place, at)
    with place.database.read() as session:
        connection = session.connection()
        values = stored(connection, key, at)
        found = run(connection, "SELECT robot FROM work_item WHERE id = ? AND created_at = ?", *values).all()
    assert [row.robot for row in found] == ["r"]


def test_what_the_driver_stored_is_read_back_by_the_column_types(place: Workplace) -> None:
    key = _insert(place, _ZONED)
    run_id, later = new_id(), _ZONED + timedelta(seconds=1)
    with place.database.write() as session:
        connection = session.connection()
        changed = run_counted(
            connection,
            "UPDATE work_item SET run_id = ?, updated_at = ?, outcome_code = ? WHERE id = ?",
            [stored(connection, run_id, later, None, key)],
        )
        row = session.execute(select(_ITEM.c.run_id, _ITEM.c.updated_at, _ITEM.c.outcome_code)).one()
    assert changed == 1
    assert tuple(row) == (run_id, later, None)


def test_a_time_without_a_zone_is_refused(place: Workplace) -> None:
    with place.database.read() as session, pytest.raises(ValueError, match="without a zone"):
        stored(session.connection(), datetime(2026, 3, 2))  # noqa: DTZ001 - that is what is refused.


def test_a_column_that_the_table_does_not_have_makes_no_statement() -> None:
    with pytest.raises(KeyError):
        arrow_statement(COMPLETE, ("state; DROP TABLE work_item",), is_leased=True)


def test_what_is_sealed_here_opens_through_the_columns_type(place: Workplace) -> None:
    key = _insert(place, _ZONED)
    with place.database.write() as session:
        connection = session.connection()
        payload = sealed(connection, "på Kærvej".encode(), place="work_item.payload")
        run(connection, "UPDATE work_item SET payload = ? WHERE id = ?", payload, *stored(connection, key))
    with place.database.read() as session:
        assert session.execute(select(_ITEM.c.payload).where(_ITEM.c.id == key)).scalar_one() == "på Kærvej".encode()


def test_what_the_columns_type_sealed_opens_here(place: Workplace) -> None:
    key = _insert(place, _ZONED)
    with place.database.read() as session:
        connection = session.connection()
        row = run(connection, "SELECT payload FROM work_item WHERE id = ?", *stored(connection, key)).one()
        assert unsealed(connection, row[0], place="work_item.payload") == b"x"


def test_a_statement_that_is_read_by_itself_gets_the_same_values(place: Workplace) -> None:
    key = new_id()
    with place.database.read() as session:
        assert stored_in(place.database, key, _ZONED, "ord", None) == stored(
            session.connection(), key, _ZONED, "ord", None
        )
