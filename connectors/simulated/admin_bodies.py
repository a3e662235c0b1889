"""What the tester's own calls take.

What must stay true: an unknown field is refused here whatever the settings say, so that a misspelt order never passes.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, StringConstraints
from pydantic.alias_generators import to_camel

from connectors.simulated.faults import ROUTES, FaultKind
from connectors.simulated.nova_bodies import DocumentType, FourDigits, PartyAddress, PartyName, Text34, Title

Pnr = Annotated[str, StringConstraints(pattern=r"^[0-9]{10}$")]


def _demand_known(route: str) -> str:
    if route not in ROUTES:
        raise ValueError(route)
    return route


Route = Annotated[str, AfterValidator(_demand_known)]


class AdminBody(BaseModel):
    """JSON in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, strict=True, frozen=True)


class FaultOrder(AdminBody):
    """One fault for the plan; see ``faults.Fault``."""

    route: Route
    kind: FaultKind
    times: int = Field(default=1, ge=1)
    skip: int = Field(default=0, ge=0)
    seconds: float = Field(default=0.0, ge=0, le=86_400)
    retry_after: int = Field(default=0, ge=0)
    probability: float = Field(default=1.0, ge=0, le=1)
    seed: int = 0


class StormOrder(AdminBody):
    """A share of all calls goes wrong, reproducibly; see ``faults.Storm``. Without names it is all kinds and routes."""

    seed: int = 0
    share: float = Field(ge=0, le=1)
    kinds: list[FaultKind] | None = Field(default=None, min_length=1)
    routes: list[Route] | None = Field(default=None, min_length=1)


class MoveOrder(AdminBody):
    """A move. Without ``address`` to a random home; with ``stay`` at the present one, to change the c/o name only.

    With ``municipality_code`` the random home lies in that municipality.
    """

    personnummer: Pnr
    effect_from: date | None = None
    uncertain: bool = False
    address: dict[str, JsonValue] | None = None
    municipality_code: FourDigits | None = None
    care_of: Text34 | None = None
    locality: Text34 | None = None
    stay: bool = False


class ProtectOrder(AdminBody):
    """A protection on (until a day, or for good) or off; by default that of name and address."""

    personnummer: Pnr
    protected: bool
    kind: Literal["nameAddress", "directory", "marketing", "research"] = "nameAddress"
    until: date | None = None


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
    uncertain: int = Field(default=0, ge=0)
    late: int = Field(default=0, ge=0)
    away: int = Field(default=0, ge=0)
    corrections: int = Field(default=0, ge=0)
    deaths: int = Field(default=0, ge=0)
    emigrations: int = Field(default=0, ge=0)
    names: int = Field(default=0, ge=0)


class CaseOrder(AdminBody):
    """A case."""

    case: UUID


class PartyEdit(AdminBody):
    """A caseworker's own edit of a party."""

    case: UUID
    index: str
    address: PartyAddress | None = None
    contact_address: PartyAddress | None = None
    name_address_protected: bool | None = None
    name: PartyName | None = None


class DocumentOrder(AdminBody):
    """A document for a case; by default a letter that went out."""

    case: UUID
    title: Title = "Brev til borgeren"
    document_type: DocumentType = "Udgående"
    document_date: AwareDatetime
