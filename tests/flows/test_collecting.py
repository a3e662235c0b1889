"""Collecting loses no event and takes none twice, also when two collect at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.acceptances import accept
from casework.incidents import open_incidents
from casework.received import bookmark
from casework.states import AcceptanceKind
from connectors.errors import AccessDenied, AuthExpired, ConnectorError, SchemaDrift, Unavailable
from connectors.records import EventBatch, PersonEvent, PersonEventKind
from flows.collecting import Collected, CollectedElsewhereError, GapError, MassChangeError, collect, fresh_events
from flows.opened_run import acting_of
from foundation.cpr import Cpr
from robots.address_update.policy import Policy
from robots.address_update.robot import AddressUpdate
from tests.flows.office import CITIZENS, Office


def _collect(office: Office, *, starter: str = "dorthe") -> Collected:
    acting = acting_of(office.robot, office.actor(starter))
    return collect(office.composition, office.robot, acting=acting, starter=starter)


def _accept(office: Office, what: AcceptanceKind, *, by: str, mark: str | None = None) -> None:
    """Somebody lets the robot go on from where it stands."""
    source = office.events.system
    with office.composition.place.database.read() as session:
        stands = bookmark(session, robot=office.robot.card.name, source=source)
    accept(
        office.composition.place,
        robot=office.robot.card.name,
        what=what,
        mark=mark or f"{source}:{stands or 'start'}",
        actor=office.actor(by),
        reason="Vi har set på det.",
    )


def _lose_one(office: Office) -> None:
    """One event is taken, the next is lost, and a third waits."""
    cpr, _, _ = office.settle_in()
    office.move(cpr)
    _collect(office)
    office.events.lose()
    other, _, _ = office.settle_in(CITIZENS[1])
    office.move(other)


def _limit_people(office: Office, most: int) -> None:
    office.robot = AddressUpdate(Policy(mass_people=most))


def test_of_two_collectors_at_once_one_takes_the_events(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    cpr, _, _ = office.settle_in()
    office.move(cpr)
    poll = office.events.poll

    def poll_while_another_collects(*, after: str | None, limit: int) -> EventBatch:
        batch = poll(after=after, limit=limit)
        monkeypatch.setattr(office.events, "poll", poll)
        _collect(office)
        return batch

    monkeypatch.setattr(office.events, "poll", poll_while_another_collects)
    with pytest.raises(CollectedElsewhereError):
        _collect(office)
    assert len(office.items()) == 1


def test_adr_49_a_hole_stops_the_intake_and_the_message_names_the_next_command(office: Office) -> None:
    _lose_one(office)
    with pytest.raises(GapError, match=r"sagsgang intake accept address_update gap twin_cpr_events:1"):
        _collect(office)
    assert len(office.items()) == 1


def test_adr_49_another_person_lets_the_intake_go_on(office: Office) -> None:
    _lose_one(office)
    _accept(office, AcceptanceKind.GAP, by="bo")
    assert _collect(office).items == 1
    assert len(office.items()) == 2


def test_adr_49_who_runs_the_robot_does_not_accept_the_hole_himself(office: Office) -> None:
    _lose_one(office)
    _accept(office, AcceptanceKind.GAP, by="dorthe")
    with pytest.raises(GapError):
        _collect(office)
    # The same acceptance is good for a run that somebody else starts.
    assert _collect(office, starter="anne").items == 1


def test_adr_49_an_acceptance_lets_one_hole_pass_and_not_the_next(office: Office) -> None:
    _lose_one(office)
    _accept(office, AcceptanceKind.GAP, by="bo")
    _collect(office)
    office.events.lose()
    third, _, _ = office.settle_in(CITIZENS[2])
    office.move(third)
    with pytest.raises(GapError):
        _collect(office)


def test_adr_49_an_acceptance_of_another_hole_does_not_count(office: Office) -> None:
    _lose_one(office)
    _accept(office, AcceptanceKind.GAP, by="bo", mark="twin_cpr_events:7")
    with pytest.raises(GapError):
        _collect(office)


def test_adr_49_an_acceptance_is_kept_until_there_is_something_after_the_hole(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _lose_one(office)
    _accept(office, AcceptanceKind.GAP, by="bo")
    # As an extract of a weekend: a file is missing, and the ones after it tell of nobody.
    nothing = EventBatch((), "1", has_gap=True)
    monkeypatch.setattr(office.events, "poll", lambda *, after, limit: nothing)  # noqa: ARG005 - the port's names.
    assert _collect(office) == Collected()
    monkeypatch.undo()
    assert _collect(office).items == 1


def test_an_empty_portion_does_not_keep_the_intake_at_work_for_ever(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = EventBatch((), None, has_more=True)
    monkeypatch.setattr(office.events, "poll", lambda *, after, limit: nothing)  # noqa: ARG005 - the port's names.
    assert _collect(office) == Collected()


def test_a_portion_without_events_moves_the_bookmark_on(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    cpr, _, _ = office.settle_in()
    office.move(cpr)
    poll = office.events.poll

    def poll_past_an_empty_file(*, after: str | None, limit: int) -> EventBatch:
        return EventBatch((), "0", has_more=True) if after is None else poll(after=after, limit=limit)

    monkeypatch.setattr(office.events, "poll", poll_past_an_empty_file)
    assert _collect(office).items == 1


def _three_move(office: Office) -> None:
    for number in CITIZENS[:3]:
        cpr, _, _ = office.settle_in(number)
        office.move(cpr)


def test_adr_50_news_of_more_people_than_the_policy_allows_stops_the_intake(office: Office) -> None:
    _limit_people(office, 2)
    _three_move(office)
    with pytest.raises(MassChangeError, match="flere end 2 borgere"):
        _collect(office)
    assert office.items() == []
    with office.composition.place.database.read() as session:
        assert [incident.code for incident in open_incidents(session)] == ["mass_change"]


def test_adr_50_as_many_people_as_the_policy_allows_are_ordinary(office: Office) -> None:
    _limit_people(office, 3)
    _three_move(office)
    assert _collect(office).items == 3


def test_adr_50_the_people_of_all_portions_are_counted_together(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.collecting._PORTION", 1)
    _limit_people(office, 2)
    _three_move(office)
    with pytest.raises(MassChangeError):
        _collect(office)
    assert office.items() == []


def test_adr_50_another_person_lets_a_mass_change_pass_once(office: Office) -> None:
    _limit_people(office, 2)
    _three_move(office)
    _accept(office, AcceptanceKind.MASS_CHANGE, by="dorthe")
    with pytest.raises(MassChangeError):
        _collect(office)
    _accept(office, AcceptanceKind.MASS_CHANGE, by="frida")
    assert _collect(office).items == 3
    for number in CITIZENS[3:]:
        cpr, _, _ = office.settle_in(number)
        office.move(cpr)
    with pytest.raises(MassChangeError):
        _collect(office)


def test_adr_50_an_accepted_hole_does_not_let_a_mass_change_pass(office: Office) -> None:
    _lose_one(office)
    _limit_people(office, 1)
    third, _, _ = office.settle_in(CITIZENS[2])
    office.move(third)
    _accept(office, AcceptanceKind.GAP, by="bo")
    with pytest.raises(MassChangeError):
        _collect(office)
    # What was accepted of the hole was not used up by the run that went no further.
    _accept(office, AcceptanceKind.MASS_CHANGE, by="bo")
    assert _collect(office).items == 2


def test_two_events_of_one_person_make_one_item(office: Office) -> None:
    cpr, _, _ = office.settle_in()
    office.move(cpr)
    office.events.announce(cpr)
    _collect(office)
    assert len(office.items()) == 1


@given(st.lists(st.integers(0, 5)), st.sets(st.integers(0, 5)))
def test_every_event_is_either_fresh_or_a_duplicate(office_numbers: Sequence[int], known: set[int]) -> None:
    events = tuple(_event(number) for number in office_numbers)
    fresh, duplicates = fresh_events(events, {f"event-{number}" for number in known})
    assert len(fresh) + duplicates == len(events)
    assert {event.id for event in fresh} == {f"event-{number}" for number in set(office_numbers) - known}


def _event(number: int) -> PersonEvent:
    cpr = Cpr.parse(CITIZENS[0])
    return PersonEvent(f"event-{number}", number, cpr, PersonEventKind.ADDRESS, datetime(2026, 1, 2, tzinfo=UTC), None)


@pytest.mark.parametrize("kind", [AccessDenied, AuthExpired, SchemaDrift])
def test_a_source_that_waiting_does_not_mend_is_an_incident_at_once(office: Office, kind: type[ConnectorError]) -> None:
    for _ in range(2):
        office.events.fail_next(kind("twin_cpr_events", "poll", "1012620000"))
        with pytest.raises(kind):
            _collect(office)
    with office.composition.place.database.read() as session:
        (incident,) = open_incidents(session)
    assert (incident.code, incident.system, incident.occurrences) == (kind.code, office.events.system, 2)
    assert incident.message == kind.advice


def test_a_source_that_is_silent_for_a_while_is_left_to_the_circuit(office: Office) -> None:
    for _ in range(3):
        office.events.fail_next(Unavailable("twin_cpr_events", "poll"))
    with pytest.raises(Unavailable):
        _collect(office)
    with office.composition.place.database.read() as session:
        assert open_incidents(session) == []
