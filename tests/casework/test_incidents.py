"""A night of failures is one line, and closing it is a named person's act."""

from uuid import UUID

import pytest

from casework.errors import ReasonMissingError, UnknownItemError
from casework.incidents import close, open_incidents, report
from casework.workplace import Workplace, as_person
from tests.concurrency import at_once
from tests.workbench import ANNE, ROBOT, event_types, rows


def _report(place: Workplace, code: str = "schema_drift", system: str = "esdh") -> UUID:
    with place.database.write() as session:
        return report(session, place, robot=ROBOT, system=system, code=code, message="Se efter.")


def _close(place: Workplace, incident: UUID, reason: str = "Rettet af leverandøren.") -> None:
    with place.database.write() as session:
        close(session, place, incident, acting=as_person(ANNE), reason=reason)


def test_the_same_trouble_again_is_counted_on_the_open_incident(place: Workplace) -> None:
    first = _report(place)
    place.clock.sleep(30)
    assert _report(place) == first
    with place.database.read() as session:
        (seen,) = open_incidents(session)
    assert (seen.occurrences, (seen.latest_at - seen.opened_at).total_seconds()) == (2, 30)
    assert event_types(place) == ["incident.opened"]


def test_the_same_trouble_met_by_many_at_once_is_one_incident(place: Workplace) -> None:
    ids = at_once(*(lambda: _report(place) for _ in range(6)))
    assert len(set(ids)) == 1
    with place.database.read() as session:
        assert [seen.occurrences for seen in open_incidents(session)] == [6]
    assert event_types(place) == ["incident.opened"]


def test_other_trouble_is_another_incident(place: Workplace) -> None:
    assert len({_report(place), _report(place, code="fault"), _report(place, system="cpr")}) == 3


def test_trouble_after_closing_is_a_new_incident(place: Workplace) -> None:
    first = _report(place)
    _close(place, first)
    assert _report(place) != first
    assert event_types(place) == ["incident.opened", "incident.closed", "incident.opened"]


def test_closing_needs_a_reason_and_keeps_it_sealed(place: Workplace) -> None:
    incident = _report(place)
    with pytest.raises(ReasonMissingError):
        _close(place, incident, " ")
    _close(place, incident, "Naboen ringede")
    assert "ringede" not in str(rows(place, "SELECT * FROM incident"))
    assert [row["closed_by"] for row in rows(place, "SELECT closed_by FROM incident")] == ["anne"]


def test_an_incident_is_closed_once(place: Workplace) -> None:
    incident = _report(place)
    _close(place, incident)
    with pytest.raises(UnknownItemError):
        _close(place, incident)
