"""The books add up after a night in which everything happens, and each check finds the fact that was tampered with."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from casework.states import ItemState, PrimaryResult
from connectors.records import PartyContact, PartyRef
from flows.asked_for import ask_for_case, ask_for_person
from flows.books import Books, keep_books
from flows.rolling_back import ask_for_rollback
from flows.sweeping import sweep
from foundation.addresses import CivilAddress
from foundation.clock import local_date
from foundation.cpr import Cpr
from tests.flows.office import CITIZENS, OLD, Office

TYPED = CivilAddress("Hospitalsvej", "9", postal_code="9000", postal_district="Aalborg", municipality_code="0851")


def _books(office: Office) -> Books:
    with office.composition.place.database.read() as session:
        return keep_books(session, robot=office.robot.card.name)


def _failing(books: Books) -> set[str]:
    return {check.name for check in books.checks if not check.holds}


def _mixed_night(office: Office) -> None:
    """Moves, a repetition, a task, a closed case, a move ahead, somebody without a case, a sweep, and a rollback."""
    moved, case, _ = office.settle_in(CITIZENS[0])
    office.cases.stage.add_party(office.cases.stage.add_case(), cpr=moved, address=OLD)
    office.move(moved)
    office.events.repeat(office.events.announce(moved))
    closed, closed_case, _ = office.settle_in(CITIZENS[1])
    office.move(closed)
    office.cases.stage.close(closed_case)
    typed, _, party = office.settle_in(CITIZENS[2])
    office.cases.stage.edit_contact(party, PartyContact(TYPED, is_protected=False))
    office.events.announce(typed)
    ahead, _, _ = office.settle_in(CITIZENS[3])
    office.people.move(ahead, TYPED, effect_from=local_date(office.clock.now() + timedelta(days=9)))
    office.events.announce(ahead)
    nobody = Cpr.parse(CITIZENS[4])
    office.people.add_person(nobody, address=OLD)
    office.events.announce(nobody)
    drifted, _, _ = office.settle_in(CITIZENS[5])
    office.people.move(drifted, TYPED, effect_from=local_date(office.clock.now()))
    office.run()
    office.clock.advance(3600)
    sweep(office.composition, office.robot, office.actor("dorthe"))
    office.run()
    office.approve_all()
    ask_for_person(office.composition, office.robot, office.actor("dorthe"), moved)
    ask_for_case(office.composition, office.robot, office.actor("dorthe"), office.cases.get_case(case).number)
    office.run()
    (written,) = [item for item in office.items() if item.outcome_code == "applied" and item.reference[:3] == "cpr"]
    ask_for_rollback(office.composition.place, written.id, actor=office.actor("anne"), reason="Prøve.")
    office.run()
    office.approve_all(approver="erik")
    office.run()


def test_nothing_at_all_adds_up(office: Office) -> None:
    assert _books(office).add_up


def test_adr_54_the_books_add_up_after_a_mixed_night(office: Office) -> None:
    _mixed_night(office)
    books = _books(office)
    assert _failing(books) == set()
    # Three events of the first: they were announced together, and one of them twice.
    assert (books.events, books.people, books.duplicates) == (7, 5, 2)
    assert dict(books.sources) == {"event": 5, "sweep": 2, "person": 1, "case": 1, "rollback": 1}
    assert books.rows.by_result[PrimaryResult.ROLLED_BACK] == 2
    assert {PrimaryResult.APPLIED, PrimaryResult.TASK, PrimaryResult.SKIPPED, PrimaryResult.DEFERRED} <= set(
        books.rows.by_result
    )
    assert books.items[ItemState.DEFERRED] >= 1
    assert books.written["update_party_contact"] == 5
    assert sum(books.rows.by_result.values()) == books.rows.rows


def test_adr_54_every_row_has_one_result_also_while_proposals_wait(office: Office) -> None:
    cpr, _, _ = office.settle_in()
    office.move(cpr)
    office.run()
    books = _books(office)
    assert _failing(books) == set()
    assert dict(books.rows.by_result) == {PrimaryResult.AWAITING_APPROVAL: 1}


def test_a_party_that_left_its_case_before_the_answer_is_overtaken(office: Office) -> None:
    cpr, _, _ = office.settle_in()
    other = office.cases.stage.add_party(office.cases.stage.add_case(), cpr=cpr, address=OLD)
    office.move(cpr)
    office.run()
    _leave(office, other)
    office.approve_all()
    office.run()
    office.approve_all()
    office.run()
    books = _books(office)
    assert _failing(books) == set()
    assert books.rows.by_result == {PrimaryResult.APPLIED: 1, PrimaryResult.OVERTAKEN: 1}


def test_a_rollback_of_a_party_that_left_its_case_is_no_silent_item(office: Office) -> None:
    cpr, _, party = office.settle_in()
    office.move(cpr)
    office.run()
    office.approve_all()
    office.run()
    ask_for_rollback(office.composition.place, office.items()[0].id, actor=office.actor("bo"), reason="Prøve.")
    _leave(office, party)
    office.run()
    assert _failing(_books(office)) == set()


def _leave(office: Office, party: PartyRef) -> None:
    stage = office.cases.stage
    case = stage.cases[party.case]
    kept = tuple(each for each in case.parties if each.ref != party)
    stage.cases[party.case] = replace(case, parties=kept)


#: What to do to which fact, so that the check of this name no longer holds.
_TAMPERING = {
    "hændelser = gentagelser + hændelser, der er taget imod": (
        "DELETE FROM received_event WHERE event_id = (SELECT min(event_id) FROM received_event)"
    ),
    "hændelser = borgere + dubletter": (
        "UPDATE work_item SET reference = 'sweep:x' WHERE reference = "
        "(SELECT max(reference) FROM work_item WHERE reference LIKE 'cpr-event:%')"
    ),
    "opgaver = opgaver, som loggen siger er oprettet": "DELETE FROM work_item WHERE reference LIKE 'sweep:%'",
    "linjer = linjer, som loggen fortæller om": "DELETE FROM work_result WHERE result = 'task'",
    "linjer, som kun den ene af dem kender = 0": ("UPDATE work_result SET \"row\" = 'S2026-0/9' WHERE result = 'task'"),
    "linjer, der venter, på opgaver, der er slut = 0": (
        "UPDATE work_result SET result = 'awaiting_approval' WHERE result = 'task'"
    ),
    "færdige opgaver uden en eneste linje = 0": (
        "DELETE FROM work_result WHERE item_id IN (SELECT id FROM work_item WHERE outcome_code = 'tasks_created')"
    ),
    "skrevne linjer uden en udført ændring = 0": ("UPDATE work_result SET result = 'applied' WHERE result = 'skipped'"),
}


class UndoneError(Exception):
    """Ends a transaction that must never become true."""


def test_adr_54_each_check_finds_the_fact_that_was_tampered_with(office: Office) -> None:
    _mixed_night(office)
    assert {check.name for check in _books(office).checks} == set(_TAMPERING)
    for name, statement in _TAMPERING.items():
        assert name in _failing_after(office, statement), name
    assert _books(office).add_up


def _failing_after(office: Office, statement: str) -> set[str]:
    failing: set[str] = set()
    with contextlib.suppress(UndoneError), office.composition.place.database.write() as session:
        told = session.connection().execute(text(statement))
        assert told.rowcount > 0, statement
        failing = _failing(keep_books(session, robot=office.robot.card.name))
        raise UndoneError
    return failing
