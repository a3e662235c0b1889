"""Verifying the record: the numbered list of what must be shown, and a Danish sentence for each.

    1.  every body hashes to its leaf
    2.  no leaf is missing; every leaf has its event or is pruned, every event its leaf
    3.  the tree rebuilt from the leaves is the stored one
    4.  every checkpoint is signed by a known key
    5.  every checkpoint is the tree as it was, so that each goes on from the one before
    6.  the copies outside the database, and the signer's memory, are the database's checkpoints
    7.  the columns beside a body repeat it, and it is in canonical form
    8.  time goes forward
    9.  nothing waits too long; how wide the unanchored window is
    10. the sealed details are those the events are bound to
    11. no business row without event, no event without business row

What the caller must still do: bring the keys from somewhere else than the database, and look into the rest that no log
can show (``docs/adr/0013``): an event edited after the last checkpoint, and one that was never written. What must stay
true: a broken obligation is an exception with a sentence, never a value that can be overlooked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text
from sqlmodel import Session

from audit.checkpoints import Checkpoint
from audit.driver_sql import as_time
from audit.errors import VerificationError
from audit.notes import VerifierKey
from audit.obligations.anchors import examine_consistency, examine_copies, examine_signatures
from audit.obligations.business import Business, BusinessRecords
from audit.obligations.contents import Columns, OrderOfTime
from audit.obligations.details import examine_details
from audit.obligations.finding import BrokenError, Finding, Verdict
from audit.obligations.leaves import Bodies, Holes, Tree
from audit.obligations.waiting import examine_waiting
from audit.obligations.walk import Examiner, walk
from audit.write_once import WriteOnceFolder
from foundation.database import Database

_THOROUGH_ONLY = "Ikke efterprøvet: der blev kun bedt om en hurtig kontrol."


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What is known beforehand, from outside the database."""

    origin: str
    keys: Sequence[VerifierKey]
    #: None where there is no such folder.
    copies: WriteOnceFolder | None = None
    #: What the signer remembers; None where it cannot be asked.
    last_signed: Checkpoint | None = None
    business: Sequence[BusinessRecords] = ()
    longest_wait: timedelta = timedelta(minutes=15)
    longest_window: timedelta = timedelta(hours=24)
    #: False: obligations 1 to 6 and 9 only, which need no body to be read beyond its hash.
    is_thorough: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """What was looked at, in order. ``size``: leaves in the tree."""

    findings: tuple[Finding, ...]
    size: int

    @property
    def broken(self) -> tuple[Finding, ...]:
        """The obligations that do not hold."""
        return tuple(one for one in self.findings if one.verdict is Verdict.BROKEN)

    def lines(self) -> list[str]:
        """One line for each obligation."""
        return [one.to_line() for one in self.findings]

    def require_whole(self) -> None:
        """Refuse a record that is not whole.

        Raises:
            VerificationError: with the first broken obligation's sentence; ``diagnostics()`` has all of them.
        """
        if self.broken:
            raise VerificationError(self.broken[0].sentence, self.lines())


def verify(database: Database, expected: Expected, *, now: datetime) -> Report:
    """Look at everything; see ``examine``.

    Raises:
        VerificationError: when any obligation is broken.
    """
    report = examine(database, expected, now=now)
    report.require_whole()
    return report


def examine(database: Database, expected: Expected, *, now: datetime) -> Report:
    """Look at every obligation, also when an earlier one is broken.

    Args:
        database: the database; it is only read, in one transaction that sees one state of it.
        expected: what is known from outside.
        now: the time, for what has waited too long.

    Returns:
        The findings, in the order of the obligations.
    """
    with database.read() as session:
        connection = session.connection()
        examiners: list[Examiner] = [Bodies(), Holes(connection), Tree(connection)]
        if expected.is_thorough:
            examiners += [Columns(), OrderOfTime()]
            if expected.business:
                examiners.append(Business(session, expected.business, since=_pruned_until(session)))
        findings = _walk(connection, examiners, is_thorough=expected.is_thorough)
        acts: dict[int, Callable[[], str]] = {
            4: lambda: examine_signatures(connection, expected.keys),
            5: lambda: examine_consistency(session),
            6: lambda: examine_copies(connection, expected.copies, expected.last_signed, origin=expected.origin),
            9: lambda: examine_waiting(
                connection, now=now, longest_wait=expected.longest_wait, longest_window=expected.longest_window
            ),
        }
        if expected.is_thorough:
            acts[10] = lambda: examine_details(connection, database.ring)
        if expected.copies is None and expected.last_signed is None:
            findings.append(Finding(6, Verdict.NOT_EXAMINED, "Der er intet uden for databasen at sammenligne med."))
            del acts[6]
        findings += [_look(number, act) for number, act in acts.items()]
        findings += _left_out(expected)
        size = connection.execute(text("SELECT COALESCE(max(seq) + 1, 0) FROM audit_leaf")).scalar_one()
    return Report(tuple(sorted(findings, key=lambda one: one.number)), size)


def _walk(connection: Connection, examiners: Sequence[Examiner], *, is_thorough: bool) -> list[Finding]:
    """One walk for all; whoever has found something wrong sees no more."""
    findings = []
    working = list(examiners)
    for portion in walk(connection, is_thorough=is_thorough):
        for examiner in tuple(working):
            try:
                examiner.see(portion)
            except BrokenError as broken:
                findings.append(_broken(examiner.number, broken))
                working.remove(examiner)
            except _MALFORMED:
                findings.append(_malformed(examiner.number))
                working.remove(examiner)
    return findings + [_look(examiner.number, examiner.conclude) for examiner in working]


#: What reading something that was tampered with may come to.
_MALFORMED = (KeyError, TypeError, ValueError, AttributeError)


def _look(number: int, act: Callable[[], str]) -> Finding:
    try:
        return Finding(number, Verdict.HOLDS, act())
    except BrokenError as broken:
        return _broken(number, broken)
    except _MALFORMED:
        return _malformed(number)


def _broken(number: int, broken: BrokenError) -> Finding:
    return Finding(number, Verdict.BROKEN, broken.sentence, broken.event)


def _malformed(number: int) -> Finding:
    return Finding(number, Verdict.BROKEN, "Noget i loggen har en form, som programmet aldrig har skrevet.")


def _left_out(expected: Expected) -> list[Finding]:
    left: list[Finding] = []
    if not expected.is_thorough:
        left += [Finding(number, Verdict.NOT_EXAMINED, _THOROUGH_ONLY) for number in (7, 8, 10, 11)]
    elif not expected.business:
        left.append(Finding(11, Verdict.NOT_EXAMINED, "Der er ingen forretningsrækker at sammenligne med."))
    return left


def _pruned_until(session: Session) -> datetime | None:
    """The time before which a row's events may have been pruned; None when nothing was."""
    at = session.connection().execute(
        text(
            "SELECT e.at FROM audit_pruned p JOIN audit_leaf l ON l.seq >= p.below "
            "JOIN audit_event e ON e.id = l.event_id ORDER BY p.below DESC, l.seq LIMIT 1"
        )
    )
    found = at.scalar_one_or_none()
    return None if found is None else as_time(found)
