"""A dry run shows what would happen and changes nothing."""

from __future__ import annotations

import pytest

from audit.reading import Selection, read_entries
from audit.vocabulary import EventType
from connectors.records import PersonStatus
from flows.dry_run import dry_run
from foundation.errors import NotAllowedError
from tests.flows.office import CITIZENS, Office


def test_adr_51_a_dry_run_proposes_and_writes_nothing(office: Office) -> None:
    cpr, _, _ = office.settle_in()
    office.move(cpr)
    (planned,) = dry_run(office.composition, office.robot, office.actor("dorthe"))
    assert planned.result == "awaiting_approval"
    assert planned.proposal is not None
    assert planned.proposal.rows[0].after[0] == "Ny Prøvevej 2"
    assert office.written() == []
    assert office.items() == []


def test_adr_51_reminders_are_told_and_not_made(office: Office) -> None:
    cpr, case, _ = office.settle_in()
    office.people.set_status(cpr, PersonStatus.DEAD)
    office.events.announce(cpr)
    (planned,) = dry_run(office.composition, office.robot, office.actor("dorthe"))
    assert planned.writes == (("create_reminder", case.id),)
    assert office.written() == []


def test_a_dry_run_leaves_the_events_for_the_real_one(office: Office) -> None:
    cpr, _, _ = office.settle_in()
    office.move(cpr)
    dry_run(office.composition, office.robot, office.actor("dorthe"))
    report = office.run()
    assert report.collected is not None
    assert report.collected.items == 1


def test_a_dry_run_records_whom_it_looked_up(office: Office) -> None:
    cpr, _, _ = office.settle_in()
    office.move(cpr)
    dry_run(office.composition, office.robot, office.actor("dorthe"))
    with office.composition.place.database.read() as session:
        assert len(read_entries(session, Selection(type=EventType.PERSON_LOOKED_UP))) == 1


def test_a_limit_stops_the_dry_run(office: Office) -> None:
    for number in CITIZENS[:3]:
        cpr, _, _ = office.settle_in(number)
        office.move(cpr)
    assert len(dry_run(office.composition, office.robot, office.actor("dorthe"), limit=2)) == 2


def test_a_dry_run_needs_a_role_on_the_card(office: Office) -> None:
    with pytest.raises(NotAllowedError):
        dry_run(office.composition, office.robot, office.actor("carla"))
