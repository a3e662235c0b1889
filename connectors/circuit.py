"""The circuit breaker: a system that fails again and again is left alone for a while.

What must stay true: the count is kept per robot and system in the database, so that all workers share it; opening makes
an incident; and one success after the pause closes it.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from audit.events import Event
from audit.vocabulary import EventType
from casework.incidents import report
from casework.tables import CircuitRow
from casework.workplace import Acting, Workplace
from connectors.errors import CircuitOpen

_CIRCUIT = CircuitRow.__table__
#: Seconds for which what other workers wrote may be unknown here.
_FRESH_SECONDS = 1.0


class Circuit:
    """The breaker of one robot towards one system, in one process."""

    def __init__(self, place: Workplace, *, robot: str, system: str, failures: int, pause_seconds: float) -> None:
        """Open after ``failures`` in a row, for ``pause_seconds``."""
        self._place = place
        self._key = {"robot": robot, "system": system}
        self._limit = failures
        self._pause = timedelta(seconds=pause_seconds)
        self._lock = threading.Lock()
        self._failures = 0
        self._open_until: datetime | None = None
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
        now = self._place.now()
        if until is not None and until > now:
            raise CircuitOpen(self._key["system"], operation, retry_after=(until - now).total_seconds())

    def succeeded(self, *, acting: Acting) -> None:
        """The system answered: forget its failures. Costs nothing when there were none."""
        with self._lock:
            if self._failures == 0:
                return
            was_open = self._open_until is not None
            self._failures, self._open_until = 0, None
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
            was_open = self._open_until is not None and self._open_until > self._place.now()
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

    def _refresh(self) -> None:
        with self._place.database.read() as session:
            self._load(session)

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
