"""From a mistake that was written to the case as it was before, and a row that is left alone (ADR-53)."""

from __future__ import annotations

from uuid import UUID

import pytest

from audit.reading import Selection, read_entries
from audit.vocabulary import EventType
from casework.approvals import Answer, approve
from casework.errors import ApprovalRefusedError, ReasonMissingError, TransitionRefusedError, UnknownItemError
from casework.holds import list_holds, release_hold
from casework.results import results_of
from casework.states import ItemState, PrimaryResult
from connectors.records import CaseRef, PartyContact, PartyRef
from flows.ending import Result
from flows.rolling_back import ask_for_rollback
from flows.sweeping import sweep
from foundation.addresses import CivilAddress
from foundation.cpr import Cpr
from foundation.errors import NotAllowedError
from foundation.identifiers import new_id
from tests.flows.office import CITIZENS, NEW, OLD, Office

OTHER = CivilAddress("Tredje Prøvevej", "3", postal_code="9000", postal_district="Aalborg", municipality_code="0851")


def _written(office: Office, number: str = CITIZENS[0]) -> tuple[Cpr, CaseRef, PartyRef, UUID]:
    """A change that was proposed, approved and written."""
    cpr, case, party = office.settle_in(number)
    office.move(cpr)
    office.run()
    office.approve_all()
    office.run()
    return cpr, case, party, office.items()[-1].id


def _ask(office: Office, item: UUID, *, by: str = "bo", reason: str = "Forkert borger.", rows: frozenset[str]) -> UUID:
    return ask_for_rollback(office.composition.place, item, actor=office.actor(by), reason=reason, rows=rows)


def _ask_for_all(office: Office, item: UUID, *, by: str = "bo") -> UUID:
    return _ask(office, item, by=by, rows=frozenset())


def _shown(office: Office, party: PartyRef) -> CivilAddress | None:
    found = office.cases.get_case(party.case).party(party)
    assert found is not None
    return found.contact.address


def _row(office: Office, party: PartyRef) -> str:
    return f"{office.cases.get_case(party.case).number}/{party.id}"


def _held(office: Office) -> list[str]:
    with office.composition.place.database.read() as session:
        return [hold.row for hold in list_holds(session)]


def test_adr_53_a_change_is_taken_back_and_left_alone_until_it_is_released(office: Office) -> None:
    cpr, _, party, item = _written(office)
    made = _ask_for_all(office, item)
    before = office.written()
    assert office.run().summary.counts == {Result.AWAITING_APPROVAL: 1}
    assert office.written() == before
    office.approve_all(approver="erik")
    assert office.run().summary.counts == {Result.COMPLETED: 1}
    assert _shown(office, party) == OLD
    assert office.written() == [*before, "update_party_contact", "append_journal_note"]
    assert _held(office) == [_row(office, party)]
    with office.composition.place.database.read() as session:
        assert [each.result for each in results_of(session, made)] == [PrimaryResult.ROLLED_BACK]

    # Neither CPR's next word nor a sweep writes it once more.
    written = office.written()
    office.events.announce(cpr)
    assert office.run().summary.counts == {Result.COMPLETED: 1}
    office.clock.advance(3600)
    swept = sweep(office.composition, office.robot, office.actor("dorthe"))
    assert (swept.sweep.counts["skipped"], swept.sweep.counts.get("new", 0)) == (1, 0)
    assert office.written() == written

    release_hold(
        office.composition.place,
        robot=office.robot.card.name,
        row=_row(office, party),
        actor=office.actor("bo"),
        reason="CPR har ret.",
    )
    office.clock.advance(3600)
    assert sweep(office.composition, office.robot, office.actor("dorthe")).sweep.counts["new"] == 1
    assert office.run().summary.counts == {Result.AWAITING_APPROVAL: 1}


def test_adr_53_the_first_note_stays_and_a_second_one_is_added(office: Office) -> None:
    _, case, _, item = _written(office)
    (first,) = office.cases.list_journal_notes(case)
    _ask_for_all(office, item)
    office.run()
    office.approve_all(approver="erik")
    office.run()
    notes = office.cases.list_journal_notes(case)
    assert first in notes
    assert len(notes) == 2


def test_adr_53_neither_who_asked_nor_who_started_the_run_may_approve(office: Office) -> None:
    _, _, _, item = _written(office)
    _ask_for_all(office, item, by="bo")
    office.run(starter="dorthe")
    (waiting,) = office.waiting()
    assert {"bo", "dorthe"} <= waiting.barred
    with pytest.raises(ApprovalRefusedError):
        approve(
            office.composition.place,
            [Answer(waiting.item_id, waiting.digest)],
            actor=office.actor("bo"),
            person_seconds=30,
        )
    office.approve_all(approver="erik")


def test_adr_53_a_rollback_needs_a_reason(office: Office) -> None:
    _, _, _, item = _written(office)
    with pytest.raises(ReasonMissingError):
        _ask(office, item, reason="  ", rows=frozenset())
    assert len(office.items()) == 1


def test_adr_53_the_reason_is_sealed_and_the_purpose_is_told(office: Office) -> None:
    _, _, _, item = _written(office)
    made = _ask_for_all(office, item)
    with office.composition.place.database.read() as session:
        (told,) = read_entries(session, Selection(type=EventType.ROLLBACK_ASKED))
        (created,) = read_entries(session, Selection(type=EventType.ITEM_CREATED, item=str(made)))
    assert "Forkert borger" not in str(told.body)
    assert (told.body["actor"]["kind"], told.body["actor"]["id"]) == ("person", "bo")
    assert told.body["facts"]["of"] == str(item)
    assert told.body["purpose"]["kle"]
    assert created.body["purpose"]["kle"]


def test_adr_53_only_rows_that_were_written_can_be_asked_for(office: Office) -> None:
    _, _, party, item = _written(office)
    with pytest.raises(TransitionRefusedError, match=_row(office, party)):
        _ask(office, item, rows=frozenset({"S2026-99999/1"}))


def test_adr_53_what_was_only_proposed_cannot_be_taken_back(office: Office) -> None:
    cpr, _, _ = office.settle_in()
    office.move(cpr)
    office.run()
    with pytest.raises(TransitionRefusedError, match="ikke skrevet noget"):
        _ask_for_all(office, office.items()[0].id)
    office.approve_all()
    with pytest.raises(TransitionRefusedError, match="ikke skrevet noget"):
        _ask_for_all(office, office.items()[0].id)


def test_adr_53_a_row_that_the_approver_left_out_was_not_written(office: Office) -> None:
    cpr, _, first = office.settle_in()
    second = office.cases.stage.add_party(office.cases.stage.add_case(), cpr=cpr, address=OLD)
    office.move(cpr)
    office.run()
    (waiting,) = office.waiting()
    answer = Answer(waiting.item_id, waiting.digest, excluded_rows=frozenset({_row(office, second)}))
    place, bo = office.composition.place, office.actor("bo")
    approve(place, [answer], actor=bo, person_seconds=30, reason="Kun den ene.")
    office.run()
    item = office.items()[0].id
    with pytest.raises(TransitionRefusedError):
        _ask(office, item, rows=frozenset({_row(office, second)}))
    _ask_for_all(office, item)
    office.run()
    (waiting,) = office.waiting()
    assert [row.id for row in waiting.proposal.rows] == [_row(office, first)]


def test_adr_53_one_row_of_several_can_be_taken_back_alone(office: Office) -> None:
    cpr, _, first = office.settle_in()
    second = office.cases.stage.add_party(office.cases.stage.add_case(), cpr=cpr, address=OLD)
    office.move(cpr)
    office.run()
    office.approve_all()
    office.run()
    _ask(office, office.items()[0].id, rows=frozenset({_row(office, second)}))
    office.run()
    office.approve_all(approver="erik")
    office.run()
    assert (_shown(office, first), _shown(office, second)) == (NEW, OLD)


def test_adr_53_rows_that_were_written_under_two_approvals_are_all_taken_back(office: Office) -> None:
    cpr, _, first = office.settle_in()
    second = office.cases.stage.add_party(office.cases.stage.add_case(), cpr=cpr, address=OLD)
    office.move(cpr)
    office.run()
    office.approve_all()
    # The second row changed after the approval, so the item is planned anew and written in two turns.
    office.cases.stage.edit_contact(second, PartyContact(None, is_protected=False))
    office.run()
    office.approve_all()
    office.run()
    (item,) = office.items()
    assert (item.state, _shown(office, first), _shown(office, second)) == (ItemState.COMPLETED, NEW, NEW)
    _ask_for_all(office, item.id)
    office.run()
    (waiting,) = office.waiting()
    assert {row.id for row in waiting.proposal.rows} == {_row(office, first), _row(office, second)}
    office.approve_all(approver="erik")
    office.run()
    assert _shown(office, first) == OLD
    assert _shown(office, second) in {None, CivilAddress()}


def test_adr_53_what_a_colleague_changed_since_becomes_a_task(office: Office) -> None:
    _, _, party, item = _written(office)
    office.cases.stage.edit_contact(party, PartyContact(OTHER, is_protected=False))
    _ask_for_all(office, item)
    assert office.run().summary.counts == {Result.COMPLETED: 1}
    assert _shown(office, party) == OTHER
    assert office.written()[-1] == "create_reminder"
    assert _held(office) == []


def test_adr_53_what_was_taken_back_cannot_be_taken_back_itself(office: Office) -> None:
    _, _, _, item = _written(office)
    made = _ask_for_all(office, item)
    office.run()
    office.approve_all(approver="erik")
    office.run()
    with pytest.raises(TransitionRefusedError):
        _ask_for_all(office, made)


def test_adr_53_asking_for_a_rollback_takes_a_role(office: Office) -> None:
    _, _, _, item = _written(office)
    with pytest.raises(NotAllowedError):
        _ask_for_all(office, item, by="carla")


def test_adr_53_an_unknown_item_cannot_be_taken_back(office: Office) -> None:
    with pytest.raises(UnknownItemError):
        _ask_for_all(office, new_id())


def test_adr_53_a_rollback_that_was_asked_for_writes_nothing_by_itself(office: Office) -> None:
    cpr, _, _, item = _written(office)
    before = office.written()
    _ask_for_all(office, item)
    assert office.written() == before
    assert cpr.digits not in office.items()[-1].reference
