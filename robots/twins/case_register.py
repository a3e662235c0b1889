"""An ESDH in memory, with the rules of the real ones.

What must stay true: it refuses what a real case register refuses, a repeated key has one effect, and ``ledger`` lists
exactly the writes that took effect.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from connectors import contacts
from connectors.errors import (
    Ambiguous,
    CapabilityMissing,
    CaseArchived,
    CaseClosed,
    ConnectorError,
    NotFound,
    VersionConflict,
)
from connectors.records import (
    Case,
    CaseCapabilities,
    CaseDocument,
    CaseParty,
    CaseRef,
    CaseState,
    IdempotencyKey,
    JournalNote,
    LookUp,
    LookUpWorth,
    NewJournalNote,
    NewReminder,
    Page,
    PartyContact,
    PartyContactChange,
    PartyRef,
    Sighting,
    WriteOperation,
    WriteReceipt,
    WriteTraits,
)
from foundation.cpr import Cpr
from robots.twins.case_stage import CaseStage, LedgerEntry
from robots.twins.failures import OrderedFailures

#: As capable as the simulated ESDH; ``dataclasses.replace`` it to try a robot on a poorer one.
CAPABLE: Final = CaseCapabilities(
    party_model="CASE_SNAPSHOT",
    party_address_write="API",
    locking="CONTENT_HASH",
    write_idempotency="CLIENT_ID",
    journal="NOTE",
    replace_semantics="PATCH",
    max_page=500,
    note_charset="UTF8",
    protects_address=True,
    has_contact_address=True,
    writes_name=True,
)
_METHODS: Final = frozenset(
    {
        "search_cases",
        "get_case",
        "find_case",
        "list_cases",
        "list_documents",
        "list_journal_notes",
        "update_party_contact",
        "append_journal_note",
        "create_reminder",
        "find_party_contact",
        "find_journal_note",
        "find_reminder",
    }
)


class TwinCaseRegister:
    """``CaseRegister`` in memory. Set the scene through ``stage``, order errors with ``fail_next``; safe to share."""

    def __init__(self, *, system: str = "twin", capabilities: CaseCapabilities = CAPABLE) -> None:
        self.stage = CaseStage(system)
        self._capabilities = capabilities
        self._failures = OrderedFailures(_METHODS)

    @property
    def system(self) -> str:
        """The name it was given."""
        return self.stage.system

    @property
    def ledger(self) -> tuple[LedgerEntry, ...]:
        """The writes that took effect, oldest first; a replay is none."""
        with self.stage.lock:
            return tuple(self.stage.ledger)

    def fail_next(self, method: str, error: ConnectorError, *, after_effect: bool = False) -> None:
        """Let the next call of a method fail, before it does anything or after it did everything."""
        self._failures.order(method, error, after_effect=after_effect)

    def capabilities(self) -> CaseCapabilities:
        """What it was made with, or what ``able`` said last."""
        return self._capabilities

    def able(self, capabilities: CaseCapabilities) -> None:
        """From now on it can do this, no more and no less."""
        self._capabilities = capabilities

    def write_traits(self, operation: WriteOperation) -> WriteTraits:
        """Memory shows a write at once; an address carries no mark, so repeating it is not harmless."""
        return WriteTraits(
            worth=LookUpWorth.AUTHORITATIVE,
            settle_seconds=0.0,
            deduplicates=operation is not WriteOperation.UPDATE_PARTY_CONTACT,
        )

    def search_cases(self, *, party: Cpr, cursor: str | None = None, limit: int = 500) -> Page[Case]:
        """All cases with this person as a party, in the order in which they were planted."""
        with self._call("search_cases"):
            mine = [case for case in self.stage.cases.values() if any(one.cpr == party for one in case.parties)]
            return self._page(mine, cursor, limit)

    def list_cases(self, *, cursor: str | None = None, limit: int = 500) -> Page[Case]:
        """All cases in the order in which they were planted."""
        with self._call("list_cases"):
            return self._page(list(self.stage.cases.values()), cursor, limit)

    def get_case(self, case: CaseRef) -> Case:
        """One case as it stands."""
        with self._call("get_case"):
            return self._case(case, "get_case")

    def find_case(self, number: str) -> Case:
        """The case with this number, surrounding spaces and upper and lower case apart."""
        with self._call("find_case"):
            wanted = number.strip().casefold()
            found = [case for case in self.stage.cases.values() if case.number.casefold() == wanted]
            if not found:
                raise NotFound(self.system, "find_case", "case")
            if len(found) > 1:
                raise Ambiguous(self.system, "find_case", "case")
            return found[0]

    def list_documents(self, case: CaseRef) -> Sequence[CaseDocument]:
        """The documents, oldest first."""
        with self._call("list_documents"):
            self._case(case, "list_documents")
            return tuple(sorted(self.stage.documents[case], key=lambda document: document.at))

    def list_journal_notes(self, case: CaseRef) -> Sequence[JournalNote]:
        """All notes, oldest first."""
        with self._call("list_journal_notes"):
            self._case(case, "list_journal_notes")
            return tuple(sorted(self.stage.notes[case].values(), key=lambda note: note.at))

    def update_party_contact(self, party: PartyRef, change: PartyContactChange, *, key: IdempotencyKey) -> WriteReceipt:
        """Write the parts of the change over the values that ``change.before`` and ``change.name_before`` name."""
        operation = WriteOperation.UPDATE_PARTY_CONTACT
        with self._call(operation):
            if not self._can_write(change):
                raise CapabilityMissing(self.system, operation)
            found = self._party(party, operation)
            self._demand_open(party.case, operation)
            if not contacts.still_stands(change, found.contact, name=found.name):
                raise VersionConflict(self.system, operation)
            self.stage.edit_contact(party, _changed(found.contact, change))
            if change.name is not None:
                self.stage.rename(party, change.name)
            self.stage.write_down(operation, party.case, party.id, key)
            return WriteReceipt(f"{party.case.id}/{party.id}")

    def append_journal_note(self, case: CaseRef, note: NewJournalNote, *, key: IdempotencyKey) -> WriteReceipt:
        """Add a note under the uuid of the key."""
        operation = WriteOperation.APPEND_JOURNAL_NOTE
        with self._call(operation):
            self._case(case, operation)
            self._demand_open(case, operation)
            id_ = _note_id(key)
            is_new = id_ not in self.stage.notes[case]
            self.stage.notes[case][id_] = JournalNote(id_, note.title, note.text, note.at)
            return self._written(operation, case, id_, key, is_new=is_new)

    def create_reminder(self, case: CaseRef, reminder: NewReminder, *, key: IdempotencyKey) -> WriteReceipt:
        """Put a reminder on the case under the uuid of the key."""
        operation = WriteOperation.CREATE_REMINDER
        with self._call(operation):
            self._case(case, operation)
            self._demand_open(case, operation)
            id_ = _reminder_id(key)
            is_new = id_ not in self.stage.reminders[case]
            self.stage.reminders[case][id_] = reminder
            return self._written(operation, case, id_, key, is_new=is_new)

    def find_party_contact(self, party: PartyRef, change: PartyContactChange) -> LookUp:
        """Judged by value; a party that is no longer on the case cannot be told."""
        with self._call("find_party_contact"):
            found = self._case(party.case, "find_party_contact").party(party)
            sighting = Sighting.UNCLEAR if found is None else contacts.sight(change, found.contact, name=found.name)
            return LookUp(sighting, f"{party.case.id}/{party.id}" if sighting is Sighting.PRESENT else None)

    def find_journal_note(self, case: CaseRef, *, key: IdempotencyKey) -> LookUp:
        """Looked for by the uuid of the key."""
        with self._call("find_journal_note"):
            self._case(case, "find_journal_note")
            return _seen(_note_id(key), is_there=_note_id(key) in self.stage.notes[case])

    def find_reminder(self, case: CaseRef, *, key: IdempotencyKey) -> LookUp:
        """Looked for by the uuid of the key."""
        with self._call("find_reminder"):
            self._case(case, "find_reminder")
            return _seen(_reminder_id(key), is_there=_reminder_id(key) in self.stage.reminders[case])

    @contextmanager
    def _call(self, method: str) -> Iterator[None]:
        with self.stage.lock, self._failures.around(method):
            yield

    def _case(self, ref: CaseRef, operation: str) -> Case:
        case = self.stage.cases.get(ref)
        if case is None:
            raise NotFound(self.system, operation, "case")
        return case

    def _party(self, ref: PartyRef, operation: str) -> CaseParty:
        party = self._case(ref.case, operation).party(ref)
        if party is None:
            raise NotFound(self.system, operation, "party")
        return party

    def _page(self, cases: Sequence[Case], cursor: str | None, limit: int) -> Page[Case]:
        start = int(cursor or 0)
        end = start + min(limit, self._capabilities.max_page)
        return Page(tuple(cases[start:end]), str(end) if end < len(cases) else None)

    def _can_write(self, change: PartyContactChange) -> bool:
        able = self._capabilities
        return (
            # What is done on the screen only is done by the driver of the screen, which this twin stands for as well.
            able.party_address_write in {"API", "UI_ONLY"}
            and (change.is_protected is None or able.protects_address)
            and (change.contact_address is None or able.has_contact_address)
            and (change.name is None or able.writes_name)
        )

    def _demand_open(self, ref: CaseRef, operation: str) -> None:
        match self._case(ref, operation).state:
            case CaseState.CLOSED:
                raise CaseClosed(self.system, operation)
            case CaseState.ARCHIVED:
                raise CaseArchived(self.system, operation)
            case CaseState.OPEN:
                return

    def _written(
        self, operation: WriteOperation, case: CaseRef, id_: str, key: IdempotencyKey, *, is_new: bool
    ) -> WriteReceipt:
        if is_new:
            self.stage.write_down(operation, case, id_, key)
        return WriteReceipt(id_, replayed=not is_new)


def _changed(contact: PartyContact, change: PartyContactChange) -> PartyContact:
    return PartyContact(
        address=contact.address if change.address is None else change.address,
        is_protected=contact.is_protected if change.is_protected is None else change.is_protected,
        contact_address=contact.contact_address if change.contact_address is None else change.contact_address,
    )


def _note_id(key: IdempotencyKey) -> str:
    return str(key.as_uuid("journal_note"))


def _reminder_id(key: IdempotencyKey) -> str:
    return str(key.as_uuid("reminder"))


def _seen(wanted: str, *, is_there: bool) -> LookUp:
    return LookUp(Sighting.PRESENT, wanted) if is_there else LookUp(Sighting.ABSENT)
