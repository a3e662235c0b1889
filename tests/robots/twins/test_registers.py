"""What the twins of CPR, its events and the address register do besides their ports' contracts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from connectors.address_records import RegisteredStatus, WashCategory
from connectors.errors import Unavailable
from foundation.addresses import CivilAddress, one_line
from foundation.clock import ManualClock
from foundation.cpr import Cpr
from foundation.kvhx import Kvhx
from robots.twins import TwinAddressRegister, TwinPersonEvents, TwinPersonRegister

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CPR = Cpr("1012620000")
OTHER = Cpr("0709614673")
HOME = CivilAddress("Prøvegade", "1", postal_code="9000", municipality_code="0851", road_code="8513")
NEXT = CivilAddress("Prøvegade", "2", "st", "tv", postal_code="1000", municipality_code="0101", road_code="1001")
EARLIER = CivilAddress("Prøvegade", "3", postal_code="9000", municipality_code="0851")


@pytest.fixture
def people() -> TwinPersonRegister:
    register = TwinPersonRegister(clock=ManualClock(NOW))
    register.add_person(CPR, address=HOME, past=[EARLIER])
    return register


@pytest.fixture
def places() -> TwinAddressRegister:
    return TwinAddressRegister()


def test_a_planted_past_ends_where_the_present_begins(people: TwinPersonRegister) -> None:
    person = people.lookup(CPR)
    assert person.history is not None
    (past,) = person.history
    assert past.address == EARLIER
    assert past.moved_out.day == person.moved_in.day


def test_who_moves_has_the_address_he_left_as_the_newest_of_his_history(people: TwinPersonRegister) -> None:
    people.move(CPR, NEXT, effect_from=date(2026, 11, 20))
    person = people.lookup(CPR)
    assert person.history is not None
    assert [past.address for past in person.history] == [HOME, EARLIER]
    assert person.history[0].moved_out.day == date(2026, 11, 20)
    assert person.moved_from_municipality == "0851"


def test_a_move_that_lies_ahead_leaves_the_history_alone(people: TwinPersonRegister) -> None:
    people.move(CPR, NEXT, effect_from=date(2026, 12, 1))
    person = people.lookup(CPR)
    assert (person.address, person.pending is not None) == (HOME, True)
    assert person.history == people.add_person(CPR, address=HOME, past=[EARLIER]).history


def test_a_move_that_cpr_takes_back_is_annulled_in_the_history(people: TwinPersonRegister) -> None:
    before = people.lookup(CPR)
    people.move(CPR, NEXT, effect_from=date(2026, 11, 20))
    people.correct(CPR)
    person = people.lookup(CPR)
    assert person.is_correction
    assert (person.address, person.moved_in) == (HOME, before.moved_in)
    assert person.history is not None
    assert [(past.address, past.is_annulled) for past in person.history] == [(NEXT, True), (EARLIER, False)]


def test_who_never_moved_has_nothing_to_take_back(people: TwinPersonRegister) -> None:
    people.add_person(OTHER, address=HOME)
    with pytest.raises(ValueError, match="no earlier address"):
        people.correct(OTHER)


def test_looking_at_the_scene_is_no_look_up(people: TwinPersonRegister) -> None:
    assert people.person(CPR).address == HOME
    assert people.lookups == []


def test_a_place_is_found_by_id_key_and_text(places: TwinAddressRegister) -> None:
    place = places.add_place(replace(HOME, care_of="Vært", locality="Gården"))
    key = Kvhx.of(HOME)
    assert key is not None
    assert (place.address.care_of, place.address.locality) == ("", "")
    assert place.address.address_id == place.id
    assert places.get(place.id) == places.by_kvhx(key) == places.wash(one_line(HOME).upper()).certain == place


def test_what_was_not_planted_is_not_known(places: TwinAddressRegister) -> None:
    places.add_place(HOME)
    key = Kvhx.of(NEXT)
    assert key is not None
    assert places.get(UUID(int=7)) is None
    assert places.by_kvhx(key) is None
    assert places.wash(one_line(NEXT)).category is WashCategory.C


def test_a_current_place_goes_before_a_closed_one_with_the_same_key(places: TwinAddressRegister) -> None:
    places.add_place(HOME, address_id=UUID(int=1), status=RegisteredStatus.CLOSED)
    current = places.add_place(HOME, address_id=UUID(int=2))
    key = Kvhx.of(HOME)
    assert key is not None
    assert places.by_kvhx(key) == current


def test_two_places_with_one_text_are_not_certain(places: TwinAddressRegister) -> None:
    for number in (1, 2):
        places.add_place(HOME, address_id=UUID(int=number))
    assert places.wash(one_line(HOME)).certain is None


def test_a_text_that_is_too_long_is_a_guess_and_not_asked_about(places: TwinAddressRegister) -> None:
    assert places.wash("x" * 101).category is WashCategory.C
    assert places.questions == []


def test_a_register_that_is_to_fail_fails_once(places: TwinAddressRegister) -> None:
    places.fail_next("get", Unavailable("twin_dar", "get"))
    with pytest.raises(Unavailable):
        places.get(UUID(int=1))
    assert places.get(UUID(int=1)) is None


def test_of_a_person_who_was_unsubscribed_nothing_more_is_told() -> None:
    events = TwinPersonEvents(clock=ManualClock(NOW))
    events.subscribe(CPR)
    events.announce(CPR)
    events.unsubscribe(CPR)
    events.announce(CPR)
    events.announce(OTHER)
    events.subscribe(CPR)
    events.subscribe(CPR)
    events.announce(CPR)
    batch = events.poll(after=None, limit=10)
    assert [event.cpr for event in batch.events] == [CPR, OTHER, CPR]
    assert not batch.has_gap
    assert events.subscriptions == {CPR}
