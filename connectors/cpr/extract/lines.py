"""One line of the extract: reading it from the file, and whether it can be what it says it is.

What must stay true: a line that passed ``check_line`` has, in every field that we read, something of the field's kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO, Final
from uuid import UUID

from connectors.cpr.extract import layout
from connectors.cpr.extract.days import read_day, read_moment
from connectors.cpr.extract.faults import Fault
from connectors.cpr.extract.layout import Kind, Layout
from connectors.records import PersonStatus
from foundation.cpr import Cpr, InvalidCpr

#: The control characters of ISO-8859-1, which are also what betrays most files in UTF-8.
_UNPRINTABLE: Final = bytes((*range(0x20), *range(0x7F, 0xA0)))
_NO_CPR: Final = frozenset({"", "0" * 10})
_STATUSES: Final = frozenset(status.value.zfill(2) for status in PersonStatus)


class BadLine(Exception):
    """A line has a fault; never leaves this package."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(fault)


def raw_lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines with their ends; one that is too long for an extract comes in pieces, so memory stays bounded."""
    return iter(partial(file.readline, layout.LONGEST_LINE + 2), b"")


def decoded(raw: bytes) -> str:
    """A line without its end; raises ``BadLine``."""
    line = raw.removesuffix(b"\n").removesuffix(b"\r")
    if len(line.translate(None, _UNPRINTABLE)) != len(line):
        raise BadLine(Fault.UNREADABLE)
    return line.decode("iso-8859-1")


def is_cut_off(raw: bytes) -> bool:
    """Whether the file stops within this line. Behind a whole record 999 the line end may be missing."""
    is_last = not raw.endswith(b"\n") and len(raw) <= layout.LONGEST_LINE
    return is_last and not (raw.startswith(layout.END.encode()) and len(raw) >= layout.KNOWN[layout.END].least)


def check_line(line: str, known: Layout) -> None:
    """Raises ``BadLine`` unless the line has a length that its record can have, and fields of the right kinds."""
    if not known.least <= len(line) <= known.length:
        raise BadLine(Fault.WRONG_LENGTH)
    kind = Kind.TEXT
    try:
        for kind, where in known.checks:
            _CHECKS[kind](line[where])
    except InvalidCpr:
        fault = Fault.WRONG_CPR
    except ValueError:
        fault = _FAULTS[kind]
    else:
        return
    raise BadLine(fault)


def check_unknown(line: str) -> None:
    """Raises ``BadLine`` unless the line begins with a record number and is no longer than a record can be."""
    record = line[: len(layout.START)]
    if not (record.isascii() and record.isdigit() and len(record) == len(layout.START)):
        raise BadLine(Fault.NO_RECORD)
    if len(line) > layout.LONGEST_LINE:
        raise BadLine(Fault.WRONG_LENGTH)


def _digits(text: str) -> None:
    if not (text.isascii() and text.isdigit()):
        raise ValueError


def _moment(text: str) -> None:
    _digits(text)
    read_moment(text)


def _status(text: str) -> None:
    if text not in _STATUSES:
        raise ValueError


def _maybe_cpr(text: str) -> None:
    if text.strip() not in _NO_CPR:
        Cpr(text)


def _maybe_id(text: str) -> None:
    if text.strip():
        UUID(text.strip())


_CHECKS: Final[dict[Kind, Callable[[str], object]]] = {
    Kind.NUMBER: _digits,
    Kind.STATUS: _status,
    Kind.CPR: Cpr,
    Kind.MAYBE_CPR: _maybe_cpr,
    Kind.MOMENT: _moment,
    Kind.MAYBE_MOMENT: read_moment,
    Kind.DAY: read_day,
    Kind.MAYBE_ID: _maybe_id,
}
_FAULTS: Final = {
    Kind.NUMBER: Fault.WRONG_NUMBER,
    Kind.STATUS: Fault.WRONG_STATUS,
    Kind.MOMENT: Fault.WRONG_DATE,
    Kind.MAYBE_MOMENT: Fault.WRONG_DATE,
    Kind.DAY: Fault.WRONG_DATE,
    Kind.MAYBE_ID: Fault.WRONG_ID,
}
