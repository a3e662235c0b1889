"""Whatever a robot does, its item ends in a known state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import pytest
from pydantic import BaseModel

from casework.incidents import open_incidents
from casework.items import NewItem, cancel, enqueue
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
from robots.outcome import Completed, Deferred, Outcome, Rejected
from robots.robot import WorkItem
from tests.flows.office import Office


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


def _again(office: Office, act: Callable[[Desk], Outcome]) -> RunSummary:
    return WorkLoop(office.composition, Puppet(act), office.actor("dorthe")).run(limit=1)
