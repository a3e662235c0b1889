"""What the tester's calls about the rarer happenings of CPR take.

What must stay true: no number can be given out here that could be a living person's: it is published as a test number,
or fails modulus 11 and is not of 1 January.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from connectors.simulated.admin_bodies import AdminBody, Pnr
from connectors.simulated.numbers import birthday, passes_modulus_11
from connectors.simulated.published import PEOPLE

_PUBLISHED = frozenset(person.pnr for person in PEOPLE)
_NEW_YEAR = (1, 1)

Name = Annotated[str, StringConstraints(min_length=1, max_length=50, strip_whitespace=True)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=34)]
ForeignLines = Annotated[list[Line], Field(max_length=5)]
CountryCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]


def _demand_test_number(number: str) -> str:
    born = birthday(number)
    if number not in _PUBLISHED and (passes_modulus_11(number) or (born.day, born.month) == _NEW_YEAR):
        raise ValueError(number)
    return number


TestNumber = Annotated[Pnr, AfterValidator(_demand_test_number)]


class PersonOrder(AdminBody):
    """Something that needs no more than the person."""

    personnummer: Pnr


class DayOrder(PersonOrder):
    """Something that happened on a day, by default today."""

    day: date | None = None


class EmigrationOrder(DayOrder):
    """A departure; without ``lines`` the address abroad is unknown."""

    country_code: CountryCode
    country: Line
    lines: ForeignLines = Field(default_factory=list)


class NameOrder(PersonOrder):
    """The whole name."""

    given: Name
    middle: Annotated[str, StringConstraints(max_length=40, strip_whitespace=True)] = ""
    surname: Name


class GuardianOrder(PersonOrder):
    """A guardian, by number or by name and lines; with ``ended`` the guardianship ended on that day."""

    kind: Literal["FULD", "DELVIS"]
    guardian: Pnr | None = None
    name: Line | None = None
    lines: ForeignLines = Field(default_factory=list)
    from_day: date | None = None
    ended: date | None = None


class CustodyOrder(PersonOrder):
    """A holder of custody over this child; of the same kind there is one at a time."""

    kind: Literal["3", "4", "5", "6"]
    holder: Pnr | None = None
    from_day: date | None = None
    ended: date | None = None


class ContactOrder(PersonOrder):
    """A contact address; without lines the present one ends."""

    lines: ForeignLines = Field(default_factory=list)
    from_day: date | None = None
    ended: date | None = None


class NumberOrder(PersonOrder):
    """Another number."""

    new_personnummer: TestNumber
