"""What CPR tells of a person beside name, status and address: guardians, family, departure, earlier addresses.

The words are those of SF1520 and of the extract U12170-P (integration reference A.8.1, A.8.3). All values are frozen.
What must stay true: nothing here is worked out; each value repeats what CPR said, and what was not delivered is None or
empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from foundation.addresses import CivilAddress
from foundation.cpr import Cpr


@dataclass(frozen=True, slots=True)
class UncertainDate:
    """A date of CPR, which may carry a mark of uncertainty, or be unknown altogether."""

    day: date | None
    is_uncertain: bool = False


class GuardianshipKind(StrEnum):
    """Umyndiggørelse (værgemålsloven sections 5 to 7)."""

    #: Fuldt umyndiggjort: the guardian acts for the citizen.
    FULL = "full"
    #: Værgemål for particular matters, or samværge: the citizen acts in all others.
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class Guardianship:
    """A guardian, by number or, for institutions and people abroad, by lines of text only (ADR-25)."""

    kind: GuardianshipKind
    guardian: Cpr | None
    #: Name and address lines as CPR has them; only where there is no number.
    guardian_lines: tuple[str, ...] = ()
    from_day: date | None = None
    #: Slettedato: the day the guardianship ended; None while it runs.
    ended_on: date | None = None


@dataclass(frozen=True, slots=True)
class Departure:
    """Udrejse: where to and when, with up to five foreign address lines (none when CPR does not know them)."""

    country_code: str
    left_on: UncertainDate
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactAddress:
    """Kontaktadresse: where letters may be sent; never where the person lives (ADR-17)."""

    lines: tuple[str, ...]
    from_day: date | None = None
    to_day: date | None = None


@dataclass(frozen=True, slots=True)
class PastAddress:
    """An earlier registered address. ``is_annulled``: CPR took it back (retFortrydMarkering)."""

    address: CivilAddress
    moved_in: UncertainDate
    moved_out: UncertainDate
    is_annulled: bool = False


class CustodyKind(StrEnum):
    """Who has custody (forældremyndighed)."""

    MOTHER = "mother"
    FATHER = "father"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Custody:
    """One holder of custody over this child."""

    kind: CustodyKind
    holder: Cpr | None
    from_day: date | None = None
    ended_on: date | None = None


class OtherProtection(StrEnum):
    """Protections that do not concern an authority's own use (ADR-12c)."""

    #: Lokal vejviser (0002).
    LOCAL_DIRECTORY = "local_directory"
    #: Markedsføring (0003).
    MARKETING = "marketing"
    #: Forskning (0004); the meaning of the code is taken from recall, see the integration reference.
    RESEARCH = "research"


@dataclass(frozen=True, slots=True)
class Family:
    """Relations that the rules ask about; numbers only."""

    children: tuple[Cpr, ...] = ()
    #: Mother and father, as far as CPR has numbers for them.
    parents: tuple[Cpr, ...] = ()
    custody: tuple[Custody, ...] = ()
    #: Delt bopæl: the child lives with both parents; the residence address is still one.
    is_shared_residence: bool = False
