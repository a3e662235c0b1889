"""KMD Nova as a case register (``integration.md`` A.1).

What must stay true: a write carries the client uuid made from its key, so that it can be looked for; and an address is
written only over the value that the proposal saw. Nova shows no row version, so a colleague's save between our reading
and our write cannot be noticed: the reading is made afresh right before each write to keep that moment short.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
from connectors.http import Call
from connectors.nova import addresses, notes
from connectors.nova.cases import SYSTEM
from connectors.nova.reading import MAX_PAGE, NovaReading
from connectors.nova.wire import ASSUMED_AREA, CASE_AREA, TASK_AREA, NovaWire
from connectors.records import (
    Case,
    CaseCapabilities,
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


class NovaCaseRegister:
    """``CaseRegister`` over Nova's API."""

    def __init__(
        self,
        wire: NovaWire,
        *,
        assumed_address_write: bool,
        settle_seconds: float = 5.0,
        pads_notes_with_spaces: bool = True,
    ) -> None:
        """Nothing is called before the first use.

        Args:
            wire: authorised calls to one Nova.
            assumed_address_write: whether this Nova has the call that writes a party's address, and shows it. It is
                not in the public API (docs/adr 0008): a municipality switches it off until KMD confirms it.
            settle_seconds: until when a write may not show yet; see ``write_traits``.
            pads_notes_with_spaces: keeps ``=`` out of the base64 of notes, which Nova is known to corrupt.
        """
        self._wire = wire
        self._reading = NovaReading(wire, with_contact=assumed_address_write, strips_note_spaces=pads_notes_with_spaces)
        self._has_address_write = assumed_address_write
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
        return CaseCapabilities(
            party_model="CASE_SNAPSHOT",
            party_address_write="API" if self._has_address_write else "NONE",
            locking="CONTENT_HASH",
            write_idempotency="CLIENT_ID",
            journal="NOTE",
            replace_semantics="PATCH",
            max_page=MAX_PAGE,
            note_charset="UTF8",
            protects_address=self._has_address_write,
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

    def list_journal_notes(self, case: CaseRef) -> Sequence[JournalNote]:
        """All notes, oldest first. Trailing spaces do not count as part of a text."""
        return self._reading.notes(case)

    def update_party_contact(self, party: PartyRef, change: PartyContactChange, *, key: IdempotencyKey) -> WriteReceipt:
        """Write address or mark through the ASSUMED call, over the value that ``change.before`` names.

        Where the change stands already nothing is sent. ``key`` is not part of the call: Nova has no place for it.
        """
        del key
        call = Call(SYSTEM, "update_party_contact", is_write=True, missing="party")
        if not self._has_address_write:
            raise CapabilityMissing(SYSTEM, call.operation)
        remote_id = _party_id(party)
        self._require_as_before(party, change, call.operation)
        body: dict[str, object] = {"caseParty": {"index": party.id}}
        if change.address is not None:
            body["address"] = addresses.to_wire(change.address)
        if change.is_protected is not None:
            body["nameAddressProtected"] = change.is_protected
        try:
            changed = self._wire.write(
                call,
                "PATCH",
                "api/Case/UpdatePartyAddress",
                body,
                area=ASSUMED_AREA,
                uuid_=party.case.id,
                parse=lambda answer: fields.optional_text(fields.record(answer, "body"), "changedTime"),
            )
        except NotFound:
            # Case and party were read a moment ago, so what is not found is the call itself.
            missing = CapabilityMissing(SYSTEM, call.operation)
        else:
            return WriteReceipt(remote_id, remote_version=changed)
        raise missing

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
        sighting = Sighting.UNCLEAR if found is None else contacts.sight(change, found.contact)
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
        case = self._reading.case(party.case, operation)
        found = case.party(party)
        if found is None:
            raise NotFound(SYSTEM, operation, "party")
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
        if not contacts.still_stands(change, found.contact):
            raise VersionConflict(SYSTEM, operation)


def _party_id(party: PartyRef) -> str:
    return f"{party.case.id}/{party.id}"


def _note_uuid(key: IdempotencyKey) -> str:
    return str(key.as_uuid("journal_note"))


def _task_uuid(key: IdempotencyKey) -> str:
    return str(key.as_uuid("reminder"))


def _is_object(answer: object) -> bool:
    fields.record(answer, "body")
    return True


def _seen(wanted: str, *, is_there: bool) -> LookUp:
    return LookUp(Sighting.PRESENT, wanted) if is_there else LookUp(Sighting.ABSENT)
