"""Whatever a robot does, its item ends in a known state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel

from audit.reading import Selection, read_entries
from audit.vocabulary import EventType
from casework.errors import LeaseLostError
from casework.incidents import open_incidents
from casework.items import NewItem, cancel, enqueue
from casework.proposals import Proposal
from casework.states import ItemState
from casework.workplace import as_person
from connectors.errors import (
    AccessDenied,
    CircuitOpen,
    ConnectorError,
    EffectInDoubt,
    OwnerStillAlive,
    SchemaDrift,
    Throttled,
    Unavailable,
    VersionConflict,
)
from flows.ending import Result
from flows.work_loop import RunSummary, WorkLoop
from robots.address_update.card import CARD
from robots.card import Card
from robots.desk import Desk
from robots.outcome import Automatic, Completed, Deferred, NeedsApproval, Outcome, Rejected
from robots.robot import WorkItem
from tests.flows.office import Office
from tests.workbench import proposal


class Nothing(BaseModel):
    """A payload without content."""


@dataclass
class Puppet:
    """A robot that does as it is told."""

    act: Callable[[Desk], Outcome]

    card: ClassVar[Card] = CARD
    payload_type: ClassVar[type[BaseModel]] = Nothing

    def handle(self, _item: WorkItem, desk: Desk) -> Outcome:
        return self.act(desk)


def _raises(error: Exception) -> Callable[[Desk], Outcome]:
    def act(_desk: Desk) -> Outcome:
        raise error

    return act


def _work(office: Office, act: Callable[[Desk], Outcome]) -> RunSummary:
    place = office.composition.place
    with place.database.write() as session:
        enqueue(session, place, CARD.name, [NewItem("one", b"{}")], acting=as_person(office.actor("anne")), run_id=None)
    return WorkLoop(office.composition, Puppet(act), office.actor("dorthe")).run(limit=1)


def test_a_completed_item_keeps_what_it_came_to(office: Office) -> None:
    assert _work(office, lambda _: Completed("fine", "Alt er i orden.")).counts == {Result.COMPLETED: 1}
    (item,) = office.items()
    assert (item.state, item.outcome_code, item.outcome_message) == (ItemState.COMPLETED, "fine", "Alt er i orden.")


def test_a_business_exception_is_not_tried_again(office: Office) -> None:
    assert _work(office, lambda _: Rejected("no", "Nej.")).counts == {Result.REJECTED: 1}
    assert office.items()[0].state is ItemState.REJECTED


def test_a_deferred_item_comes_back_when_its_time_comes(office: Office) -> None:
    until = office.clock.now() + timedelta(days=2)
    assert _work(office, lambda _: Deferred(until, "later")).counts == {Result.DEFERRED: 1}
    assert _again(office, lambda _: Completed("fine")).handled == 0
    office.clock.advance(2 * 86_400)
    assert _again(office, lambda _: Completed("fine")).counts == {Result.COMPLETED: 1}


@pytest.mark.parametrize(
    ("error", "result", "state"),
    [
        (Unavailable("twin", "x"), Result.DEFERRED, ItemState.DEFERRED),
        (Throttled("twin", "x", retry_after=900), Result.DEFERRED, ItemState.DEFERRED),
        (AccessDenied("twin", "x"), Result.REJECTED, ItemState.REJECTED),
        (VersionConflict("twin", "x"), Result.DEFERRED, ItemState.DEFERRED),
        (EffectInDoubt("twin", "x", "effect-1"), Result.IN_DOUBT, ItemState.IN_DOUBT),
        (OwnerStillAlive("twin", "x"), Result.DEFERRED, ItemState.DEFERRED),
        (CircuitOpen("twin", "x", retry_after=60), Result.GIVEN_BACK, ItemState.NEW),
        (SchemaDrift("twin", "x", "path"), Result.DEFERRED, ItemState.DEFERRED),
        (RuntimeError("a fault"), Result.DEFERRED, ItemState.DEFERRED),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_an_error_ends_the_item_as_its_kind_demands(
    office: Office, error: Exception, result: Result, state: ItemState
) -> None:
    assert _work(office, _raises(error)).counts == {result: 1}
    assert office.items()[0].state is state


def test_a_fault_uses_up_the_attempts_and_becomes_an_incident(office: Office) -> None:
    summary = _work(office, _raises(RuntimeError("010190-1234 lives here")))
    for _ in range(office.composition.settings.max_attempts - 1):
        assert summary.counts == {Result.DEFERRED: 1}
        office.clock.advance(4000)
        summary = _again(office, _raises(RuntimeError("010190-1234 lives here")))
    assert summary.counts == {Result.FAILED: 1}
    with office.composition.place.database.read() as session:
        (incident,) = open_incidents(session)
    assert incident.code == "fault"
    assert "010190" not in incident.message
    assert "RuntimeError" in incident.message


def test_an_item_of_which_others_took_over_a_change_comes_back_while_the_run_goes_on(office: Office) -> None:
    summary = _work(office, _raises(LeaseLostError("En anden arbejder har overtaget ændringen. Der er intet at gøre.")))
    assert summary.counts == {Result.DEFERRED: 1}
    assert office.items()[0].state is ItemState.DEFERRED


def test_the_pause_before_a_retry_grows_and_obeys_the_system(office: Office) -> None:
    _work(office, _raises(Throttled("twin", "x", retry_after=900)))
    available = office.items()[0].available_at
    assert available is not None
    assert available >= office.clock.now() + timedelta(seconds=900)


@pytest.mark.parametrize("error", [SchemaDrift("twin", "x", "path"), CircuitOpen("twin", "x", retry_after=60)])
def test_a_system_that_cannot_be_worked_with_stops_the_run(office: Office, error: ConnectorError) -> None:
    summary = _work(office, _raises(error))
    assert summary.stopped_by == error.code


def test_a_cancel_that_is_asked_for_is_noticed_between_steps(office: Office) -> None:
    place = office.composition.place

    def act(desk: Desk) -> Outcome:
        desk.step("first", lambda: 1, returns=int)
        with place.database.write() as session:
            item = office.items_in(session)[0]
            is_now = cancel(session, place, item.id, acting=as_person(office.actor("anne")), reason="Fortrudt")
        assert not is_now
        desk.step("second", lambda: pytest.fail("the item was asked to stop"), returns=int)
        return Completed("fine")

    assert _work(office, act).counts == {Result.CANCELLED: 1}
    assert office.items()[0].state is ItemState.CANCELLED


def test_a_finished_step_is_not_done_again(office: Office) -> None:
    done: list[str] = []

    def first() -> int:
        done.append("first")
        return len(done)

    def act(desk: Desk) -> Outcome:
        desk.step("first", first, returns=int)
        raise Unavailable("twin", "x")

    _work(office, act)
    office.clock.advance(4000)
    _again(office, act)
    assert done == ["first"]


def _asks(proposal: Proposal, *, percent: int = 0, approved: list[str] | None = None) -> Callable[[Desk], Outcome]:
    """A robot that proposes, and carries out what is approved."""

    def act(desk: Desk) -> Outcome:
        if desk.approval is None:
            return NeedsApproval(proposal, automatic=Automatic(percent))
        if approved is not None:
            approved.append(desk.approval.approved_by)
        return Completed("fine")

    return act


def _decisions(office: Office) -> list[dict[str, Any]]:
    with office.composition.place.database.read() as session:
        return [
            entry.body
            for entry in read_entries(session, Selection())
            if entry.type in {EventType.DECISION_PROPOSED, EventType.DECISION_MADE}
        ]


def test_what_the_policy_lets_pass_is_carried_out_without_a_person(office: Office) -> None:
    office.put_policy_in_force("{}")
    approved: list[str] = []
    act = _asks(proposal(), approved=approved)
    assert _work(office, act).counts == {Result.PASSED_BY_POLICY: 1}
    assert _again(office, act).counts == {Result.COMPLETED: 1}
    assert approved == ["policy:1"]
    proposed, made = _decisions(office)
    assert (made["decision"]["humanReview"], made["facts"]["policy"], made["facts"]["percent"]) == ("policy", 1, 0)
    assert proposed["facts"]["draw"] == made["facts"]["draw"]


def test_what_is_drawn_waits_for_a_person_and_the_draw_is_recorded(office: Office) -> None:
    office.put_policy_in_force("{}")
    assert _work(office, _asks(proposal(), percent=100)).counts == {Result.AWAITING_APPROVAL: 1}
    (proposed,) = _decisions(office)
    assert (proposed["facts"]["sampled"], proposed["facts"]["percent"], proposed["facts"]["policy"]) == (True, 100, 1)
    assert office.items()[0].state is ItemState.AWAITING_APPROVAL


def test_without_a_policy_in_force_a_person_decides_whatever_the_robot_says(office: Office) -> None:
    assert _work(office, _asks(proposal())).counts == {Result.AWAITING_APPROVAL: 1}
    (proposed,) = _decisions(office)
    assert "draw" not in proposed["facts"]


def test_what_needs_a_role_waits_for_a_person_whatever_the_robot_says(office: Office) -> None:
    office.put_policy_in_force("{}")
    asked = proposal(needs_role="beskyttede_adresser")
    assert _work(office, _asks(asked)).counts == {Result.AWAITING_APPROVAL: 1}


def test_what_needs_review_waits_for_a_person_whatever_the_robot_says(office: Office) -> None:
    office.put_policy_in_force("{}")
    asked = proposal()
    reviewed = replace(asked, rows=(replace(asked.rows[0], ruling="APPLY_REVIEW"),))
    assert _work(office, _asks(reviewed)).counts == {Result.AWAITING_APPROVAL: 1}


def test_a_policy_that_changed_while_the_robot_worked_approves_nothing(office: Office) -> None:
    office.put_policy_in_force("{}")

    def act(_desk: Desk) -> Outcome:
        office.put_policy_in_force('{"a":2}')
        return NeedsApproval(proposal(), automatic=Automatic(0))

    assert _work(office, act).counts == {Result.AWAITING_APPROVAL: 1}


def test_a_robot_that_does_not_ask_for_it_is_not_approved_by_the_policy(office: Office) -> None:
    office.put_policy_in_force("{}")
    assert _work(office, lambda _: NeedsApproval(proposal())).counts == {Result.AWAITING_APPROVAL: 1}


def _again(office: Office, act: Callable[[Desk], Outcome]) -> RunSummary:
    return WorkLoop(office.composition, Puppet(act), office.actor("dorthe")).run(limit=1)
