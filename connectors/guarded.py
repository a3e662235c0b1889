"""The ports as a robot meets them: every call goes through the guard, and keys are made here.

What must stay true: no method reaches an adapter but through the reader or the writer, and what is asked about a person
or a case is recorded first; an event names what was asked for and on which case, and never holds personal data.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from pydantic import TypeAdapter
from sqlmodel import Session

from audit.events import CaseEventRef, ChangeRef, Event, SubjectRef
from audit.subjects import refer_to, refer_to_all
from audit.vocabulary import EventType
from casework.effects import EffectRequest
from connectors.address_records import RegisteredAddress, WashResult
from connectors.guard import Write
from connectors.ports import AddressRegister, CaseRegister, PersonRegister
from connectors.reader import Reader
from connectors.records import (
    Case,
    CaseCapabilities,
    CaseDocument,
    CaseRef,
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
)
from foundation.cpr import Cpr
from foundation.cpr_environment import require_allowed_here
from foundation.environment import Environment
from foundation.kvhx import Kvhx

_DIGEST_PURPOSE = "effect request"
#: What must still stand there when a change of a party is written.
_BEFORE = {"before", "name_before"}
#: What a change of a party may write; named in the event, without the values.
_WRITABLE = ("address", "is_protected", "contact_address", "name")
_VALUE_PURPOSE = "effect value"


class Writer(Protocol):
    """What carries out a write: the guard, or in a dry run something that only notes it down."""

    def write(self, write: Write) -> WriteReceipt:
        """Make a change once."""


class StepPlace:
    """Where in an item's handling the desk is; makes the keys of effects.

    Identity of an effect = item, step, target, intent, occurrence, and the approval it rests on. Occurrences are
    counted within one handling of one step, so a robot that is run again counts the same.
    """

    def __init__(self, item_id: UUID, approval_id: UUID | None) -> None:
        """Begin outside any step."""
        self._item = item_id
        self.approval_id = approval_id
        #: The step's name, for events and people; its key may hold anything and stays here.
        self.step = ""
        self._identity = ""
        self._seen: dict[tuple[str, ...], int] = {}

    def enter(self, name: str, key: str) -> None:
        """Begin a step; its occurrences are counted from one."""
        self.step = name
        self._identity = json.dumps([name, key])
        self._seen = {seen: count for seen, count in self._seen.items() if seen[0] != self._identity}

    def leave(self) -> None:
        """Go on outside any step."""
        self.step = self._identity = ""

    def key(self, system: str, operation: str, target: str, intent: str) -> tuple[str, int]:
        """The key of the next effect here, and its occurrence."""
        same = (self._identity, system, operation, target, intent)
        self._seen[same] = occurrence = self._seen.get(same, 0) + 1
        identity = [str(self._item), *same, occurrence, str(self.approval_id) if self.approval_id else None]
        return hashlib.sha256(json.dumps(identity).encode()).hexdigest(), occurrence


class GuardedCases:
    """A case register behind the guard."""

    def __init__(self, register: CaseRegister, reader: Reader, writer: Writer, where: StepPlace) -> None:
        """Put ``reader`` and ``writer`` between a robot and ``register``."""
        self._register = register
        self._reader = reader
        self._writer = writer
        self._where = where

    @property
    def system(self) -> str:
        """The system's name."""
        return self._register.system

    def capabilities(self) -> CaseCapabilities:
        """What the system can do."""
        return self._register.capabilities()

    def search_cases(self, *, party: Cpr, cursor: str | None = None, limit: int = 500) -> Page[Case]:
        """All cases of a person, a page at a time; recorded as a search about that person."""

        def tell(session: Session) -> Event:
            return self._event(EventType.RECORD_SEARCHED, subject=_subject(session, self._reader, party))

        call = partial(self._register.search_cases, party=party, cursor=cursor, limit=limit)
        return self._reader.read(self.system, "search_cases", call, tell)

    def get_case(self, case: CaseRef) -> Case:
        """One case; recorded as read."""
        call = partial(self._register.get_case, case)
        return self._reader.read(self.system, "get_case", call, self._tell_read(case, "case"))

    def find_case(self, number: str) -> Case:
        """The case with this number; recorded as a search, and as read when there is one.

        The number is told to nobody: a person typed it, and may have typed something else.
        """

        def tell(_session: Session) -> Event:
            return self._event(EventType.RECORD_SEARCHED, facts={"what": "case number"})

        found = self._reader.read(self.system, "find_case", partial(self._register.find_case, number), tell)
        tell_read = self._tell_read(found.ref, "case")
        self._reader.record(lambda session: [tell_read(session)])
        return found

    def list_documents(self, case: CaseRef) -> Sequence[CaseDocument]:
        """The documents of a case; recorded as read."""
        call = partial(self._register.list_documents, case)
        return self._reader.read(self.system, "list_documents", call, self._tell_read(case, "documents"))

    def list_journal_notes(self, case: CaseRef) -> Sequence[JournalNote]:
        """The journal of a case; recorded as read."""
        call = partial(self._register.list_journal_notes, case)
        return self._reader.read(self.system, "list_journal_notes", call, self._tell_read(case, "journal"))

    def update_party_contact(self, party: PartyRef, change: PartyContactChange, *, intent: str) -> WriteReceipt:
        """Write a party's address or protection mark, once."""
        fields = tuple(name for name in _WRITABLE if getattr(change, name) is not None)
        ring = self._reader.place.database.ring
        after = _CHANGE.dump_json(change, exclude=_BEFORE)
        changed = ChangeRef(
            fields=fields,
            before=ring.lookup_token(_CHANGE.dump_json(change, include=_BEFORE).decode(), purpose=_VALUE_PURPOSE),
            after=ring.lookup_token(after.decode(), purpose=_VALUE_PURPOSE),
        )
        return self._write(
            _Target(WriteOperation.UPDATE_PARTY_CONTACT, party.case, f"{party.case.id}/{party.id}", intent),
            _CHANGE.dump_json(change),
            call=lambda key: self._register.update_party_contact(party, change, key=key),
            look_up=lambda _key: self._register.find_party_contact(party, change),
            change=changed,
        )

    def append_journal_note(self, case: CaseRef, note: NewJournalNote, *, intent: str) -> WriteReceipt:
        """Add a journal note, once."""
        return self._write(
            _Target(WriteOperation.APPEND_JOURNAL_NOTE, case, case.id, intent),
            _NOTE.dump_json(note),
            call=lambda key: self._register.append_journal_note(case, note, key=key),
            look_up=lambda key: self._register.find_journal_note(case, key=key),
        )

    def create_reminder(self, case: CaseRef, reminder: NewReminder, *, intent: str) -> WriteReceipt:
        """Put a task for a person on the case, once."""
        return self._write(
            _Target(WriteOperation.CREATE_REMINDER, case, case.id, intent),
            _REMINDER.dump_json(reminder),
            call=lambda key: self._register.create_reminder(case, reminder, key=key),
            look_up=lambda key: self._register.find_reminder(case, key=key),
        )

    def _write(
        self,
        target: _Target,
        content: bytes,
        *,
        call: Callable[[IdempotencyKey], WriteReceipt],
        look_up: Callable[[IdempotencyKey], LookUp],
        change: ChangeRef | None = None,
    ) -> WriteReceipt:
        operation = target.operation.value
        key, occurrence = self._where.key(self.system, operation, target.id, target.intent)
        ring = self._reader.place.database.ring
        request = EffectRequest(
            key=key,
            step=self._where.step,
            system=self.system,
            operation=operation,
            target=target.id,
            intent=target.intent,
            occurrence=occurrence,
            approval_id=self._where.approval_id,
            digest=ring.lookup_token(content.decode(), purpose=_DIGEST_PURPOSE),
            case=CaseEventRef(target.case.system, target.case.id),
            change=change,
        )
        traits = self._register.write_traits(target.operation)
        return self._writer.write(Write(request=request, traits=traits, call=call, look_up=look_up))

    def _tell_read(self, case: CaseRef, what: str) -> Callable[[Session], Event]:
        def tell(_session: Session) -> Event:
            return self._event(EventType.RECORD_READ, case=CaseEventRef(case.system, case.id), facts={"what": what})

        return tell

    def _event(self, kind: EventType, **parts: Any) -> Event:  # noqa: ANN401 - the optional parts of an Event.
        return self._reader.event(kind, self._where.step, **parts)


class GuardedAddresses:
    """The address register with its limits; it knows places and not persons, so that nothing is recorded."""

    def __init__(self, register: AddressRegister, reader: Reader) -> None:
        """Put ``reader`` between a robot and ``register``."""
        self._register = register
        self._reader = reader

    def get(self, address_id: UUID) -> RegisteredAddress | None:
        """The address with this id; None when the register does not know it."""
        return self._reader.try_call(self._register.system, "get", partial(self._register.get, address_id))

    def by_kvhx(self, kvhx: Kvhx) -> RegisteredAddress | None:
        """The current address with this key, else one that was; None when there is none."""
        return self._reader.try_call(self._register.system, "by_kvhx", partial(self._register.by_kvhx, kvhx))

    def wash(self, text: str) -> WashResult:
        """What a one-line text is taken for."""
        return self._reader.try_call(self._register.system, "wash", partial(self._register.wash, text))


class GuardedPeople:
    """A person register behind the guard."""

    def __init__(self, register: PersonRegister, reader: Reader, where: StepPlace) -> None:
        """Put ``reader`` between a robot and ``register``."""
        self._register = register
        self._reader = reader
        self._where = where

    def lookup(self, cpr: Cpr) -> PersonSnapshot:
        """The person as CPR describes him now; actor, purpose and item are recorded before the answer is released.

        Raises:
            TestNumberRefused, RealNumberRefused: the number does not belong in this environment.
        """
        require_allowed_here(cpr, is_production=self._reader.place.environment is Environment.PRODUCTION)

        def tell(session: Session) -> Event:
            return looked_up(session, self._reader, cpr, system=self._register.system, step=self._where.step)

        return self._reader.read(self._register.system, "lookup", partial(self._register.lookup, cpr), tell)


@dataclass(frozen=True, slots=True)
class _Target:
    operation: WriteOperation
    case: CaseRef
    id: str
    intent: str


def looked_up(session: Session, reader: Reader, cpr: Cpr, *, system: str, step: str = "") -> Event:
    """The event of a look-up of this person; refers to him in the caller's transaction."""
    subject = _subject(session, reader, cpr)
    return reader.event(EventType.PERSON_LOOKED_UP, step, subject=subject, facts={"system": system})


def all_looked_up(session: Session, reader: Reader, cprs: Sequence[Cpr], *, system: str) -> list[Event]:
    """The events of a look-up of each of these people, in their order; refers to them in the caller's transaction."""
    ring, year = reader.place.database.ring, reader.place.now().year
    subjects = refer_to_all(session, ring, identities=[cpr.digits for cpr in cprs], year=year)
    facts = {"system": system}
    return [reader.event(EventType.PERSON_LOOKED_UP, "", subject=subject, facts=facts) for subject in subjects]


def _subject(session: Session, reader: Reader, cpr: Cpr) -> SubjectRef:
    year = reader.place.now().year
    return refer_to(session, reader.place.database.ring, identity=cpr.digits, year=year)


_CHANGE: TypeAdapter[PartyContactChange] = TypeAdapter(PartyContactChange)
_NOTE: TypeAdapter[NewJournalNote] = TypeAdapter(NewJournalNote)
_REMINDER: TypeAdapter[NewReminder] = TypeAdapter(NewReminder)
