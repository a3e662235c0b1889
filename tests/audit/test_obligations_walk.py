"""Reading hashes only takes a short way through the database, and leaves it where the short way does not lead."""

import pytest

from audit.obligations.walk import Portion, walk
from casework.workplace import Workplace
from tests.audit.tampering import Fill, Log, forced
from tests.workbench import rows


def _portions(place: Workplace) -> list[Portion]:
    with place.database.read() as session:
        return list(walk(session.connection(), is_thorough=False))


def test_a_whole_portion_is_read_by_two_columns_and_each_event_can_be_named(place: Workplace, fill: Fill) -> None:
    fill(2100)
    portions = _portions(place)
    assert [portion.seqs for portion in portions] == [range(2048), range(2048, 2101)]
    assert all(portion.agree is None and portion.computed == portion.leaves for portion in portions)
    ids = [row["event_id"] for row in rows(place, "SELECT event_id FROM audit_leaf ORDER BY seq")]
    named = str(portions[1].event_id(3)).replace("-", "")
    assert named == str(ids[2051]).replace("-", "")


def test_events_that_came_into_the_tree_in_another_order_are_read_whole_too(log: Log) -> None:
    ids = log.ids()
    ids[40], ids[41] = ids[41], ids[40]
    by_id = {row["id"]: bytes(row["leaf"]) for row in rows(log.place, "SELECT id, leaf FROM audit_event")}
    log.rebuild(leaves=[by_id[key] for key in ids], ids=ids)
    (portion,) = _portions(log.place)
    assert portion.agree is None
    assert portion.computed == portion.leaves
    assert log.broken() == [5]


@pytest.mark.parametrize(
    "act", ["DELETE FROM audit_leaf WHERE seq = 40", "UPDATE audit_event SET leaf = body WHERE id = :id"]
)
def test_a_portion_that_is_not_whole_is_read_again_in_full(log: Log, act: str) -> None:
    forced(log.place, act, id=log.ids()[40])
    (portion,) = _portions(log.place)
    assert portion.agree is not None


def test_a_leaf_of_another_event_with_the_same_bytes_does_not_hide_one_that_is_outside(log: Log) -> None:
    # The tree is as it was signed and every leaf has a body that gives it; the event of one leaf is another's.
    ids = log.ids()
    forced(log.place, "UPDATE audit_leaf SET event_id = :new WHERE seq = 40", new=_stranger(log))
    assert 2 in log.broken()
    assert ids != log.ids()


def _stranger(log: Log) -> object:
    """A copy of event 40 under another id."""
    new = "0" * 32 if log.place.database.is_sqlite else "00000000-0000-0000-0000-000000000000"
    forced(
        log.place,
        "INSERT INTO audit_event (id, at, type, outcome, actor, body, leaf) "
        "SELECT :new, at, type, outcome, actor, body, leaf FROM audit_event WHERE id = :old",
        new=new,
        old=log.ids()[40],
    )
    return new


def test_a_pending_row_for_an_event_of_the_tree_does_not_hide_one_that_is_outside(log: Log) -> None:
    _stranger(log)
    forced(log.place, "INSERT INTO audit_pending (event_id) VALUES (:id)", id=log.ids()[40])
    assert 2 in log.broken()
