"""Identifiers that people and other systems give: case numbers, KLE subjects, municipality codes; and our own ids.

What must stay true: an identifier keeps its leading zeros and the spelling of the system it comes from, and an error
says what it should have been without repeating what it was (people type CPR numbers into any field).
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final, LiteralString, Self

import uuid_utils.compat
from pydantic_core import CoreSchema

from foundation.errors import SagsgangError
from foundation.value_schema import text_value_schema

_KLE_SUBJECT: Final = r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}"
_KLE_FACET: Final = r"[A-ZÆØÅ][0-9]{2}"


class InvalidIdentifier(SagsgangError, ValueError):
    """A text is no identifier of this kind. The Danish message says what it should be and holds no part of the text."""

    code: ClassVar[LiteralString] = "invalid_identifier"


class CaseNumberShape(StrEnum):
    """The system whose manner of numbering a case number follows."""

    NOVA = "nova"
    SBSYS = "sbsys"
    GETORGANIZED = "getorganized"
    WORKZONE = "workzone"
    F2 = "f2"


_CASE_NUMBERS: Final = {
    CaseNumberShape.NOVA: re.compile(r"[A-Z][0-9]{4}-[0-9]{1,10}"),
    CaseNumberShape.SBSYS: re.compile(rf"{_KLE_SUBJECT}-{_KLE_FACET}-[0-9]{{1,10}}-[0-9]{{2}}"),
    CaseNumberShape.GETORGANIZED: re.compile(r"[A-ZÆØÅ]{2,6}-[0-9]{4}-[0-9]{1,10}"),
    CaseNumberShape.WORKZONE: re.compile(r"[0-9]{4}/[0-9]{1,4}-[0-9]{1,10}"),
    CaseNumberShape.F2: re.compile(r"[0-9]{4} - [0-9]{1,10}"),
}


@dataclass(frozen=True, slots=True, order=True)
class CaseNumber:
    """What people call a case (sagsnummer), spelled as its system spells it."""

    value: str

    def __post_init__(self) -> None:
        if not any(pattern.fullmatch(self.value) for pattern in _CASE_NUMBERS.values()):
            raise InvalidIdentifier(
                "Skriv sagsnummeret, som fagsystemet viser det, for eksempel S2022-12345 eller 27.00.00-G01-1-24."
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """The case number in ``text``, surrounding spaces allowed; raises ``InvalidIdentifier``."""
        return cls(text.strip())

    @property
    def shape(self) -> CaseNumberShape:
        """Whose manner of numbering it follows; no text fits two."""
        return next(shape for shape, pattern in _CASE_NUMBERS.items() if pattern.fullmatch(self.value))

    def __str__(self) -> str:
        return self.value

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> CoreSchema:
        """Validate from a text or an instance; write the text in JSON mode."""
        return text_value_schema(cls, parse=cls.parse, write=str, code=InvalidIdentifier.code, pattern="^.{6,40}$")


@dataclass(frozen=True, slots=True, order=True)
class Kle:
    """A KLE subject (KL Emnesystematik): main group ``27``, group ``27.00`` or subject ``27.00.00``, with a facet.

    The facet (handlingsfacet, ``G01``) stands only on a whole subject.
    """

    number: str
    facet: str | None = None

    def __post_init__(self) -> None:
        is_number = re.fullmatch(r"[0-9]{2}(\.[0-9]{2}){0,2}", self.number) is not None
        is_subject = re.fullmatch(_KLE_SUBJECT, self.number) is not None
        is_facet = self.facet is None or (is_subject and re.fullmatch(_KLE_FACET, self.facet) is not None)
        if not (is_number and is_facet):
            raise InvalidIdentifier("Skriv KLE-nummeret med punktummer, for eksempel 27.00.00 eller 27.00.00-G01.")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The KLE number in ``text``; a facet stands after a hyphen or a space. Raises ``InvalidIdentifier``."""
        number, _, facet = text.strip().replace(" ", "-").partition("-")
        return cls(number, facet or None)

    def __str__(self) -> str:
        return self.number if self.facet is None else f"{self.number}-{self.facet}"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> CoreSchema:
        """Validate from a text or an instance; write the text in JSON mode."""
        return text_value_schema(
            cls,
            parse=cls.parse,
            write=str,
            code=InvalidIdentifier.code,
            pattern=r"^[0-9]{2}(\.[0-9]{2}){0,2}([- ][A-ZÆØÅ][0-9]{2})?$",
        )


@dataclass(frozen=True, slots=True, order=True)
class MunicipalityCode:
    """A municipality's number (kommunekode): four digits, of which the first is a zero."""

    value: str

    def __post_init__(self) -> None:
        if re.fullmatch(r"0[0-9]{3}", self.value) is None:
            raise InvalidIdentifier("Skriv kommunekoden med fire cifre, for eksempel 0851.")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The code in ``text``, surrounding spaces allowed; raises ``InvalidIdentifier``."""
        return cls(text.strip())

    def __str__(self) -> str:
        return self.value

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> CoreSchema:
        """Validate from a text or an instance; write the text in JSON mode."""
        return text_value_schema(cls, parse=cls.parse, write=str, code=InvalidIdentifier.code, pattern="^0[0-9]{3}$")


def new_id() -> uuid.UUID:
    """A new UUID version 7 (RFC 9562): unique, and sorted by the time it was made."""
    return uuid_utils.compat.uuid7()
