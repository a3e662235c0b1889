"""What people decided about a robot's work is held against the events: what was done by hand is found."""

from uuid import UUID

import pytest

from audit.obligations.business import EventTold
from audit.obligations.finding import Verdict
from casework.oversight_records import OVERSIGHT_RECORDS
from casework.workplace import Workplace
from tests.casework.oversight_makers import MAKERS
from tests.casework.verifying import broken, eleventh
from tests.workbench import raw, rows


@pytest.mark.parametrize("table", MAKERS)
def test_rows_that_came_about_honestly_raise_no_alarm(place: Workplace, table: str) -> None:
    MAKERS[table](place)
    assert eleventh(place).verdict is Verdict.HOLDS


@pytest.mark.parametrize("table", MAKERS)
def test_rows_that_are_gone_are_found(place: Workplace, table: str) -> None:
    MAKERS[table](place)
    for trigger in _triggers_of(place, table):
        raw(place, trigger)
    raw(place, f"DELETE FROM {table}")  # noqa: S608 - names of our own tables.
    assert "findes ikke" in broken(place)


@pytest.mark.parametrize("table", MAKERS)
def test_rows_whose_events_were_never_written_are_found(place: Workplace, table: str) -> None:
    MAKERS[table](place)
    with place.database.read() as session:
        (records,) = [one for one in OVERSIGHT_RECORDS if getattr(one, "table").name == table]  # noqa: B009 - not part of the port.
        assert list(records.rows_without_event(session, since=None)) == []
    for trigger in _triggers_of(place, table):
        raw(place, trigger)
    raw(place, _MADE_BY_HAND[table])
    with place.database.read() as session:
        assert len(list(records.rows_without_event(session, since=None))) == 1


#: A row that says something else than its event, or has none.
_MADE_BY_HAND = {
    "policy": "UPDATE policy SET decided_by = 'gerda' WHERE state = 'in_force'",
    "hold": "UPDATE hold SET released_by = 'erik' WHERE released_at IS NOT NULL",
    "sweep": "UPDATE sweep SET counts = '{\"cases\": 8}' WHERE state = 'finished'",
    "acceptance": "UPDATE acceptance SET accepted_by = 'erik' WHERE used_at IS NULL",
    "incident": "UPDATE incident SET closed_at = opened_at, closed_by = 'erik' WHERE code = 'timeout'",
    "work_result": "UPDATE work_result SET result = 'noop' WHERE row = 'S1/1'",
    "robot_state": "UPDATE robot_state SET state = 'active' WHERE robot = 'a'",
}


def test_a_released_hold_opened_again_by_hand_is_not_found_by_its_release(place: Workplace) -> None:
    MAKERS["hold"](place)
    raw(place, "UPDATE hold SET released_at = placed_at, released_by = 'bo' WHERE released_at IS NULL")
    assert "Rækker på hold" in broken(place)


def test_an_event_about_a_row_that_never_was_is_named(place: Workplace) -> None:
    body = {"type": "policy.proposed", "facts": {"policy": str(UUID(int=1))}}
    told = EventTold(UUID(int=7), body)
    with place.database.read() as session:
        assert list(OVERSIGHT_RECORDS[0].events_without_row(session, [told])) == [UUID(int=7)]


def _triggers_of(place: Workplace, table: str) -> list[str]:
    """What takes away the triggers that hinder deleting, as one does who owns the database."""
    if place.database.is_sqlite:
        found = rows(place, "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :t", t=table)
        return [f"DROP TRIGGER {row['name']}" for row in found]
    return [f"ALTER TABLE {table} DISABLE TRIGGER USER"]
