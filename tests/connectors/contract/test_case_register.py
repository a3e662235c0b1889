"""The contract of ``CaseRegister``: reading, writing, refusing, repeating."""

from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.errors import CaseArchived, CaseClosed, NotFound, VersionConflict
from connectors.records import (
    Case,
    CaseRef,
    CaseState,
    DocumentDirection,
    IdempotencyKey,
    NewJournalNote,
    PartyContact,
    PartyContactChange,
    PartyRef,
    Sighting,
    WriteOperation,
)
from foundation.addresses import CivilAddress, is_same_address
from foundation.cpr import Cpr
from tests.connectors.contract.case_benches import CaseBench, elsewhere
from tests.connectors.contract.case_calls import ALL_CALLS, KEY, NOTE, READ_CALLS, WRITE_CALLS, move, send_again

ABSENT_CASE = "00000000-0000-4000-8000-000000000000"
#: These find nothing instead: a list without matches is empty.
WITHOUT_CASE = {"search_cases", "list_cases", "find_case", "find_reminder", "list_documents"}
ABROAD = CivilAddress(free_lines=("Prøvegatan 4", "S-456 78 Prövstad"), country="Sverige")
NO_FIXED_ABODE = CivilAddress(free_lines=("Uden fast bopæl",), municipality_code="0899")
#: Published as a test number, and on no case.
NOBODY = Cpr("0101920000")


def test_a_search_finds_the_case_as_reading_it_shows_it(bench: CaseBench) -> None:
    case, party = bench.take_case()
    assert party.cpr is not None
    assert bench.register.get_case(case.ref) in bench.register.search_cases(party=party.cpr).items


def test_a_search_finds_closed_cases_too(bench: CaseBench) -> None:
    case, party = bench.take_case()
    assert party.cpr is not None
    bench.close(case)
    found = {one.ref: one.state for one in bench.register.search_cases(party=party.cpr).items}
    assert found[case.ref] is CaseState.CLOSED


def test_pages_give_each_case_once(bench: CaseBench) -> None:
    _, party = bench.take_case()
    assert party.cpr is not None
    everything = [case.ref for case in bench.register.search_cases(party=party.cpr).items]
    page_by_page: list[CaseRef] = []
    page = bench.register.search_cases(party=party.cpr, limit=1)
    page_by_page += [case.ref for case in page.items]
    while page.next_cursor is not None:
        page = bench.register.search_cases(party=party.cpr, cursor=page.next_cursor, limit=1)
        page_by_page += [case.ref for case in page.items]
    assert page_by_page == everything


def test_a_person_without_cases_has_an_empty_page(bench: CaseBench) -> None:
    page = bench.register.search_cases(party=NOBODY)
    assert (page.items, page.next_cursor) == ((), None)


@pytest.mark.parametrize("method", sorted(set(ALL_CALLS) - WITHOUT_CASE))
def test_a_case_that_does_not_exist_is_not_found(bench: CaseBench, method: str) -> None:
    case, party = bench.take_case()
    absent = replace(case, ref=CaseRef(case.ref.system, ABSENT_CASE))
    with pytest.raises(NotFound):
        ALL_CALLS[method](bench.register, absent, party)


def test_a_party_that_is_not_on_the_case_is_not_found(bench: CaseBench) -> None:
    case, party = bench.take_case()
    with pytest.raises(NotFound) as raised:
        bench.register.update_party_contact(PartyRef(case.ref, "999"), move(party), key=KEY)
    assert raised.value.detail == "party"


def test_a_new_address_stands_and_the_mark_is_left_alone(bench: CaseBench) -> None:
    case, party = bench.take_case()
    bench.register.update_party_contact(party.ref, move(party), key=KEY)
    after = _contact(bench, case, party.ref)
    assert is_same_address(after.address, elsewhere(party.contact.address))
    assert after.is_protected == party.contact.is_protected


def test_all_cases_come_page_by_page_each_once_and_in_the_same_order(bench: CaseBench) -> None:
    case, _ = bench.take_case()
    runs = [_all_cases(bench, limit=limit) for limit in (500, 50)]
    assert runs[0] == runs[1]
    assert len(set(runs[0])) == len(runs[0])
    assert case.ref in runs[0]


def test_a_listed_case_is_as_reading_it_shows_it(bench: CaseBench) -> None:
    bench.take_case()
    for case in bench.register.list_cases(limit=3).items:
        assert bench.register.get_case(case.ref) == case


def test_a_case_is_found_by_its_number_however_it_is_typed(bench: CaseBench) -> None:
    case, _ = bench.take_case()
    for typed in (case.number, f"  {case.number} ", case.number.upper()):
        assert bench.register.find_case(typed) == case


@pytest.mark.parametrize("number", ["S1999-00000", "", "   "])
def test_a_number_that_no_case_has_is_not_found(bench: CaseBench, number: str) -> None:
    bench.take_case()
    with pytest.raises(NotFound) as raised:
        bench.register.find_case(number)
    assert raised.value.detail == "case"


def test_a_letter_stands_among_the_documents_with_its_direction_and_time(bench: CaseBench) -> None:
    case, _ = bench.take_case()
    before = bench.register.list_documents(case.ref)
    bench.send_letter(case, "Afgørelse om hjælp", NOTE.at)
    (letter,) = [one for one in bench.register.list_documents(case.ref) if one not in before]
    assert (letter.title, letter.direction, letter.at) == ("Afgørelse om hjælp", DocumentDirection.OUTGOING, NOTE.at)


def test_documents_come_oldest_first(bench: CaseBench) -> None:
    case, _ = bench.take_case()
    for days in (2, 0, 1):
        bench.send_letter(case, "Brev", NOTE.at + timedelta(days=days))
    times = [document.at for document in bench.register.list_documents(case.ref)]
    assert times == sorted(times)
    assert len(times) >= 3


@pytest.mark.parametrize("address", [ABROAD, NO_FIXED_ABODE], ids=["abroad", "no fixed abode"])
def test_an_address_of_free_lines_is_written_and_read_back(bench: CaseBench, address: CivilAddress) -> None:
    case, party = bench.take_case()
    change = PartyContactChange(party.contact, address)
    bench.register.update_party_contact(party.ref, change, key=KEY)
    assert is_same_address(_contact(bench, case, party.ref).address, address)
    assert bench.register.find_party_contact(party.ref, change).sighting is Sighting.PRESENT


def test_a_contact_address_stands_beside_the_residence(bench: CaseBench) -> None:
    case, party = bench.take_case()
    change = PartyContactChange(party.contact, contact_address=elsewhere(party.contact.address))
    assert bench.register.find_party_contact(party.ref, change).sighting is Sighting.ABSENT
    bench.register.update_party_contact(party.ref, change, key=KEY)
    after = _contact(bench, case, party.ref)
    assert is_same_address(after.contact_address, elsewhere(party.contact.address))
    assert after.address == party.contact.address
    assert bench.register.find_party_contact(party.ref, change).sighting is Sighting.PRESENT


def test_an_empty_contact_address_takes_it_away(bench: CaseBench) -> None:
    case, party = bench.take_case()
    bench.edit(party, replace(party.contact, contact_address=ABROAD))
    change = PartyContactChange(_contact(bench, case, party.ref), contact_address=CivilAddress())
    bench.register.update_party_contact(party.ref, change, key=KEY)
    assert is_same_address(_contact(bench, case, party.ref).contact_address, None)


def test_a_contact_address_that_changed_meanwhile_is_not_overwritten(bench: CaseBench) -> None:
    case, party = bench.take_case()
    bench.edit(party, replace(party.contact, contact_address=ABROAD))
    change = PartyContactChange(party.contact, contact_address=elsewhere(party.contact.address))
    with pytest.raises(VersionConflict):
        bench.register.update_party_contact(party.ref, change, key=KEY)
    assert bench.effects(case) == 0
    assert bench.register.find_party_contact(party.ref, change).sighting is Sighting.UNCLEAR


def test_a_contact_address_that_the_proposal_saw_must_still_stand(bench: CaseBench) -> None:
    case, party = bench.take_case()
    seen = replace(party.contact, contact_address=ABROAD)
    change = PartyContactChange(seen, elsewhere(party.contact.address))
    with pytest.raises(VersionConflict):
        bench.register.update_party_contact(party.ref, change, key=KEY)
    assert bench.effects(case) == 0


def test_a_mark_is_taken_away_again(bench: CaseBench) -> None:
    case, party = bench.take_case()
    bench.edit(party, replace(party.contact, is_protected=True))
    change = PartyContactChange(_contact(bench, case, party.ref), is_protected=False)
    assert bench.register.find_party_contact(party.ref, change).sighting is Sighting.ABSENT
    bench.register.update_party_contact(party.ref, change, key=KEY)
    assert _contact(bench, case, party.ref) == PartyContact(party.contact.address, is_protected=False)


def test_a_new_name_stands_and_all_else_is_left_alone(bench: CaseBench) -> None:
    case, party = bench.take_case()
    change = PartyContactChange(party.contact, name="Ny Prøvesen", name_before=party.name)
    assert bench.register.find_party_contact(party.ref, change).sighting is Sighting.ABSENT
    bench.register.update_party_contact(party.ref, change, key=KEY)
    after = bench.register.get_case(case.ref).party(party.ref)
    assert after is not None
    assert (after.name, after.contact) == ("Ny Prøvesen", party.contact)
    assert bench.register.find_party_contact(party.ref, change).sighting is Sighting.PRESENT


def test_a_name_that_a_caseworker_changed_meanwhile_is_not_overwritten(bench: CaseBench) -> None:
    case, party = bench.take_case()
    change = PartyContactChange(party.contact, name="Ny Prøvesen", name_before=party.name)
    bench.rename(party, "Anden Prøvesen")
    with pytest.raises(VersionConflict):
        bench.register.update_party_contact(party.ref, change, key=KEY)
    assert bench.effects(case) == 0
    assert bench.register.find_party_contact(party.ref, change).sighting is Sighting.UNCLEAR


def test_several_parts_are_one_write(bench: CaseBench) -> None:
    case, party = bench.take_case()
    new = elsewhere(party.contact.address)
    change = PartyContactChange(
        party.contact, new, is_protected=True, contact_address=ABROAD, name="Ny Prøvesen", name_before=party.name
    )
    bench.register.update_party_contact(party.ref, change, key=KEY)
    after = bench.register.get_case(case.ref).party(party.ref)
    assert after is not None
    assert (after.name, after.contact.is_protected) == ("Ny Prøvesen", True)
    assert is_same_address(after.contact.address, new)
    assert is_same_address(after.contact.contact_address, ABROAD)
    assert bench.effects(case) == 1


def test_a_new_mark_stands_and_the_address_is_left_alone(bench: CaseBench) -> None:
    case, party = bench.take_case()
    change = PartyContactChange(before=party.contact, is_protected=True)
    bench.register.update_party_contact(party.ref, change, key=KEY)
    assert _contact(bench, case, party.ref) == PartyContact(party.contact.address, is_protected=True)


def test_an_address_as_cpr_spells_it_is_written_as_the_same_address(bench: CaseBench) -> None:
    case, party = bench.take_case()
    as_in_cpr = replace(elsewhere(party.contact.address), house_number="078C", floor="01", door="th")
    bench.register.update_party_contact(party.ref, PartyContactChange(party.contact, as_in_cpr), key=KEY)
    assert is_same_address(_contact(bench, case, party.ref).address, as_in_cpr)


@pytest.mark.parametrize("is_protected", [False, True])
def test_what_a_caseworker_wrote_meanwhile_is_not_overwritten(bench: CaseBench, *, is_protected: bool) -> None:
    case, party = bench.take_case()
    by_hand = party.contact.address if is_protected else replace(elsewhere(party.contact.address), house_number="5")
    bench.edit(party, PartyContact(by_hand, is_protected))
    with pytest.raises(VersionConflict):
        bench.register.update_party_contact(party.ref, move(party), key=KEY)
    assert bench.effects(case) == 0
    assert is_same_address(_contact(bench, case, party.ref).address, by_hand)


@pytest.mark.parametrize("method", sorted(WRITE_CALLS))
def test_a_closed_case_takes_no_change(bench: CaseBench, method: str) -> None:
    case, party = bench.take_case()
    bench.close(case)
    with pytest.raises(CaseClosed):
        WRITE_CALLS[method].send(bench.register, case, party)
    assert bench.effects(case) == 0


@pytest.mark.parametrize("method", sorted(WRITE_CALLS))
def test_an_archived_case_takes_no_change(bench: CaseBench, method: str) -> None:
    case, party = bench.take_case()
    bench.archive(case)
    with pytest.raises(CaseArchived):
        WRITE_CALLS[method].send(bench.register, case, party)
    assert bench.effects(case) == 0


def test_an_archived_case_is_read_as_archived(bench: CaseBench) -> None:
    case, _ = bench.take_case()
    bench.archive(case)
    assert bench.register.get_case(case.ref).state is CaseState.ARCHIVED


@pytest.mark.parametrize("method", sorted(WRITE_CALLS))
def test_the_same_key_twice_has_one_effect(bench: CaseBench, method: str) -> None:
    case, party = bench.take_case()
    first = WRITE_CALLS[method].send(bench.register, case, party)
    second = send_again(bench, method, case, party)
    assert second is None or first.remote_id == second.remote_id
    assert bench.effects(case) == 1


def test_a_case_without_notes_has_an_empty_journal(bench: CaseBench) -> None:
    case, _ = bench.take_case()
    assert bench.effects(case) == 0
    assert not [note for note in bench.register.list_journal_notes(case.ref) if note.title == NOTE.title]


@pytest.mark.parametrize("length", range(4))
def test_a_note_is_read_back_letter_by_letter(bench: CaseBench, length: int) -> None:
    case, _ = bench.take_case()
    note = replace(NOTE, text=f"{NOTE.text}{'å' * length}.")
    receipt = bench.register.append_journal_note(case.ref, note, key=_key(case, 1))
    (found,) = [one for one in bench.register.list_journal_notes(case.ref) if one.id == receipt.remote_id]
    assert (found.title, found.text, found.at) == (note.title, note.text, note.at)


def test_notes_come_oldest_first_and_each_key_has_its_own(bench: CaseBench) -> None:
    case, _ = bench.take_case()
    for number, days in enumerate((2, 0, 1)):
        note = NewJournalNote(f"Dag {days}", "tekst", NOTE.at + timedelta(days=days))
        bench.register.append_journal_note(case.ref, note, key=_key(case, number))
    titles = [note.title for note in bench.register.list_journal_notes(case.ref) if note.title.startswith("Dag ")]
    assert titles == ["Dag 0", "Dag 1", "Dag 2"]


@pytest.mark.parametrize("method", sorted(WRITE_CALLS))
def test_what_was_never_sent_is_absent(bench: CaseBench, method: str) -> None:
    case, party = bench.take_case()
    assert WRITE_CALLS[method].find(bench.register, case, party).sighting is Sighting.ABSENT


@pytest.mark.parametrize("method", sorted(WRITE_CALLS))
def test_what_was_sent_is_present_under_the_id_of_its_receipt(bench: CaseBench, method: str) -> None:
    case, party = bench.take_case()
    receipt = WRITE_CALLS[method].send(bench.register, case, party)
    found = WRITE_CALLS[method].find(bench.register, case, party)
    assert (found.sighting, found.remote_id) == (Sighting.PRESENT, receipt.remote_id)


def test_a_third_value_cannot_be_told(bench: CaseBench) -> None:
    _, party = bench.take_case()
    by_hand = replace(elsewhere(party.contact.address), house_number="5")
    bench.edit(party, PartyContact(by_hand, is_protected=False))
    assert bench.register.find_party_contact(party.ref, move(party)).sighting is Sighting.UNCLEAR


def test_a_party_that_is_gone_cannot_be_told(bench: CaseBench) -> None:
    case, party = bench.take_case()
    gone = bench.register.find_party_contact(PartyRef(case.ref, "999"), move(party))
    assert gone.sighting is Sighting.UNCLEAR


def test_only_a_write_that_carries_its_key_claims_to_deduplicate(bench: CaseBench) -> None:
    claims = {operation: bench.register.write_traits(operation).deduplicates for operation in WriteOperation}
    assert claims == {operation: operation is not WriteOperation.UPDATE_PARTY_CONTACT for operation in WriteOperation}


def test_every_method_of_the_port_is_put_to_the_test() -> None:
    assert len(READ_CALLS) + len(WRITE_CALLS) == 12


def _all_cases(bench: CaseBench, *, limit: int) -> list[CaseRef]:
    page = bench.register.list_cases(limit=limit)
    found = [case.ref for case in page.items]
    while page.next_cursor is not None:
        page = bench.register.list_cases(cursor=page.next_cursor, limit=limit)
        found += [case.ref for case in page.items]
    return found


def _contact(bench: CaseBench, case: Case, party: PartyRef) -> PartyContact:
    found = bench.register.get_case(case.ref).party(party)
    assert found is not None
    return found.contact


def _key(case: Case, number: int) -> IdempotencyKey:
    return IdempotencyKey(f"{case.ref.id}/{number}")
