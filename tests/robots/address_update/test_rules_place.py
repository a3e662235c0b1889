"""The pure rules about places: status, special roads, typed addresses and the address register, a test for each row."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from connectors.address_records import RegisteredStatus
from connectors.person_details import ContactAddress, Departure, UncertainDate
from connectors.records import PendingMove, PersonStatus
from foundation.addresses import CivilAddress
from robots.address_update.facts import Facts, Places
from robots.address_update.reasons import Reason
from robots.address_update.rules import rule
from robots.address_update.rules_place import UNKNOWN_ABROAD, may_be_looked_up
from robots.address_update.ruling import ContactChange, RulingKind
from tests.robots.address_update.questions import (
    PLACE,
    RELATIVE,
    able,
    knowing,
    past,
    protected,
    registered,
    showing,
    under,
)

NOWHERE = CivilAddress("Uden fast bopæl", "1", postal_code="9000", postal_district="Aalborg", road_code="9900")
SHELTER = CivilAddress("Krisecentervej", "7", postal_code="9000", municipality_code="0851")
DEPARTURE = Departure("5120", UncertainDate(date(2026, 11, 1)), ("Grantoften 4", "S 45678", "Sverige"))


def test_adr_13_a_death_is_a_persons_business_and_no_address_is_written(facts: Facts) -> None:
    ruling = rule(knowing(facts, status=PersonStatus.DEAD))
    assert (ruling.kind, ruling.rule, ruling.change) == (RulingKind.TASK, "ADR-13", None)


def test_adr_13_a_death_is_told_also_where_another_number_is_in_force(facts: Facts) -> None:
    assert rule(knowing(facts, status=PersonStatus.DEAD, current_cpr=RELATIVE)).rule == "ADR-13"


def test_adr_14_the_foreign_address_is_reviewed_and_written_as_text(facts: Facts) -> None:
    ruling = rule(knowing(facts, status=PersonStatus.EMIGRATED, departure=DEPARTURE))
    assert (ruling.kind, ruling.rule) == (RulingKind.APPLY_REVIEW, "ADR-14")
    assert ruling.change == ContactChange(CivilAddress(free_lines=DEPARTURE.lines), marks_protected=False)
    assert ruling.tasks == (Reason.EMIGRATED_RIGHTS,)


def test_adr_14_a_country_that_is_a_word_is_written_after_the_lines(facts: Facts) -> None:
    departure = replace(DEPARTURE, country_code="Sverige", lines=("Grantoften 4", "S 45678"))
    ruling = rule(knowing(facts, status=PersonStatus.EMIGRATED, departure=departure))
    assert ruling.change is not None
    assert ruling.change.address == CivilAddress(free_lines=("Grantoften 4", "S 45678"), country="Sverige")


@pytest.mark.parametrize("departure", [None, replace(DEPARTURE, lines=())])
def test_adr_14_an_unknown_address_abroad_is_said_to_be_unknown(facts: Facts, departure: Departure | None) -> None:
    ruling = rule(knowing(facts, status=PersonStatus.EMIGRATED, departure=departure))
    assert ruling.change is not None
    assert ruling.change.address == UNKNOWN_ABROAD


def test_adr_14_a_case_that_shows_it_already_is_left_alone(facts: Facts) -> None:
    gone = knowing(facts, status=PersonStatus.EMIGRATED, departure=DEPARTURE)
    assert rule(showing(gone, CivilAddress(free_lines=DEPARTURE.lines))).kind is RulingKind.NOOP


def test_adr_14_a_person_who_comes_back_gets_his_danish_address(facts: Facts) -> None:
    assert rule(showing(facts, UNKNOWN_ABROAD)).kind is RulingKind.APPLY


def test_adr_15_a_person_who_disappeared_is_a_persons_business(facts: Facts) -> None:
    ruling = rule(knowing(facts, status=PersonStatus.DISAPPEARED))
    assert (ruling.kind, ruling.rule, ruling.change) == (RulingKind.TASK, "ADR-15", None)


@pytest.mark.parametrize(
    ("status", "address"),
    [
        (PersonStatus.RESIDENT, NOWHERE),
        (PersonStatus.RESIDENT, replace(NOWHERE, road_code="9999")),
        (PersonStatus.RESIDENT, CivilAddress("Ukendt", "1", postal_code="9999")),
        (PersonStatus.RESIDENT_SPECIAL_ROAD, CivilAddress("Rådhuset", postal_code="9000")),
    ],
)
def test_adr_16_without_fixed_abode_cprs_text_is_written_as_it_is(
    facts: Facts, status: PersonStatus, address: CivilAddress
) -> None:
    ruling = rule(knowing(facts, status=status, address=address))
    assert (ruling.kind, ruling.rule) == (RulingKind.APPLY, "ADR-16")
    assert ruling.change is not None
    assert ruling.change.address is not None
    assert ruling.change.address.free_lines
    assert ruling.change.address == CivilAddress(free_lines=ruling.change.address.free_lines)
    assert ruling.mentions == (Reason.NO_FIXED_ABODE,)
    assert rule(showing(knowing(facts, status=status, address=address), ruling.change.address)).kind is RulingKind.NOOP


@pytest.mark.parametrize(("groups", "tasks"), [({"27"}, (Reason.RESIDENCE_DECIDES,)), ({"32"}, ())])
def test_adr_16_where_the_residence_decides_the_case_a_person_is_told(
    facts: Facts, groups: set[str], tasks: tuple[Reason, ...]
) -> None:
    assert rule(under(knowing(facts, address=NOWHERE), residence_kle=groups)).tasks == tasks


@pytest.mark.parametrize(
    "address",
    [
        None,
        CivilAddress(),
        CivilAddress("Prøvestrasse", "1", postal_code="13579"),
        CivilAddress("Prøvevej", "", postal_code="9000"),
        CivilAddress("", "1", postal_code="9000"),
    ],
)
def test_adr_16_an_address_that_is_none_is_a_persons_business(facts: Facts, address: CivilAddress | None) -> None:
    ruling = rule(knowing(facts, address=address))
    assert (ruling.kind, ruling.rule) == (RulingKind.TASK, "ADR-16")


def test_adr_16_a_special_road_without_text_is_a_persons_business(facts: Facts) -> None:
    ruling = rule(knowing(facts, status=PersonStatus.RESIDENT_SPECIAL_ROAD, address=None))
    assert (ruling.kind, ruling.rule) == (RulingKind.TASK, "ADR-16")


@pytest.mark.parametrize("status", [PersonStatus.GREENLAND, PersonStatus.GREENLAND_SPECIAL_ROAD])
def test_adr_18_greenland_is_written_as_text_and_checked(facts: Facts, status: PersonStatus) -> None:
    address = CivilAddress("Prøveaqqut", "B-1234", postal_code="3900", postal_district="Nuuk", municipality_code="0956")
    asked = knowing(facts, status=status, address=address)
    ruling = rule(asked)
    assert (ruling.kind, ruling.rule, ruling.tasks) == (RulingKind.APPLY, "ADR-18", (Reason.GREENLAND_CHECK,))
    assert ruling.change is not None
    assert ruling.change.address == CivilAddress(free_lines=("Prøveaqqut B-1234", "3900 Nuuk"))
    assert not may_be_looked_up(asked.snapshot)
    assert rule(showing(asked, address)).kind is RulingKind.NOOP


def test_adr_19_a_person_without_residence_keeps_what_the_case_shows(facts: Facts) -> None:
    ruling = rule(knowing(facts, status=PersonStatus.NO_RESIDENCE, address=None))
    assert (ruling.kind, ruling.rule) == (RulingKind.NOOP, "ADR-19")


def test_adr_19_the_contact_address_of_a_person_without_residence_is_written(facts: Facts) -> None:
    contact = ContactAddress(("c/o Prøvefirma", "Prøvevej 1", "9000 Aalborg"))
    asked = knowing(facts, status=PersonStatus.NO_RESIDENCE, address=None, contact_address=contact)
    ruling = rule(able(asked, has_contact_address=True))
    assert (ruling.kind, ruling.rule) == (RulingKind.APPLY, "ADR-19")
    written = CivilAddress(free_lines=contact.lines)
    assert ruling.change == ContactChange(None, marks_protected=False, contact_address=written)


@pytest.mark.parametrize("status", [PersonStatus.ANNULLED, PersonStatus.DELETED])
def test_adr_20_a_number_that_is_not_valid_is_a_persons_business(facts: Facts, status: PersonStatus) -> None:
    ruling = rule(knowing(facts, status=status))
    assert (ruling.kind, ruling.rule, ruling.change) == (RulingKind.TASK, "ADR-20", None)


def test_adr_20_an_annulled_number_with_a_new_one_is_a_changed_number(facts: Facts) -> None:
    assert rule(knowing(facts, status=PersonStatus.DELETED, current_cpr=RELATIVE)).rule == "ADR-21"


@pytest.mark.parametrize("status", [PersonStatus.RESIDENT, PersonStatus.NUMBER_CHANGED])
def test_adr_21_another_number_in_force_is_told_in_neutral_words(facts: Facts, status: PersonStatus) -> None:
    ruling = rule(knowing(facts, current_cpr=RELATIVE, status=status))
    assert (ruling.kind, ruling.rule) == (RulingKind.TASK, "ADR-21")
    assert not {"køn", "fødsel", "skift"} & set(ruling.sentence.lower().split())


def test_adr_42_an_address_typed_by_hand_is_never_written_over(facts: Facts) -> None:
    ruling = rule(showing(facts, SHELTER))
    assert (ruling.kind, ruling.rule, ruling.change) == (RulingKind.TASK, "ADR-42", None)


@pytest.mark.parametrize("writes", ["UI_ONLY", "NONE"])
def test_adr_42_nobody_is_asked_to_write_over_an_address_typed_by_hand(facts: Facts, writes: str) -> None:
    assert rule(showing(able(facts, party_address_write=writes), SHELTER)).reason is Reason.MANUAL_ADDRESS


def test_adr_42_an_address_that_cpr_annulled_is_no_persons_work(facts: Facts) -> None:
    asked = knowing(facts, history=(past(SHELTER, is_annulled=True),))
    assert rule(showing(asked, SHELTER)).kind is RulingKind.APPLY


def test_adr_42_an_earlier_address_with_another_care_of_name_is_outdated(
    facts: Facts, old_address: CivilAddress
) -> None:
    assert rule(showing(facts, replace(old_address, care_of="Vært"))).kind is RulingKind.APPLY


def test_adr_42_an_earlier_address_is_known_by_its_id_too(facts: Facts) -> None:
    asked = knowing(facts, history=(past(CivilAddress("Gammelt Navn", "7", address_id=PLACE)),))
    assert rule(showing(replace(asked, places=Places(shown=PLACE)), SHELTER)).kind is RulingKind.APPLY


def test_adr_42_without_a_history_every_move_is_looked_at(facts: Facts) -> None:
    ruling = rule(showing(knowing(facts, history=None), SHELTER))
    assert (ruling.kind, ruling.rule, ruling.reason) == (RulingKind.APPLY_REVIEW, "ADR-42", Reason.UNKNOWN_ORIGIN)


def test_adr_42_an_empty_address_is_no_persons_work(facts: Facts) -> None:
    assert rule(showing(knowing(facts, history=None), CivilAddress())).kind is RulingKind.APPLY


def test_adr_42_a_protected_person_is_marked_and_the_typed_address_left_to_a_person(facts: Facts) -> None:
    ruling = rule(showing(protected(facts), SHELTER))
    assert (ruling.kind, ruling.reason) == (RulingKind.APPLY_REVIEW, Reason.PROTECTION_ON)
    assert ruling.change == ContactChange(None, marks_protected=True)
    assert Reason.MANUAL_ADDRESS in ruling.tasks


@pytest.mark.parametrize("status", [None, RegisteredStatus.CLOSED, RegisteredStatus.ABANDONED])
def test_adr_44_an_address_that_dar_has_not_is_written_as_cpr_has_it(
    facts: Facts, new_address: CivilAddress, status: RegisteredStatus | None
) -> None:
    current = None if status is None else registered(CivilAddress("Ny Prøvevej", "12B"), status=status)
    with_id = knowing(facts, address=replace(new_address, address_id=PLACE))
    ruling = rule(replace(with_id, places=Places(is_asked=True, current=current)))
    assert (ruling.kind, ruling.mentions) == (RulingKind.APPLY, (Reason.NOT_IN_DAR,))
    assert ruling.change == ContactChange(new_address, marks_protected=False)
    assert Reason.NOT_IN_DAR.rule == "ADR-44"


def test_adr_44_where_no_register_is_asked_nothing_is_said_of_it(facts: Facts) -> None:
    assert rule(facts).mentions == ()


def test_adr_44_a_place_that_dar_has_is_written_in_its_spelling(facts: Facts, new_address: CivilAddress) -> None:
    told = replace(new_address, care_of="Vært Prøvesen", locality="Prøvegården")
    in_dar = replace(new_address, road_name="Ny Prøve Vej", house_number="12B", floor="2", town="Prøveby")
    asked = replace(knowing(facts, address=told), places=Places(is_asked=True, current=registered(in_dar)))
    ruling = rule(asked)
    wanted = replace(in_dar, care_of="Vært Prøvesen", locality="Prøvegården", address_id=PLACE)
    assert ruling.change == ContactChange(wanted, marks_protected=False)
    assert rule(showing(asked, wanted)).kind is RulingKind.NOOP


def test_adr_02_a_text_that_washes_to_cprs_place_is_that_place(facts: Facts, new_address: CivilAddress) -> None:
    shown = CivilAddress("Ny Prv.", "12B", "2", "tv", postal_code="9000")
    places = Places(is_asked=True, current=registered(replace(new_address, town="Prøveby")), shown=PLACE)
    ruling = rule(replace(showing(facts, shown), places=places))
    assert (ruling.kind, ruling.rule) == (RulingKind.NOOP, "ADR-02")


def test_adr_05_a_text_that_washes_to_the_coming_place_is_left_standing(facts: Facts) -> None:
    coming = CivilAddress("Kommende Vej", "3", postal_code="9000")
    ahead = knowing(facts, pending=PendingMove(coming, date(2026, 12, 1)))
    places = Places(is_asked=True, current=None, pending=registered(coming), shown=PLACE)
    assert rule(replace(showing(ahead, SHELTER), places=places)).kind is RulingKind.DEFER


@pytest.mark.parametrize(
    "before",
    [
        CivilAddress("Gammel Prøvegade", "12B", "2", "tv", "9000"),
        CivilAddress("Ny Prøvevej", "12B", "2", "tv", "9100"),
        CivilAddress("Ny Prøvevej", "14", "2", "tv", "9000"),
    ],
)
def test_adr_45_a_place_that_got_another_name_is_no_move(
    facts: Facts, new_address: CivilAddress, before: CivilAddress
) -> None:
    places = Places(is_asked=True, current=registered(new_address), shown=PLACE)
    shown = replace(before, municipality_code="0751", address_id=PLACE)
    ruling = rule(replace(showing(replace(facts, letters_since=("letter",)), shown), places=places))
    assert (ruling.kind, ruling.rule, ruling.reason) == (RulingKind.APPLY, "ADR-45", Reason.ADDRESS_RENAMED)
    assert ruling.tasks == ()


def test_adr_45_a_new_name_under_the_same_kvhx_is_no_move(facts: Facts, new_address: CivilAddress) -> None:
    told = replace(new_address, road_code="0123")
    asked = showing(knowing(facts, address=told), replace(told, road_name="Gammel Prøvegade"))
    assert rule(asked).reason is Reason.ADDRESS_RENAMED


def test_adr_45_an_address_that_reads_the_same_under_other_codes_is_reviewed(
    facts: Facts, new_address: CivilAddress
) -> None:
    told = knowing(facts, address=replace(new_address, address_id=UUID(int=1)))
    ruling = rule(showing(told, replace(new_address, address_id=UUID(int=2))))
    assert (ruling.kind, ruling.rule, ruling.reason) == (RulingKind.APPLY_REVIEW, "ADR-45", Reason.CODES_DIFFER)
