"""Whether a contact stands as a change expects it."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from connectors import contacts
from connectors.records import PartyContact, PartyContactChange, Sighting
from foundation.addresses import CivilAddress

OLD = CivilAddress(road_name="Prøvegade", house_number="1", postal_code="6790")
NEW = CivilAddress(road_name="Testvænget", house_number="2", floor="1", door="tv", postal_code="6795")
addresses = st.sampled_from([None, OLD, NEW])
marks = st.sampled_from([None, True, False])
contact = st.builds(PartyContact, addresses, marks, addresses)


def test_another_spelling_still_stands() -> None:
    change = PartyContactChange(PartyContact(NEW, is_protected=False), address=OLD)
    spelled = replace(NEW, road_name="TESTVÆNGET", house_number="002", floor="01")
    assert contacts.still_stands(change, PartyContact(spelled, is_protected=False))


def test_a_mark_that_was_unknown_is_not_compared() -> None:
    change = PartyContactChange(PartyContact(OLD, is_protected=None), address=NEW)
    assert contacts.still_stands(change, PartyContact(OLD, is_protected=True))


def test_half_of_a_change_cannot_be_told() -> None:
    change = PartyContactChange(PartyContact(OLD, is_protected=False), address=NEW, is_protected=True)
    assert contacts.sight(change, PartyContact(OLD, is_protected=True)) is Sighting.UNCLEAR


def test_a_removed_care_of_name_is_a_change_that_has_not_landed() -> None:
    lodging = replace(OLD, care_of="Ester Øveholm")
    change = PartyContactChange(PartyContact(lodging, is_protected=False), address=OLD)
    assert contacts.sight(change, PartyContact(lodging, is_protected=False)) is Sighting.ABSENT


def test_a_contact_address_that_the_proposal_saw_must_stand() -> None:
    change = PartyContactChange(PartyContact(OLD, is_protected=False, contact_address=NEW), address=NEW)
    assert contacts.still_stands(change, PartyContact(OLD, is_protected=False, contact_address=NEW))
    assert not contacts.still_stands(change, PartyContact(OLD, is_protected=False))


def test_a_contact_address_that_nobody_saw_or_touches_is_not_compared() -> None:
    change = PartyContactChange(PartyContact(OLD, is_protected=False), address=NEW)
    assert contacts.still_stands(change, PartyContact(OLD, is_protected=False, contact_address=NEW))


def test_a_contact_address_is_judged_by_its_value() -> None:
    before = PartyContact(OLD, is_protected=False)
    change = PartyContactChange(before, contact_address=NEW)
    assert contacts.sight(change, before) is Sighting.ABSENT
    assert contacts.sight(change, replace(before, contact_address=NEW)) is Sighting.PRESENT
    assert contacts.sight(change, replace(before, contact_address=OLD)) is Sighting.UNCLEAR


def test_a_name_is_judged_letter_by_letter_and_only_where_it_is_changed() -> None:
    before = PartyContact(OLD, is_protected=False)
    change = PartyContactChange(before, name="Testine Øvesen", name_before="Testine Prøvesen")
    told = [contacts.sight(change, before, name=name) for name in ("Testine Prøvesen", "Testine Øvesen", "TESTINE")]
    assert told == [Sighting.ABSENT, Sighting.PRESENT, Sighting.UNCLEAR]
    assert contacts.still_stands(PartyContactChange(before, address=NEW), before, name="Hvem som helst")


@given(before=contact, after=st.sampled_from([OLD, NEW]), mark=marks)
def test_what_a_change_wrote_is_present(before: PartyContact, after: CivilAddress, mark: bool | None) -> None:  # noqa: FBT001  # Hypothesis passes by name.
    change = PartyContactChange(before, after, mark)
    now = PartyContact(after, before.is_protected if mark is None else mark, before.contact_address)
    assert contacts.sight(change, now) is Sighting.PRESENT


@given(before=contact, after=st.sampled_from([OLD, NEW]), mark=marks, now=contact)
def test_a_sighting_is_absent_only_where_everything_stands(
    before: PartyContact,
    after: CivilAddress,
    mark: bool | None,  # noqa: FBT001  # Hypothesis passes by name.
    now: PartyContact,
) -> None:
    change = PartyContactChange(before, after, mark)
    if contacts.sight(change, now) is Sighting.ABSENT:
        assert contacts.still_stands(change, now)
        assert not contacts.has_landed(change, now)
