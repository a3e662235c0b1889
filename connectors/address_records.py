"""What the address register (DAR) answers: addresses with their official spelling, and how well a text matched one.

What must stay true: CPR decides where a person lives, DAR only how that place is spelled; nothing here knows persons.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from uuid import UUID

from foundation.addresses import CivilAddress


class RegisteredStatus(IntEnum):
    """Status codes of an address in the DAWA shape (integration reference A.9)."""

    CURRENT = 1
    CLOSED = 2
    PRELIMINARY = 3
    ABANDONED = 4


@dataclass(frozen=True, slots=True)
class RegisteredAddress:
    """One address of the register; ``address.address_id`` equals ``id``, and c/o and locality are always empty."""

    id: UUID
    status: RegisteredStatus
    address: CivilAddress
    #: 19 characters: municipality, road, house number, floor, door (see ``foundation.kvhx``).
    kvhx: str


class WashCategory(StrEnum):
    """How sure the washing is (datavask)."""

    #: Certain: the text is this address.
    A = "A"
    #: Likely; a person must look.
    B = "B"
    #: A guess; a person must look.
    C = "C"


@dataclass(frozen=True, slots=True)
class WashResult:
    """What a text was taken for. Only the single candidate of category A may be used without a person."""

    category: WashCategory
    candidates: tuple[RegisteredAddress, ...]

    @property
    def certain(self) -> RegisteredAddress | None:
        """The address when the washing is certain and there is one candidate, else None."""
        return self.candidates[0] if self.category is WashCategory.A and len(self.candidates) == 1 else None
