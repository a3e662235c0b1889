"""The plan of one work item: the exact changes that a person is asked to approve, in a form that can be stored.

What must stay true: the plan holds everything that carrying it out needs to know of the moment it was made, so that
what is carried out is what was approved and nothing that was worked out later.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from connectors.person_details import UncertainDate
from connectors.records import Case, CaseParty, CaseRef, PartyContact, PartyRef
from foundation.cpr import Cpr
from robots.address_update.reasons import Reason
from robots.address_update.ruling import ContactChange, Ruling, RulingKind


def row_id(case: Case, party: CaseParty) -> str:
    """Names a row in proposals, steps and evidence: the case's number and the system's id of the party."""
    return f"{case.number}/{party.ref.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuledParty:
    """A party on a case, and what the rules say of it."""

    case: Case
    party: CaseParty
    ruling: Ruling
    #: Ids of letters sent from the case since the effect day; empty where nobody asked (ADR-06).
    letters: tuple[str, ...] = ()

    @property
    def row_id(self) -> str:
        """See ``row_id``."""
        return row_id(self.case, self.party)

    @property
    def order(self) -> tuple[str, str]:
        """Rows are always taken in this order, so that steps and keys are the same after a crash."""
        return (self.case.number, self.party.ref.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRow:
    """One approved-to-be change on one party."""

    id: str
    case_number: str
    party: PartyRef
    kind: RulingKind
    reason: Reason
    change: ContactChange
    before: PartyContact
    is_protected: bool
    #: The display name that stood there; None in plans that were made before names could be written.
    name_before: str | None = None
    mentions: tuple[Reason, ...] = ()
    #: Tasks for people that were made beside the row when it was proposed.
    tasks: int = 0

    @property
    def case(self) -> CaseRef:
        """The case that the party is on."""
        return self.party.case

    @property
    def marked(self) -> PartyContact:
        """What stands there once the protection mark is set and before anything else is written."""
        return replace(self.before, is_protected=self.change.marks_protected or self.before.is_protected)

    @property
    def written(self) -> PartyContact:
        """What stands there once the addresses are written and before a mark is taken away."""
        return replace(
            self.marked,
            address=self.change.address or self.before.address,
            contact_address=self.change.contact_address or self.before.contact_address,
        )

    @property
    def after(self) -> PartyContact:
        """What stands there when all is written."""
        return replace(self.written, is_protected=False) if self.change.unmarks_protected else self.written


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All changes for one person."""

    cpr: Cpr
    moved_in: UncertainDate
    event_ids: tuple[str, ...]
    #: The day of a move that was registered ahead when the plan was made, or None.
    coming: date | None
    rows: tuple[PlannedRow, ...]

    def to_json(self) -> str:
        """The plan as text, for the sealed part of the proposal; it holds the CPR number in clear."""
        return _ADAPTER.dump_json(self).decode()

    @staticmethod
    def from_json(text: str) -> Plan:
        """The plan again."""
        return _ADAPTER.validate_json(text)


def planned(ruled: RuledParty, *, tasks: int = 0) -> PlannedRow:
    """The row of a ruling that writes; raises ``ValueError`` for any other."""
    change = ruled.ruling.change
    if change is None:
        message = f"a ruling {ruled.ruling.kind} has nothing to plan"
        raise ValueError(message)
    return PlannedRow(
        id=ruled.row_id,
        case_number=ruled.case.number,
        party=ruled.party.ref,
        kind=ruled.ruling.kind,
        reason=ruled.ruling.reason,
        change=change,
        before=ruled.party.contact,
        is_protected=ruled.ruling.is_protected,
        name_before=ruled.party.name,
        mentions=ruled.ruling.mentions,
        tasks=tasks,
    )


def start_of(day: date) -> datetime:
    """Midnight in Denmark at which ``day`` begins, as UTC."""
    return datetime.combine(day, time(), tzinfo=_DENMARK).astimezone(UTC)


_DENMARK = ZoneInfo("Europe/Copenhagen")
_ADAPTER: TypeAdapter[Plan] = TypeAdapter(Plan)
