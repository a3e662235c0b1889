"""Checking a whole delivered file before anything in it is used, in one pass and without holding it in memory.

What must stay true, and is checked in this order for every line:

1. only characters of ISO-8859-1 that can be printed;
2. 000 first, 999 last with the number of records between them, nothing after it;
3. a record number, and a length that this record can have;
4. every record about a person follows that person's 001;
5. each CPR number, date and number that we read is one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from connectors.cpr.extract import layout
from connectors.cpr.extract.days import read_moment
from connectors.cpr.extract.faults import Fault, broken
from connectors.cpr.extract.layout import KNOWN
from connectors.cpr.extract.lines import BadLine, check_line, check_unknown, decoded, is_cut_off, raw_lines

#: A person with a long life has some hundred lines; more than this is no person.
_MOST_LINES: Final = 20_000
#: How many of CPR's error numbers are kept for the log; the count is exact.
_KEPT_ERRORS: Final = 20


@dataclass(frozen=True, slots=True)
class Header:
    """Record 000. ``previous`` is None in the first delivery of an order."""

    order: str
    produced: date
    previous: date | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file that was checked. ``digest`` is the SHA-256 of its bytes in hex; ``people`` counts person blocks."""

    header: Header
    digest: str
    people: int
    lines: int
    #: Records whose numbers we do not know; counted and otherwise left alone.
    unknown_records: int
    #: Records 910: lines that we sent and CPR refused, and the first of their error numbers.
    errors: int
    error_numbers: tuple[str, ...]
    #: Records 997: subscriptions that were ended.
    receipts: int


def read_header(path: Path) -> Header:
    """Record 000 of a file; raises ``DeliveryBroken``."""
    try:
        with path.open("rb") as file:
            return _header(decoded(file.readline(layout.LONGEST_LINE)))
    except BadLine as bad:
        error = broken(path.name, 1, bad.fault)
    raise error


def check(path: Path) -> Delivery:
    """Read the whole file once; raises ``DeliveryBroken`` with the first line that is wrong."""
    checker = _Checker()
    number = 0
    with path.open("rb") as file:
        for raw in raw_lines(file):
            number += 1
            try:
                checker.take(raw)
            except BadLine as bad:
                error = broken(path.name, number, bad.fault)
                break
        else:
            if checker.has_ended:
                return checker.delivery()
            error = broken(path.name, number, Fault.NO_END if number else Fault.NO_START)
    # Raised outside the handler: the context of an error may hold what stood in the line.
    raise error


class _Checker:
    """What has been seen of one file so far."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._header: Header | None = None
        self._person = ""
        self._lines_of_person = 0
        self._people = 0
        self._lines = 0
        self._unknown = 0
        self._errors = 0
        self._error_numbers: list[str] = []
        self._receipts = 0
        self.has_ended = False

    def take(self, raw: bytes) -> None:
        """The next line; raises ``BadLine``."""
        self._digest.update(raw)
        line = decoded(raw)
        if self._header is None:
            self._header = _header(line)
            return
        if self.has_ended:
            raise BadLine(Fault.AFTER_END)
        if is_cut_off(raw):
            raise BadLine(Fault.NO_END)
        record = line[:3]
        if record == layout.END:
            self._end(line)
            return
        self._lines += 1
        known = KNOWN.get(record)
        if known is None:
            self._unknown += 1
            check_unknown(line)
            return
        if known.is_about_person:
            self._belongs(record, line[layout.PNR])
        check_line(line, known)
        self._note(record, line)

    def delivery(self) -> Delivery:
        """What the file came to."""
        if self._header is None:
            raise BadLine(Fault.NO_START)
        return Delivery(
            header=self._header,
            digest=self._digest.hexdigest(),
            people=self._people,
            lines=self._lines,
            unknown_records=self._unknown,
            errors=self._errors,
            error_numbers=tuple(self._error_numbers),
            receipts=self._receipts,
        )

    def _belongs(self, record: str, number: str) -> None:
        if record == layout.PERSON:
            self._person = number
            self._people += 1
            self._lines_of_person = 0
        elif number != self._person:
            raise BadLine(Fault.OTHER_PERSON)
        self._lines_of_person += 1
        if self._lines_of_person > _MOST_LINES:
            raise BadLine(Fault.TOO_MANY_LINES)

    def _note(self, record: str, line: str) -> None:
        match record:
            case layout.START:
                # Two files in one: what is between them has no end of its own.
                raise BadLine(Fault.NO_END)
            case layout.ERROR:
                self._errors += 1
                if len(self._error_numbers) < _KEPT_ERRORS:
                    self._error_numbers.append(layout.field(line, "FEJLNR"))
            case layout.RECEIPT:
                self._receipts += 1
            case _:
                pass

    def _end(self, line: str) -> None:
        check_line(line, KNOWN[layout.END])
        if int(layout.field(line, "TAELLER")) != self._lines:
            raise BadLine(Fault.WRONG_COUNT)
        self.has_ended = True


def _header(line: str) -> Header:
    if line[:3] != layout.START:
        raise BadLine(Fault.NO_START)
    check_line(line, KNOWN[layout.START])
    produced = _production_day(layout.field(line, "PRODDTO"))
    if produced is None:
        raise BadLine(Fault.WRONG_DATE)
    return Header(layout.field(line, "OPGAVENR"), produced, _production_day(layout.field(line, "PRODDTOFORRIG")))


def _production_day(written: str) -> date | None:
    try:
        found = read_moment(f"{written}0000")
    except ValueError:
        found = None
    if found is None or found.is_uncertain:
        raise BadLine(Fault.WRONG_DATE)
    return found.day
