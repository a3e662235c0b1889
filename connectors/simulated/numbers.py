"""CPR and CVR numbers for invented parties.

What must stay true: a number made here fails modulus 11 and is not of 1 January, so it cannot be mistaken for that of
a living person whose number was given under the old rule, and it is never made twice.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

_CPR_WEIGHTS = (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
_CVR_WEIGHTS = (2, 7, 6, 5, 4, 3, 2, 1)
_FIRST_BIRTHDAY = date(1930, 1, 1)
_BIRTHDAYS = (date(2019, 12, 31) - _FIRST_BIRTHDAY).days


def passes_modulus_11(number: str) -> bool:
    """Whether the ten digits have the old check digit (CPR-kontoret, "Personnummeret i CPR-systemet")."""
    return sum(int(digit) * weight for digit, weight in zip(number, _CPR_WEIGHTS, strict=True)) % 11 == 0


def birthday(number: str) -> date:
    """The day of birth that the ten digits tell, by the table of digit 7; raises ``ValueError`` where there is none."""
    year, seventh = int(number[4:6]), int(number[6])
    if seventh <= 3:  # noqa: PLR2004 - the table of centuries is made of such limits.
        century = 1900
    elif seventh in {4, 9}:
        century = 2000 if year <= 36 else 1900  # noqa: PLR2004 - the same table.
    else:
        century = 2000 if year <= 57 else 1800  # noqa: PLR2004 - the same table.
    return date(century + year, int(number[2:4]), int(number[0:2]))


def make_cpr(random: Random, taken: set[str]) -> str:
    """A test number that is not in ``taken``; it is added there."""
    while True:
        born = _FIRST_BIRTHDAY + timedelta(days=random.randrange(_BIRTHDAYS))
        if (born.day, born.month) == (1, 1):
            continue
        seventh = random.choice("0123") if born.year < 2000 else random.choice("45")  # noqa: PLR2004 - a century.
        number = f"{born:%d%m%y}{seventh}{random.randrange(1000):03d}"
        if number not in taken and not passes_modulus_11(number):
            taken.add(number)
            return number


def make_cvr(random: Random) -> str:
    """Eight digits that fail CVR's own modulus 11, so no company has them."""
    while True:
        number = f"{random.randrange(10_000_000, 100_000_000)}"
        if sum(int(digit) * weight for digit, weight in zip(number, _CVR_WEIGHTS, strict=True)) % 11:
            return number
