"""The table of transitions against the picture in the design, and against what the database lets through."""

import itertools
from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError

from casework.states import ItemState
from casework.transitions import FINAL, NOT_FINAL, TRANSITIONS, allowed_pairs
from casework.workplace import Workplace
from tests.workbench import bring_to, db_id, item, raw, state_of

S = ItemState
#: The picture in the design, arrow by arrow, written out a second time on purpose.
PICTURE = {
    (S.NEW, S.IN_PROGRESS),
    (S.IN_PROGRESS, S.COMPLETED),
    (S.IN_PROGRESS, S.AWAITING_APPROVAL),
    (S.IN_PROGRESS, S.DEFERRED),
    (S.IN_PROGRESS, S.IN_DOUBT),
    (S.IN_PROGRESS, S.REJECTED),
    (S.IN_PROGRESS, S.FAILED),
    (S.IN_PROGRESS, S.NEW),
    (S.AWAITING_APPROVAL, S.NEW),
    (S.DEFERRED, S.NEW),
    (S.IN_DOUBT, S.NEW),
    *((state, S.CANCELLED) for state in (S.NEW, S.IN_PROGRESS, S.AWAITING_APPROVAL, S.DEFERRED, S.IN_DOUBT)),
    *((state, S.NEW) for state in (S.COMPLETED, S.REJECTED, S.FAILED, S.CANCELLED)),
}
STATES = list(ItemState)


def _passes(place: Workplace, statement: str, refusal: str, **parameters: object) -> bool:
    """Whether the database lets a statement through; if not, it must be for this reason."""
    try:
        raw(place, statement, **parameters)
    except DBAPIError as error:
        if refusal in str(error):
            return False
        raise
    return True


def _force(place: Workplace, item_id: str, target: ItemState, reopenings: int = 0) -> bool:
    """Whether a plain UPDATE gets the item into this state; the lease follows, so that only the arrow can be wrong."""
    has_lease = target is S.IN_PROGRESS
    statement = (
        "UPDATE work_item SET state = :state, reopenings = reopenings + :more, "
        "lease_owner = CASE WHEN :leased = 1 THEN id END, lease_expires_at = CASE WHEN :leased = 1 THEN created_at END "
        "WHERE id = :id"
    )
    parameters = {"state": target, "more": reopenings, "leased": int(has_lease), "id": item_id}
    return _passes(place, statement, "work_item: no such transition", **parameters)


def test_the_table_of_transitions_is_the_picture() -> None:
    assert allowed_pairs() == PICTURE


def test_every_state_is_reached_and_every_state_that_is_not_final_is_left() -> None:
    assert {arrow.target for arrow in TRANSITIONS} == set(ItemState)
    assert set().union(*(arrow.sources for arrow in TRANSITIONS)) == set(ItemState)


def test_final_and_not_final_part_the_states() -> None:
    assert set(ItemState) == FINAL | NOT_FINAL
    assert not FINAL & NOT_FINAL


def test_the_names_of_transitions_are_unique() -> None:
    names = [arrow.name for arrow in TRANSITIONS]
    assert len(set(names)) == len(names)


def test_the_database_lets_through_every_arrow_and_refuses_every_other_pair(place: Workplace) -> None:
    passed = set()
    for source, target in itertools.product(STATES, STATES):
        if source is target:
            continue
        item_id = db_id(place, bring_to(place, source))
        # A reopening must be counted; for every other arrow the count means nothing.
        if _force(place, item_id, target, int(source in FINAL)):
            passed.add((source, target))
    assert passed == PICTURE


@pytest.mark.parametrize("more", [0, 2, -1])
def test_a_final_item_is_not_reopened_without_counting_it_once(place: Workplace, more: int) -> None:
    for state in sorted(FINAL):
        item_id = bring_to(place, state)
        assert not _force(place, db_id(place, item_id), S.NEW, more)
        assert state_of(place, item_id) is state


def test_an_item_is_born_as_new_only(place: Workplace) -> None:
    statement = (
        "INSERT INTO work_item (id, state, reference, robot, payload, priority, attempts, lease_token, reopenings, "
        "created_at, updated_at) SELECT :new, :state, :reference, robot, payload, priority, attempts, lease_token, "
        "reopenings, created_at, updated_at FROM work_item WHERE reference = 'forbillede'"
    )
    bring_to(place, S.NEW, "forbillede")
    parameters = [
        {"new": db_id(place, UUID(int=number)), "state": state, "reference": f"født-{number}"}
        for number, state in enumerate(STATES)
    ]
    if not place.database.is_sqlite:
        statement = statement.replace(":new", "CAST(:new AS uuid)")
    born = [one["state"] for one in parameters if _passes(place, statement, "an item begins as new", **one)]
    assert born == [S.NEW]


def test_a_fencing_token_never_falls(place: Workplace) -> None:
    item_id = db_id(place, bring_to(place, S.IN_PROGRESS))
    with pytest.raises(DBAPIError, match="a fencing token never falls"):
        raw(place, "UPDATE work_item SET lease_token = lease_token - 1 WHERE id = :id", id=item_id)


def test_a_fencing_token_may_rise(place: Workplace) -> None:
    item_id = bring_to(place, S.IN_PROGRESS)
    raw(place, "UPDATE work_item SET lease_token = lease_token + 1 WHERE id = :id", id=db_id(place, item_id))
    assert item(place, item_id)["lease_token"] == 2


def test_an_item_is_in_progress_exactly_when_it_has_a_lease(place: Workplace) -> None:
    taken, waiting = bring_to(place, S.IN_PROGRESS), bring_to(place, S.NEW)
    for statement, item_id in (
        ("UPDATE work_item SET lease_owner = NULL WHERE id = :id", taken),
        ("UPDATE work_item SET lease_expires_at = NULL WHERE id = :id", taken),
        ("UPDATE work_item SET lease_owner = id, lease_expires_at = created_at WHERE id = :id", waiting),
        ("UPDATE work_item SET state = 'in_progress' WHERE id = :id", waiting),
    ):
        with pytest.raises(DBAPIError, match="ck_work_item_lease"):
            raw(place, statement, id=db_id(place, item_id))


def test_a_state_that_is_no_word_of_the_glossary_is_refused(place: Workplace) -> None:
    item_id = db_id(place, bring_to(place, S.NEW))
    with pytest.raises(DBAPIError, match="work_item"):
        raw(place, "UPDATE work_item SET state = 'sleeping' WHERE id = :id", id=item_id)
