"""What the tests of the robot look at on a bench."""

from __future__ import annotations

from casework.proposals import Proposal
from casework.results import PrimaryResult
from connectors.records import CaseParty, CaseRef, NewReminder, PartyContact, PartyRef
from foundation.addresses import CivilAddress
from robots.outcome import NeedsApproval
from robots.twins.bench import Bench

CASE = CaseRef("twin", "case-1")
PARTY = PartyRef(CASE, "1")
#: The row of ``PARTY``.
ROW = "S2026-00001/1"


def party_of(bench: Bench, ref: PartyRef = PARTY) -> CaseParty:
    """The party as it stands."""
    party: CaseParty | None = bench.cases.stage.cases[ref.case].party(ref)
    assert party is not None
    return party


def shown(bench: Bench, ref: PartyRef = PARTY) -> PartyContact:
    """What the case shows of the party."""
    return party_of(bench, ref).contact


def note_texts(bench: Bench, case: CaseRef = CASE) -> list[str]:
    """Title and text of each note, oldest first."""
    return [f"{note.title}\n{note.text}" for note in bench.cases.list_journal_notes(case)]


def reminders(bench: Bench, case: CaseRef = CASE) -> list[NewReminder]:
    """The tasks on the case."""
    return list(bench.cases.stage.reminders[case].values())


def results(bench: Bench) -> dict[str, PrimaryResult]:
    """What each row came to."""
    return {row: each.result for row, each in bench.memory.results.items()}


def asked(bench: Bench) -> NeedsApproval:
    """Let the robot handle the item, which must come to a proposal."""
    outcome = bench.handle()
    assert isinstance(outcome, NeedsApproval)
    return outcome


def approved(bench: Bench, *, excluded_rows: frozenset[str] = frozenset()) -> Proposal:
    """A proposal, and a person who approved it."""
    proposal = bench.proposal()
    bench.desk.approve(proposal, excluded_rows=excluded_rows)
    return proposal


def words_of(address: CivilAddress) -> list[str]:
    """The parts of an address that would give it away."""
    parts = (address.road_name, address.house_number, address.postal_code, address.care_of, address.locality)
    return [part for part in (*parts, address.town, *address.free_lines) if part]
