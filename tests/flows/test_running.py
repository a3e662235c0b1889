"""A run from the event to the journal note, over twins and a real database."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from audit.reading import Selection, read_entries
from audit.vocabulary import EventType
from casework.errors import WorkerLostError
from casework.incidents import open_incidents
from casework.items import cancel
from casework.states import ItemState
from casework.tables import RunRow
from casework.workplace import as_person
from connectors.errors import LockedByUser, SchemaDrift, Unavailable
from connectors.records import PartyContact, PersonSnapshot
from flows.collecting import Collected
from flows.ending import Result
from foundation.cpr import Cpr
from foundation.errors import NotAllowedError
from tests.flows.office import CITIZENS, NEW, Office


def test_a_move_is_proposed_approved_written_and_noted(office: Office) -> None:
    cpr, case, party = office.settle_in()
    office.move(cpr)
    first = office.run()
    assert first.collected == Collected(events=1, duplicates=0, items=1)
    assert first.summary.counts == {Result.AWAITING_APPROVAL: 1}
    assert office.written() == []
    office.approve_all()
    second = office.run()
    assert second.summary.counts == {Result.COMPLETED: 1}
    assert office.written() == ["update_party_contact", "append_journal_note"]
    contact = office.cases.get_case(case).party(party)
    assert contact is not None
    assert contact.contact.address == NEW


def test_every_outside_change_stands_between_an_intent_and_an_ending(office: Office) -> None:
    cpr, _, _ = office.settle_in()
    office.move(cpr)
    office.run()
    office.approve_all()
    office.run()
    item = str(office.items()[0].id)
    with office.composition.place.database.read() as session:
        told = [entry.type for entry in read_entries(session, Selection(item=item))]
    effects = [kind for kind in told if kind.value.startswith("effect.")]
    assert effects == [EventType.EFFECT_INTENDED, EventType.EFFECT_DONE] * 2


def test_a_look_up_is_recorded_before_its_answer(office: Office) -> None:
    cpr, _, _ = office.settle_in()
    office.move(cpr)
    office.people.fail_next(SchemaDrift("twin_cpr", "lookup", "status"))
    office.run()
    with office.composition.place.database.read() as session:
        entries = read_entries(session, Selection(type=EventType.PERSON_LOOKED_UP))
    assert len(entries) == 1
    body = entries[0].body
    assert body["actor"] == {
        "kind": "robot",
        "id": "address_update",
        "established": "chosen",
        "onBehalfOf": "dorthe",
    }
    assert body["purpose"]["kle"]
    assert body["run"]["item"] == str(office.items()[0].id)
    assert cpr.digits not in str(body)


def test_an_event_that_comes_twice_makes_one_item(office: Office) -> None:
    cpr, _, _ = office.settle_in()
    office.people.move(cpr, NEW, effect_from=office.clock.now().date())
    event = office.events.announce(cpr)
    office.events.repeat(event)
    assert office.run().collected == Collected(events=2, duplicates=1, items=1)
    office.events.repeat(event)
    assert office.run().collected == Collected(events=1, duplicates=1, items=0)
    assert len(office.items()) == 1


def test_a_silent_source_does_not_keep_approved_work_from_being_done(office: Office) -> None:
    cpr, _, _ = office.settle_in()
    office.move(cpr)
    office.run()
    office.approve_all()
    for _ in range(3):
        office.events.fail_next(Unavailable("twin_cpr_events", "poll"))
    report = office.run()
    assert report.collect_error == "unavailable"
    assert report.summary.counts == {Result.COMPLETED: 1}


def test_a_hole_in_the_events_is_an_incident_and_nothing_after_it_is_taken(office: Office) -> None:
    first, _, _ = office.settle_in(CITIZENS[0])
    second, _, _ = office.settle_in(CITIZENS[1])
    office.move(first)
    office.run()
    office.events.lose()
    office.move(second)
    report = office.run()
    assert report.collect_error == "event_gap"
    assert len(office.items()) == 1
    with office.composition.place.database.read() as session:
        assert [incident.code for incident in open_incidents(session)] == ["event_gap"]


def test_only_a_role_on_the_card_may_start_the_robot(office: Office) -> None:
    with pytest.raises(NotAllowedError, match="sagsbehandler"):
        office.run(starter="carla")


def test_what_changed_after_the_approval_is_proposed_anew(office: Office) -> None:
    cpr, _, party = office.settle_in()
    office.move(cpr)
    office.run()
    office.approve_all()
    office.cases.stage.edit_contact(party, PartyContact(None, is_protected=False))
    report = office.run()
    assert report.summary.counts[Result.REPLANNED] == 1
    assert report.summary.counts[Result.AWAITING_APPROVAL] == 1
    assert office.written() == []
    (again,) = office.waiting()
    assert again.proposal.rows[0].before == ("Ingen adresse på sagen",)


def test_a_case_that_is_closed_after_the_approval_is_left_alone(office: Office) -> None:
    cpr, case, _ = office.settle_in()
    office.move(cpr)
    office.run()
    office.approve_all()
    office.cases.stage.close(case)
    assert office.run().summary.counts == {Result.COMPLETED: 1}
    assert office.written() == []
    assert office.items()[0].outcome_code == "skipped"


def test_the_run_stands_in_the_record_with_its_starter_and_its_log(office: Office) -> None:
    run_id = office.run().summary.run_id
    runs = RunRow.__table__
    with office.composition.place.database.read() as session:
        row = session.execute(select(runs).where(runs.c.id == run_id)).mappings().one()
        (closed,) = read_entries(session, Selection(run=str(run_id), type=EventType.RUN_CLOSED))
    assert row["started_by"] == "dorthe"
    assert row["ended_at"] is not None
    assert closed.body["facts"]["log"] == row["log_digest"]


def test_a_limit_leaves_the_rest_in_the_queue(office: Office) -> None:
    for number in CITIZENS[:3]:
        cpr, _, _ = office.settle_in(number)
        office.move(cpr)
    assert office.run(limit=2).summary.handled == 2
    assert [item.state for item in office.items()].count(ItemState.NEW) == 1


def test_what_a_colleague_wrote_meanwhile_is_not_told_as_the_robots_work(office: Office) -> None:
    cpr, _, party = office.settle_in()
    office.move(cpr)
    office.run()
    office.approve_all()
    office.cases.stage.edit_contact(party, PartyContact(NEW, is_protected=False))
    report = office.run()
    assert report.summary.counts == {Result.REPLANNED: 1, Result.COMPLETED: 1}
    assert office.written() == []
    assert office.items()[0].outcome_code == "already_current"


def test_a_note_that_cannot_be_written_now_is_written_later(office: Office) -> None:
    cpr, _, _ = office.settle_in()
    office.move(cpr)
    office.run()
    office.approve_all()
    office.cases.fail_next("append_journal_note", LockedByUser("twin", "append_journal_note"))
    assert office.run().summary.counts == {Result.DEFERRED: 1}
    office.clock.advance(4000)
    assert office.run().summary.counts == {Result.COMPLETED: 1}
    assert office.written() == ["update_party_contact", "append_journal_note"]


def test_an_unreadable_answer_before_a_write_stops_the_run_and_not_the_change(office: Office) -> None:
    cpr, _, _ = office.settle_in()
    office.move(cpr)
    office.run()
    office.approve_all()
    office.cases.fail_next("update_party_contact", SchemaDrift("twin", "update_party_contact", "path"))
    assert office.run().summary.stopped_by == "schema_drift"
    office.clock.advance(4000)
    assert office.run().summary.counts == {Result.COMPLETED: 1}
    assert office.written() == ["update_party_contact", "append_journal_note"]


def test_a_worker_that_others_may_take_for_dead_stops_its_run(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in CITIZENS[:4]:
        cpr, _, _ = office.settle_in(number)
        office.move(cpr)
    office.run()
    office.approve_all()

    def lost() -> None:
        message = "Forbindelsen er væk."
        raise WorkerLostError(message)

    monkeypatch.setattr(office.composition.worker, "require_right_to_call", lost)
    report = office.run()
    assert report.summary.stopped_by == "worker_lost"
    assert office.written() == []
    assert report.summary.counts[Result.GIVEN_BACK] > 0


def test_a_number_that_does_not_belong_in_the_environment_is_not_looked_up(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A number that passes modulus 11 and is on no list could be somebody's; here the list is taken away instead.
    monkeypatch.setattr("foundation.cpr_environment.is_published_test_number", lambda _cpr: False)
    cpr, _, _ = office.settle_in()
    office.move(cpr)
    assert office.run().summary.counts == {Result.FAILED: 1}
    with office.composition.place.database.read() as session:
        assert read_entries(session, Selection(type=EventType.PERSON_LOOKED_UP)) == []


def test_a_cancel_that_comes_while_the_robot_proposes_is_obeyed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    cpr, _, _ = office.settle_in()
    office.move(cpr)
    lookup = office.people.lookup
    place = office.composition.place

    def lookup_while_somebody_cancels(wanted: Cpr) -> PersonSnapshot:
        with place.database.write() as session:
            item = office.items_in(session)[0]
            cancel(session, place, item.id, acting=as_person(office.actor("anne")), reason="Fortrudt")
        return lookup(wanted)

    monkeypatch.setattr(office.people, "lookup", lookup_while_somebody_cancels)
    assert office.run().summary.counts == {Result.CANCELLED: 1}
    assert office.waiting() == []
