"""The lease protocol against a plain model: several workers, a clock that moves, and answers that come too late.

After every act the rows are what the model says (hypothesis, stateful). What is shown: an item is never in two hands,
an old token is always refused, attempts count, and nothing is lost.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from casework import transitions as t
from casework.claiming import ClaimedItem, claim, keep, reap
from casework.ending_many import Departure, move_many
from casework.errors import LeaseLostError, TransitionRefusedError
from casework.items import cancel
from casework.moves import Detail, Lease, move, require_lease
from casework.states import ItemState
from casework.workplace import Workplace, as_person
from tests import workbench

S = ItemState
MAX_ATTEMPTS = 3
LEASE = 60.0
ENDS = [t.COMPLETE, t.REJECT, t.FAIL, t.GIVE_BACK]


@dataclass
class Known:
    """What the model knows of one item."""

    priority: int
    state: ItemState = S.NEW
    token: int = 0
    attempts: int = 0
    owner: UUID | None = None
    expires: datetime | None = None
    is_cancel_asked: bool = False

    def leave(self, state: ItemState) -> None:
        self.state, self.owner, self.expires = state, None, None


class Leases(RuleBasedStateMachine):
    """Three workers who may each be late, a reaper, a person and a clock."""

    place: Workplace

    @initialize()
    def begin(self) -> None:
        self.robot = f"robot-{uuid4()}"
        self.workers = [uuid4() for _ in range(3)]
        self.known: dict[UUID, Known] = {}
        self.leases: list[ClaimedItem] = []
        self.number = 0

    @rule(priority=st.integers(-1, 1), count=st.integers(1, 3))
    def hand_in(self, priority: int, count: int) -> None:
        references = [f"sag-{self.number + each}" for each in range(count)]
        self.number += count
        for item_id in workbench.add(self.place, *references, priority=priority, robot=self.robot):
            self.known[item_id] = Known(priority)

    @rule(which=st.integers(0, 2), limit=st.integers(1, 4))
    def take(self, which: int, limit: int) -> None:
        worker = self.workers[which]
        waiting = sorted((each.priority, key) for key, each in self.known.items() if each.state is S.NEW)
        claimed = claim(
            self.place,
            self.robot,
            worker=worker,
            run_id=workbench.RUN,
            acting=workbench.ACTING,
            limit=limit,
            lease_seconds=LEASE,
        )
        assert [each.lease.item_id for each in claimed] == [key for _, key in waiting[:limit]]
        for each in claimed:
            known = self.known[each.lease.item_id]
            known.state, known.owner = S.IN_PROGRESS, worker
            known.token, known.attempts = known.token + 1, known.attempts + 1
            known.expires = self.place.now() + timedelta(seconds=LEASE)
            assert (each.lease.token, each.lease.attempt) == (known.token, known.attempts)
        self.leases += claimed

    def _holds(self, lease: Lease) -> bool:
        known = self.known[lease.item_id]
        return (known.state, known.token, known.owner) == (S.IN_PROGRESS, lease.token, lease.owner)

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), arrow=st.sampled_from(ENDS))
    def answer(self, data: st.DataObject, arrow: t.Transition) -> None:
        self._answer(data.draw(st.sampled_from(self.leases)).lease, arrow)

    @precondition(lambda self: any(self._holds(each.lease) for each in self.leases))
    @rule(data=st.data(), which=st.integers(0, 2), arrow=st.sampled_from(ENDS))
    def answer_when_another_has_it(self, data: st.DataObject, which: int, arrow: t.Transition) -> None:
        # Left to chance, a lease that runs out, a claim by another and a late answer would seldom come together.
        late = data.draw(st.sampled_from([each.lease for each in self.leases if self._holds(each.lease)]))
        self.time_goes(seconds=61)
        self.reap()
        self.take(which=which, limit=20)
        self._answer(late, arrow)

    def _answer(self, lease: Lease, arrow: t.Transition) -> None:
        values: dict[str, object] = {"attempts": lease.attempt - 1} if arrow is t.GIVE_BACK else {}
        holds = self._holds(lease)
        try:
            with self.place.database.write() as session:
                move(session, self.place, arrow, lease.item_id, acting=workbench.ACTING, lease=lease, values=values)
        except LeaseLostError:
            assert not holds
            return
        assert holds
        known = self.known[lease.item_id]
        known.leave(arrow.target)
        if arrow is t.GIVE_BACK:
            known.attempts = lease.attempt - 1

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def answer_together(self, data: st.DataObject) -> None:
        chosen = data.draw(st.lists(st.sampled_from(self.leases), min_size=1, max_size=4, unique_by=id))
        leases = [each.lease for each in chosen]
        # One item twice in a group is refused as well: the second time it is no longer in progress.
        all_hold = all(self._holds(lease) for lease in leases) and len({each.item_id for each in leases}) == len(leases)
        departures = [Departure(t.COMPLETE, lease, workbench.ACTING, {}, Detail()) for lease in leases]
        try:
            with self.place.database.write() as session:
                move_many(session, self.place, departures)
        except LeaseLostError:
            assert not all_hold
            return
        assert all_hold
        for lease in leases:
            self.known[lease.item_id].leave(S.COMPLETED)

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def ask_whether_it_is_still_held(self, data: st.DataObject) -> None:
        lease = data.draw(st.sampled_from(self.leases)).lease
        holds = self._holds(lease)
        try:
            with self.place.database.write() as session:
                require_lease(session, lease)
        except LeaseLostError:
            assert not holds
        else:
            assert holds

    @rule(seconds=st.sampled_from([1, 30, 59, 61]))
    def time_goes(self, seconds: int) -> None:
        self.place.clock.sleep(seconds)

    @rule(which=st.integers(0, 2))
    def heart_beats(self, which: int) -> None:
        mine = [known for known in self.known.values() if known.owner == self.workers[which]]
        assert keep(self.place, worker=self.workers[which], lease_seconds=LEASE) == len(mine)
        for known in mine:
            known.expires = self.place.now() + timedelta(seconds=LEASE)

    @rule()
    def reap(self) -> None:
        reap(self.place, max_attempts=MAX_ATTEMPTS)
        for known in self.known.values():
            if known.expires is not None and known.expires <= self.place.now():
                known.leave(S.NEW if known.attempts < MAX_ATTEMPTS else S.FAILED)

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def a_person_cancels(self, data: st.DataObject) -> None:
        item_id = data.draw(st.sampled_from(sorted(self.known)))
        known = self.known[item_id]
        try:
            with self.place.database.write() as session:
                acting = as_person(workbench.ANNE)
                is_now = cancel(session, self.place, item_id, acting=acting, reason="Prøve")
        except TransitionRefusedError:
            assert known.state in t.FINAL
            return
        assert is_now is (known.state is S.NEW)
        if is_now:
            known.leave(S.CANCELLED)
        else:
            known.is_cancel_asked = True

    @invariant()
    def every_row_is_what_the_model_says(self) -> None:
        if not hasattr(self, "robot"):
            return
        columns = "id, state, lease_token, attempts, lease_owner, cancel_requested_by"
        query = f"SELECT {columns} FROM work_item WHERE robot = :robot"  # noqa: S608 - the columns stand above.
        rows = workbench.rows(self.place, query, robot=self.robot)
        found = {
            UUID(str(row["id"])): (
                row["state"],
                row["lease_token"],
                row["attempts"],
                UUID(str(row["lease_owner"])) if row["lease_owner"] is not None else None,
                row["cancel_requested_by"] is not None,
            )
            for row in rows
        }
        assert found == {
            key: (known.state.value, known.token, known.attempts, known.owner, known.is_cancel_asked)
            for key, known in self.known.items()
        }

    @invariant()
    def no_item_is_in_two_hands(self) -> None:
        held = [each.lease.item_id for each in getattr(self, "leases", []) if self._holds(each.lease)]
        assert len(held) == len(set(held))


@pytest.mark.slow
def test_the_lease_protocol_holds_in_any_order(place: Workplace) -> None:
    Leases.place = place
    examples, steps = (25, 30) if place.database.is_sqlite else (6, 20)
    # Making a failure smaller takes longer with a database than a test may; thirty acts can be read as they are.
    bounds = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Leases, settings=bounds)
