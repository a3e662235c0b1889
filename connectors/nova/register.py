"""KMD Nova as a case register (``integration.md`` A.1).

What must stay true: a write carries the client uuid made from its key, so that it can be looked for; and an address is
written only over the value that the proposal saw. Nova shows no row version, so a colleague's save between our reading
and our write cannot be noticed: the reading is made afresh right before each write to keep that moment short.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from connectors import contacts, fields
from connectors.errors import (
    CapabilityMissing,
    CaseArchived,
    CaseClosed,
    LockedByUser,
    NotFound,
    RefusedBySystem,
    VersionConflict,
)
from connectors.fields import Drift
from connectors.http import Call
from connectors.nova import addresses, notes
from connectors.nova.cases import SYSTEM
from connectors.nova.reading import MAX_PAGE, NovaReading
from connectors.nova.wire import ASSUMED_AREA, CASE_AREA, TASK_AREA, NovaWire
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
    PartyContactChange,
    PartyRef,
    Sighting,
    WriteOperation,
    WriteReceipt,
    WriteTraits,
)
from foundation.cpr import Cpr

#: How a party's address gets into this Nova, as the settings say it.
AddressWrite = Literal["api", "screen", "vendor", "none"]
_PARTY_ADDRESS_WRITE: Final[dict[AddressWrite, Literal["API", "UI_ONLY", "SYNCED_BY_VENDOR", "NONE"]]] = {
    "api": "API",
    "screen": "UI_ONLY",
    "vendor": "SYNCED_BY_VENDOR",
    "none": "NONE",
}


class NovaCaseRegister:
    """``CaseRegister`` over Nova's API."""

    def __init__(
        self,
        wire: NovaWire,
        *,
        address_write: AddressWrite,
        settle_seconds: float = 5.0,
        pads_notes_with_spaces: bool = True,
    ) -> None:
        """Nothing is called before the first use.

        Args:
            wire: authorised calls to one Nova.
            address_write: how addresses get onto parties: ``api`` by the ASSUMED call, which is not in the public API
                (docs/adr 0008); ``screen`` by a person or a driver of the web page; ``vendor`` by KMD's own fetching
                from CPR. All three take it that Nova shows addresses; with ``none`` nothing assumed is asked for.
            settle_seconds: until when a write may not show yet; see ``write_traits``.
            pads_notes_with_spaces: keeps ``=`` out of the base64 of notes, which Nova is known to corrupt.
        """
        self._wire = wire
        self._reading = NovaReading(
            wire, with_contact=address_write != "none", strips_note_spaces=pads_notes_with_spaces
        )
        self._address_write: AddressWrite = address_write
        self._settle_seconds = settle_seconds
        self._pads = pads_notes_with_spaces

    @property
    def system(self) -> str:
        """``nova``."""
        return SYSTEM

    def close(self) -> None:
        """Close the connections; the register cannot be used afterwards."""
        self._wire.close()

    def capabilities(self) -> CaseCapabilities:
        """Each case has its own copy of a party's address; there is no row version, so values are compared."""
        shows_contact = self._address_write != "none"
        return CaseCapabilities(
            party_model="CASE_SNAPSHOT",
            party_address_write=_PARTY_ADDRESS_WRITE[self._address_write],
            locking="CONTENT_HASH",
            write_idempotency="CLIENT_ID",
            journal="NOTE",
            replace_semantics="PATCH",
            max_page=MAX_PAGE,
            note_charset="UTF8",
            protects_address=shows_contact,
            has_contact_address=shows_contact,
            writes_name=self._address_write == "api",
        )

    def write_traits(self, operation: WriteOperation) -> WriteTraits:
        """EVENTUAL for all: nothing public promises that a list shows a write at once.

        Notes and reminders carry a client uuid and leave one object however often they are sent. An address carries
        no mark: sending it twice could write over what a colleague saved in between, so it does not deduplicate.
        """
        return WriteTraits(
            worth=LookUpWorth.EVENTUAL,
            settle_seconds=self._settle_seconds,
            deduplicates=operation is not WriteOperation.UPDATE_PARTY_CONTACT,
        )

    def search_cases(self, *, party: Cpr, cursor: str | None = None, limit: int = MAX_PAGE) -> Page[Case]:
        """All cases with this person as a party. The cursor is Nova's start row, counted from 1."""
        return self._reading.search(party, start=int(cursor or 1), limit=min(limit, MAX_PAGE))

    def get_case(self, case: CaseRef) -> Case:
        """One case with its parties as they are now."""
        return self._reading.case(case, "get_case")

    def find_case(self, number: str) -> Case:
        """The case with this number, upper and lower case and spaces around it apart."""
        return self._reading.case_with_number(number)

    def list_cases(self, *, cursor: str | None = None, limit: int = MAX_PAGE) -> Page[Case]:
        """All cases, a page at a time, in Nova's own order. The cursor is Nova's start row, counted from 1.

        A case that is deleted while the pages are read moves those behind it one row up; whoever must have seen every
        case reads once more.
        """
        return self._reading.all_cases(start=int(cursor or 1), limit=min(limit, MAX_PAGE))

    def list_documents(self, case: CaseRef) -> Sequence[CaseDocument]:
        """All documents, oldest first; Nova shows none for a case that it does not know."""
        return self._reading.documents(case)

    def list_journal_notes(self, case: CaseRef) -> Sequence[JournalNote]:
        """All notes, oldest first. Trailing spaces do not count as part of a text."""
        return self._reading.notes(case)

    def update_party_contact(self, party: PartyRef, change: PartyContactChange, *, key: IdempotencyKey) -> WriteReceipt:
        """Write what the change names through the ASSUMED call, over the value that ``change.before`` names.

        ``key`` is not part of the call: Nova has no place for it.
        """
        del key
        call = Call(SYSTEM, "update_party_contact", is_write=True, missing="party")
        if self._address_write != "api":
            raise CapabilityMissing(SYSTEM, call.operation)
        self._require_as_before(party, change, call.operation)
        try:
            changed = self._wire.write(
                call,
                "PATCH",
                "api/Case/UpdatePartyAddress",
                _contact_body(party, change),
                area=ASSUMED_AREA,
                uuid_=party.case.id,
                parse=lambda answer: _changed_time(answer, party),
            )
        except NotFound:
            pass
        else:
            return WriteReceipt(_party_id(party), remote_version=changed)
        # A moment ago case and party were there: unless one of them has just gone, it is the call that is not found.
        self._party(party, call.operation)
        raise CapabilityMissing(SYSTEM, call.operation)

    def append_journal_note(self, case: CaseRef, note: NewJournalNote, *, key: IdempotencyKey) -> WriteReceipt:
        """Add a note under the client uuid of the key; a second sending leaves the one note."""
        call = Call(SYSTEM, "append_journal_note", is_write=True, missing="case")
        uuid_ = _note_uuid(key)
        try:
            body = {"journalNotes": [notes.to_wire(note, uuid_, pads_with_spaces=self._pads)]}
        except UnicodeEncodeError:
            not_text = RefusedBySystem(SYSTEM, call.operation, "not_unicode")
        else:
            answer = self._append(call, "PATCH", "api/Case/Update", body, area=CASE_AREA, uuid_=case.id)
            return WriteReceipt(uuid_, replayed=answer is None)
        raise not_text

    def create_reminder(self, case: CaseRef, reminder: NewReminder, *, key: IdempotencyKey) -> WriteReceipt:
        """Import a task under the client uuid of the key; a second sending leaves the one task."""
        uuid_ = _task_uuid(key)
        body = {
            "caseUuid": case.id,
            "title": reminder.title,
            "description": reminder.text,
            "statusCode": "N",
            "taskTypeName": "Aktivitet",
            "deadline": reminder.deadline.isoformat(),
        }
        call = Call(SYSTEM, "create_reminder", is_write=True, missing="case")
        answer = self._append(call, "POST", "api/Task/Import", body, area=TASK_AREA, uuid_=uuid_)
        return WriteReceipt(uuid_, replayed=answer is None)

    def _append(
        self, call: Call, method: str, path: str, body: Mapping[str, object], *, area: str, uuid_: str
    ) -> bool | None:
        """Write something new. It has no version to conflict with, so a 409 without a name means "not now"."""
        try:
            return self._wire.write(call, method, path, body, area=area, uuid_=uuid_, parse=_is_object)
        except VersionConflict:
            not_now = LockedByUser(SYSTEM, call.operation)
        raise not_now

    def find_party_contact(self, party: PartyRef, change: PartyContactChange) -> LookUp:
        """Judged by value; a party that is no longer on the case cannot be told."""
        found = self._reading.case(party.case, "find_party_contact").party(party)
        sighting = Sighting.UNCLEAR if found is None else contacts.sight(change, found.contact, name=found.name)
        return LookUp(sighting, _party_id(party) if sighting is Sighting.PRESENT else None)

    def find_journal_note(self, case: CaseRef, *, key: IdempotencyKey) -> LookUp:
        """Looked for by the client uuid of the key."""
        wanted = _note_uuid(key)
        return _seen(wanted, is_there=wanted in self._reading.note_uuids(case, "find_journal_note"))

    def find_reminder(self, case: CaseRef, *, key: IdempotencyKey) -> LookUp:
        """Looked for by the client uuid of the key among all tasks of the case."""
        wanted = _task_uuid(key)
        return _seen(wanted, is_there=self._reading.has_task(case, wanted, "find_reminder"))

    def _require_as_before(self, party: PartyRef, change: PartyContactChange, operation: str) -> None:
        """Read the party afresh and refuse unless ``change.before`` still stands.

        A value that somebody else has already put right is a conflict too: our own earlier write is found by the guard,
        and what a colleague wrote must not stand in the record as the robot's.
        """
        case, found = self._party(party, operation)
        if found.contact.is_protected is None:
            # Nova left the assumed fields out, so it has not got the call either.
            raise CapabilityMissing(SYSTEM, operation)
        match case.state:
            case CaseState.CLOSED:
                raise CaseClosed(SYSTEM, operation)
            case CaseState.ARCHIVED:
                raise CaseArchived(SYSTEM, operation)
            case CaseState.OPEN:
                pass
        if not contacts.still_stands(change, found.contact, name=found.name):
            raise VersionConflict(SYSTEM, operation)

    def _party(self, party: PartyRef, operation: str) -> tuple[Case, CaseParty]:
        """The case and the party on it as they are now; raises ``NotFound`` for either."""
        case = self._reading.case(party.case, operation)
        found = case.party(party)
        if found is None:
            raise NotFound(SYSTEM, operation, "party")
        return case, found


def _party_id(party: PartyRef) -> str:
    return f"{party.case.id}/{party.id}"


def _contact_body(party: PartyRef, change: PartyContactChange) -> dict[str, object]:
    """ASSUMED: the body of the call; what the change does not name is left out and so left alone."""
    body: dict[str, object] = {"caseParty": {"index": party.id}}
    if change.address is not None:
        body["address"] = addresses.to_wire(change.address)
    if change.contact_address is not None:
        body["contactAddress"] = addresses.to_wire(change.contact_address)
    if change.is_protected is not None:
        body["nameAddressProtected"] = change.is_protected
    if change.name is not None:
        body["name"] = change.name
    return body


def _changed_time(answer: object, party: PartyRef) -> str | None:
    """ASSUMED: the time that Nova answers with; an answer about another party is drift."""
    body = fields.record(answer, "body")
    if fields.line(body, "caseUuid").lower() != party.case.id.lower():
        raise Drift("caseUuid")
    if fields.line(body, "index") != party.id:
        raise Drift("index")
    return fields.optional_line(body, "changedTime")


def _note_uuid(key: IdempotencyKey) -> str:
    return str(key.as_uuid("journal_note"))


def _task_uuid(key: IdempotencyKey) -> str:
    return str(key.as_uuid("reminder"))


def _is_object(answer: object) -> bool:
    fields.record(answer, "body")
    return True


def _seen(wanted: str, *, is_there: bool) -> LookUp:
    return LookUp(Sighting.PRESENT, wanted) if is_there else LookUp(Sighting.ABSENT)
