"""The desk: all that a robot may touch.

A robot gets one desk per work item. Reads and writes through it are guarded and recorded; keys are made by the desk.
What must stay true: a robot that is run again from the start, on the same item, finds every finished step and every
effect as it left them, so robots are written as if nothing ever failed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from casework.proposals import ApprovedProposal
from casework.results import RowResult
from connectors.address_records import RegisteredAddress, WashResult
from connectors.records import (
    Case,
    CaseCapabilities,
    CaseDocument,
    CaseRef,
    JournalNote,
    NewJournalNote,
    NewReminder,
    Page,
    PartyContactChange,
    PartyRef,
    PersonSnapshot,
    WriteReceipt,
)
from foundation.cpr import Cpr
from foundation.kvhx import Kvhx

T = TypeVar("T")


class CaseDesk(Protocol):
    """The case register as a robot meets it. ``intent`` tells apart two writes to one target in one step."""

    @property
    def system(self) -> str:
        """The system's name."""

    def capabilities(self) -> CaseCapabilities:
        """What the system can do; choose by this."""

    def search_cases(self, *, party: Cpr, cursor: str | None = None, limit: int = 500) -> Page[Case]:
        """As ``CaseRegister.search_cases``; the search is recorded before the answer is released."""

    def get_case(self, case: CaseRef) -> Case:
        """As ``CaseRegister.get_case``; the reading is recorded before the answer is released."""

    def find_case(self, number: str) -> Case:
        """As ``CaseRegister.find_case``; the reading is recorded before the answer is released."""

    def list_documents(self, case: CaseRef) -> Sequence[CaseDocument]:
        """As ``CaseRegister.list_documents``; the reading is recorded before the answer is released."""

    def list_journal_notes(self, case: CaseRef) -> Sequence[JournalNote]:
        """As ``CaseRegister.list_journal_notes``; the reading is recorded before the answer is released."""

    def update_party_contact(self, party: PartyRef, change: PartyContactChange, *, intent: str) -> WriteReceipt:
        """Write a party's address or protection mark, once, whatever happens."""

    def append_journal_note(self, case: CaseRef, note: NewJournalNote, *, intent: str) -> WriteReceipt:
        """Add a journal note, once, whatever happens."""

    def create_reminder(self, case: CaseRef, reminder: NewReminder, *, intent: str) -> WriteReceipt:
        """Put a task for a person on the case, once, whatever happens."""


class PersonDesk(Protocol):
    """CPR as a robot meets it."""

    def lookup(self, cpr: Cpr) -> PersonSnapshot:
        """The person as CPR describes him now; actor, purpose and work item are recorded before the answer is given."""


class AddressDesk(Protocol):
    """The address register as a robot meets it; it is asked about places, so nothing is recorded."""

    def get(self, address_id: UUID) -> RegisteredAddress | None:
        """As ``AddressRegister.get``."""

    def by_kvhx(self, kvhx: Kvhx) -> RegisteredAddress | None:
        """As ``AddressRegister.by_kvhx``."""

    def wash(self, text: str) -> WashResult:
        """As ``AddressRegister.wash``."""


class Desk(Protocol):
    """What a robot is handed with a work item."""

    @property
    def addresses(self) -> AddressDesk | None:
        """The address register, or None where the municipality has none."""

    @property
    def policy(self) -> str | None:
        """The robot's policy in force, as JSON of the robot's own making, or None where none was ever put in force."""

    @property
    def cases(self) -> CaseDesk:
        """The ESDH."""

    @property
    def people(self) -> PersonDesk:
        """CPR."""

    @property
    def approval(self) -> ApprovedProposal | None:
        """The approved proposal that this handling rests on, or None before a person approved one."""

    def now(self) -> datetime:
        """The time, aware UTC."""

    def step(self, name: str, work: Callable[[], T], *, returns: type[T], key: str = "") -> T:
        """Do ``work`` once: its result is stored, and after a crash the stored result is returned instead.

        ``returns`` is the type of the result, which pydantic must be able to write as JSON and read back: a frozen
        dataclass, a builtin, or a tuple of such. ``key`` tells apart several steps of one name. The step is also
        where a cancellation is noticed. Steps do not nest.
        """

    def recall(self, about: Cpr) -> str | None:
        """What this robot last remembered about this citizen, across items; None when nothing."""

    def remember(self, about: Cpr, value: str) -> None:
        """Remember ``value`` about this citizen, sealed; written with the next thing that the desk stores."""

    def result(self, result: RowResult) -> None:
        """Say what became of one row; written with the next thing that the desk stores, over what was said before."""

    def is_held(self, row: str) -> bool:
        """Whether a person put this row on hold after it was rolled back, and nobody released it (ADR-53)."""

    def hold(self, row: str) -> None:
        """Put this row on hold until a person releases it; written with the next thing that the desk stores."""

    def evidence(self, label: str, **facts: str | int | bool) -> None:
        """Record a fact about this item in the audit trail; never personal data.

        It is written with the next thing that the desk stores, in the same transaction.
        """
