"""What the address rules say of one party on one case: the heart of the robot, and pure.

What must stay true: whatever a rule does not know it hands to a person. Only ``APPLY`` and ``APPLY_REVIEW`` carry a
change, and both are carried out only after a person approved them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pydantic import TypeAdapter

from connectors.records import CaseState, PartyRole, Progress
from foundation.addresses import CivilAddress
from robots.address_update.reasons import Reason


class RulingKind(StrEnum):
    """What is to happen with one party on one case."""

    #: Write, when the batch is approved.
    APPLY = "APPLY"
    #: Write, when this row has been looked at by itself and approved.
    APPLY_REVIEW = "APPLY_REVIEW"
    #: A reminder on the case, for a person; nothing is changed.
    TASK = "TASK"
    #: Look again on a later day.
    DEFER = "DEFER"
    #: Nothing is to be done.
    NOOP = "NOOP"
    #: The case or the party is not ours to touch.
    SKIP = "SKIP"
    #: Something is wrong with what we were told: stop, as a fault.
    BLOCK = "BLOCK"

    @property
    def writes(self) -> bool:
        """Whether a ruling of this kind carries a change."""
        return self in {RulingKind.APPLY, RulingKind.APPLY_REVIEW}


@dataclass(frozen=True, slots=True)
class ContactChange:
    """What to write on the party; at least one of the parts."""

    #: The new address; None leaves the address alone.
    address: CivilAddress | None
    #: Whether the party is to be marked as protected, before the address is written.
    marks_protected: bool
    #: Whether the mark is to be taken away, which is always a row of its own for review (ADR-12).
    unmarks_protected: bool = False
    #: The contact address, written into its own field (ADR-17); None leaves it alone.
    contact_address: CivilAddress | None = None
    #: The display name (ADR-46); None leaves it alone.
    name: str | None = None

    def __post_init__(self) -> None:
        has_more = (self.address, self.contact_address, self.name) != (None, None, None)
        if self.unmarks_protected and (self.marks_protected or has_more):
            message = "a mark is taken away alone, and never together with anything else (ADR-12)"
            raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A ruling, with what it rests on in words."""

    kind: RulingKind
    reason: Reason
    role: PartyRole
    #: Exactly when the kind writes.
    change: ContactChange | None = None
    #: Exactly when the kind is DEFER: the day, in Denmark, on which to look again.
    defer_until: date | None = None
    #: Whether the addresses of this ruling are to be masked for people without the role.
    is_protected: bool = False
    #: What a person is told of besides, each as a task on the case; counted apart from the ruling itself. A ruling of
    #: kind TASK names its own reason in ``reason`` and may have more here.
    tasks: tuple[Reason, ...] = ()
    #: What the note and the evidence mention, and nobody has to act on (``CORRECTION``, ``UNCERTAIN_DATE`` …).
    mentions: tuple[Reason, ...] = ()
    #: Standing facts of ``tasks`` with their fingerprints, to be remembered as told (see ``Facts.told``).
    tells: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if (self.change is not None) != self.kind.writes:
            message = f"a ruling {self.kind} {'lacks' if self.kind.writes else 'cannot carry'} a change"
            raise ValueError(message)
        if (self.defer_until is not None) != (self.kind is RulingKind.DEFER):
            message = f"a ruling {self.kind} and a day to look again do not go together"
            raise ValueError(message)

    @property
    def rule(self) -> str:
        """The row of the rule table, for example ``ADR-01``."""
        return self.reason.rule

    @property
    def sentence(self) -> str:
        """Why, in Danish, with the party's role and without personal data (ADR-41)."""
        role = "Primær part" if self.role is PartyRole.PRIMARY else "Sekundær part"
        return f"{role}: {self.reason.sentence}"


@dataclass(frozen=True, slots=True)
class AppliedVersion:
    """Which of CPR's versions of an address was last written for a person (ADR-04)."""

    #: When CPR registered it; None where not delivered, and then nothing can be said of the order.
    registered_at: datetime | None
    effect_from: date | None

    def to_json(self) -> str:
        """The version as text, for the desk to remember."""
        return _VERSION.dump_json(self).decode()

    @staticmethod
    def from_json(text: str | None) -> AppliedVersion | None:
        """The version again; None when nothing was remembered."""
        return None if text is None else _VERSION.validate_json(text)


def is_closed(state: CaseState, progress: Progress) -> bool:
    """Whether the case takes no change; a case whose two marks disagree counts as closed."""
    return state is not CaseState.OPEN or progress is Progress.AFSLUTTET


_VERSION: TypeAdapter[AppliedVersion] = TypeAdapter(AppliedVersion)
