"""The roles other systems play for us, in the field's words.

An adapter implements a port towards one product; robots meet the same roles through the desk, where the guard has
taken away the key (see ``CaseDesk`` and ``PersonDesk`` in ``robots/desk.py``). What must stay true: every writing
method takes a key and tells, through ``write_traits``, what looking for its effect is worth.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from connectors.address_records import RegisteredAddress, WashResult
from connectors.records import (
    Case,
    CaseCapabilities,
    CaseDocument,
    CaseRef,
    EventBatch,
    IdempotencyKey,
    JournalNote,
    LookUp,
    NewJournalNote,
    NewReminder,
    Page,
    PartyContactChange,
    PartyRef,
    PersonSnapshot,
    WriteOperation,
    WriteReceipt,
    WriteTraits,
)
from foundation.cpr import Cpr
from foundation.kvhx import Kvhx


class CaseRegister(Protocol):
    """An ESDH or other case system. Sag = case, part = party, journalnotat = journal note, erindring = reminder.

    Every method may raise any ``connectors.errors.ConnectorError``. A writing method raises ``OutcomeUnknown`` and
    nothing else when the call may have been taken.
    """

    @property
    def system(self) -> str:
        """The system's name in references, events and incidents, for example ``nova``."""

    def capabilities(self) -> CaseCapabilities:
        """What this system can do."""

    def write_traits(self, operation: WriteOperation) -> WriteTraits:
        """What looking for the effect of this operation is worth, and whether the system deduplicates it."""

    def search_cases(self, *, party: Cpr, cursor: str | None = None, limit: int = 500) -> Page[Case]:
        """All cases, open and closed, on which this person is a party, a page at a time."""

    def get_case(self, case: CaseRef) -> Case:
        """One case with its parties as they are now; raises ``NotFound``."""

    def find_case(self, number: str) -> Case:
        """The case with this number, as people write it; raises ``NotFound``, ``Ambiguous``."""

    def list_cases(self, *, cursor: str | None = None, limit: int = 500) -> Page[Case]:
        """All cases with their parties, open and closed, a page at a time, in an order that does not change."""

    def list_documents(self, case: CaseRef) -> Sequence[CaseDocument]:
        """The documents of a case, oldest first, without their content; empty where there are none."""

    def list_journal_notes(self, case: CaseRef) -> Sequence[JournalNote]:
        """All journal notes of a case, oldest first; empty where there are none."""

    def update_party_contact(self, party: PartyRef, change: PartyContactChange, *, key: IdempotencyKey) -> WriteReceipt:
        """Write a party's address or protection mark; raises ``VersionConflict`` when ``before`` no longer stands.

        Raises ``CaseClosed``, ``CaseArchived``, ``CapabilityMissing`` where the case or the system refuses.
        """

    def append_journal_note(self, case: CaseRef, note: NewJournalNote, *, key: IdempotencyKey) -> WriteReceipt:
        """Add a note to the journal of a case."""

    def create_reminder(self, case: CaseRef, reminder: NewReminder, *, key: IdempotencyKey) -> WriteReceipt:
        """Put a task for a person on a case."""

    def find_party_contact(self, party: PartyRef, change: PartyContactChange) -> LookUp:
        """Did this change land? Judged by value: after = present, before = absent, anything else = unclear."""

    def find_journal_note(self, case: CaseRef, *, key: IdempotencyKey) -> LookUp:
        """Did the note with this key land?"""

    def find_reminder(self, case: CaseRef, *, key: IdempotencyKey) -> LookUp:
        """Did the reminder with this key land?"""


class PersonRegister(Protocol):
    """Look-up in CPR (SF1520, Datafordeler, or the ESDH's own CPR module)."""

    @property
    def system(self) -> str:
        """The system's name in events and incidents, for example ``sf1520``."""

    def lookup(self, cpr: Cpr) -> PersonSnapshot:
        """The person as CPR describes him now; raises ``NotFound`` for an unknown number.

        The caller has recorded actor, purpose and work item before: the guard does so for every look-up of a robot.
        """


class PersonEvents(Protocol):
    """The register's own word that something happened to a person (SF1320_A, SF6002, Datafordeler, file drop)."""

    @property
    def system(self) -> str:
        """The source's name, which also names the bookmark kept for it."""

    def poll(self, *, after: str | None, limit: int) -> EventBatch:
        """Events after this cursor; ``after=None`` means from the beginning of what the source keeps.

        ``next_cursor`` is where to go on, also when there were no events (then it equals ``after``). The caller saves
        the cursor in the same transaction as the work that the events gave.
        """

    def subscribe(self, cpr: Cpr) -> None:
        """Ask the source to tell of this person from now on; asking twice is asking once."""

    def unsubscribe(self, cpr: Cpr) -> None:
        """Ask the source to tell no more of this person; asking twice is asking once."""


class AddressRegister(Protocol):
    """DAR, in the shape of DAWA or of its successors. Knows places, never persons."""

    @property
    def system(self) -> str:
        """The system's name in incidents, for example ``dar``."""

    def get(self, address_id: UUID) -> RegisteredAddress | None:
        """The address with this id, whatever its status; None when the register does not know it."""

    def by_kvhx(self, kvhx: Kvhx) -> RegisteredAddress | None:
        """The current address with this key, else one that was; None when there is none."""

    def wash(self, text: str) -> WashResult:
        """What a one-line text is taken for (datavask), as the addresses are today, the best candidate first.

        A text of more than 100 characters is not washed: category C without candidates.
        """
