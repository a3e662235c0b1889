"""A person as one block of the extract describes him, to compare with what CPR answers or a case shows.

What must stay true: a value repeats what the block said; whether a protection stands is asked with a day in hand,
because a row of protection may be over, or may not have begun.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from connectors.person_details import (
    ContactAddress,
    Departure,
    Family,
    Guardianship,
    OtherProtection,
    PastAddress,
    UncertainDate,
)
from connectors.records import AddressProtection, PersonStatus
from foundation.addresses import CivilAddress
from foundation.cpr import Cpr


@dataclass(frozen=True, slots=True)
class ProtectionRow:
    """Record 004. ``kind`` is None for name and address protection (0001)."""

    kind: OtherProtection | None
    from_day: date | None
    #: The day from which it no longer stands; may lie ahead, and is a day of 2101 for "until further notice".
    to_day: date | None

    def stands_on(self, day: date) -> bool:
        """Whether it stands on this day; a row without a first day has always stood."""
        has_begun = self.from_day is None or self.from_day <= day
        return has_begun and (self.to_day is None or day < self.to_day)


@dataclass(frozen=True, slots=True)
class ExtractAddress:
    """Records 002 and 003: the present address and the move that led to it."""

    address: CivilAddress
    moved_in: UncertainDate
    moved_into_municipality: UncertainDate
    #: Four digits; empty when he did not come from another municipality.
    moved_from_municipality: str
    moved_from_on: UncertainDate
    #: Supplementary address lines, for example for a road code of the municipality's own.
    supplementary_lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EarlierNumber:
    """Record 022: a number that he had before."""

    cpr: Cpr
    from_day: UncertainDate
    to_day: UncertainDate


@dataclass(frozen=True, slots=True)
class Marriage:
    """Record 012. ``code`` is CPR's letter: U, G, F, E, P, O, L or D."""

    code: str
    spouse: Cpr | None
    since: UncertainDate


@dataclass(frozen=True, slots=True, repr=False)
class ExtractPerson:
    """All of one block; a block is complete, so what is not here does not stand in CPR or was not ordered."""

    cpr: Cpr
    #: The number in force; differs from ``cpr`` after a change of number.
    current_cpr: Cpr
    status: PersonStatus
    status_day: UncertainDate
    birth_day: UncertainDate
    addressing_name: str
    #: First, middle and last names, empty where there are none.
    names: tuple[str, str, str]
    home: ExtractAddress | None
    protections: tuple[ProtectionRow, ...]
    departure: Departure | None
    contact_address: ContactAddress | None
    disappeared_on: UncertainDate | None
    marriage: Marriage | None
    family: Family
    guardianship: Guardianship | None
    #: Flyttepåbud (record 021); empty where there is none.
    relocation_order: str
    earlier_numbers: tuple[EarlierNumber, ...]
    #: Newest first; without road names and postcodes, which the extract does not hold.
    history: tuple[PastAddress, ...]
    #: Codes of record 099.
    events: tuple[str, ...]

    def __repr__(self) -> str:
        return "ExtractPerson(***)"

    def protection(self, today: date) -> AddressProtection:
        """Name and address protection today; with the days of the row that stands, else of the one that ends last."""
        rows = [row for row in self.protections if row.kind is None]
        standing = [row for row in rows if row.stands_on(today)]
        shown = max(standing or rows, key=lambda row: row.to_day or date.max, default=None)
        if shown is None:
            return AddressProtection(is_protected=False)
        return AddressProtection(is_protected=bool(standing), from_day=shown.from_day, to_day=shown.to_day)

    def other_protections(self, today: date) -> frozenset[OtherProtection]:
        """The other protections that stand today."""
        return frozenset(row.kind for row in self.protections if row.kind is not None and row.stands_on(today))
