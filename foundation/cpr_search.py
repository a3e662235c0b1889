"""CPR numbers in free text: in a citizen's message, a log line, an address of a web page.

What must stay true: whatever ``mask_cpr_numbers`` gives back holds no number that ``find_cpr_candidates`` finds. Both
would rather take one number too many for a CPR number than one too few.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from foundation.cpr import Cpr, InvalidCpr

#: Hyphen, dash or space between date and serial number, also as they look in a web address or in ``repr()``.
_SEPARATOR: Final = r"(?:\s?[-\u2010-\u2015\u2212]\s?|\s|\+|%(?:25)?(?:2D|20|A0)|%C2%A0|%E2%80%9[0-5]|\\x[aA]0)?"
#: A digit before the number makes it a part of something longer, unless that digit ends an escape (``%20``, ``\xa0``).
_NOT_WITHIN: Final = r"(?:(?<![0-9])|(?<=%[0-9A-F]{2})|(?<=\\x[0-9a-f]{2})|(?<=\\u[0-9a-f]{4}))"
_DATE: Final = r"(?:0[1-9]|[12][0-9]|3[01]|6[1-9]|[78][0-9]|9[01])(?:0[1-9]|1[0-2])[0-9]{2}"
_NUMBER: Final = rf"{_NOT_WITHIN}(?P<date>{_DATE}){_SEPARATOR}(?P<serial>[0-9]{{4}})(?![0-9])"
#: Digests and ids that we make ourselves. One in two hundred digests holds ten digits that look like a CPR number,
#: and a digest with stars in it proves nothing. A digest is only taken for one when it has a letter in it.
_OPAQUE: Final = (
    r"(?P<opaque>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
    r"|\b(?=[0-9]*[a-f])(?:[0-9a-f]{128}|[0-9a-f]{96}|[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})\b)"
)
_SEARCH: Final = re.compile(rf"{_OPAQUE}|{_NUMBER}", re.IGNORECASE)
#: Most texts have no six digits in a row, and this is far quicker to ask.
_HINT: Final = re.compile("[0-9]{6}")


@dataclass(frozen=True, slots=True)
class CprCandidate:
    """A stretch of a text, ``text[start:end]``, that reads as a CPR number with a day that the calendar has."""

    cpr: Cpr
    start: int
    end: int


def find_cpr_candidates(text: str) -> tuple[CprCandidate, ...]:
    """All that may be a CPR number, in order: six digits, perhaps a hyphen or space, four digits, and a real day.

    Replacement numbers (day 61 to 91) count. Modulus 11 is not asked: it holds for one number in eleven by chance and
    fails for real ones; a caller may use ``has_valid_checksum`` to raise its confidence. Numbers within a longer row
    of digits, a UUID or a digest do not count, and neither does ``DDMMYY-xxxx``.
    """
    return tuple(_candidates(text))


def mask_cpr_numbers(text: str) -> str:
    """The text with every candidate as ``DDMMYY-xxxx``."""
    pieces: list[str] = []
    position = 0
    for candidate in _candidates(text):
        pieces += (text[position : candidate.start], candidate.cpr.masked())
        position = candidate.end
    return text if not pieces else "".join((*pieces, text[position:]))


def _candidates(text: str) -> Iterator[CprCandidate]:
    if _HINT.search(text) is None:
        return
    for match in _SEARCH.finditer(text):
        if match["opaque"] is not None:
            continue
        # 30 February is no number; nothing that is one can begin within it, for its digits end where it ends.
        with suppress(InvalidCpr):
            yield CprCandidate(Cpr(match["date"] + match["serial"]), match.start(), match.end())
