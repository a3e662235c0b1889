"""Tables for Danish Excel: semicolons, a byte order mark, and no cell that is taken for a formula.

What must stay true: whatever a text begins with, the spreadsheet shows it and calculates nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from typing import Protocol

#: UTF-8 with the byte order mark by which Excel knows it.
ENCODING = "utf-8-sig"
#: What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class TextSink(Protocol):
    """What text is written to."""

    def write(self, text: str, /) -> object:
        """Take some text."""


def write_table(file: TextSink, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a heading and rows, one at a time, to what was opened with ``ENCODING`` and ``newline=""``."""
    writer = csv.writer(file, delimiter=";")
    writer.writerow(columns)
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)


def safe_cell(text: str) -> str:
    """The text, with an apostrophe before it when a spreadsheet would calculate it."""
    return f"'{text}" if text.startswith(_FORMULA) else text
