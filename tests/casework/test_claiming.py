"""Claiming, keeping and taking back: one holder at a time, however many try at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest

from casework import transitions
from casework.claiming import keep, reap, wake_due
from casework.errors import LeaseLostError
from casework.moves import move, require_lease
from casework.states import ItemState
from casework.workplace import Workplace
from foundation.database import Database
from foundation.identifiers import new_id
from foundation.sealing import KeyRing, UnsealError
from tests.concurrency import at_once, meanwhile
from tests.workbench import (
    ACTING,
    WORKER,
    add,
    add_and_take,
    bring_to,
    end,
    event_types,
    events,
    item,
    raw,
    rows,
    state_of,
    take,
)

OTHER = UUID("018f0000-0000-7000-8000-00000000000f")


def test_the_most_urgent_is_claimed_first_and_then_the_oldest(place: Workplace) -> None:
    add(place, "gammel", "yngre")
    add(place, "haster", priority=-5)
    add(place, "kan vente", priority=5)
    assert [claimed.reference for claimed in take(place, limit=9)] == ["haster", "gammel", "yngre", "kan vente"]


def test_a_claim_takes_no_more_than_it_asks_for(place: Workplace) -> None:
    add(place, *(f"sag-{number}" for number in range(5)))
    assert [len(take(place, limit=3)), len(take(place, limit=3)), len(take(place, limit=3))] == [3, 2, 0]


def test_a_claim_gives_the_payload_in_clear_and_counts_the_attempt(place: Workplace) -> None:
    claimed = add_and_take(place)
    assert claimed.payload == b'{"a":1}'
    assert (claimed.lease.token, claimed.lease.attempt, claimed.lease.owner) == (1, 1, WORKER)
    row = item(place, claimed.lease.item_id)
    assert (row["attempts"], row["lease_token"]) == (1, 1)
    assert b'{"a":1}' not in bytes(row["payload"])


def _damage(place: Workplace, reference: str, payload: bytes) -> None:
    raw(
        place,
        "UPDATE work_item SET payload = :payload WHERE reference = :reference",
        payload=payload,
        reference=reference,
    )


def test_an_item_that_does_not_open_fails_with_an_incident_and_keeps_no_other_waiting(place: Workplace) -> None:
    ids = add(place, "sag-1", "sag-2", "sag-3")
    for reference in ("sag-1", "sag-2"):
        _damage(place, reference, place.database.ring.seal(b"{}", place="another.column"))
    assert [claimed.lease.item_id for claimed in take(place, limit=2)] == [ids[2]]
    assert [state_of(place, item_id) for item_id in ids[:2]] == [ItemState.FAILED] * 2
    assert event_types(place, ids[0]) == ["item.created", "item.claimed", "item.failed", "incident.opened"]
    assert event_types(place, ids[1]) == ["item.created", "item.claimed", "item.failed"]
    assert rows(place, "SELECT code, occurrences FROM incident") == [{"code": "unseal", "occurrences": 2}]


def test_with_the_wrong_key_nothing_is_taken_and_nothing_fails(place: Workplace) -> None:
    (item_id,) = add(place, "sag-1")
    _damage(place, "sag-1", KeyRing(bytes(32)).seal(b"{}", place="work_item.payload"))
    with pytest.raises(UnsealError, match="SAGSGANG_SEAL_KEY"):
        take(place)
    assert (state_of(place, item_id), item(place, item_id)["attempts"]) == (ItemState.NEW, 0)


def test_another_robots_items_are_left_alone(place: Workplace) -> None:
    add(place, "sag-1", robot="en anden robot")
    assert take(place) == []


def test_a_claim_writes_one_event_an_item(place: Workplace) -> None:
    add(place, "sag-1", "sag-2")
    claimed = take(place, limit=9)
    told = [body for body in events(place) if body["type"] == "item.claimed"]
    assert [body["run"]["item"] for body in told] == [str(one.lease.item_id) for one in claimed]
    assert {body["facts"]["token"] for body in told} == {1}


def test_no_item_is_handed_out_twice_however_many_claimat_once(place: Workplace) -> None:
    add(place, *(f"sag-{number}" for number in range(60)))
    workers = [new_id() for _ in range(6)]

    def work(worker: UUID) -> list[UUID]:
        mine: list[UUID] = []
        while claimed := take(place, limit=4, worker=worker):
            mine += [one.lease.item_id for one in claimed]
        return mine

    answers = at_once(*(lambda worker=worker: work(worker) for worker in workers))
    handed_out = [item_id for answer in answers for item_id in answer]
    assert len(handed_out) == len(set(handed_out)) == 60
    assert len([kind for kind in event_types(place) if kind == "item.claimed"]) == 60


@pytest.mark.slow
def test_no_item_is_handed_out_twice_between_two_processes_engines(
    place: Workplace, database_url: str, ring: KeyRing
) -> None:
    # Engines of their own share no lock in memory, as processes do.
    add(place, *(f"sag-{number}" for number in range(40)))
    engines = [Database(database_url, ring) for _ in range(4)]

    def work(database: Database) -> list[UUID]:
        own = Workplace(database, place.clock, place.environment)
        mine: list[UUID] = []
        while claimed := take(own, limit=3, worker=new_id()):
            mine += [one.lease.item_id for one in claimed]
        return mine

    try:
        answers = at_once(*(lambda database=database: work(database) for database in engines))
    finally:
        for database in engines:
            database.dispose()
    handed_out = [item_id for answer in answers for item_id in answer]
    assert len(handed_out) == len(set(handed_out)) == 40


def test_a_late_answer_with_an_old_token_is_refused(place: Workplace) -> None:
    late = add_and_take(place)
    place.clock.sleep(61)
    reap(place, max_attempts=9)
    (again,) = take(place, worker=OTHER)
    assert again.lease.token == late.lease.token + 1
    with pytest.raises(LeaseLostError):
        end(place, late, transitions.COMPLETE)
    end(place, again, transitions.COMPLETE)
    assert event_types(place, late.lease.item_id).count("item.completed") == 1


def test_a_late_answer_is_refused_also_when_the_same_worker_has_the_item_again(place: Workplace) -> None:
    late = add_and_take(place)
    place.clock.sleep(61)
    reap(place, max_attempts=9)
    take(place)
    with pytest.raises(LeaseLostError):
        end(place, late, transitions.COMPLETE)


def test_a_heartbeat_keeps_the_item(place: Workplace) -> None:
    claimed = add_and_take(place)
    place.clock.sleep(50)
    assert keep(place, worker=WORKER, lease_seconds=60) == 1
    place.clock.sleep(50)
    assert reap(place, max_attempts=9) == 0
    assert state_of(place, claimed.lease.item_id) is ItemState.IN_PROGRESS


def test_a_heartbeat_keeps_only_the_workers_own_items(place: Workplace) -> None:
    add_and_take(place)
    assert keep(place, worker=OTHER, lease_seconds=60) == 0


def test_the_heart_and_a_group_that_ends_do_not_wait_for_each_other_in_a_circle(place: Workplace) -> None:
    add(place, "sag-1", "sag-2", "sag-3")
    first, second, third = take(place, limit=3)
    with ThreadPoolExecutor(1) as pool:
        with place.database.write() as session:
            lease = second.lease
            move(session, place, transitions.COMPLETE, lease.item_id, acting=ACTING, lease=lease)
            place.clock.sleep(30)
            beat = meanwhile(session, pool, lambda: keep(place, worker=WORKER, lease_seconds=60))
            lease = first.lease
            move(session, place, transitions.COMPLETE, lease.item_id, acting=ACTING, lease=lease)
        # The first one as well, where it was kept before it was ended.
        assert beat.result(30) in {1, 2}
    place.clock.sleep(59)
    assert reap(place, max_attempts=9) == 0
    assert state_of(place, third.lease.item_id) is ItemState.IN_PROGRESS


def test_a_beat_that_meets_an_item_in_use_keeps_it_as_soon_as_it_is_free(place: Workplace) -> None:
    claimed = add_and_take(place)
    with ThreadPoolExecutor(1) as pool:
        with place.database.write() as session:
            require_lease(session, claimed.lease)
            place.clock.sleep(30)
            beat = meanwhile(session, pool, lambda: keep(place, worker=WORKER, lease_seconds=60))
        assert beat.result(30) == 1
    place.clock.sleep(59)
    assert reap(place, max_attempts=9) == 0


def test_a_lease_is_taken_back_at_the_very_moment_it_runs_out_and_not_before(place: Workplace) -> None:
    add_and_take(place)
    place.clock.sleep(59.999)
    assert reap(place, max_attempts=9) == 0
    place.clock.sleep(0.001)
    assert reap(place, max_attempts=9) == 1


def test_two_reapers_at_once_take_each_item_back_once(place: Workplace) -> None:
    add(place, *(f"sag-{number}" for number in range(12)))
    take(place, limit=12)
    place.clock.sleep(61)
    taken = at_once(*(lambda: reap(place, max_attempts=9) for _ in range(3)))
    assert sum(taken) == 12
    assert event_types(place).count("item.lease_expired") == 12


def test_more_items_than_a_portion_are_all_taken_back(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("casework.claiming._PORTION", 2)
    add(place, *(f"sag-{number}" for number in range(5)))
    take(place, limit=5)
    place.clock.sleep(61)
    assert reap(place, max_attempts=9) == 5


def test_an_item_that_kills_its_worker_ends_as_failed_with_one_incident(place: Workplace) -> None:
    (item_id,) = add(place, "sag-1")
    for _ in range(3):
        assert len(take(place)) == 1
        place.clock.sleep(61)
        reap(place, max_attempts=3)
    assert state_of(place, item_id) is ItemState.FAILED
    assert event_types(place, item_id)[-2:] == ["item.failed", "incident.opened"]
    (incident,) = rows(place, "SELECT code, occurrences FROM incident")
    assert incident == {"code": "worker_died", "occurrences": 1}
    assert take(place) == []


def test_a_deferred_item_comes_back_when_its_time_comes(place: Workplace) -> None:
    item_id = bring_to(place, ItemState.DEFERRED)
    assert take(place) == []
    place.clock.sleep(60)
    (claimed,) = take(place)
    assert claimed.lease.item_id == item_id
    assert event_types(place, item_id)[-3:] == ["item.deferred", "item.resumed", "item.claimed"]


def test_waking_leaves_another_robots_items_asleep(place: Workplace) -> None:
    item_id = bring_to(place, ItemState.DEFERRED)
    place.clock.sleep(60)
    with place.database.write() as session:
        assert wake_due(session, place, robot="en anden robot") == 0
    assert state_of(place, item_id) is ItemState.DEFERRED


def test_two_who_wake_and_claim_at_once_share_the_items(place: Workplace) -> None:
    for _ in range(6):
        bring_to(place, ItemState.DEFERRED)
    place.clock.sleep(timedelta(minutes=2).total_seconds())

    def work() -> int:
        return len(take(place, limit=6, worker=new_id()))

    assert sum(at_once(work, work, work)) == 6
    assert event_types(place).count("item.resumed") == 6
