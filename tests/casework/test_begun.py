"""While nobody knows the ending of a change that was begun, no person's word ends its item."""

from pathlib import Path
from uuid import UUID

import pytest

from casework import transitions
from casework.approvals import Answer, take_over
from casework.claiming import ClaimedItem, reap
from casework.effects import Ending, settle
from casework.errors import TransitionRefusedError
from casework.states import EffectState, ItemState
from casework.steps import finished_steps
from casework.workers import Worker
from casework.workplace import Workplace
from tests.casework.effect_makers import end_note, intend_note
from tests.workbench import (
    ANNE,
    BO,
    add_and_take,
    approve,
    ask,
    cancel_item,
    end,
    event_types,
    item,
    reopen_item,
    rows,
    state_of,
    take,
    work_out,
)


@pytest.fixture
def owner(worker: Worker) -> UUID:
    """A worker that may intend."""
    return worker.id


def _begin(place: Workplace, claimed: ClaimedItem, state: EffectState = EffectState.INTENDED) -> UUID:
    """Begin a change on the item; leave it intended, or end it in this state. Returns its id."""
    effect = intend_note(place, claimed.lease)
    if state is not EffectState.INTENDED:
        end_note(place, claimed.lease, effect, Ending(state=state))
    return effect.id


@pytest.mark.parametrize(
    ("state", "advice"), [(EffectState.INTENDED, "kør robotten"), (EffectState.IN_DOUBT, "sagsgang items settle")]
)
def test_an_item_whose_worker_died_after_the_call_is_not_cancelled(
    place: Workplace, owner: UUID, state: EffectState, advice: str
) -> None:
    claimed = add_and_take(place, worker=owner)
    _begin(place, claimed, state)
    place.clock.sleep(61)
    reap(place, max_attempts=9)
    before = event_types(place)
    with pytest.raises(TransitionRefusedError, match=advice):
        cancel_item(place, claimed.lease.item_id)
    assert (state_of(place, claimed.lease.item_id), event_types(place)) == (ItemState.NEW, before)


def test_an_item_in_doubt_is_cancelled_when_its_doubt_is_settled(place: Workplace, owner: UUID, locks: Path) -> None:
    claimed = add_and_take(place, worker=owner)
    effect_id = _begin(place, claimed, EffectState.IN_DOUBT)
    end(place, claimed, transitions.DOUBT)
    with pytest.raises(TransitionRefusedError):
        cancel_item(place, claimed.lease.item_id)
    settle(place, effect_id, happened=True, saw="Den står der.", actor=ANNE, locks=locks)
    assert cancel_item(place, claimed.lease.item_id)


@pytest.mark.parametrize("state", [EffectState.DONE, EffectState.REFUSED, EffectState.NOT_DONE])
def test_an_item_whose_changes_are_all_known_is_cancelled(place: Workplace, owner: UUID, state: EffectState) -> None:
    claimed = add_and_take(place, worker=owner)
    _begin(place, claimed, state)
    place.clock.sleep(61)
    reap(place, max_attempts=9)
    assert cancel_item(place, claimed.lease.item_id)


def test_an_item_in_progress_is_asked_to_stop_also_when_a_change_is_begun(place: Workplace, owner: UUID) -> None:
    claimed = add_and_take(place, worker=owner)
    _begin(place, claimed)
    assert cancel_item(place, claimed.lease.item_id) is False


def test_an_item_with_a_begun_change_is_not_taken_over(place: Workplace, owner: UUID) -> None:
    claimed = add_and_take(place, worker=owner)
    _begin(place, claimed)
    asked = ask(place, claimed)
    answer = Answer(claimed.lease.item_id, asked.digest())
    with pytest.raises(TransitionRefusedError, match="kør robotten"):
        take_over(place, answer, actor=BO, person_seconds=5, reason="Gør det selv")
    assert state_of(place, claimed.lease.item_id) is ItemState.AWAITING_APPROVAL
    assert rows(place, "SELECT state FROM approval") == [{"state": "waiting"}]


@pytest.mark.parametrize("is_begun", [True, False], ids=["begun", "not begun"])
def test_the_incident_of_a_dead_worker_tells_whether_a_change_was_begun(
    place: Workplace, owner: UUID, *, is_begun: bool
) -> None:
    claimed = add_and_take(place, worker=owner)
    if is_begun:
        _begin(place, claimed)
    place.clock.sleep(61)
    reap(place, max_attempts=1)
    (incident,) = rows(place, "SELECT message FROM incident")
    assert ("En ændring er påbegyndt" in incident["message"]) is is_begun
    assert item(place, claimed.lease.item_id)["outcome_message"] == incident["message"]


def test_reopening_an_item_with_a_begun_change_keeps_what_its_key_rests_on(place: Workplace, owner: UUID) -> None:
    claimed = add_and_take(place)
    item_id = claimed.lease.item_id
    approval_id = approve(place, item_id, ask(place, claimed))
    (again,) = take(place, worker=owner)
    work_out(place, item_id)
    _begin(place, again)
    end(place, again, transitions.FAIL)
    reopen_item(place, item_id)
    (last,) = take(place)
    assert last.approval_id == approval_id
    with place.database.read() as session:
        assert len(finished_steps(session, item_id, robot_version="1.0")) == 1
