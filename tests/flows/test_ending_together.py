"""Handlings that end together end as if each had come alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import event

from casework.claiming import ClaimedItem, claim
from casework.items import NewItem, cancel, enqueue
from casework.memory import recall, remember
from casework.moves import move
from casework.runs import open_run
from casework.states import ItemState
from casework.transitions import EXPIRE_LEASE
from casework.workplace import Acting, as_person, as_system
from flows.ending import Handling, Result
from flows.ending_together import Ready, end_together
from flows.live_desk import LiveDesk
from flows.opened_run import acting_of
from foundation.identifiers import new_id
from robots.outcome import Completed, Deferred, Outcome, Rejected
from tests.flows.office import Office


def _claim(office: Office, number: int) -> tuple[list[ClaimedItem], Acting]:
    place, card = office.composition.place, office.robot.card
    starter = office.actor("dorthe")
    run_id, acting = open_run(
        place,
        robot=card.name,
        robot_version=card.version,
        starter=starter,
        acting=acting_of(office.robot, starter),
    )
    items = [NewItem(f"sag-{each}", b"{}") for each in range(number)]
    with place.database.write() as session:
        enqueue(session, place, card.name, items, acting=acting, run_id=run_id)
    worker = office.composition.worker.id
    claimed = claim(place, card.name, worker=worker, run_id=run_id, acting=acting, limit=number, lease_seconds=60)
    return claimed, acting


def _ready(office: Office, outcomes: Sequence[Outcome]) -> list[Ready]:
    claimed, acting = _claim(office, len(outcomes))
    made = []
    for item, outcome in zip(claimed, outcomes, strict=True):
        desk = LiveDesk(office.composition, office.robot.card, acting, claimed=item)
        desk.step("counted", lambda: 1, returns=int)
        handling = Handling(
            place=office.composition.place,
            card=office.robot.card,
            acting=acting,
            claimed=item,
            starter="dorthe",
            max_attempts=3,
        )
        made.append(Ready(handling, outcome, desk.worked))
    return made


def _end(ready: Sequence[Ready]) -> list[Result]:
    return end_together(ready, notice=lambda _: None)


def _take_back(office: Office, ready: Ready) -> None:
    """The reaper was here while the robot worked."""
    place = office.composition.place
    with place.database.write() as session:
        move(session, place, EXPIRE_LEASE, ready.handling.claimed.lease.item_id, acting=as_system("reaper"))


def test_endings_that_are_ready_together_share_one_commit(office: Office) -> None:
    ready = _ready(office, [Completed("fine"), Completed("fine"), Rejected("no", "Nej.")])
    commits: list[object] = []
    event.listen(office.composition.place.database.engine, "commit", commits.append)
    assert _end(ready) == [Result.COMPLETED, Result.COMPLETED, Result.REJECTED]
    assert len(commits) == 1
    assert [item.state for item in office.items()] == [ItemState.COMPLETED, ItemState.COMPLETED, ItemState.REJECTED]


def test_a_lost_lease_harms_no_other_ending(office: Office) -> None:
    ready = _ready(office, [Completed("fine"), Completed("fine"), Deferred(office.clock.now(), "later")])
    _take_back(office, ready[1])
    assert _end(ready) == [Result.COMPLETED, Result.LOST, Result.DEFERRED]
    assert [item.state for item in office.items()] == [ItemState.COMPLETED, ItemState.NEW, ItemState.DEFERRED]


def test_what_the_loser_worked_out_is_not_stored(office: Office) -> None:
    ready = _ready(office, [Completed("fine"), Completed("fine")])
    _take_back(office, ready[0])
    _end(ready)
    assert [each.worked.is_empty for each in ready] == [False, True]


def test_a_worker_that_wakes_when_another_has_done_the_work_loses_it_and_goes_on(office: Office) -> None:
    late, other = _ready(office, [Completed("fine"), Completed("fine")])
    _take_back(office, late)
    place, card, acting = office.composition.place, office.robot.card, late.handling.acting
    (again,) = claim(place, card.name, worker=new_id(), run_id=new_id(), acting=acting, limit=1, lease_seconds=60)
    desk = LiveDesk(office.composition, card, acting, claimed=again)
    # The same step, stored already when the sleeper comes to store it.
    desk.step("counted", lambda: 2, returns=int)
    assert _end([Ready(replace(late.handling, claimed=again), Completed("done"), desk.worked)]) == [Result.COMPLETED]
    told: list[Exception] = []
    assert end_together([late, other], notice=told.append) == [Result.LOST, Result.COMPLETED]
    assert [item.outcome_code for item in office.items()] == ["done", "fine"]


def test_an_ending_that_cannot_be_stored_is_told_of_and_harms_no_other(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = _ready(office, [Completed("fine"), Completed("fine")])
    told: list[Exception] = []
    stumbles = iter([True, True])

    def stumble(_session: object) -> None:
        # In the group and alone; the third time, when the error is stored, it works.
        if next(stumbles, False):
            raise RuntimeError("the disk is full")

    ready[0].worked.outcomes.append(stumble)
    assert end_together(ready, notice=told.append) == [Result.DEFERRED, Result.COMPLETED]
    assert [str(error) for error in told] == ["the disk is full"]


def test_a_cancel_that_is_asked_for_is_noticed_in_a_group_too(office: Office) -> None:
    ready = _ready(office, [Deferred(office.clock.now(), "later"), Completed("fine")])
    place = office.composition.place
    with place.database.write() as session:
        item_id = ready[0].handling.claimed.lease.item_id
        cancel(session, place, item_id, acting=as_person(office.actor("anne")), reason="Fortrudt")
    assert _end(ready) == [Result.CANCELLED, Result.COMPLETED]


def test_what_became_of_a_call_is_told_by_a_worker_that_lost_the_item(office: Office) -> None:
    ready = _ready(office, [Completed("fine")])
    place, robot = office.composition.place, office.robot.card.name
    # Written down, because what is told in a transaction that is rolled back is told to nobody.
    ready[0].worked.outcomes_later(lambda session: remember(session, place, robot=robot, about="call", value="done"))
    _take_back(office, ready[0])
    assert _end(ready) == [Result.LOST]
    assert recall(place, robot=robot, about="call") == "done"
    assert office.items()[0].state is ItemState.NEW
