"""Facets: how many events of each kind fit, so that somebody who looks knows where to look next.

What must stay true: there is no facet of employees, so that nobody is counted who is not in a log control; and no more
than ``MOST`` events are counted, the newest, so that a log of ten million answers as readily as a small one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Subquery, func, select
from sqlmodel import Session

from audit.driver_sql import is_sqlite
from audit.reading import Selection, conditions
from audit.tables import AuditEventRow
from foundation.clock import local_date

_TABLE = AuditEventRow.__table__
MOST = 200_000
#: Values of one facet that are worth reading; there can be as many cases as there are citizens.
_VALUES = 20


class Facet(StrEnum):
    """What events are counted by."""

    ROBOT = "robot"
    TYPE = "type"
    RESULT = "result"
    CASE = "case"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Facets:
    """The counts of each facet, the most frequent first and days in order; ``total`` is how many events were counted.

    Events without a robot or case are not counted in that facet.
    """

    total: int
    counts: dict[Facet, tuple[tuple[str, int], ...]]
    #: There are more events than were counted.
    is_cut: bool


_COLUMNS = {Facet.ROBOT: "robot", Facet.TYPE: "type", Facet.RESULT: "outcome", Facet.CASE: "case_ref"}


def count_facets(session: Session, selection: Selection, *, most: int = MOST) -> Facets:
    """Count the newest ``most`` events that fit; the selection's own limit is for the list and not for this."""
    columns = [_TABLE.c[name] for name in ("at", *_COLUMNS.values())]
    newest = select(*columns).where(*conditions(selection)).order_by(_TABLE.c.at.desc()).limit(most)
    within = newest.subquery()
    total: int = session.execute(select(func.count()).select_from(within)).scalar_one()
    counts = {facet: _by_column(session, within, column) for facet, column in _COLUMNS.items()}
    counts[Facet.DAY] = _by_day(session, within)
    return Facets(total, counts, is_cut=total == most)


def _by_column(session: Session, within: Subquery, name: str) -> tuple[tuple[str, int], ...]:
    column: ColumnElement[Any] = within.c[name]
    number = func.count().label("number")
    query = select(column, number).where(column.is_not(None)).group_by(column)
    found = session.execute(query.order_by(number.desc(), column).limit(_VALUES))
    return tuple((str(value), count) for value, count in found)


def _by_day(session: Session, within: Subquery) -> tuple[tuple[str, int], ...]:
    """The last days. The database counts by hours in UTC, which are parts of Danish days whatever the season."""
    if is_sqlite(session.connection()):
        hour = func.strftime("%Y-%m-%dT%H", within.c.at)
    else:
        hour = func.to_char(func.timezone("UTC", within.c.at), 'YYYY-MM-DD"T"HH24')
    found = session.execute(select(hour, func.count()).group_by(hour))
    days: Counter[str] = Counter()
    for text, count in found:
        days[local_date(datetime.fromisoformat(f"{text}:00").replace(tzinfo=UTC)).isoformat()] += count
    return tuple(sorted(days.items()))[-_VALUES:]
