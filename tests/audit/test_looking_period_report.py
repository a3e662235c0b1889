import re
from datetime import date

import pytest

from audit.events import ActorRef, DecisionRef, Event, ProcessRef, RunRef, Scalar
from audit.looking.accounts import FEWEST_TIMED, Account, keep_accounts
from audit.looking.period_report import PeriodReport, report_period
from audit.looking.periods import Period
from audit.sequencer import drain
from audit.signer import Signer
from audit.vocabulary import ActorKind, EventType, Outcome
from casework.known_roles import note_roles
from casework.states import ItemState
from casework.workplace import Workplace
from foundation.actor import Standing
from foundation.clock import ManualClock
from tests.workbench import ANNE, ROBOT, add_and_take, approve, ask, bring_to, cancel_item, raw

#: The day of the clock in ``tests.conftest``, and the one after.
DAY = Period(date(2026, 3, 2), date(2026, 3, 2))
NEXT = Period(date(2026, 3, 3), date(2026, 3, 3))
BO = ActorRef(ActorKind.PERSON, "bo", "os_account")


def _account(place: Workplace, period: Period = DAY) -> Account:
    with place.database.read() as session:
        return keep_accounts(session, period)[ROBOT]


def _report(place: Workplace, period: Period = DAY) -> PeriodReport:
    with place.database.read() as session:
        return report_period(session, period)


def _figure(report: PeriodReport, label: str) -> object:
    (found,) = (each.value for section in report.sections for each in section.figures if each.label == label)
    return found


@pytest.mark.parametrize("state", list(ItemState))
def test_items_in_equal_items_out_whatever_became_of_them(place: Workplace, state: ItemState) -> None:
    bring_to(place, state)
    account = _account(place)
    assert account.difference == 0
    assert account.came["created"] == 1
    ended = state in {ItemState.COMPLETED, ItemState.REJECTED, ItemState.FAILED, ItemState.CANCELLED}
    assert (account.went.total(), account.open_after) == ((1, 0) if ended else (0, 1))


def test_what_was_open_is_carried_into_the_next_period(place: Workplace, clock: ManualClock) -> None:
    waiting = bring_to(place, ItemState.DEFERRED)
    bring_to(place, ItemState.COMPLETED)
    clock.advance(86_400)
    cancel_item(place, waiting)
    account = _account(place, NEXT)
    assert (account.open_before, account.came.total(), account.open_after) == (1, 0, 0)
    assert account.went == {"cancelled": 1}
    assert account.difference == 0


def test_a_final_word_that_stands_twice_shows_as_a_difference(place: Workplace) -> None:
    item = bring_to(place, ItemState.COMPLETED)
    event = Event(type=EventType.ITEM_COMPLETED, actor=BO, process=ProcessRef(ROBOT, "1.0"), run=RunRef(item=str(item)))
    with place.database.write() as session:
        place.record(session, event)
    report = _report(place)
    assert report.differences == {ROBOT: -1}


def test_proposals_and_answers_are_counted(place: Workplace) -> None:
    claimed = add_and_take(place)
    approve(place, claimed.lease.item_id, ask(place, claimed))
    account = _account(place)
    assert account.proposals == 1
    assert account.answers == {"approved": 1}


def test_a_work_taken_over_by_hand_counts_as_gone(place: Workplace) -> None:
    claimed = add_and_take(place)
    ask(place, claimed)
    event = Event(
        type=EventType.DECISION_MADE,
        actor=BO,
        run=RunRef(item=str(claimed.lease.item_id)),
        decision=DecisionRef(human_review="taken_over"),
    )
    with place.database.write() as session:
        place.record(session, event)
    account = _account(place)
    assert (account.went["cancelled"], account.answers["taken_over"], account.difference) == (1, 1, 0)


@pytest.mark.parametrize(("decisions", "shown"), [(FEWEST_TIMED - 1, None), (FEWEST_TIMED, 30 * FEWEST_TIMED)])
def test_how_long_people_spent_is_told_of_five_decisions_or_more(
    place: Workplace, decisions: int, shown: int | None
) -> None:
    for number in range(decisions):
        claimed = add_and_take(place, f"sag-{number}")
        approve(place, claimed.lease.item_id, ask(place, claimed))
    assert _account(place).shown_seconds == shown


def test_a_version_counts_as_released_in_the_period_in_which_it_first_ran(place: Workplace, clock: ManualClock) -> None:
    def run(version: str, code: str) -> None:
        event = Event(type=EventType.RUN_OPENED, actor=BO, process=ProcessRef(ROBOT, version, code))
        with place.database.write() as session:
            place.record(session, event)

    run("1.0", "a" * 64)
    clock.advance(86_400)
    run("1.0", "a" * 64)
    run("1.0", "b" * 64)
    assert _figure(_report(place, NEXT), "Nye versioner eller ny kode") == 1


def test_incidents_log_controls_and_verifications_are_told(place: Workplace) -> None:
    facts: dict[str, Scalar] = {"what": "finding", "justified": 3, "not_justified": 1}
    events = [
        Event(type=EventType.INCIDENT_OPENED, actor=BO, facts={"code": "unavailable", "robot": ROBOT}),
        Event(type=EventType.LOG_SAMPLED, actor=BO, facts=facts),
        Event(type=EventType.LOG_VERIFIED, actor=BO, outcome=Outcome.FAILED, facts={"broken": "1,3"}),
        Event(type=EventType.ROLLBACK_ASKED, actor=BO),
    ]
    with place.database.write() as session:
        place.record(session, *events)
    report = _report(place)
    assert _figure(report, "  heraf unavailable") == 1
    assert _figure(report, "Fundet ikke berettiget") == 1
    assert _figure(report, "heraf med brud") == 1
    assert _figure(report, "Tilbageførsler, der er bedt om") == 1


def test_the_longest_time_without_a_signature_is_measured(place: Workplace, clock: ManualClock, signer: Signer) -> None:
    # The event of the database's own birth is older than everything here.
    drain(place.database, now=place.now, environment="simulated")
    signer.sign(place.database, now=place.now())
    clock.advance(86_400)
    for seconds in (60, 7200, 30):
        with place.database.write() as session:
            place.record(session, Event(type=EventType.EVIDENCE_GIVEN, actor=BO))
        clock.advance(seconds)
        drain(place.database, now=place.now, environment="simulated")
        signer.sign(place.database, now=place.now())
    report = _report(place, NEXT)
    assert _figure(report, "Kontrolpunkter") == 3
    assert _figure(report, "Længste tid uden underskrift") == "2 timer"
    assert _figure(report, "Vinduer på over en time") == 1


def test_every_figure_says_where_it_comes_from(place: Workplace) -> None:
    bring_to(place, ItemState.COMPLETED)
    report = _report(place)
    assert all(each.source for section in report.sections for each in section.figures)


def test_nothing_is_counted_by_employee(place: Workplace) -> None:
    claimed = add_and_take(place)
    approve(place, claimed.lease.item_id, ask(place, claimed))
    told = repr(_report(place))
    assert not re.search(rf"\b({ANNE.id}|bo)\b", told)


def test_an_item_whose_beginning_was_pruned_counts_as_open_before(place: Workplace, clock: ManualClock) -> None:
    event = Event(
        type=EventType.ITEM_COMPLETED, actor=BO, process=ProcessRef(ROBOT, "1.0"), run=RunRef(item="et gammelt nummer")
    )
    with place.database.write() as session:
        place.record(session, event)
    assert _account(place).difference == -1
    at = "'2026-03-01 00:00:00.000000'" if place.database.is_sqlite else "'2026-03-01T00:00:00Z'"
    number = "'" + ("0" * 32 if place.database.is_sqlite else "00000000-0000-0000-0000-000000000000") + "'"
    raw(place, f"INSERT INTO audit_pruned (below, event_id, at) VALUES (1, {number}, {at})")  # noqa: S608  # literals of this test
    assert _account(place).difference == 0


def test_a_change_of_roles_is_told_with_who_was_there_when_it_was_seen(place: Workplace) -> None:
    godkender = Standing(frozenset({"godkender"}), frozenset({"bo"}))
    more = Standing(frozenset({"godkender", "robotejer"}), frozenset({"bo"}))
    note_roles(place, {"bo": godkender}, finder=BO)
    note_roles(place, {"bo": more, "eva": Standing(frozenset({"revisor"}), frozenset({"eva"}))}, finder=BO)
    note_roles(place, {"bo": Standing(more.roles, frozenset({"bo", "bo2"}))}, finder=BO)
    report = _report(place)
    assert _figure(report, "Personer, hvis roller eller konti blev ændret") == 5
    told = [figure.value for section in report.sections for figure in section.figures if "Roller for" in figure.label]
    assert [str(each).split(";")[0] for each in told] == [
        "ingen → godkender",
        "godkender → godkender, robotejer",
        "ingen → revisor",
        "konti bo → bo, bo2",
        "revisor → ingen",
    ]
    assert all(str(each).endswith("af bo") for each in told)
    (notes,) = (section.notes for section in report.sections if section.title == "Politikker og roller")
    assert "taget tilbage inden, ses ikke" in notes[0]
