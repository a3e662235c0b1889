"""What the ports speak of: cases, parties, persons, events, and what a write answered.

The words are those of the OIO Sag standard and of CPR, so that every real ESDH maps to them. All values are frozen.
What must stay true: nothing here knows a product, and nothing here does anything.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Generic, Literal, TypeVar

from connectors.person_details import (
    ContactAddress,
    Departure,
    Family,
    Guardianship,
    OtherProtection,
    PastAddress,
    UncertainDate,
)
from foundation.addresses import CivilAddress
from foundation.cpr import Cpr

T = TypeVar("T")

#: Namespace of the client-chosen uuids, so that the same key always gives the same uuid.
_NAMESPACE = uuid.UUID("6f0d3f5e-6d0b-5c1c-9c5e-0a4f6d2c7b11")


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """The name of one effect; made by the desk, never by a robot.

    ``value`` is a digest in hex (64 characters) of item, step, target, intent, occurrence and approval.
    """

    value: str

    def as_uuid(self, purpose: str = "") -> uuid.UUID:
        """The client id for systems that take one; ``purpose`` tells apart several ids of one effect."""
        return uuid.uuid5(_NAMESPACE, f"{self.value}:{purpose}")


class Progress(StrEnum):
    """Fremdrift of a case (OIO Sag; the same list in Nova)."""

    OPSTAAET = "Opstaaet"
    OPLYST = "Oplyst"
    AFGJORT = "Afgjort"
    BESTILT = "Bestilt"
    UDFOERT = "Udfoert"
    AFSLUTTET = "Afsluttet"


class CaseState(StrEnum):
    """Whether a case takes changes."""

    OPEN = "open"
    CLOSED = "closed"
    ARCHIVED = "archived"


class PartyRole(StrEnum):
    """Sagspart: the person the case is about, or another party."""

    PRIMARY = "primary"
    SECONDARY = "secondary"


@dataclass(frozen=True, slots=True)
class CaseRef:
    """One case in one system; ``id`` is the system's own opaque id."""

    system: str
    id: str


@dataclass(frozen=True, slots=True)
class PartyRef:
    """One party on one case; ``id`` is the system's own id of the party, unique within the case."""

    case: CaseRef
    id: str


@dataclass(frozen=True, slots=True)
class PartyContact:
    """What a case says of where a party lives: the snapshot on the case, not the register."""

    address: CivilAddress | None
    #: Whether the case marks the party as having name and address protection; None where the system cannot.
    is_protected: bool | None
    #: Kontaktadresse, a field of its own; None where there is none or the system has no such field.
    contact_address: CivilAddress | None = None


@dataclass(frozen=True, slots=True)
class CaseParty:
    """A party of a case. ``cpr`` is None for companies, free text and replacement numbers."""

    ref: PartyRef
    role: PartyRole
    cpr: Cpr | None
    name: str
    contact: PartyContact


@dataclass(frozen=True, slots=True)
class Case:
    """A case with its parties. ``number`` is what people call it (``S2022-12345``)."""

    ref: CaseRef
    number: str
    title: str
    kle: str | None
    progress: Progress
    state: CaseState
    caseworker: str | None
    parties: tuple[CaseParty, ...]

    def party(self, ref: PartyRef) -> CaseParty | None:
        """The party with this reference, or None when it is no longer on the case."""
        return next((party for party in self.parties if party.ref == ref), None)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; ``next_cursor`` is None on the last."""

    items: tuple[T, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class PartyContactChange:
    """What to write on a party. A field that is None is left alone; ``before`` is what must still stand there."""

    before: PartyContact
    address: CivilAddress | None = None
    is_protected: bool | None = None
    contact_address: CivilAddress | None = None
    #: The new display name, and the one that must still stand there; both or neither (ADR-46).
    name: str | None = None
    name_before: str | None = None


@dataclass(frozen=True, slots=True)
class NewJournalNote:
    """A note for the journal of a case (journalnotat), in Danish plain text."""

    title: str
    text: str
    #: When what the note tells of happened; aware UTC.
    at: datetime


@dataclass(frozen=True, slots=True)
class JournalNote:
    """A note as the system holds it. ``id`` is the client uuid where the system takes one."""

    id: str
    title: str
    text: str
    at: datetime


class DocumentDirection(StrEnum):
    """Which way a document went."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class CaseDocument:
    """A document on a case, without its content."""

    id: str
    title: str
    direction: DocumentDirection
    #: When it was sent, received or made; aware UTC.
    at: datetime


@dataclass(frozen=True, slots=True)
class NewReminder:
    """A task for a person on a case (erindring), in Danish."""

    title: str
    text: str
    deadline: date


@dataclass(frozen=True, slots=True)
class CaseCapabilities:
    """What this ESDH can do; robots choose by this and never by the product's name."""

    party_model: Literal["SHARED_MASTER", "CASE_SNAPSHOT", "CONTACT_WITH_ADDRESSES"]
    party_address_write: Literal["API", "UI_ONLY", "SYNCED_BY_VENDOR", "NONE"]
    locking: Literal["ETAG", "ROW_VERSION", "CONTENT_HASH", "NONE"]
    write_idempotency: Literal["CLIENT_ID", "POST_ONCE", "NONE"]
    journal: Literal["NOTE", "DOCUMENT", "MATTER"]
    replace_semantics: Literal["PATCH", "FULL_REPLACE"]
    max_page: int
    note_charset: Literal["UTF8", "ASCII_ONLY"]
    #: Whether a party's address can be marked as protected, so that a protected address may be written.
    protects_address: bool
    #: Whether a party has a contact address beside the residence (ADR-17).
    has_contact_address: bool = False
    #: Whether a party's display name can be written (ADR-46).
    writes_name: bool = False
    #: Seconds that a vendor who fetches addresses himself has for it before a difference is drift (ADR-56).
    vendor_grace_seconds: float = 24 * 3600.0


class LookUpWorth(StrEnum):
    """What the absence of an effect means when the guard looks for it after a crash or a time-out."""

    #: Absent means that it did not happen.
    AUTHORITATIVE = "authoritative"
    #: Absent means so only when the settle time has passed since the call.
    EVENTUAL = "eventual"
    #: It cannot be looked up: a person must say.
    NONE = "none"


class WriteOperation(StrEnum):
    """The writing methods of the ports; stored with each effect."""

    UPDATE_PARTY_CONTACT = "update_party_contact"
    APPEND_JOURNAL_NOTE = "append_journal_note"
    CREATE_REMINDER = "create_reminder"


@dataclass(frozen=True, slots=True)
class WriteTraits:
    """What an adapter promises of one writing method; the guard acts on it."""

    worth: LookUpWorth
    #: Seconds after a call before an EVENTUAL absence counts; also waited for before a call is repeated
    #: towards a system that does not deduplicate.
    settle_seconds: float
    #: Whether sending the same key twice has one effect.
    deduplicates: bool


class Sighting(StrEnum):
    """What was seen when looking for an effect."""

    #: It stands there, as asked for.
    PRESENT = "present"
    #: It does not stand there; for a write judged by its value: the value is still the one before.
    ABSENT = "absent"
    #: Something else stands there, so nobody can tell.
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class LookUp:
    """The answer to "did my write land?"; ``remote_id`` is the system's id of what was found."""

    sighting: Sighting
    remote_id: str | None = None


@dataclass(frozen=True, slots=True)
class WriteReceipt:
    """What a write answered. ``replayed``: the system, or our own record, had it already."""

    remote_id: str
    remote_version: str | None = None
    replayed: bool = False


class PersonStatus(StrEnum):
    """CPR status codes (integration reference A.8.2)."""

    RESIDENT = "1"
    RESIDENT_SPECIAL_ROAD = "3"
    GREENLAND = "5"
    GREENLAND_SPECIAL_ROAD = "7"
    NO_RESIDENCE = "20"
    ANNULLED = "30"
    DELETED = "50"
    NUMBER_CHANGED = "60"
    DISAPPEARED = "70"
    EMIGRATED = "80"
    DEAD = "90"


@dataclass(frozen=True, slots=True)
class AddressProtection:
    """Name and address protection (navne- og adressebeskyttelse, CPR-loven section 28)."""

    is_protected: bool
    from_day: date | None = None
    to_day: date | None = None


@dataclass(frozen=True, slots=True)
class PendingMove:
    """A move that CPR has registered and that has not taken effect: the present address still stands until then."""

    address: CivilAddress
    effect_from: date


@dataclass(frozen=True, slots=True)
class PersonSnapshot:
    """A person as CPR describes him at ``looked_up_at``."""

    cpr: Cpr
    #: The number now in force; differs from ``cpr`` after a change of number.
    current_cpr: Cpr
    addressing_name: str
    status: PersonStatus
    status_day: date | None
    protection: AddressProtection
    address: CivilAddress | None
    moved_in: UncertainDate
    #: When CPR registered the address; orders snapshots of one person (ADR-04). None where not delivered.
    registered_at: datetime | None
    looked_up_at: datetime
    #: A registered move with effect from a later day, or None; None also where the register does not deliver it.
    pending: PendingMove | None = None
    #: CPR took an earlier registration back and this address stands again (ret/fortryd, ADR-07).
    is_correction: bool = False
    #: Earlier addresses, newest first; None where the register does not deliver them.
    history: tuple[PastAddress, ...] | None = None
    birth_day: date | None = None
    #: Numbers that the person had before (extract record 022).
    earlier_cprs: tuple[Cpr, ...] = ()
    guardianship: Guardianship | None = None
    departure: Departure | None = None
    contact_address: ContactAddress | None = None
    family: Family = field(default_factory=Family)
    other_protections: frozenset[OtherProtection] = frozenset()
    #: Fraflytningskommune: the municipality that the person moved here from with the present address, else empty.
    moved_from_municipality: str = ""


class PersonEventKind(StrEnum):
    """What a CPR event hints at; never more than a hint."""

    ADDRESS = "address"
    PROTECTION = "protection"
    NAME = "name"
    STATUS = "status"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class PersonEvent:
    """One event of the register: a hint that a person changed, not the change itself."""

    id: str
    sequence: int
    cpr: Cpr
    kind: PersonEventKind
    registered_at: datetime
    #: From the day on which the change has effect; may lie ahead.
    effect_from: date | None
    #: The source says that this may be a repetition (Datafordeler ``fromfailedimport``).
    may_be_duplicate: bool = False


@dataclass(frozen=True, slots=True)
class EventBatch:
    """Events in the source's order, and where to go on. ``has_gap``: the source's numbers have a hole."""

    events: tuple[PersonEvent, ...]
    next_cursor: str | None
    has_gap: bool = False
    has_more: bool = False
