"""The CPR number (personnummer): the one parser and the one value.

A CPR number names a person for life, so it is the value that leaks worst and most easily. What must stay true: the
clear digits come out through ``digits`` and ``hyphenated()`` only; every way in which Python turns a value into text
by itself (print, format, repr, an exception, a log line) gives the masked form.
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from functools import total_ordering
from typing import ClassVar, Final, LiteralString, NoReturn, Self, final

from pydantic_core import CoreSchema

from foundation import cpr_digits
from foundation.errors import SagsgangError
from foundation.value_schema import text_value_schema

_SHAPE: Final = re.compile(r"([0-9]{6})-?([0-9]{4})")
_MASKED_SHAPE: Final = re.compile(r"[0-9]{6}-?[xX*]{4}")


class CprKind(StrEnum):
    """What kind of number it is."""

    ORDINARY = "ordinary"
    #: Erstatningspersonnummer: made up locally for a person without a CPR number; never looked up in CPR.
    REPLACEMENT = "replacement"


class CprFault(StrEnum):
    """Why a text is no CPR number."""

    EMPTY = "empty"
    WRONG_SHAPE = "wrong_shape"
    MASKED = "masked"
    IMPOSSIBLE_DATE = "impossible_date"


class InvalidCpr(SagsgangError, ValueError):
    """A text is no CPR number. Neither the message, which is Danish, nor any attribute holds a part of the text."""

    code: ClassVar[LiteralString] = "invalid_cpr"

    def __init__(self, reason: CprFault) -> None:
        self.reason = reason
        #: What a person can do about it; also the message.
        self.advice = _ADVICE[reason]
        super().__init__(self.advice)


_ADVICE: Final = {
    CprFault.EMPTY: "Skriv borgerens CPR-nummer.",
    CprFault.WRONG_SHAPE: "Skriv CPR-nummeret med ti cifre, DDMMÅÅNNNN eller DDMMÅÅ-NNNN.",
    CprFault.MASKED: "CPR-nummeret er sløret. Skriv alle ti cifre.",
    CprFault.IMPOSSIBLE_DATE: "De første seks cifre er ikke en dato. Kontrollér CPR-nummeret for tastefejl.",
}


@final
@total_ordering
class Cpr:
    """A CPR number; equal, hashed and ordered by its digits.

    It is no dataclass, because ``dataclasses.asdict`` would take the digits out. pydantic takes an instance or a text.
    In JSON mode pydantic writes the **clear digits**: our JSON goes into sealed columns only. Never hand it to a page,
    a log or a message; write ``masked()`` there. A pickle would hold the clear digits as well.
    """

    __slots__ = ("_digits",)
    _digits: str

    def __init__(self, text: str) -> None:
        object.__setattr__(self, "_digits", _checked_digits(text))

    @classmethod
    def parse(cls, text: str) -> Self:
        """The number in ``text``: ``DDMMYYNNNN`` or ``DDMMYY-NNNN``, surrounding spaces allowed.

        Modulus 11 never rejects: CPR has given out numbers that fail it since 2007 (CPR-kontoret); see
        ``has_valid_checksum``. Raises ``InvalidCpr``.
        """
        return cls(text)

    @property
    def digits(self) -> str:
        """The ten digits in clear."""
        return self._digits

    def hyphenated(self) -> str:
        """``DDMMYY-NNNN`` in clear."""
        return f"{self._digits[:6]}-{self._digits[6:]}"

    def masked(self) -> str:
        """``DDMMYY-xxxx``: what screens, logs and errors show."""
        return f"{self._digits[:6]}-xxxx"

    @property
    def birth_date(self) -> date:
        """The day of birth that the number tells; for a replacement number the day without the 60."""
        return cpr_digits.birth_date(self._digits)

    @property
    def kind(self) -> CprKind:
        """Ordinary, or a replacement number (day of birth 61 to 91)."""
        return CprKind.REPLACEMENT if cpr_digits.is_replacement(self._digits) else CprKind.ORDINARY

    @property
    def has_valid_checksum(self) -> bool:
        """Whether modulus 11 holds. False proves nothing; at most it is a reason to look again."""
        return cpr_digits.has_valid_checksum(self._digits)

    def __str__(self) -> str:
        return self.masked()

    def __repr__(self) -> str:
        return f"Cpr({self.masked()})"

    def __format__(self, spec: str) -> str:
        return format(self.masked(), spec)

    def __eq__(self, other: object) -> bool:
        return self._digits == other._digits if isinstance(other, Cpr) else NotImplemented

    def __lt__(self, other: Cpr) -> bool:
        return self._digits < other._digits

    def __hash__(self) -> int:
        return hash(self._digits)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a Cpr is frozen: {name} cannot be set")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a Cpr is frozen: {name} cannot be deleted")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (self._digits,)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> CoreSchema:
        """Validate from a text or an instance without the input in errors; write clear digits in JSON mode only."""
        return text_value_schema(
            cls, parse=cls.parse, write=lambda cpr: cpr.digits, code=InvalidCpr.code, pattern="^[0-9]{6}-?[0-9]{4}$"
        )


def _checked_digits(text: str) -> str:
    trimmed = text.strip()
    if not trimmed:
        raise InvalidCpr(CprFault.EMPTY)
    match = _SHAPE.fullmatch(trimmed)
    if match is None:
        raise InvalidCpr(CprFault.MASKED if _MASKED_SHAPE.fullmatch(trimmed) else CprFault.WRONG_SHAPE)
    digits = match[1] + match[2]
    try:
        cpr_digits.birth_date(digits)
    except ValueError:
        # "from None": the chained error would be harmless today, but nobody promises what it will say tomorrow.
        raise InvalidCpr(CprFault.IMPOSSIBLE_DATE) from None
    return digits
