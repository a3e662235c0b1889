"""What Nova takes: the bodies of its calls, with the lengths and spellings that it demands.

What must stay true: a body that does not fit is refused with the path of the field. The models marked as assumed
belong to calls that Nova's public API does not document.
"""

from __future__ import annotations

import base64
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, StringConstraints
from pydantic.alias_generators import to_camel

Progress = Literal["Opstaaet", "Oplyst", "Afgjort", "Bestilt", "Udfoert", "Afsluttet"]
DocumentType = Literal["Indgående", "Udgående", "Internt"]
IdentificationType = Literal["CprNummer", "CvrNummer", "Frit", "PNummer", "EsrNummer", "BfeNummer"]
#: What people read on one line has no control characters, and none that turn the direction of writing.
_ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]*$"
Title = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=_ONE_LINE)]
Text34 = Annotated[str, StringConstraints(max_length=34, pattern=_ONE_LINE)]
#: Assumed: how long a party's name may be.
PartyName = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_ONE_LINE)]
FourDigits = Annotated[str, StringConstraints(pattern=r"^(\d{4})?$")]


def _demand_base64(text: str) -> str:
    base64.b64decode(text, validate=True).decode()
    return text


class NovaBody(BaseModel):
    """JSON in camelCase, with types as they are in JSON."""

    model_config = ConfigDict(alias_generator=to_camel, strict=True, frozen=True)


class Common(NovaBody):
    """The envelope; ``uuid`` selects the object."""

    transaction_id: UUID
    uuid: UUID


class ReadCommon(NovaBody):
    """The envelope of a read, which need not select an object."""

    transaction_id: UUID
    uuid: UUID | None = None


class Paging(NovaBody):
    """Which rows; the first is row 1."""

    start_row: int = Field(ge=1, le=2**31)
    number_of_rows: int = Field(ge=1, le=500)
    calculate_total_number_of_rows: bool = False


class NumberFilter(NovaBody):
    """The case with this number."""

    user_friendly_case_number: str


class PartyFilter(NovaBody):
    """Cases on which this party is."""

    identification_type: IdentificationType
    identification: str
    participant_role: Literal["Primær", "Sekundær"] | None = None


class ProgressFilter(NovaBody):
    """One progress."""

    progress_state: Progress


class StatesFilter(NovaBody):
    """Cases in one of these."""

    states: list[ProgressFilter] = Field(min_length=1)


class CaseQuery(NovaBody):
    """The body of ``PUT api/Case/GetList``."""

    common: ReadCommon
    paging: Paging
    #: Our reading of "the uuid in common selects the object"; assumed.
    filter_by_uuid: bool = False
    case_attributes: NumberFilter | None = None
    case_party: PartyFilter | None = None
    states: StatesFilter | None = None
    case_get_output: dict[str, JsonValue] = Field(default_factory=dict)


class NoteAttributes(NovaBody):
    """What a journal note says; ``note`` is UTF-8 in base64."""

    journal_note_date: datetime
    title: Title
    journal_note_type: Literal["Bruger"]
    format: Literal["Text"]
    note: Annotated[str, AfterValidator(_demand_base64)]


class NewNote(NovaBody):
    """A journal note with the uuid that the client chose."""

    uuid: UUID
    approved: bool
    journal_note_attributes: NoteAttributes


class CaseUpdate(NovaBody):
    """The body of ``PATCH api/Case/Update``."""

    common: Common
    journal_notes: list[NewNote] = Field(min_length=1)


class PartyAddress(NovaBody):
    """Assumed: an address on a party. What is absent is the empty string.

    An address that has no such parts (abroad, no fixed abode) is up to five ``freeLines`` and a ``country``.
    """

    care_of: Text34
    locality: Text34
    road_name: Annotated[str, StringConstraints(max_length=40, pattern=_ONE_LINE)]
    house_number: Annotated[str, StringConstraints(pattern=r"^([1-9]\d{0,2}[A-Z]?)?$")]
    floor: Annotated[str, StringConstraints(pattern=r"^(st|kl|k[2-9]|[1-9]\d?)?$")]
    door: Annotated[str, StringConstraints(pattern=r"^[a-zæøå0-9/ -]{0,4}$")]
    town: Text34
    postal_code: FourDigits
    postal_district: Annotated[str, StringConstraints(max_length=20, pattern=_ONE_LINE)]
    municipality_code: FourDigits
    road_code: FourDigits
    address_uuid: Annotated[str, StringConstraints(max_length=36)]
    free_lines: list[Text34] = Field(default_factory=list, max_length=5)
    country: Text34 = ""


class PartyIndex(NovaBody):
    """A party of the case."""

    index: str


class PartyAddressUpdate(NovaBody):
    """Assumed: the body of ``PATCH api/Case/UpdatePartyAddress``. What is left out is left alone."""

    common: Common
    case_party: PartyIndex
    address: PartyAddress | None = None
    #: Kontaktadresse; one whose parts are all empty takes it away.
    contact_address: PartyAddress | None = None
    name_address_protected: bool | None = None
    name: PartyName | None = None


class DocumentQuery(NovaBody):
    """The body of ``PUT api/Document/GetList``; without ``paging`` the first 500 come."""

    common: ReadCommon
    case_uuid: UUID
    paging: Paging | None = None
    get_output: dict[str, JsonValue] = Field(default_factory=dict)


class NewTask(NovaBody):
    """The body of ``POST api/Task/Import``; ``common.uuid`` is the task's, chosen by the client."""

    common: Common
    case_uuid: UUID
    title: Title
    description: Annotated[str, StringConstraints(max_length=4000)]
    status_code: Literal["N", "S", "F"]
    task_type_name: Literal["Aktivitet"]
    deadline: date


class TaskQuery(NovaBody):
    """The body of ``PUT api/Task/GetList``."""

    common: ReadCommon
    paging: Paging
    case_uuid: UUID
