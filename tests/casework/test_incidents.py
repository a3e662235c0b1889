"""A night of failures is one line, and closing it is a named person's act."""

from uuid import UUID

import pytest

from casework.errors import ReasonMissingError, UnknownItemError
from casework.incidents import acknowledge, close, count_items, get_incident, items_of, note_of, open_incidents, report
from casework.states import IncidentState
from casework.workplace import Workplace, as_person
from tests.concurrency import at_once
from tests.workbench import ANNE, BO, ROBOT, add, event_types, raw, rows


def _report(place: Workplace, code: str = "schema_drift", system: str = "esdh", item_id: UUID | None = None) -> UUID:
    with place.database.write() as session:
        return report(session, place, robot=ROBOT, system=system, code=code, message="Se efter.", item_id=item_id)


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


def test_every_item_that_met_the_trouble_is_kept(place: Workplace) -> None:
    one, two = add(place, "en", "to")
    ids = set()
    for item in (one, two, one):
        place.clock.sleep(1)
        ids.add(_report(place, item_id=item))
    (incident,) = ids
    with place.database.read() as session:
        met = items_of(session, incident)
        assert [item.id for item in met] == [one, two]
        assert (get_incident(session, incident).occurrences, count_items(session, [incident])) == (3, {incident: 2})


def test_trouble_without_an_item_leaves_the_latest_item_standing(place: Workplace) -> None:
    (item_id,) = add(place, "sag-1")
    incident = _report(place, item_id=item_id)
    _report(place)
    with place.database.read() as session:
        seen = get_incident(session, incident)
    assert (seen.occurrences, seen.item_id) == (2, item_id)


def test_a_note_that_does_not_open_hides_no_incident(place: Workplace) -> None:
    incident = _report(place)
    with place.database.write() as session:
        acknowledge(session, place, incident, acting=as_person(BO), note="Jeg ringer.")
    sealed = place.database.ring.seal(b"x", place="another.column")
    raw(place, "UPDATE incident SET acknowledge_note = :note", note=sealed)
    with place.database.read() as session:
        assert [seen.acknowledged_by for seen in open_incidents(session)] == ["bo"]
        assert get_incident(session, incident).acknowledged_by == "bo"


def test_items_of_another_incident_are_not_shown(place: Workplace) -> None:
    one, two = add(place, "en", "to")
    first = _report(place, item_id=one)
    _report(place, code="fault", item_id=two)
    with place.database.read() as session:
        assert [item.id for item in items_of(session, first)] == [one]


def test_an_acknowledged_incident_tells_who_looks_after_it_and_goes_on_counting(place: Workplace) -> None:
    incident = _report(place)
    with place.database.write() as session:
        acknowledge(session, place, incident, acting=as_person(ANNE), note="Jeg ringer til leverandøren.")
    assert _report(place) == incident
    with place.database.read() as session:
        seen = get_incident(session, incident)
        assert note_of(session, incident) == "Jeg ringer til leverandøren."
    assert (seen.state, seen.acknowledged_by, seen.occurrences) == (IncidentState.ACKNOWLEDGED, "anne", 2)
    assert event_types(place) == ["incident.opened", "incident.acknowledged"]
    assert "ringer" not in str(rows(place, "SELECT * FROM incident"))


def test_another_person_may_relieve_the_one_who_acknowledged(place: Workplace) -> None:
    incident = _report(place)
    for who in (ANNE, BO):
        with place.database.write() as session:
            acknowledge(session, place, incident, acting=as_person(who), note="Min nu.")
    with place.database.read() as session:
        assert get_incident(session, incident).acknowledged_by == "bo"


def test_acknowledging_needs_a_note(place: Workplace) -> None:
    incident = _report(place)
    with place.database.write() as session, pytest.raises(ReasonMissingError):
        acknowledge(session, place, incident, acting=as_person(ANNE), note=" ")


def test_a_closed_incident_is_not_acknowledged(place: Workplace) -> None:
    incident = _report(place)
    _close(place, incident)
    with place.database.write() as session, pytest.raises(UnknownItemError):
        acknowledge(session, place, incident, acting=as_person(ANNE), note="Min nu.")
    with place.database.read() as session:
        assert get_incident(session, incident).state is IncidentState.CLOSED


def test_an_unknown_incident_is_refused(place: Workplace) -> None:
    with place.database.read() as session, pytest.raises(UnknownItemError):
        get_incident(session, UUID(int=7))
