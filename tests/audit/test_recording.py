"""An event stands or falls with the change it tells of."""

import json
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select

from audit.errors import EventNotAllowedError
from audit.events import CaseEventRef, Event, ProcessRef, RunRef, SubjectRef, commitment, leaf_hash
from audit.reading import Selection, read_entries
from audit.recording import record, record_all
from audit.tables import AuditPrivateRow
from audit.vocabulary import EventType
from casework.workplace import Workplace
from foundation.database import Database
from foundation.sealing import KeyRing, UnsealError
from tests.workbench import rows

_PRIVATE = AuditPrivateRow.__table__


def _record(place: Workplace, *events: Event) -> list[UUID]:
    with place.database.write() as session:
        return record_all(session, events, at=place.now(), environment="simulated")


def _counts(place: Workplace) -> list[int]:
    tables = ("audit_event", "audit_pending", "audit_private")
    return [rows(place, f"SELECT count(*) AS n FROM {table}")[0]["n"] for table in tables]  # noqa: S608 - names of our own tables.


def test_an_event_its_pending_row_and_its_private_detail_are_written_together(place: Workplace, event: Event) -> None:
    before = _counts(place)
    _record(place, event)
    assert [now - then for now, then in zip(_counts(place), before, strict=True)] == [1, 1, 1]


def test_all_of_it_is_gone_when_the_caller_rolls_back(place: Workplace, event: Event) -> None:
    before = _counts(place)

    def fail() -> None:
        with place.database.write() as session:
            record(session, event, at=place.now(), environment="simulated")
            raise RuntimeError("rolls back")

    with pytest.raises(RuntimeError):
        fail()
    assert _counts(place) == before


def test_one_event_that_cannot_be_written_stops_them_all(place: Workplace, event: Event) -> None:
    before = _counts(place)
    wrong = Event(type=EventType.EVIDENCE_GIVEN, actor=event.actor, facts={"a": 1.5})  # type: ignore[dict-item]  # the fault itself
    with pytest.raises(EventNotAllowedError):
        _record(place, event, wrong)
    assert _counts(place) == before


@pytest.mark.parametrize("count", [1, 2, 3, 100])
def test_many_events_at_once_are_the_rows_that_each_alone_would_be(place: Workplace, event: Event, count: int) -> None:
    plain = replace(event, private=None, case=CaseEventRef("nova", "S1"), run=RunRef(run="r", item="i"))
    ids = _record(place, *(plain if number % 2 else event for number in range(count)))
    found = rows(place, "SELECT id, actor, robot, run_id, case_ref, body, leaf FROM audit_event ORDER BY id")[1:]
    assert [str(UUID(str(row["id"]))) for row in found] == sorted(str(one) for one in ids)
    assert sorted(ids, key=str) == ids
    for number, row in enumerate(found):
        is_plain = number % 2 == 1
        assert (row["actor"], row["robot"]) == ("anne", None)
        assert (row["run_id"], row["case_ref"]) == (("r", "S1") if is_plain else (None, None))
        assert bytes(row["leaf"]) == leaf_hash(bytes(row["body"]))
    assert _counts(place)[1] == count + 1


def test_no_events_are_no_rows(place: Workplace) -> None:
    before = _counts(place)
    assert _record(place) == []
    assert _counts(place) == before


def test_the_stored_leaf_is_that_of_the_stored_body(place: Workplace, event: Event) -> None:
    _record(place, event, event)
    for row in rows(place, "SELECT body, leaf FROM audit_event"):
        assert bytes(row["leaf"]) == leaf_hash(bytes(row["body"]))


def test_the_columns_repeat_what_stands_in_the_body(place: Workplace, event: Event) -> None:
    full = Event(
        type=EventType.RECORD_READ,
        actor=event.actor,
        process=ProcessRef("robot", "1.0"),
        run=RunRef("r", "i"),
        subject=SubjectRef("S2026-x"),
        case=CaseEventRef("nova", "sag-1"),
    )
    _record(place, full)
    (row,) = rows(place, "SELECT * FROM audit_event WHERE type = 'record.read'")
    body = json.loads(row["body"])
    assert (row["actor"], row["robot"], row["run_id"], row["item_id"], row["case_ref"], row["subject_ref"]) == (
        body["actor"]["id"],
        body["process"]["key"],
        body["run"]["run"],
        body["run"]["item"],
        body["case"]["ref"],
        body["subject"]["ref"],
    )


def test_a_private_detail_opens_with_the_ring_and_matches_its_commitment(place: Workplace, event: Event) -> None:
    (event_id,) = _record(place, event)
    with place.database.read() as session:
        row = session.execute(select(_PRIVATE).where(_PRIVATE.c.event_id == event_id)).one()
        (entry,) = read_entries(session, Selection(type=EventType.EVIDENCE_GIVEN))
    assert row.detail == b"Engvej 7"
    assert entry.body["private"]["commitment"] == commitment(row.salt, row.detail)


def test_a_private_detail_does_not_open_with_another_ring(place: Workplace, database_url: str, event: Event) -> None:
    _record(place, event)
    other = Database(database_url, KeyRing(b"\x09" * 32))
    with pytest.raises(UnsealError), other.read() as session:
        session.execute(select(_PRIVATE.c.detail)).all()
    other.dispose()


def test_entries_are_found_by_what_they_concern_newest_last(place: Workplace, event: Event) -> None:
    def of(case: str, robot: str) -> Event:
        return Event(
            type=EventType.RECORD_READ,
            actor=event.actor,
            process=ProcessRef(robot, "1"),
            run=RunRef(f"run-{case}", f"item-{case}"),
            case=CaseEventRef("nova", case),
        )

    for case, robot in (("a", "r1"), ("b", "r1"), ("a", "r2")):
        _record(place, of(case, robot))
        place.clock.sleep(1)
    with place.database.read() as session:
        found = read_entries(session, Selection(case="a"))
        assert [entry.body["process"]["key"] for entry in found] == ["r1", "r2"]
        assert len(read_entries(session, Selection(robot="r1", case="b", run="run-b", item="item-b"))) == 1
        assert [entry.body["process"]["key"] for entry in read_entries(session, Selection(limit=1))] == ["r2"]
    assert found[0].sentence() == "anne læste en sag"
