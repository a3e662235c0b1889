"""Any walk through the states: the table, the database's triggers and a plain model agree (hypothesis, stateful).

``test_transitions.py`` tries every pair once from a fresh item; here items have a past: they were reopened and
claimed before. From wherever the walk has come to, every target is tried with several counts of reopenings.
"""

import itertools

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
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from casework import transitions as t
from casework.errors import TransitionRefusedError
from casework.moves import move
from casework.states import ItemState
from casework.workplace import Workplace
from tests import workbench

S = ItemState
#: The model, written out on purpose and not taken from the table: where a plain update may lead without a reopening.
OPEN_PATHS = {
    S.NEW: {S.IN_PROGRESS, S.CANCELLED},
    S.IN_PROGRESS: {
        S.NEW, S.COMPLETED, S.AWAITING_APPROVAL, S.DEFERRED, S.IN_DOUBT, S.REJECTED, S.FAILED, S.CANCELLED,
    },
    S.AWAITING_APPROVAL: {S.NEW, S.CANCELLED},
    S.DEFERRED: {S.NEW, S.CANCELLED},
    S.IN_DOUBT: {S.NEW, S.CANCELLED},
}  # fmt: skip
_TRY = (
    "UPDATE work_item SET state = :state, reopenings = reopenings + :more, "
    "lease_owner = CASE WHEN :leased = 1 THEN id END, lease_expires_at = CASE WHEN :leased = 1 THEN created_at END "
    "WHERE id = :id"
)


def _may(source: ItemState, target: ItemState, more: int) -> bool:
    """What the model says of one plain update."""
    if source in OPEN_PATHS:
        return target is source or target in OPEN_PATHS[source]
    return target is source or (target is S.NEW and more == 1)


class Walk(RuleBasedStateMachine):
    """One item on its way."""

    place: Workplace
    #: From where every target was tried, on any walk.
    tried: set[ItemState]
    #: The same on this walk, and whether the item was reopened before.
    tried_here: set[tuple[ItemState, bool]] = set()  # noqa: RUF012 - a precondition reads it before the walk begins.
    state = S.NEW
    reopenings = 0

    @initialize(start=st.sampled_from(ItemState))
    def begin(self, start: ItemState) -> None:
        self.item = workbench.bring_to(self.place, start)
        self.state = start
        self.tried_here = set()

    @rule(data=st.data())
    def follow(self, data: st.DataObject) -> None:
        arrow = data.draw(st.sampled_from([arrow for arrow in t.TRANSITIONS if self.state in arrow.sources]))
        may = arrow.target in OPEN_PATHS[self.state] if self.state in OPEN_PATHS else arrow is t.REOPEN
        assert may, f"{arrow.name} from {self.state} is not in the model"
        self._move(arrow)
        self.state = arrow.target
        self.reopenings += arrow is t.REOPEN

    @rule(data=st.data())
    def be_refused(self, data: st.DataObject) -> None:
        arrow = data.draw(st.sampled_from([arrow for arrow in t.TRANSITIONS if self.state not in arrow.sources]))
        with pytest.raises(TransitionRefusedError):
            self._move(arrow)

    def _move(self, arrow: t.Transition) -> None:
        values: dict[str, object] = {"reopenings": self.reopenings + 1} if arrow is t.REOPEN else {}
        if arrow is t.CLAIM:
            values = {"lease_owner": workbench.WORKER, "lease_expires_at": self.place.now()}
        with self.place.database.write() as session:
            move(session, self.place, arrow, self.item, acting=workbench.ACTING, values=values)

    @precondition(lambda self: (self.state, self.reopenings > 0) not in self.tried_here)
    @rule()
    def try_every_target(self) -> None:
        self.tried_here.add((self.state, self.reopenings > 0))
        self.tried.add(self.state)
        for target, more in itertools.product(ItemState, (0, 1, 2, -1)):
            assert self._passes(target, more) is _may(self.state, target, more), f"{self.state} to {target}, {more}"

    def _passes(self, target: ItemState, more: int) -> bool:
        parameters = {
            "state": target.value,
            "more": more,
            "leased": int(target is S.IN_PROGRESS),
            "id": workbench.db_id(self.place, self.item),
        }
        with self.place.database.write() as session:
            try:
                session.execute(text(_TRY), parameters)
            except DBAPIError as error:
                if "no such transition" in str(error):
                    return False
                raise
            # Only to see whether the database lets it through.
            session.rollback()
        return True

    @invariant()
    def the_database_is_where_the_model_is(self) -> None:
        if not hasattr(self, "item"):
            return
        row = workbench.item(self.place, self.item)
        assert (row["state"], row["reopenings"]) == (self.state.value, self.reopenings)


@pytest.mark.slow
def test_the_table_the_triggers_and_a_plain_model_agree_on_any_walk(place: Workplace) -> None:
    Walk.place, Walk.tried = place, set()
    examples, steps = (20, 30) if place.database.is_sqlite else (8, 20)
    bounds = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(Walk, settings=bounds)
    for state in set(ItemState) - Walk.tried:
        # Where no walk has come this time.
        walk = Walk()
        walk.begin(state)
        walk.try_every_target()


def test_the_model_holds_every_arrow_of_the_table() -> None:
    paths = {(source, target) for source, targets in OPEN_PATHS.items() for target in targets}
    assert paths | {(final, S.NEW) for final in t.FINAL} == t.allowed_pairs()
