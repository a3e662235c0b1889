"""A finished step is remembered under item, name, key and version, and only once."""

from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError

from casework.states import ItemState
from casework.steps import StepKey, discard_steps, finished_steps, store_steps
from casework.workplace import Workplace
from tests.workbench import bring_to, rows


def _store(place: Workplace, item_id: UUID, steps: dict[StepKey, bytes], version: str = "1.0") -> None:
    with place.database.write() as session:
        store_steps(session, item_id, steps, robot_version=version, at=place.now())


def _finished(place: Workplace, item_id: UUID, version: str = "1.0") -> dict[StepKey, bytes]:
    with place.database.read() as session:
        return finished_steps(session, item_id, robot_version=version)


def test_a_step_is_known_by_item_name_key_and_version(place: Workplace) -> None:
    one, other = bring_to(place, ItemState.NEW), bring_to(place, ItemState.NEW)
    _store(place, one, {("læs", ""): b"1", ("læs", "sag-2"): b"2"})
    assert _finished(place, one) == {("læs", ""): b"1", ("læs", "sag-2"): b"2"}
    assert (_finished(place, other), _finished(place, one, "1.1")) == ({}, {})


def test_a_result_is_stored_once(place: Workplace) -> None:
    item_id = bring_to(place, ItemState.NEW)
    _store(place, item_id, {("læs", ""): b"1"})
    with pytest.raises(IntegrityError):
        _store(place, item_id, {("læs", ""): b"2"})
    assert _finished(place, item_id) == {("læs", ""): b"1"}


def test_discarded_steps_are_forgotten_and_kept(place: Workplace) -> None:
    item_id, other = bring_to(place, ItemState.NEW), bring_to(place, ItemState.NEW)
    _store(place, item_id, {("læs", ""): b"1"})
    _store(place, other, {("læs", ""): b"3"})
    with place.database.write() as session:
        discard_steps(session, place, item_id)
    assert _finished(place, item_id) == {}
    _store(place, item_id, {("læs", ""): b"2"})
    assert _finished(place, item_id) == {("læs", ""): b"2"}
    assert _finished(place, other) == {("læs", ""): b"3"}
    assert len(rows(place, "SELECT id FROM step")) == 3


def test_storing_nothing_is_nothing(place: Workplace) -> None:
    _store(place, bring_to(place, ItemState.NEW), {})
    assert rows(place, "SELECT id FROM step") == []


def test_a_result_cannot_be_read_in_the_database(place: Workplace) -> None:
    _store(place, bring_to(place, ItemState.NEW), {("læs", ""): b"Vejnavn 7"})
    assert "Vejnavn" not in str(rows(place, "SELECT * FROM step"))
