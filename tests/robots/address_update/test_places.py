"""What the address register is asked, and what it is never asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from connectors.errors import Unavailable
from connectors.person_details import Departure, PastAddress, UncertainDate
from connectors.records import AddressProtection, PendingMove, PersonEvent, PersonSnapshot, PersonStatus
from foundation.addresses import CivilAddress
from robots.address_update.facts import Places
from robots.address_update.places import places_of, with_shown
from robots.address_update.robot import AddressUpdate
from robots.twins.address_register import TwinAddressRegister
from robots.twins.bench import Bench
from tests.robots.address_update.looking import PARTY, note_texts, shown

ID = UUID("91b21c97-fb07-4aac-98c5-61bcb4689f78")


@pytest.fixture
def register() -> TwinAddressRegister:
    return TwinAddressRegister()


def methods(register: TwinAddressRegister) -> list[str]:
    return [method for method, _ in register.questions]


def test_without_a_register_nothing_is_said(snapshot: PersonSnapshot) -> None:
    assert places_of(snapshot, None) == Places()


def test_cprs_address_is_found_by_its_id(
    register: TwinAddressRegister, snapshot: PersonSnapshot, new_address: CivilAddress
) -> None:
    place = register.add_place(new_address, address_id=ID)
    found = places_of(replace(snapshot, address=replace(new_address, address_id=ID)), register)
    assert (found.is_asked, found.current) == (True, place)
    assert methods(register) == ["get"]


def test_an_address_without_id_is_found_by_its_kvhx(
    register: TwinAddressRegister, snapshot: PersonSnapshot, new_address: CivilAddress
) -> None:
    coded = replace(new_address, road_code="8513")
    place = register.add_place(coded)
    assert places_of(replace(snapshot, address=coded), register).current == place
    assert methods(register) == ["by_kvhx"]


def test_an_address_without_codes_is_washed(
    register: TwinAddressRegister, snapshot: PersonSnapshot, new_address: CivilAddress
) -> None:
    place = register.add_place(new_address)
    assert places_of(snapshot, register).current == place
    assert methods(register) == ["wash"]


def test_a_washing_that_is_not_certain_is_not_used(register: TwinAddressRegister, snapshot: PersonSnapshot) -> None:
    found = places_of(snapshot, register)
    assert (found.is_asked, found.current) == (True, None)


def test_the_coming_address_is_asked_for_as_well(
    register: TwinAddressRegister, snapshot: PersonSnapshot, old_address: CivilAddress
) -> None:
    place = register.add_place(old_address)
    pending = PendingMove(old_address, date(2026, 12, 1))
    assert places_of(replace(snapshot, pending=pending), register).pending == place


_ABROAD = CivilAddress(free_lines=("Prøvgatan 4", "S 45678 Prøvstad"), country="Sverige")
_TOWN_HALL = CivilAddress("Rådhuset", "1", postal_code="9999", road_code="9901")


@pytest.mark.parametrize(
    "changes",
    [
        {"address": None, "protection": AddressProtection(is_protected=True)},
        {"address": _ABROAD},
        {"address": _TOWN_HALL},
        {"status": PersonStatus.RESIDENT_SPECIAL_ROAD},
        {"status": PersonStatus.GREENLAND},
        {"status": PersonStatus.EMIGRATED, "departure": Departure("5104", UncertainDate(None))},
    ],
    ids=["adr-12b", "text", "adr-16", "status 3", "adr-18", "adr-14"],
)
def test_nothing_is_asked_about_a_person_without_an_ordinary_address(
    register: TwinAddressRegister, snapshot: PersonSnapshot, old_address: CivilAddress, changes: dict[str, object]
) -> None:
    person = replace(snapshot, **changes)  # type: ignore[arg-type] # the fields are those of the parameters above
    assert with_shown(places_of(person, register), person, old_address, register) == Places()
    assert register.questions == []


def test_what_the_case_shows_is_washed_only_where_the_rules_cannot_tell_without(
    register: TwinAddressRegister, snapshot: PersonSnapshot, old_address: CivilAddress, new_address: CivilAddress
) -> None:
    places = Places(is_asked=True)
    unknown = CivilAddress("Tredje Prøvevej", "3", postal_code="9000", postal_district="Aalborg")
    place = register.add_place(unknown)
    for shown_address in (old_address, new_address, replace(new_address, house_number="12 b"), None, _ABROAD):
        assert with_shown(places, snapshot, shown_address, register).shown is None
    assert register.questions == []
    assert with_shown(places, snapshot, unknown, register).shown == place.id


def test_an_id_on_the_case_is_taken_as_it_is(
    register: TwinAddressRegister, snapshot: PersonSnapshot, old_address: CivilAddress
) -> None:
    shown_address = replace(old_address, address_id=ID)
    assert with_shown(Places(is_asked=True), snapshot, shown_address, register).shown == ID
    assert register.questions == []


def test_a_text_that_the_register_would_not_take_is_not_washed(
    register: TwinAddressRegister, snapshot: PersonSnapshot
) -> None:
    endless = CivilAddress("Prøvevej" * 15, "1", postal_code="9000")
    assert with_shown(Places(is_asked=True), snapshot, endless, register).shown is None
    assert register.questions == []


def with_register(event: PersonEvent, register: TwinAddressRegister, shown_address: CivilAddress) -> Bench:
    robot = AddressUpdate()
    bench = Bench(robot, at=datetime(2026, 11, 22, 12, 0, tzinfo=UTC), addresses=register)
    bench.give_events(robot, [event])
    stage = bench.cases.stage
    stage.add_party(stage.add_case(), cpr=event.cpr, address=shown_address)
    return bench


def test_a_register_that_is_down_stops_the_item_to_be_tried_again(
    register: TwinAddressRegister, event: PersonEvent, snapshot: PersonSnapshot, old_address: CivilAddress
) -> None:
    bench = with_register(event, register, old_address)
    bench.people.put(snapshot)
    register.fail_next("wash", Unavailable("twin_dar", "wash"))
    with pytest.raises(Unavailable):
        bench.handle()
    bench.settle()
    assert len(note_texts(bench)) == 1


def test_adr_45_a_road_that_got_another_name_is_written_without_a_word_of_a_move(
    register: TwinAddressRegister, event: PersonEvent, snapshot: PersonSnapshot, old_address: CivilAddress
) -> None:
    renamed = CivilAddress(
        "Omdøbt Prøvevej", "1", postal_code="9000", postal_district="Aalborg", municipality_code="0851", address_id=ID
    )
    register.add_place(renamed, address_id=ID)
    bench = with_register(event, register, replace(old_address, address_id=ID))
    bench.people.put(replace(snapshot, address=renamed, history=()))
    bench.settle()
    assert shown(bench, PARTY).address == renamed
    (note,) = note_texts(bench)
    assert "flyt" not in note.lower()
    assert "gælder fra" not in note
    assert "Adressen skrives: Omdøbt Prøvevej 1, 9000 Aalborg." in note


def test_adr_07_a_correction_is_written_and_called_one(
    bench: Bench, event: PersonEvent, snapshot: PersonSnapshot, old_address: CivilAddress
) -> None:
    bench.settle()
    bench.clock.advance(3600.0)
    bench.people.correct(snapshot.cpr)
    bench.give_events(AddressUpdate(), [replace(event, id="e-2", sequence=2)])
    bench.settle()
    assert shown(bench).address == old_address
    assert "rettelse i CPR" in note_texts(bench)[1]


def test_nobody_is_asked_about_on_a_closed_case(
    register: TwinAddressRegister, event: PersonEvent, snapshot: PersonSnapshot
) -> None:
    bench = with_register(event, register, CivilAddress("Tredje Prøvevej", "3", postal_code="9000"))
    bench.people.put(snapshot)
    bench.cases.stage.close(PARTY.case)
    bench.settle()
    assert register.questions == []


def test_an_earlier_address_is_not_washed_however_the_case_spells_it(
    register: TwinAddressRegister, snapshot: PersonSnapshot, old_address: CivilAddress
) -> None:
    past = (PastAddress(replace(old_address, road_code="0100"), UncertainDate(None), UncertainDate(None)),)
    spelled = replace(old_address, road_name="GAMLE PRØVEVEJ", house_number="001")
    assert with_shown(Places(is_asked=True), replace(snapshot, history=past), spelled, register).shown is None
    assert register.questions == []
