"""The circuit breaker: a system that fails again and again is left alone for a while.

    closed ──failures in a row──► open ──pause──► half open: one trial ──success──► closed
                                   ▲                              └──failure──► open

What must stay true: the count is kept per robot and system in the database, so that all workers share it; opening makes
an incident; after the pause one call is let through, by one thread of one worker, and its success closes the circuit.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, CursorResult, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from audit.driver_sql import as_time
from audit.events import Event
from audit.vocabulary import EventType
from casework.incidents import report
from casework.tables import CircuitRow
from casework.workplace import Acting, Workplace
from connectors.errors import CircuitOpen
from foundation.single_reads import read_row

_CIRCUIT = CircuitRow.__table__
#: Every second of every run asks it, so it is handed to the driver as it is.
_COUNT = "SELECT failures, open_until FROM circuit WHERE robot = ? AND system = ?"
#: Seconds for which what other workers wrote may be unknown here.
_FRESH_SECONDS = 1.0
#: Seconds for which the other threads wait for the trial's answer.
_PATIENCE_SECONDS = 30.0


class Circuit:
    """The breaker of one robot towards one system, in one process."""

    def __init__(self, place: Workplace, *, robot: str, system: str, failures: int, pause_seconds: float) -> None:
        """Open after ``failures`` in a row, for ``pause_seconds``."""
        self._place = place
        self._key = {"robot": robot, "system": system}
        self._limit = failures
        self._pause = timedelta(seconds=pause_seconds)
        self._lock = threading.Lock()
        self._trial_ended = threading.Condition(self._lock)
        self._failures = 0
        self._open_until: datetime | None = None
        #: The thread that has the trial; a call may pass here several times before it is made.
        self._trial: int | None = None
        self._read_at = float("-inf")

    def require_closed(self, operation: str) -> None:
        """Refuse the call while the system is left alone.

        Raises:
            CircuitOpen: with the seconds to wait.
        """
        with self._lock:
            if self._place.clock.monotonic() - self._read_at > _FRESH_SECONDS:
                self._refresh()
            until = self._open_until
            if until is None or self._trial == threading.get_ident():
                return
            if self._trial is not None:
                # What the trial finds is worth a moment's patience: giving up at once would end the run.
                self._trial_ended.wait_for(lambda: self._trial is None, timeout=_PATIENCE_SECONDS)
                until = self._open_until
                if until is None:
                    return
            if until <= self._place.now() and self._take_trial(until):
                return
            until = self._open_until or until
        wait = max(1.0, (until - self._place.now()).total_seconds())
        raise CircuitOpen(self._key["system"], operation, retry_after=wait)

    def succeeded(self, *, acting: Acting) -> None:
        """The system answered: forget its failures. Costs nothing when there were none."""
        with self._lock:
            if self._failures == 0:
                return
            was_open = self._open_until is not None
            self._failures, self._open_until, self._trial = 0, None, None
            self._trial_ended.notify_all()
        with self._place.database.write() as session:
            self._save(session)
            if was_open:
                event = Event(type=EventType.CIRCUIT_CLOSED, actor=acting.actor, facts=dict(self._key))
                self._place.record(session, event)

    def failed(self, code: str, *, acting: Acting) -> None:
        """The system failed once more; opens the circuit at the limit, with an incident."""
        with self._lock, self._place.database.write() as session:
            self._load(session)
            self._failures += 1
            had_trial, self._trial = self._trial is not None, None
            self._trial_ended.notify_all()
            was_open = self._open_until is not None and self._open_until > self._place.now() and not had_trial
            if self._failures >= self._limit:
                self._open_until = self._place.now() + self._pause
            self._save(session)
            if self._failures >= self._limit and not was_open:
                event = Event(type=EventType.CIRCUIT_OPENED, actor=acting.actor, facts={**self._key, "code": code})
                self._place.record(session, event)
                message = f"Systemet {self._key['system']} har fejlet {self._failures} gange i træk ({code}) og får ro."
                report(
                    session,
                    self._place,
                    robot=self._key["robot"],
                    system=self._key["system"],
                    code="circuit_open",
                    message=message,
                )

    def _take_trial(self, until: datetime) -> bool:
        """Whether the one call after the pause is ours; for everybody else the pause begins again."""
        again = self._place.now() + self._pause
        with self._place.database.write() as session:
            query = update(_CIRCUIT).where(*self._where(), _CIRCUIT.c.open_until == until).values(open_until=again)
            result = session.execute(query)
            is_ours = isinstance(result, CursorResult) and result.rowcount == 1
            if not is_ours:
                self._load(session)
        if is_ours:
            self._open_until, self._trial = again, threading.get_ident()
        return is_ours or self._open_until is None

    def _refresh(self) -> None:
        row = read_row(self._place.database, _COUNT, self._key["robot"], self._key["system"])
        self._failures, until = (row[0], row[1]) if row is not None else (0, None)
        self._open_until = as_time(until) if until is not None else None
        self._read_at = self._place.clock.monotonic()

    def _load(self, session: Session) -> None:
        query = select(_CIRCUIT.c.failures, _CIRCUIT.c.open_until).where(*self._where())
        row = session.execute(query).first()
        self._failures, self._open_until = (row.failures, row.open_until) if row is not None else (0, None)
        self._read_at = self._place.clock.monotonic()

    def _save(self, session: Session) -> None:
        # Two workers may fail at once: the later count stands, which only makes the circuit a little more patient.
        values = {"failures": self._failures, "open_until": self._open_until}
        dialect = sqlite if self._place.database.is_sqlite else postgresql
        query = dialect.insert(_CIRCUIT).values(**self._key, **values)
        session.execute(query.on_conflict_do_update(index_elements=["robot", "system"], set_=values))

    def _where(self) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return (_CIRCUIT.c.robot == self._key["robot"], _CIRCUIT.c.system == self._key["system"])
