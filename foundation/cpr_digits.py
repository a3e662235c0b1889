"""What the ten digits of a CPR number tell: the day of birth, the kind and the check (source: CPR-kontoret).

What must stay true: these are rules about digits and nothing else; whether a text is a number at all is for
``foundation.cpr``.
"""

from __future__ import annotations

from datetime import date
from typing import Final

_WEIGHTS: Final = (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
#: Added to the day of birth in a replacement number (erstatningspersonnummer).
_REPLACEMENT_OFFSET: Final = 60


def birth_date(digits: str) -> date:
    """The day of birth, without the 60 of a replacement number. Raises ``ValueError`` when there is no such day."""
    day, month, two_digit_year = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    if is_replacement(digits):
        day -= _REPLACEMENT_OFFSET
    return date(_century(int(digits[6]), two_digit_year) + two_digit_year, month, day)


def is_replacement(digits: str) -> bool:
    """Whether the day of birth is 61 or more."""
    return int(digits[:2]) > _REPLACEMENT_OFFSET


def has_valid_checksum(digits: str) -> bool:
    """Whether modulus 11 holds."""
    return sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True)) % 11 == 0


def _century(seventh_digit: int, two_digit_year: int) -> int:
    """The century from the seventh digit and the two-digit year."""
    if seventh_digit <= 3:  # noqa: PLR2004 - The limits are the table itself; a name each would hide it.
        return 1900
    if seventh_digit in {4, 9}:
        return 2000 if two_digit_year <= 36 else 1900  # noqa: PLR2004 - As above.
    return 2000 if two_digit_year <= 57 else 1800  # noqa: PLR2004 - As above.
