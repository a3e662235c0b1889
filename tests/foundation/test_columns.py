"""Times come back as they went in, on both databases, and none without a zone goes in."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.exc import StatementError

from casework.tables import WorkItemRow
from casework.workplace import Workplace
from tests.workbench import add, db_id, raw

_ITEM = WorkItemRow.__table__


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=1))),
        datetime(2026, 10, 25, 0, 30, 0, 1, tzinfo=UTC),
        datetime(1900, 1, 1, tzinfo=timezone(timedelta(hours=-12))),
        datetime(9999, 12, 31, 11, 0, tzinfo=UTC),
    ],
    ids=["summer time", "microsecond", "long ago", "far ahead"],
)
def test_a_time_comes_back_as_the_same_moment_in_utc(place: Workplace, moment: datetime) -> None:
    add(place, "sag-1")
    with place.database.write() as session:
        session.execute(_ITEM.update().values(due_at=moment))
    with place.database.read() as session:
        back = session.execute(select(_ITEM.c.due_at)).scalar_one()
        found = session.execute(select(_ITEM.c.id).where(_ITEM.c.due_at == moment)).all()
    assert back == moment
    assert back.tzinfo is UTC
    assert len(found) == 1


def test_a_time_without_a_zone_is_refused(place: Workplace) -> None:
    add(place, "sag-1")
    with pytest.raises(StatementError, match="zone"), place.database.write() as session:
        session.execute(_ITEM.update().values(due_at=datetime(2026, 1, 1)))  # noqa: DTZ001 - the fault itself.


def test_times_are_ordered_as_moments(place: Workplace) -> None:
    first, second = add(place, "sag-1", "sag-2")
    early = datetime(2026, 3, 2, 10, tzinfo=timezone(timedelta(hours=5)))
    late = datetime(2026, 3, 2, 9, tzinfo=UTC)
    with place.database.write() as session:
        session.execute(_ITEM.update().where(_ITEM.c.id == first).values(due_at=late))
        session.execute(_ITEM.update().where(_ITEM.c.id == second).values(due_at=early))
    with place.database.read() as session:
        assert session.execute(select(_ITEM.c.id).order_by(_ITEM.c.due_at)).scalars().all() == [second, first]


def test_nothing_is_nothing(place: Workplace) -> None:
    (item_id,) = add(place, "sag-1")
    raw(place, "UPDATE work_item SET due_at = NULL WHERE id = :id", id=db_id(place, item_id))
    with place.database.read() as session:
        assert session.execute(select(_ITEM.c.due_at)).scalar_one() is None
