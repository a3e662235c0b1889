"""All items of an incident are set going by one act, and those that cannot be are named."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from casework import transitions
from casework.errors import ReasonMissingError, UnknownItemError
from casework.incidents import close, report
from casework.moves import move
from casework.retrying import Retried, retry
from casework.states import ItemState
from casework.workplace import Workplace, as_person, as_system
from tests.concurrency import meanwhile
from tests.workbench import ANNE, ROBOT, bring_to, event_types, events, state_of


def _incident(place: Workplace, *items: UUID) -> UUID:
    with place.database.write() as session:
        ids = {
            report(session, place, robot=ROBOT, system="esdh", code="x", message="Se.", item_id=item)
            for item in items or (None,)
        }
    return ids.pop()


def _retry(place: Workplace, incident: UUID, reason: str = "Systemet svarer igen.") -> Retried:
    return retry(place, incident, acting=as_person(ANNE), reason=reason)


def test_failed_rejected_and_deferred_items_are_new_again(place: Workplace) -> None:
    items = [bring_to(place, state) for state in (ItemState.FAILED, ItemState.REJECTED, ItemState.DEFERRED)]
    done = _retry(place, _incident(place, *items))
    assert done == Retried(reopened=2, woken=1, left=())
    assert [state_of(place, item) for item in items] == [ItemState.NEW] * 3


@pytest.mark.parametrize(
    "state",
    [
        ItemState.NEW,
        ItemState.IN_PROGRESS,
        ItemState.AWAITING_APPROVAL,
        ItemState.IN_DOUBT,
        ItemState.COMPLETED,
        ItemState.CANCELLED,
    ],
)
def test_what_a_person_must_say_or_has_said_is_left_alone_and_named(place: Workplace, state: ItemState) -> None:
    item = bring_to(place, state)
    done = _retry(place, _incident(place, item))
    assert (done.reopened, done.woken, [left.id for left in done.left]) == (0, 0, [item])
    assert state_of(place, item) is state


def test_the_record_names_the_person_and_the_numbers(place: Workplace) -> None:
    incident = _incident(place, bring_to(place, ItemState.FAILED), bring_to(place, ItemState.COMPLETED))
    _retry(place, incident)
    told = events(place)[-1]
    assert (told["type"], told["actor"]["id"]) == ("incident.retried", "anne")
    assert told["facts"] == {"incident": str(incident), "reopened": 1, "woken": 0, "left": 1}
    assert "svarer" not in str(told)


def test_an_incident_without_items_is_retried_in_the_record_only(place: Workplace) -> None:
    assert _retry(place, _incident(place)) == Retried(0, 0, ())
    assert event_types(place)[-1] == "incident.retried"


def test_a_retry_needs_a_reason(place: Workplace) -> None:
    item = bring_to(place, ItemState.FAILED)
    with pytest.raises(ReasonMissingError):
        _retry(place, _incident(place, item), " ")
    assert state_of(place, item) is ItemState.FAILED


def test_a_closed_incident_is_not_retried(place: Workplace) -> None:
    item = bring_to(place, ItemState.FAILED)
    incident = _incident(place, item)
    with place.database.write() as session:
        close(session, place, incident, acting=as_person(ANNE), reason="Rettet.")
    with pytest.raises(UnknownItemError):
        _retry(place, incident)
    assert state_of(place, item) is ItemState.FAILED


def test_more_items_than_one_transaction_takes_are_all_set_going(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("casework.retrying._PORTION", 2)
    items = [bring_to(place, ItemState.FAILED) for _ in range(5)]
    assert _retry(place, _incident(place, *items)).reopened == 5
    assert event_types(place).count("incident.retried") == 3


def test_a_retry_and_an_item_that_fails_anew_do_not_wait_for_each_other(place: Workplace) -> None:
    item = bring_to(place, ItemState.IN_PROGRESS)
    incident = _incident(place, item)
    with ThreadPoolExecutor(1) as pool:
        with place.database.write() as session:
            move(session, place, transitions.FAIL, item, acting=as_system("reaper"))
            done = meanwhile(session, pool, lambda: _retry(place, incident))
            assert report(session, place, robot=ROBOT, system="esdh", code="x", message="Se.", item_id=item) == incident
        retried = done.result(30)
    # On PostgreSQL the item is left alone; on SQLite the retry comes after the failing.
    assert (retried.reopened, [left.id for left in retried.left]) in [(0, [item]), (1, [])]
    assert state_of(place, item) is (ItemState.NEW if retried.reopened else ItemState.FAILED)
