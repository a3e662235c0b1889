"""Everything that one ruling rests on, gathered beforehand, so that the rules themselves ask nobody.

What must stay true: the same facts give the same ruling, whenever and in whatever order they are put.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from connectors.address_records import RegisteredAddress
from connectors.records import Case, CaseCapabilities, CaseParty, PersonSnapshot
from robots.address_update.policy import Policy
from robots.address_update.ruling import AppliedVersion


@dataclass(frozen=True, slots=True)
class Places:
    """What the address register says of the addresses in question; None where it was not asked or knows nothing.

    ``is_asked`` is False where there is no address register, or no ordinary Danish address to ask about; then CPR's
    spelling stands and nothing is said of ``not_in_dar`` (ADR-44).
    """

    is_asked: bool = False
    #: CPR's address as the register has it (by id, else by KVHX, else washed with category A).
    current: RegisteredAddress | None = None
    #: CPR's coming address (``snapshot.pending``) as the register has it.
    pending: RegisteredAddress | None = None
    #: The id of what the case shows: as it stands there, else washed with category A; None when nobody can say.
    shown: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One party on one case, and all that the rules may know."""

    snapshot: PersonSnapshot
    case: Case
    #: One of ``case.parties``.
    party: CaseParty
    #: The day in Denmark.
    today: date
    capabilities: CaseCapabilities
    policy: Policy
    last_applied: AppliedVersion | None = None
    places: Places = Places()
    #: Ids of letters that were sent from the case on or after the day from which CPR's address counts (ADR-06).
    letters_since: tuple[str, ...] = ()
    #: Whether the row is on hold after it was rolled back (ADR-53).
    is_held: bool = False
    #: Standing facts (guardian, custody …) that a person was told of before on this row: reason code to fingerprint,
    #: all facts of a guardian under ``guardian``. A task about one is made again only when its fingerprint is another
    #: (ADR-22 to ADR-28).
    told: Mapping[str, str] = field(default_factory=dict)
