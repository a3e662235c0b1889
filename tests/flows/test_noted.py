"""Every change is noted on its case, and whoever takes a note away is found out (ADR-54)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from audit.reading import Selection, read_entries
from audit.vocabulary import EventType
from connectors.errors import CaseClosed, LockedByUser, NotFound, Unavailable
from connectors.records import CaseRef
from flows.noted import Noted, look_for_notes
from flows.opened_run import acting_of
from tests.flows.office import CITIZENS, Office


def _look(office: Office, *, days: int = 7) -> Noted:
    acting = acting_of(office.robot, office.actor("dorthe"))
    since = office.clock.now() - timedelta(days=days)
    return look_for_notes(office.composition, office.robot.card.name, acting, since=since)


def _written(office: Office, number: str = CITIZENS[0]) -> CaseRef:
    cpr, case, _ = office.settle_in(number)
    office.move(cpr)
    office.run()
    office.approve_all()
    office.run()
    return case


def test_adr_54_a_note_that_stands_is_found(office: Office) -> None:
    _written(office)
    assert _look(office) == Noted(1, (), ())


def test_adr_54_a_note_that_was_deleted_is_missing(office: Office) -> None:
    first, second = _written(office, CITIZENS[0]), _written(office, CITIZENS[1])
    office.cases.stage.notes[second].clear()
    noted = _look(office)
    assert noted.looked_for == 2
    assert [case for _, case in noted.missing] == [second.id]
    assert first.id not in str(noted.missing)


def test_adr_54_a_note_on_a_case_that_is_gone_is_missing(office: Office) -> None:
    case = _written(office)
    del office.cases.stage.cases[case]
    assert [found for _, found in _look(office).missing] == [case.id]


def test_adr_54_a_change_without_a_note_is_told(office: Office) -> None:
    cpr, case, _ = office.settle_in()
    office.move(cpr)
    office.run()
    office.approve_all()
    office.cases.fail_next("append_journal_note", CaseClosed("twin", "append_journal_note"))
    office.run()
    noted = _look(office)
    assert (noted.looked_for, noted.missing) == (0, ())
    assert [(item, found) for item, found in noted.without_note] == [(office.items()[0].id, case.id)]


def test_a_note_that_is_still_to_be_written_is_not_missed(office: Office) -> None:
    cpr, _, _ = office.settle_in()
    office.move(cpr)
    office.run()
    office.approve_all()
    office.cases.fail_next("append_journal_note", LockedByUser("twin", "append_journal_note"))
    office.run()
    assert _look(office) == Noted(0, (), ())


def test_what_was_written_longer_ago_is_not_looked_for(office: Office) -> None:
    _written(office)
    office.clock.advance(8 * 24 * 3600)
    assert _look(office, days=7).looked_for == 0
    assert _look(office, days=9).looked_for == 1


def test_each_reading_of_a_journal_is_recorded_before_its_answer(office: Office) -> None:
    case = _written(office)
    office.cases.fail_next("find_journal_note", NotFound("twin", "find_journal_note", "case"))
    assert len(_look(office).missing) == 1
    with office.composition.place.database.read() as session:
        told = read_entries(session, Selection(type=EventType.RECORD_READ, case=case.id))
    assert any(entry.body["facts"].get("what") == "journal" for entry in told)


def test_a_silent_case_system_is_no_missing_note(office: Office) -> None:
    _written(office)
    for _ in range(3):
        office.cases.fail_next("find_journal_note", Unavailable("twin", "find_journal_note"))
    with pytest.raises(Unavailable):
        _look(office)
