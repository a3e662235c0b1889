"""What holds for every small municipality (integration reference D.5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from casework.proposals import Proposal
from connectors.records import CaseParty, PartyContact, PartyRef, PersonEvent, Progress
from foundation.addresses import CivilAddress, is_same_address
from foundation.cpr import Cpr
from robots.address_update.payload import AddressChange, for_rollback
from robots.address_update.robot import AddressUpdate
from robots.robot import NewWorkItem
from robots.twins.bench import Bench
from tests.robots.address_update.worlds import (
    SECRET_WORDS,
    World,
    parties,
    settle_all,
    settle_by_hand,
    worlds,
)

DAY = date(2026, 11, 22)
BY_HAND = CivilAddress("Håndskrevet Prøvevej", "7", postal_code="9000")


def final_state(bench: Bench) -> tuple[object, ...]:
    """Cases, the notes without the line that names events, and the reminders without how many of each there are."""
    stage = bench.cases.stage
    notes = {
        ref.id: sorted((note.title, note.text.rpartition("\n")[0], note.at) for note in notes.values())
        for ref, notes in stage.notes.items()
    }
    reminders = {ref.id: {each.text for each in told.values()} for ref, told in stage.reminders.items()}
    return dict(stage.cases), notes, reminders


@settings(max_examples=60)
@given(worlds(), st.data())
def test_d5_1_order_repetition_and_batches_of_events_change_nothing(world: World, data: st.DataObject) -> None:
    whole = world.bench()
    settle_all(whole, list(world.events))
    again: list[PersonEvent] = [
        replace(event, may_be_duplicate=True) for event in world.events if data.draw(st.booleans())
    ]
    shuffled = data.draw(st.permutations([*world.events, *again]))
    cut = data.draw(st.integers(0, len(shuffled)))
    parted = world.bench()
    for batch in (shuffled[:cut], shuffled[cut:]):
        settle_all(parted, batch)
    assert final_state(parted) == final_state(whole)


@settings(max_examples=40)
@given(worlds(), st.data())
def test_d5_1_the_same_events_in_any_order_leave_the_same_bytes(world: World, data: st.DataObject) -> None:
    benches = world.bench(), world.bench()
    settle_all(benches[0], list(world.events))
    settle_all(benches[1], data.draw(st.permutations(world.events)))
    first, second = (bench.cases.stage for bench in benches)
    assert (first.cases, first.notes, first.reminders) == (second.cases, second.notes, second.reminders)


@settings(max_examples=60)
@given(worlds())
def test_d5_3_nothing_of_a_closed_case_changes(world: World) -> None:
    bench = world.bench()
    stage = bench.cases.stage
    closed = [ref for ref, case in stage.cases.items() if case.progress is Progress.AFSLUTTET]
    before = {ref: repr((stage.cases[ref], *map(_bytes, stage.cases[ref].parties))) for ref in closed}
    settle_all(bench, list(world.events))
    assert before == {ref: repr((stage.cases[ref], *map(_bytes, stage.cases[ref].parties))) for ref in closed}
    assert all(not stage.notes[ref] and not stage.reminders[ref] for ref in closed)
    assert not {entry.case for entry in bench.cases.ledger} & set(closed)


@settings(max_examples=60)
@given(worlds())
def test_d5_4_no_protected_address_stands_in_anything_that_many_may_read(world: World) -> None:
    bench = world.bench()
    told: list[str] = []
    for work in AddressUpdate().group(world.events):
        bench.give_work(work)
        for asked, _ in settle_by_hand(bench):
            told.extend(_public(asked.proposal))
        memory = bench.memory
        told += [work.reference, *memory.points, str(memory.reads), str(memory.evidence), str(memory.results)]
        told += [f"{name} {key}" for name, key in memory.steps]
        told += [str(effect) for effect in memory.effects.values()]
    for notes in bench.cases.stage.notes.values():
        told += [f"{note.title} {note.text}" for note in notes.values()]
    for reminders in bench.cases.stage.reminders.values():
        told += [f"{reminder.title} {reminder.text}" for reminder in reminders.values()]
    for text in told:
        assert not any(word.casefold() in text.casefold() for word in SECRET_WORDS)


@settings(max_examples=60)
@given(worlds(), st.data())
def test_d5_5_a_rollback_gives_the_before_image_unless_somebody_changed_it(world: World, data: st.DataObject) -> None:
    bench = world.bench()
    before = parties(bench)
    (work, *_) = AddressUpdate().group(world.events)
    bench.give_work(work)
    plans = [rows for _, rows in settle_by_hand(bench) if rows]
    written = {(row.case_number, row.party.id) for rows in plans for row in rows}
    changed = {place for place in sorted(written) if data.draw(st.booleans())}
    for case_number, party_id in changed:
        ref = _ref(bench, case_number, party_id)
        bench.cases.stage.edit_contact(ref, PartyContact(BY_HAND, is_protected=True))
    cpr = _cpr(work)
    is_protected = bench.people.person(cpr).protection.is_protected
    for number, rows in enumerate(reversed(plans)):
        bench.give_work(for_rollback(rows, cpr=cpr, reference=f"rollback:{number}", noticed_on=DAY))
        bench.settle()
    for place, party in parties(bench).items():
        if place in changed:
            assert party.contact == PartyContact(BY_HAND, is_protected=True)
            continue
        assert is_same_address(party.contact.address, before[place].contact.address)
        assert party.name == before[place].name
        # A mark that CPR demands is no mistake, so it stays.
        keeps_mark = place in written and is_protected
        assert party.contact.is_protected == (before[place].contact.is_protected or keeps_mark)


def _bytes(party: CaseParty) -> str:
    address = party.contact.address
    return str(None if address is None else tuple(getattr(address, name) for name in address.__slots__))


def _public(proposal: Proposal) -> list[str]:
    """What is shown of a proposal before anybody asks to see the addresses."""
    rows = [f"{row.id} {row.case_number} {row.rule} {row.reason} {row.evidence}" for row in proposal.rows]
    return [proposal.title, proposal.about, *rows]


def _cpr(work: NewWorkItem) -> Cpr:
    assert isinstance(work.payload, AddressChange)
    return work.payload.cpr


def _ref(bench: Bench, number: str, party: str) -> PartyRef:
    return PartyRef(bench.cases.find_case(number).ref, party)
