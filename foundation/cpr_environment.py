"""Which CPR numbers may be used where: invented people in tests, real people in production.

What must stay true: outside production no number of a living person is handled, and in production no published test
number is. A number of a real citizen is never refused in production because modulus 11 fails for it.
"""

from __future__ import annotations

from typing import ClassVar, Final

from foundation.cpr import Cpr
from foundation.errors import SagsgangError

#: Numbers that public bodies have published as test or demo persons: KOMBIT's external test, CPR-kontoret's demo
#: extract, the Agency for Digital Government's MeMo samples, the health service's test patients and the ITK tests.
_TABLE: Final = """
    1012620000 1012620001 1012620002 1012620003
    0709614592 0709614673 0709614126 0904414131 0909610028 0709614134 0709614738 0707614293 0108610018 0107529039
    0709614452 0707614285 0709614495 0709614169 1307610015 0702614147 0108610069 0709610015 0708614246 0307610078
    0709614398 0909610036 1312814362 0708614335 0709614258 0101980014 0708614327 0901414084 0101520013 0712614382
    0712610018 0709614096 0708614963
    2211771212 2512169996 2209632740 2512489996
    0101920000 0101154000 0101925000 0101929000
"""
_PUBLISHED: Final = frozenset(_TABLE.split())


class CprNotAllowedHere(SagsgangError):
    """A CPR number does not belong in this environment. The message holds no part of it."""

    code: ClassVar[str] = "cpr_not_allowed_here"


class TestNumberRefused(CprNotAllowedHere):
    """A published test number was met in production."""

    #: pytest collects what is called Test, unless it says no.
    __test__: ClassVar[bool] = False
    code = "test_number_refused"

    def __init__(self) -> None:
        super().__init__("Nummeret er et offentliggjort testnummer, som afvises i produktion. Fjern det fra sagen.")


class RealNumberRefused(CprNotAllowedHere):
    """A number that may be a real person's was met outside production."""

    code = "real_number_refused"

    def __init__(self) -> None:
        super().__init__("Nummeret kan være en rigtig borgers. Brug kun testnumre uden for produktion.")


def is_published_test_number(cpr: Cpr) -> bool:
    """Whether a public body has published the number as a test or demo person (integration reference D.1)."""
    return cpr.digits in _PUBLISHED


def is_marked_test(cpr: Cpr) -> bool:
    """Whether the number is published, or made as our generator makes them.

    Ours fail modulus 11 and are not born on 1 January, the day for which CPR has given out most of the real numbers
    that fail it. A real number can be made so as well, though seldom.
    """
    is_new_year = (cpr.birth_date.month, cpr.birth_date.day) == (1, 1)
    return is_published_test_number(cpr) or (not cpr.has_valid_checksum and not is_new_year)


def require_allowed_here(cpr: Cpr, *, is_production: bool) -> None:
    """Refuse a number that does not belong in the environment (integration reference C.3, rule 7).

    In production only published numbers are refused: to refuse all that fail modulus 11 would shut out real citizens
    (C.3, rule 5). Raises ``TestNumberRefused`` or ``RealNumberRefused``.
    """
    if is_production and is_published_test_number(cpr):
        raise TestNumberRefused
    if not is_production and not is_marked_test(cpr):
        raise RealNumberRefused
