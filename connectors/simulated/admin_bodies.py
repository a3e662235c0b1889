"""What the tester's own calls take.

What must stay true: an unknown field is refused here whatever the settings say, so that a misspelt order never passes.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator
from pydantic.alias_generators import to_camel

from connectors.simulated.faults import ROUTES, FaultKind
from connectors.simulated.nova_bodies import PartyAddress, Text34

Pnr = Annotated[str, StringConstraints(pattern=r"^[0-9]{10}$")]


class AdminBody(BaseModel):
    """JSON in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, strict=True, frozen=True)


class FaultOrder(AdminBody):
    """One fault for the plan; see ``faults.Fault``."""

    route: str
    kind: FaultKind
    times: int = Field(default=1, ge=1)
    skip: int = Field(default=0, ge=0)
    seconds: float = Field(default=0.0, ge=0, le=600)
    retry_after: int = Field(default=0, ge=0)
    probability: float = Field(default=1.0, ge=0, le=1)
    seed: int = 0

    @field_validator("route")
    @classmethod
    def _is_known(cls, route: str) -> str:
        if route not in ROUTES:
            raise ValueError(route)
        return route


class MoveOrder(AdminBody):
    """A move. Without ``address`` to a random home; with ``stay`` at the present one, to change the c/o name only."""

    personnummer: Pnr
    effect_from: date | None = None
    address: dict[str, str] | None = None
    care_of: Text34 | None = None
    stay: bool = False


class ProtectOrder(AdminBody):
    """Name and address protection on or off."""

    personnummer: Pnr
    protected: bool


class StatusOrder(AdminBody):
    """Another status code."""

    personnummer: Pnr
    status: Literal["1", "3", "5", "7", "20", "30", "50", "60", "70", "80", "90"]


class RepeatOrder(AdminBody):
    """An event to be sent once more."""

    eventid: str


class GapOrder(AdminBody):
    """So many event numbers get lost."""

    count: int = Field(default=1, ge=1)


class NightOrder(AdminBody):
    """A night; see ``nights.Order``."""

    moves: int = Field(ge=0)
    seed: int = 0
    protected: int = Field(default=0, ge=0)
    care_of: int = Field(default=0, ge=0)
    duplicates: int = Field(default=0, ge=0)
    future: int = Field(default=0, ge=0)


class CaseOrder(AdminBody):
    """A case."""

    case: UUID


class PartyEdit(AdminBody):
    """A caseworker's own edit of a party."""

    case: UUID
    index: str
    address: PartyAddress | None = None
    name_address_protected: bool | None = None
