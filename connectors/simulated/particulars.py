"""What CPR knows of a person beside name, status, protection and residence, with the field names of SF1520.

What must stay true: a group that CPR has nothing of is absent, and whether a protection runs is judged on the day.
"""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from connectors.simulated.residence import is_within

Lines = Annotated[tuple[Annotated[str, Field(max_length=34)], ...], Field(max_length=5)]


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True)


class Guardian(_Group):
    """Umyndiggørelse. ``kind`` is FULD or DELVIS; a guardian without a number has a name and lines of text."""

    is_incapacitated: bool = Field(default=True, alias="umyndiggjort")
    kind: Literal["FULD", "DELVIS"] = Field(alias="type")
    number: str | None = Field(default=None, alias="relationPersonnummer")
    name: str | None = Field(default=None, alias="relationVaergenavn")
    lines: Lines = Field(default=(), alias="relationtekst")
    from_day: date | None = Field(default=None, alias="startdato")
    ended_on: date | None = Field(default=None, alias="slettedato")


class LeavingDay(_Group):
    """A day with its mark of uncertainty."""

    day: date = Field(alias="dato")
    is_uncertain: bool = Field(default=False, alias="usikkerhedsmarkering")


class Departure(_Group):
    """Udrejse; without lines the address abroad is unknown."""

    country_code: str = Field(alias="udrejselandekode")
    country: str = Field(alias="udrejseland")
    left_on: LeavingDay = Field(alias="udrejsedato")
    lines: Lines = Field(default=(), alias="udlandsadresse")


class ContactAddress(_Group):
    """Kontaktadresse."""

    lines: Lines = Field(alias="kontaktAdr")
    from_day: date = Field(alias="startdato")
    to_day: date | None = Field(default=None, alias="slettedato")


class Custody(_Group):
    """A holder of custody over this child: 3 mother, 4 father, 5 and 6 another."""

    kind: Literal["3", "4", "5", "6"] = Field(alias="type")
    from_day: date | None = Field(default=None, alias="startdato")
    ended_on: date | None = Field(default=None, alias="slettedato")
    number: str | None = Field(default=None, alias="relationPersonnummer")


class Period(_Group):
    """The days of a protection."""

    from_day: date = Field(alias="startdato")
    to_day: date | None = Field(default=None, alias="slutdato")


class Particulars(_Group):
    """All of it, as the store keeps it in one column."""

    guardian: Guardian | None = Field(default=None, alias="umyndiggoerelse")
    departure: Departure | None = Field(default=None, alias="udrejseoplysninger")
    contact: ContactAddress | None = Field(default=None, alias="kontaktAdresse")
    directory: Period | None = Field(default=None, alias="vejviserbeskyttelse")
    marketing: Period | None = Field(default=None, alias="markedsfoeringsbeskyttelse")
    research: Period | None = Field(default=None, alias="forskerbeskyttelse")
    children: tuple[str, ...] = Field(default=(), alias="barn")
    mother: str | None = Field(default=None, alias="mor")
    father: str | None = Field(default=None, alias="far")
    custody: tuple[Custody, ...] = Field(default=(), alias="foraeldremyndighed")
    earlier_numbers: tuple[str, ...] = Field(default=(), alias="tidligerePersonnumre")
    #: Flyttepåbud; only the extract tells of it (record 021).
    relocation_order: str | None = Field(default=None, alias="flyttepaabud")
    relocation_day: date | None = Field(default=None, alias="flyttepaabudsdato")


NOTHING = Particulars()
_GROUPS = frozenset({"guardian", "departure", "contact"})
_PROTECTIONS = frozenset({"directory", "marketing", "research"})
_FAMILY = {"children", "mother", "father", "custody", "earlier_numbers"}


def read_particulars(row: sqlite3.Row) -> Particulars:
    """The particulars of this row of ``person``."""
    kept: str = row["particulars"]
    return NOTHING if kept == "{}" else Particulars.model_validate_json(kept)


def keep_particulars(particulars: Particulars) -> str:
    """The text for the column ``particulars``."""
    if particulars == NOTHING:
        return "{}"
    return particulars.model_dump_json(by_alias=True, exclude_defaults=True)


def spell_particulars(particulars: Particulars, today: date) -> dict[str, object]:
    """As SF1520 tells them: family and earlier numbers always, the other groups only where there is something."""
    told = particulars.model_dump(mode="json", by_alias=True, include=_FAMILY)
    for name in _GROUPS | _PROTECTIONS:
        group: _Group | None = getattr(particulars, name)
        if group is None:
            continue
        spelled = group.model_dump(mode="json", by_alias=True)
        if name in _PROTECTIONS:
            is_running = is_within(spelled["startdato"], spelled["slutdato"], today)
            spelled = {"beskyttet": is_running, **spelled}
        told[str(type(particulars).model_fields[name].alias)] = spelled
    return told
