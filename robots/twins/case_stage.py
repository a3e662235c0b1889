"""What the twin of an ESDH holds, and the means to set and change the scene behind a robot's back.

What must stay true: a change made here is a caseworker's, so it is never refused and never stands in the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from threading import RLock

from connectors.records import (
    Case,
    CaseDocument,
    CaseParty,
    CaseRef,
    CaseState,
    DocumentDirection,
    IdempotencyKey,
    JournalNote,
    NewReminder,
    PartyContact,
    PartyRef,
    PartyRole,
    Progress,
    WriteOperation,
)
from foundation.addresses import CivilAddress
from foundation.cpr import Cpr


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One write that took effect."""

    #: 1, 2, 3 …
    number: int
    operation: WriteOperation
    case: CaseRef
    #: The id of what was written: the party's, the note's or the reminder's.
    target: str
    key: IdempotencyKey


class CaseStage:
    """Cases, notes, reminders, documents and the ledger of one twin. ``lock`` is held around each use of them."""

    def __init__(self, system: str) -> None:
        self.system = system
        self.lock = RLock()
        self.cases: dict[CaseRef, Case] = {}
        self.notes: dict[CaseRef, dict[str, JournalNote]] = {}
        self.reminders: dict[CaseRef, dict[str, NewReminder]] = {}
        self.documents: dict[CaseRef, list[CaseDocument]] = {}
        self.ledger: list[LedgerEntry] = []

    def add_case(
        self,
        *,
        number: str = "",
        title: str = "Prøvesag",
        kle: str | None = "27.00.00",
        caseworker: str | None = "Asta Prøvesen",
        progress: Progress = Progress.OPLYST,
    ) -> CaseRef:
        """Plant a case without parties; its number is made up where none is given."""
        with self.lock:
            position = len(self.cases) + 1
            ref = CaseRef(self.system, f"case-{position}")
            state = CaseState.CLOSED if progress is Progress.AFSLUTTET else CaseState.OPEN
            number = number or f"S2026-{position:05d}"
            self.cases[ref] = Case(ref, number, title, kle, progress, state, caseworker, ())
            self.notes[ref] = {}
            self.reminders[ref] = {}
            self.documents[ref] = []
            return ref

    def add_party(
        self,
        case: CaseRef,
        *,
        cpr: Cpr | None,
        name: str = "Test Prøvesen",
        role: PartyRole = PartyRole.PRIMARY,
        address: CivilAddress | None = None,
        is_protected: bool | None = False,
        contact_address: CivilAddress | None = None,
    ) -> PartyRef:
        """Plant a party on a case."""
        with self.lock:
            parties = self.cases[case].parties
            ref = PartyRef(case, str(len(parties) + 1))
            party = CaseParty(ref, role, cpr, name, PartyContact(address, is_protected, contact_address))
            self.cases[case] = replace(self.cases[case], parties=(*parties, party))
            return ref

    def add_document(
        self,
        case: CaseRef,
        *,
        at: datetime,
        title: str = "Prøvebrev",
        direction: DocumentDirection = DocumentDirection.OUTGOING,
    ) -> CaseDocument:
        """Plant a document on a case; ``at`` is aware UTC."""
        with self.lock:
            document = CaseDocument(f"D-{sum(map(len, self.documents.values())) + 1}", title, direction, at)
            self.documents[case].append(document)
            return document

    def close(self, case: CaseRef) -> None:
        """Close a case: it takes no more changes."""
        self._put(case, Progress.AFSLUTTET, CaseState.CLOSED)

    def reopen(self, case: CaseRef) -> None:
        """Open a closed case again."""
        self._put(case, Progress.OPLYST, CaseState.OPEN)

    def archive(self, case: CaseRef) -> None:
        """Hand a case to the archive."""
        self._put(case, Progress.AFSLUTTET, CaseState.ARCHIVED)

    def edit_contact(self, party: PartyRef, contact: PartyContact) -> None:
        """Change a party's address, contact address and mark, as a caseworker does by hand."""
        self._edit(party, contact=contact)

    def rename(self, party: PartyRef, name: str) -> None:
        """Change a party's display name, as a caseworker does by hand."""
        self._edit(party, name=name)

    def write_down(self, operation: WriteOperation, case: CaseRef, target: str, key: IdempotencyKey) -> None:
        """Add a write that took effect to the ledger."""
        self.ledger.append(LedgerEntry(len(self.ledger) + 1, operation, case, target, key))

    def _edit(self, party: PartyRef, *, contact: PartyContact | None = None, name: str | None = None) -> None:
        with self.lock:
            case = self.cases[party.case]
            changed = tuple(
                replace(one, contact=contact or one.contact, name=one.name if name is None else name)
                if one.ref == party
                else one
                for one in case.parties
            )
            self.cases[party.case] = replace(case, parties=changed)

    def _put(self, case: CaseRef, progress: Progress, state: CaseState) -> None:
        with self.lock:
            self.cases[case] = replace(self.cases[case], progress=progress, state=state)
