"""Any order of claims, deaths, answers and cancellations leaves every item in order (hypothesis, stateful)."""

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event

from casework import transitions as t
from casework.claiming import ClaimedItem, expire_approvals, keep, reap
from casework.errors import CaseworkError, LeaseLostError
from casework.items import reopen
from casework.proposals import Proposal
from casework.states import ItemState
from casework.workplace import Workplace, as_person
from foundation.clock import ManualClock
from foundation.database import Database
from foundation.environment import Environment
from foundation.sealing import KeyRing
from tests import workbench
from tests.conftest import NOON
from tests.databases import SqliteMaker

WORKERS = [UUID(int=number) for number in (1, 2, 3)]
_ARROWS = {arrow.event.value for arrow in t.TRANSITIONS}
ENDS = [t.COMPLETE, t.DEFER, t.DOUBT, t.REJECT, t.FAIL, t.GIVE_BACK, t.REPLAN]


class LifeOfItems(RuleBasedStateMachine):
    """Three workers who may each be late, two people, a reaper and a clock."""

    maker: SqliteMaker

    @initialize()
    def begin(self) -> None:
        self.url = self.maker.make()
        self.database = Database(self.url, KeyRing(bytes(range(32))))
        # No test cuts the power, and waiting for the disk is most of the time.
        event.listen(self.database.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous = OFF"))
        self.place = Workplace(self.database, ManualClock(NOON), Environment.SIMULATED)
        self.leases: list[ClaimedItem] = []
        self.asked: dict[UUID, Proposal] = {}
        self.tokens: dict[UUID, int] = {}
        self.number = 0

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.dispose()
            self.maker.drop(self.url)

    @rule(urgency=st.integers(-2, 2))
    def hand_in(self, urgency: int) -> None:
        self.number += 1
        workbench.add(self.place, f"sag-{self.number}", priority=urgency)

    @rule(worker=st.sampled_from(WORKERS), limit=st.integers(1, 3))
    def claim(self, worker: UUID, limit: int) -> None:
        claimed = workbench.take(self.place, limit=limit, worker=worker)
        self.leases += claimed

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), arrow=st.sampled_from(ENDS))
    def answer(self, data: st.DataObject, arrow: t.Transition) -> None:
        claimed = data.draw(st.sampled_from(self.leases))
        holds = self._holds(claimed)
        values = {"available_at": self.place.now() + timedelta(seconds=30)} if arrow is t.DEFER else {}
        try:
            workbench.end(self.place, claimed, arrow, **values)
        except LeaseLostError:
            assert not holds
        else:
            assert holds

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def ask(self, data: st.DataObject) -> None:
        claimed = data.draw(st.sampled_from(self.leases))
        holds = self._holds(claimed)
        try:
            self.asked[claimed.lease.item_id] = workbench.ask(self.place, claimed)
        except LeaseLostError:
            assert not holds
        else:
            assert holds

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def approve(self, data: st.DataObject) -> None:
        item_id = data.draw(st.sampled_from(sorted(self.asked)))
        waits = workbench.state_of(self.place, item_id) is ItemState.AWAITING_APPROVAL
        try:
            workbench.approve(self.place, item_id, self.asked[item_id])
        except CaseworkError:
            pass
        else:
            assert waits

    @rule(seconds=st.sampled_from([1, 29, 61, 4000]))
    def time_goes(self, seconds: int) -> None:
        self.place.clock.sleep(seconds)

    @rule(worker=st.sampled_from(WORKERS))
    def heart_beats(self, worker: UUID) -> None:
        keep(self.place, worker=worker, lease_seconds=60)

    @rule()
    def reap(self) -> None:
        reap(self.place, max_attempts=3)
        expire_approvals(self.place)

    @precondition(lambda self: self.number)
    @rule(data=st.data(), is_reopening=st.booleans())
    def a_person_acts(self, data: st.DataObject, is_reopening: bool) -> None:  # noqa: FBT001 - hypothesis names it.
        item_id = UUID(data.draw(st.sampled_from(sorted(row["id"] for row in self._items()))))
        try:
            if is_reopening:
                with self.database.write() as session:
                    reopen(session, self.place, item_id, acting=as_person(workbench.ANNE), reason="Prøve")
            else:
                workbench.cancel_item(self.place, item_id)
        except CaseworkError:
            pass

    def _items(self) -> list[dict[str, Any]]:
        return workbench.rows(self.place, "SELECT * FROM work_item")

    def _holds(self, claimed: ClaimedItem) -> bool:
        row = workbench.item(self.place, claimed.lease.item_id)
        return (row["state"], row["lease_token"]) == ("in_progress", claimed.lease.token)

    @invariant()
    def every_item_is_in_order(self) -> None:
        if not hasattr(self, "place"):
            return
        items = {UUID(str(row["id"])): row for row in self._items()}
        told: dict[str, list[str]] = {str(item_id): [] for item_id in items}
        for body in workbench.events(self.place):
            told.get(body.get("run", {}).get("item", ""), []).append(body["type"])
        for item_id, row in items.items():
            self._token_never_falls(item_id, row)
            self._one_lease_at_most_holds(item_id, row)
            self._events_tell_the_state(told[str(item_id)], row)

    def _token_never_falls(self, item_id: UUID, row: dict[str, Any]) -> None:
        assert row["lease_token"] >= self.tokens.get(item_id, 0)
        self.tokens[item_id] = row["lease_token"]

    def _one_lease_at_most_holds(self, item_id: UUID, row: dict[str, Any]) -> None:
        holders = [
            claimed
            for claimed in self.leases
            if claimed.lease.item_id == item_id and claimed.lease.token == row["lease_token"]
        ]
        assert len(holders) == min(row["lease_token"], 1)
        if row["state"] == "in_progress":
            assert UUID(row["lease_owner"]) == holders[0].lease.owner

    def _events_tell_the_state(self, kinds: list[str], row: dict[str, Any]) -> None:
        assert kinds[0] == "item.created"
        assert kinds.count("item.claimed") == row["lease_token"]
        assert kinds.count("item.reopened") == row["reopenings"]
        assert _states([kind for kind in kinds if kind in _ARROWS])[-1] is ItemState(row["state"])


def _states(told: list[str]) -> list[ItemState]:
    """The states that these events lead through, by the table; fails when no arrow fits."""
    states = [ItemState.NEW]
    for kind in told:
        fitting = {arrow.target for arrow in t.TRANSITIONS if arrow.event.value == kind and states[-1] in arrow.sources}
        assert fitting, f"{kind} from {states[-1]}"
        # An approval's answer has three ends; these tests only approve.
        states.append(ItemState.NEW if ItemState.NEW in fitting else fitting.pop())
    return states


@pytest.mark.slow
def test_any_order_of_acts_leaves_every_item_in_order(ring: KeyRing) -> None:
    with tempfile.TemporaryDirectory() as folder:
        LifeOfItems.maker = SqliteMaker(Path(folder), ring)
        run_state_machine_as_test(
            LifeOfItems,
            settings=settings(
                max_examples=10,
                stateful_step_count=20,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
