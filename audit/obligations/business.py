"""Obligation 11: the rows that tell how things stand, against the events that tell how they came to stand so.

The room does not know what a work item is. Whoever does hands in queries (``BusinessRecords``), one for each kind of
row. What must stay true: a row that was changed by hand, without its event, is as visible as an event without its row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlmodel import Session

from audit.obligations.finding import BrokenError
from audit.obligations.walk import Portion


@dataclass(frozen=True, slots=True)
class EventTold:
    """What an event says about business, for whoever looks for its row."""

    id: UUID
    body: dict[str, Any]

    @property
    def type(self) -> str:
        """The event's name."""
        return str(self.body["type"])


class BusinessRecords(Protocol):
    """The rows of one kind."""

    @property
    def name(self) -> str:
        """In Danish, in the plural: ``Opgaver``."""

    def rows_without_event(self, session: Session, *, since: datetime | None) -> Iterable[str]:
        """Each row, named for people without personal data, that no event accounts for.

        Rows from before ``since`` are left out: their events may be pruned. None for all.
        """

    def events_without_row(self, session: Session, events: Sequence[EventTold]) -> Iterable[UUID]:
        """Those of these events that tell of a row which is not there."""


class Business:
    """11. No business row without its event, no event without its business row."""

    number = 11

    def __init__(self, session: Session, records: Sequence[BusinessRecords], *, since: datetime | None) -> None:
        self._session = session
        self._records = records
        self._since = since

    def see(self, portion: Portion) -> None:
        """A portion."""
        events = [
            EventTold(portion.event_id(place), body) for place, body in enumerate(portion.parsed) if body is not None
        ]
        for records in self._records:
            for event in records.events_without_row(self._session, events):
                what = records.name.lower()
                raise BrokenError(f"Hændelsen {event} fortæller om {what}, men rækken findes ikke.", event)

    def conclude(self) -> str:
        """The sentence."""
        for records in self._records:
            for row in records.rows_without_event(self._session, since=self._since):
                raise BrokenError(f"{records.name}: {row} står i databasen, men ingen hændelse fortæller om det.")
        names = ", ".join(records.name.lower() for records in self._records)
        return f"Loggen og databasen fortæller det samme om {names}."
