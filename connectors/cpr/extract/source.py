"""``PersonEvents`` over a folder of U12170-P files (SF6002: CPR's sFTP folder ``/IN``, mirrored here).

A block of a person is one event: a hint that something happened to him. What must stay true: no event of a file is
handed out before the whole file was checked; and a file that is missing between two deliveries is said aloud, by
record 000's day of the previous production (a quiet weekend is no hole, for the days tell).

A file of an older day than the bookmark is taken for one that was read. A late delivery of a day that CPR has gone past
is therefore not read: the hole was told when the next day's file came.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Final
from zoneinfo import ZoneInfo

from connectors.cpr.extract import faults
from connectors.cpr.extract.blocks import moved_on, read_person
from connectors.cpr.extract.checking import Delivery
from connectors.cpr.extract.cursor import Cursor, opened
from connectors.cpr.extract.faults import SYSTEM, Fault
from connectors.cpr.extract.folder import DropFile, DropFolder
from connectors.cpr.extract.layout import END, KNOWN, PERSON, PNR
from connectors.cpr.extract.lines import BadLine, decoded, raw_lines
from connectors.cpr.extract.people import ExtractPerson
from connectors.errors import CapabilityMissing, SchemaDrift, Unavailable
from connectors.records import EventBatch, PersonEvent, PersonEventKind
from foundation.cpr import Cpr, InvalidCpr
from foundation.logs import get_logger

log = get_logger(__name__)

_DANISH: Final = ZoneInfo("Europe/Copenhagen")
#: Room for the persons of one day in ``PersonEvent.sequence``.
_DAY_ROOM: Final = 10_000_000
#: Codes whose meaning the demo file's blocks show. CPR publishes no list, and every kind gives the same work.
_KINDS: Final = {
    "A01": PersonEventKind.ADDRESS,
    "A03": PersonEventKind.ADDRESS,
    "A05": PersonEventKind.ADDRESS,
    "A47": PersonEventKind.ADDRESS,
    "A13": PersonEventKind.NAME,
    "A74": PersonEventKind.STATUS,
    "P02": PersonEventKind.STATUS,
}


class ExtractPersonEvents:
    """``PersonEvents`` over a drop folder; safe to share between threads, one poll at a time."""

    def __init__(self, folder: Path) -> None:
        """The folder is read at every poll; nothing in it is ever changed or removed."""
        self._folder = DropFolder(folder)
        self._lock = Lock()
        #: Digest, persons before, byte: where the next block of the file that was read last begins.
        self._place = ("", 0, 0)

    @property
    def system(self) -> str:
        """``cpr_extract``."""
        return SYSTEM

    def poll(self, *, after: str | None, limit: int) -> EventBatch:
        """Persons after this cursor, at most ``limit`` and never of two files at once.

        Raises:
            DeliveryBroken: the next file is not whole or not as agreed; what came before it has been handed out.
            Unavailable: the folder or a file in it cannot be read.
            SchemaDrift: ``after`` is no cursor of this source.
        """
        cursor = None if after is None else _cursor(after)
        with self._lock:
            try:
                return self._poll(cursor, limit)
            except (OSError, BadLine, InvalidCpr):
                # The two last only when a file is changed between being checked and being read.
                error = Unavailable(SYSTEM, "poll")
        # Raised outside the handler: an OSError holds a path.
        raise error

    def subscribe(self, cpr: Cpr) -> None:
        """Not here: whom the files tell of is agreed with CPR. Always raises ``CapabilityMissing``."""
        del cpr
        raise _ordered_at_cpr("subscribe")

    def unsubscribe(self, cpr: Cpr) -> None:
        """Not here, as ``subscribe``. Always raises ``CapabilityMissing``."""
        del cpr
        raise _ordered_at_cpr("unsubscribe")

    def _poll(self, cursor: Cursor | None, limit: int) -> EventBatch:
        files = self._folder.files()
        _require_one_order(files)
        after = None if cursor is None else str(cursor)
        if cursor is not None and cursor.people is not None:
            return self._read(self._current(files, cursor), cursor, limit, has_gap=False, files=files)
        has_gap = False
        for file in files:
            if cursor is not None and self._was_read(file, cursor):
                continue
            delivery = self._folder.delivery(file)
            has_gap = has_gap or _is_missing_before(delivery, cursor)
            cursor = opened(cursor, delivery.header.produced, self._folder.name(file))
            _report(file, delivery)
            if delivery.people:
                return self._read((file, delivery), cursor, limit, has_gap=has_gap, files=files)
            cursor = cursor.at(None)
        return EventBatch((), after, has_gap=has_gap)

    def _was_read(self, file: DropFile, cursor: Cursor) -> bool:
        """Whether the file lies behind the cursor; of the cursor's own day those do whose content it names."""
        produced = file.header.produced
        return produced < cursor.day or (produced == cursor.day and self._folder.name(file) in cursor.files)

    def _current(self, files: Sequence[DropFile], cursor: Cursor) -> tuple[DropFile, Delivery]:
        """The file that was being read."""
        for file in files:
            if file.header.produced == cursor.day and self._folder.name(file) == cursor.current:
                return file, self._folder.delivery(file)
        raise faults.gone(cursor.day)

    def _read(
        self, found: tuple[DropFile, Delivery], cursor: Cursor, limit: int, *, has_gap: bool, files: Sequence[DropFile]
    ) -> EventBatch:
        file, delivery = found
        done = cursor.people or 0
        known, people, place = self._place
        start = place if (known, people) == (delivery.digest, done) else 0
        blocks = _blocks(file.path, start)
        skipped = 0 if start else done
        taken = list(islice(blocks, skipped, skipped + limit))
        if len(taken) < min(limit, delivery.people - done):
            raise BadLine(Fault.GONE)
        events = tuple(_event(delivery, cursor, done + at, lines) for at, (lines, _) in enumerate(taken, start=1))
        done += len(events)
        if taken:
            self._place = (delivery.digest, done, taken[-1][1])
        is_read = done >= delivery.people
        return EventBatch(
            events,
            str(cursor.at(None if is_read else done)),
            has_gap=has_gap,
            has_more=not is_read or _has_more(files, file),
        )


def _cursor(text: str) -> Cursor:
    try:
        return Cursor.parse(text)
    except ValueError:
        error = SchemaDrift(SYSTEM, "poll", "cursor")
    raise error


def read_people(path: Path) -> Iterator[ExtractPerson]:
    """The persons of one file, which the caller has had checked (``checking.check``)."""
    return (read_person(lines) for lines, _ in _blocks(path, 0))


def _blocks(path: Path, start: int) -> Iterator[tuple[list[str], int]]:
    """Each block of a checked file from this byte on, and the byte at which the next begins."""
    lines: list[str] = []
    with path.open("rb") as file:
        file.seek(start)
        here = start
        for raw in raw_lines(file):
            line = decoded(raw)
            record = line[:3]
            if lines and record in (PERSON, END):
                yield lines, here
                lines = []
            here += len(raw)
            if record == PERSON or (lines and record in KNOWN and KNOWN[record].is_about_person):
                lines.append(line)


def _event(delivery: Delivery, cursor: Cursor, number: int, lines: Sequence[str]) -> PersonEvent:
    header = delivery.header
    return PersonEvent(
        id=f"u12170:{header.order}:{header.produced.isoformat()}:{cursor.current}:{number}",
        sequence=header.produced.toordinal() * _DAY_ROOM + number,
        cpr=Cpr(lines[0][PNR]),
        kind=_kind(lines),
        registered_at=datetime.combine(header.produced, time(), _DANISH),
        effect_from=moved_on(lines),
        # A second, different delivery of the same day repeats most of the first.
        may_be_duplicate=len(cursor.files) > 1,
    )


def _kind(lines: Sequence[str]) -> PersonEventKind:
    """What most likely happened: an address before anything else, because that is what is asked about here."""
    codes = {line[25:28] for line in lines if line.startswith("099")}
    kinds = {_KINDS.get(code, PersonEventKind.OTHER) for code in codes}
    order = (PersonEventKind.ADDRESS, PersonEventKind.STATUS, PersonEventKind.NAME)
    return next((kind for kind in order if kind in kinds), PersonEventKind.OTHER)


def _is_missing_before(delivery: Delivery, cursor: Cursor | None) -> bool:
    """Whether CPR produced a file after the last that was read and before this one.

    The first delivery of an order names none before it; when something was read already, the chain was begun anew and
    what lies between is missing.
    """
    if cursor is None or delivery.header.produced == cursor.day:
        return False
    previous: date | None = delivery.header.previous
    return previous is None or previous > cursor.day


def _has_more(files: Sequence[DropFile], read: DropFile) -> bool:
    """Whether another file may follow; a repetition of one that was read is found out at the next poll."""
    return any(file.path != read.path and file.header.produced >= read.header.produced for file in files)


def _require_one_order(files: Sequence[DropFile]) -> None:
    for file in files:
        if file.header.order != files[0].header.order:
            raise faults.broken(file.path.name, 1, Fault.OTHER_ORDER)


def _report(file: DropFile, delivery: Delivery) -> None:
    """What CPR refused and what it confirmed goes to the log; numbers only, for the lines hold CPR numbers."""
    if delivery.errors or delivery.receipts or delivery.unknown_records:
        log.warning(
            "cpr_extract_notices",
            file=faults.safe_name(file.path.name),
            produced=delivery.header.produced.isoformat(),
            refused_lines=delivery.errors,
            error_numbers=delivery.error_numbers,
            ended_subscriptions=delivery.receipts,
            unknown_records=delivery.unknown_records,
        )


def _ordered_at_cpr(operation: str) -> CapabilityMissing:
    error = CapabilityMissing(SYSTEM, operation)
    error.advice = "Abonnementer på filer fra CPR bestilles hos CPR-kontoret. Tilføj eller fjern personen dér."
    return error
