"""Each move writes exactly one event in its own transaction, and none when it does not happen."""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from audit.vocabulary import EventType
from casework import transitions as t
from casework.claiming import expire_approvals, reap
from casework.errors import LeaseLostError, TransitionRefusedError, UnknownItemError
from casework.items import reopen
from casework.moves import Lease, because, move, require_lease
from casework.states import ItemState
from casework.workplace import Workplace, as_person
from tests.workbench import (
    ACTING,
    ANNE,
    WORKER,
    add_and_take,
    bring_to,
    event_types,
    events,
    item,
    rows,
    state_of,
)


def _move(place: Workplace, arrow: t.Transition, item_id: UUID, lease: Lease | None = None) -> None:
    values: dict[str, object] = {"reopenings": 1} if arrow is t.REOPEN else {}
    if arrow is t.CLAIM:
        values = {"lease_owner": WORKER, "lease_expires_at": place.now()}
    with place.database.write() as session:
        move(session, place, arrow, item_id, acting=ACTING, lease=lease, values=values)


def test_each_transition_writes_its_one_event(place: Workplace) -> None:
    pairs = [(arrow, source) for arrow in t.TRANSITIONS for source in sorted(arrow.sources)]
    for arrow, source in pairs:
        item_id = bring_to(place, source)
        before = len(event_types(place, item_id))
        _move(place, arrow, item_id)
        assert state_of(place, item_id) is arrow.target
        assert event_types(place, item_id)[before:] == [arrow.event.value]


def test_a_transition_from_another_state_is_refused_and_writes_nothing(place: Workplace) -> None:
    for source in ItemState:
        item_id = bring_to(place, source)
        before = event_types(place)
        for arrow in (arrow for arrow in t.TRANSITIONS if source not in arrow.sources):
            with pytest.raises(TransitionRefusedError, match=re.escape(arrow.reason)):
                _move(place, arrow, item_id)
        assert state_of(place, item_id) is source
        assert event_types(place) == before


def test_a_move_that_is_rolled_back_leaves_no_event(place: Workplace) -> None:
    item_id = bring_to(place, ItemState.IN_PROGRESS)
    before = event_types(place)
    pending = rows(place, "SELECT count(*) AS n FROM audit_pending")

    def fail_after_moving() -> None:
        with place.database.write() as session:
            move(session, place, t.COMPLETE, item_id, acting=ACTING)
            raise RuntimeError("the rest of the transaction fails")

    with pytest.raises(RuntimeError):
        fail_after_moving()
    assert state_of(place, item_id) is ItemState.IN_PROGRESS
    assert event_types(place) == before
    assert rows(place, "SELECT count(*) AS n FROM audit_pending") == pending


def test_every_event_waits_for_the_tree(place: Workplace) -> None:
    bring_to(place, ItemState.COMPLETED)
    (counted,) = rows(
        place,
        "SELECT (SELECT count(*) FROM audit_event) AS events, (SELECT count(*) FROM audit_pending) AS pending",
    )
    assert counted["events"] == counted["pending"]


def test_leaving_in_progress_gives_up_the_lease(place: Workplace) -> None:
    row = item(place, bring_to(place, ItemState.COMPLETED))
    assert (row["lease_owner"], row["lease_expires_at"], row["lease_token"]) == (None, None, 1)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lease: Lease(lease.item_id, lease.owner, lease.token + 1, lease.attempt),
        lambda lease: Lease(lease.item_id, lease.owner, lease.token - 1, lease.attempt),
        lambda lease: Lease(lease.item_id, UUID(int=9), lease.token, lease.attempt),
    ],
    ids=["later token", "older token", "another owner"],
)
def test_a_lease_that_is_not_the_items_present_one_moves_nothing(
    place: Workplace, spoil: Callable[[Lease], Lease]
) -> None:
    claimed = add_and_take(place)
    with pytest.raises(LeaseLostError):
        _move(place, t.COMPLETE, claimed.lease.item_id, spoil(claimed.lease))
    with pytest.raises(LeaseLostError), place.database.write() as session:
        require_lease(session, spoil(claimed.lease))
    assert state_of(place, claimed.lease.item_id) is ItemState.IN_PROGRESS


def test_an_unknown_item_is_named_as_unknown(place: Workplace) -> None:
    with pytest.raises(UnknownItemError):
        _move(place, t.COMPLETE, UUID(int=1))


def test_a_reason_is_sealed_beside_its_event(place: Workplace) -> None:
    item_id = bring_to(place, ItemState.NEW)
    with place.database.write() as session:
        move(session, place, t.CANCEL, item_id, acting=as_person(ANNE), detail=because("Borgeren ringede", old=1))
    body = events(place, item_id)[-1]
    assert body["facts"] == {"old": 1}
    assert set(body["private"]) == {"commitment"}
    assert "ringede" not in str(rows(place, "SELECT * FROM audit_private"))


def test_the_event_of_a_move_tells_who_in_which_run_and_attempt(place: Workplace) -> None:
    claimed = add_and_take(place)
    _move(place, t.COMPLETE, claimed.lease.item_id, claimed.lease)
    body = events(place, claimed.lease.item_id)[-1]
    assert body["actor"] == {
        "kind": "robot",
        "id": "prøverobot",
        "established": "os_account",
        "onBehalfOf": "anne",
    }
    assert body["run"]["attempt"] == 1
    assert body["process"]["version"] == "1.0"
    assert body["purpose"]["legalBasis"] == "Prøveloven § 1"


def test_the_acts_of_the_clock_the_reaper_and_a_person_write_one_event_each(place: Workplace) -> None:
    deferred, leased = bring_to(place, ItemState.DEFERRED), bring_to(place, ItemState.IN_PROGRESS)
    asked, final = bring_to(place, ItemState.AWAITING_APPROVAL), bring_to(place, ItemState.COMPLETED)
    place.clock.sleep(timedelta(hours=2).total_seconds())
    counts = {known: len(event_types(place, known)) for known in (leased, asked, final)}
    reap(place, max_attempts=9)
    expire_approvals(place)
    with place.database.write() as session:
        reopen(session, place, final, acting=as_person(ANNE), reason="Der var mere.")
    assert event_types(place, leased)[counts[leased] :] == [EventType.ITEM_LEASE_EXPIRED.value]
    assert event_types(place, asked)[counts[asked] :] == [EventType.DECISION_EXPIRED.value]
    assert event_types(place, final)[counts[final] :] == [EventType.ITEM_REOPENED.value]
    assert state_of(place, deferred) is ItemState.DEFERRED
