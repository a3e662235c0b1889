"""Every method of ``CaseRegister`` as one call on one case, so that a rule for all of them is one test."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest

from connectors.errors import VersionConflict
from connectors.ports import CaseRegister
from connectors.records import (
    Case,
    CaseParty,
    IdempotencyKey,
    LookUp,
    NewJournalNote,
    NewReminder,
    PartyContactChange,
    PartyRef,
    WriteReceipt,
)
from foundation.cpr import Cpr
from tests.connectors.contract.case_benches import CaseBench, elsewhere

KEY = IdempotencyKey("ab" * 32)
NOTE = NewJournalNote(
    "Adresse opdateret fra CPR", "Blåbærgrød på Ærø 👍\nlinje to", datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
)
REMINDER = NewReminder("Se på sagen", "Borgeren er fraflyttet.", date(2026, 12, 24))


@dataclass(frozen=True)
class Write:
    """A writing method and its look-up."""

    send: Callable[[CaseRegister, Case, CaseParty], WriteReceipt]
    find: Callable[[CaseRegister, Case, CaseParty], LookUp]


def move(party: CaseParty) -> PartyContactChange:
    """The change that the tests make."""
    return PartyContactChange(before=party.contact, address=elsewhere(party.contact.address))


WRITE_CALLS = {
    "update_party_contact": Write(
        lambda register, case, party: register.update_party_contact(
            PartyRef(case.ref, party.ref.id), move(party), key=KEY
        ),
        lambda register, case, party: register.find_party_contact(PartyRef(case.ref, party.ref.id), move(party)),
    ),
    "append_journal_note": Write(
        lambda register, case, _: register.append_journal_note(case.ref, NOTE, key=_key(case)),
        lambda register, case, _: register.find_journal_note(case.ref, key=_key(case)),
    ),
    "create_reminder": Write(
        lambda register, case, _: register.create_reminder(case.ref, REMINDER, key=_key(case)),
        lambda register, case, _: register.find_reminder(case.ref, key=_key(case)),
    ),
}
READ_CALLS: dict[str, Callable[[CaseRegister, Case, CaseParty], object]] = {
    "search_cases": lambda register, _, party: register.search_cases(party=_number(party)),
    "get_case": lambda register, case, _: register.get_case(case.ref),
    "find_case": lambda register, case, _: register.find_case(case.number),
    "list_cases": lambda register, _case, _party: register.list_cases(limit=5),
    "list_documents": lambda register, case, _: register.list_documents(case.ref),
    "list_journal_notes": lambda register, case, _: register.list_journal_notes(case.ref),
    "find_party_contact": WRITE_CALLS["update_party_contact"].find,
    "find_journal_note": WRITE_CALLS["append_journal_note"].find,
    "find_reminder": WRITE_CALLS["create_reminder"].find,
}
ALL_CALLS = {**READ_CALLS, **{name: write.send for name, write in WRITE_CALLS.items()}}


def _key(case: Case) -> IdempotencyKey:
    """A key of this case's own: the cases of the simulated municipality share one space of uuids, as Nova's do."""
    return IdempotencyKey(case.ref.id.replace("-", "").ljust(64, "0"))


def _number(party: CaseParty) -> Cpr:
    assert party.cpr is not None
    return party.cpr


def send_again(bench: CaseBench, method: str, case: Case, party: CaseParty) -> WriteReceipt | None:
    """Send the same write with the same key; None where the register rightly refuses.

    What is judged by its value carries no key: it stands there already, so ``before`` does not, and whose it is nobody
    can tell. The guard looks before it repeats.
    """
    if method == "update_party_contact":
        with pytest.raises(VersionConflict):
            WRITE_CALLS[method].send(bench.register, case, party)
        return None
    return WRITE_CALLS[method].send(bench.register, case, party)
