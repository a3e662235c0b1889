"""The rows of one table, held against the events that account for them (``audit.obligations.business``).

What must stay true: rows are named by their keys, never by what they hold; sealed columns are not opened; and an event
that is looked for is looked for by an index, so that a log of ten million events can be verified.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Table, and_, false, or_, select, tuple_
from sqlmodel import Session

from audit.obligations.business import EventTold
from audit.tables import AuditEventRow, AuditLeafRow
from audit.vocabulary import EventType
from casework.workplace import in_clauses
from foundation.columns import Sealed
from foundation.database import LONGEST_TRANSACTION

_EVENT = AuditEventRow.__table__
_LEAF = AuditLeafRow.__table__
_PORTION = 500
#: How long after its row an event may have been written: both are of one transaction. And how far clocks differ.
_LATER, _EARLIER = timedelta(seconds=LONGEST_TRANSACTION), timedelta(seconds=5)

Body = Mapping[str, Any]
Row = Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class SameValue:
    """The row's events carry a value of the row in a column that has an index."""

    event_column: Column[Any]
    row_column: Column[Any]

    def find(self, session: Session, rows: Sequence[Row]) -> list[list[Body]]:
        """The events of each row, in the order of the log; what waits for the tree comes last."""
        wanted = [str(row[self.row_column.name]) for row in rows]
        bodies: dict[str, list[Body]] = defaultdict(list)
        for portion in in_clauses(sorted(set(wanted))):
            query = (
                select(self.event_column, _EVENT.c.body)
                .outerjoin(_LEAF, _LEAF.c.event_id == _EVENT.c.id)
                .where(self.event_column.in_(portion))
                .order_by(_LEAF.c.seq.is_(None), _LEAF.c.seq, _EVENT.c.id)
            )
            for value, body in session.execute(query):
                bodies[value].append(json.loads(body))
        return [bodies[value] for value in wanted]


@dataclass(frozen=True, slots=True)
class SameMoment:
    """The row says when each thing happened to it, and the event of each is of the same transaction."""

    types: frozenset[EventType]
    #: The names of the columns with those times; an empty one tells that it did not happen.
    moments: tuple[str, ...]

    def find(self, session: Session, rows: Sequence[Row]) -> list[list[Body]]:
        """The events of these types of the row's moments."""
        query = select(_EVENT.c.body).where(_EVENT.c.type.in_(sorted(kind.value for kind in self.types)))
        found = []
        for row in rows:
            times = {row[name] for name in self.moments if row[name] is not None}
            near = or_(false(), *(_EVENT.c.at.between(at - _EARLIER, at + _LATER) for at in sorted(times)))
            found.append([json.loads(body) for body in session.execute(query.where(near)).scalars()])
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountedRows:
    """One kind of ``audit.obligations.business.BusinessRecords``."""

    #: In Danish, in the plural.
    name: str
    table: Table
    #: When the row came to be, for pruned logs.
    made_at: ColumnElement[Any]
    events: SameValue | SameMoment
    #: Whether these events account for a row as it stands.
    accounts: Callable[[Row, Sequence[Body]], bool]
    #: The key of the row that an event tells of, in the order of ``key``; None when it tells of none of this table.
    names: Callable[[Body], tuple[object, ...] | None]
    #: The columns by which a row is named.
    key: tuple[str, ...] = ("id",)
    #: Whether a row can be so when the event happened, for events that a row must not be set back to before.
    is_after: Callable[[Row, Body], bool] | None = None
    #: What else is read beside the row, by name.
    beside: Mapping[str, ColumnElement[Any]] = field(default_factory=dict)

    def rows_without_event(self, session: Session, *, since: datetime | None) -> Iterator[str]:
        """Each row that no event accounts for."""
        for rows in self._portions(session, since):
            for row, bodies in zip(rows, self.events.find(session, rows), strict=True):
                if not self._is_accounted_for(row, bodies):
                    yield " ".join(str(row[name]) for name in self.key)

    def _is_accounted_for(self, row: Row, bodies: Sequence[Body]) -> bool:
        try:
            return self.accounts(row, bodies)
        except (ValueError, TypeError, KeyError):
            # What cannot be read as a row of its kind is what no program of ours wrote.
            return False

    def events_without_row(self, session: Session, events: Sequence[EventTold]) -> Iterator[UUID]:
        """The events that tell of a row which is not there, or which stands as if they had not happened."""
        named = [(event, key) for event in events if (key := self.names(event.body)) is not None]
        known: dict[tuple[object, ...], Row] = {}
        columns = self._key if self.is_after is None else self._columns
        for keys in in_clauses(sorted({key for _event, key in named}, key=str)):
            found = session.execute(select(*columns).where(self._is_one_of(keys))).mappings()
            known |= {tuple(row[name] for name in self.key): row for row in found}
        for event, key in named:
            row = known.get(key)
            if row is None or (self.is_after is not None and not self.is_after(row, event.body)):
                yield event.id

    @property
    def _columns(self) -> list[ColumnElement[Any]]:
        """All that is not sealed, and what stands beside."""
        own: list[ColumnElement[Any]] = [column for column in self.table.c if not isinstance(column.type, Sealed)]
        return own + [column.label(name) for name, column in self.beside.items()]

    @property
    def _key(self) -> list[Column[Any]]:
        return [self.table.c[name] for name in self.key]

    def _is_one_of(self, keys: Sequence[object]) -> ColumnElement[bool]:
        if len(self.key) == 1:
            return self._key[0].in_([key[0] for key in keys])  # type: ignore[index]  # each key is a tuple
        return tuple_(*self._key).in_(keys)

    def _portions(self, session: Session, since: datetime | None) -> Iterator[Sequence[Row]]:
        query = select(*self._columns).order_by(*self._key).limit(_PORTION)
        if since is not None:
            query = query.where(self.made_at >= since)
        rows = session.execute(query).mappings().all()
        while rows:
            yield rows
            rows = session.execute(query.where(self._is_after(rows[-1]))).mappings().all()

    def _is_after(self, row: Row) -> ColumnElement[bool]:
        """Behind this row in the order of the key."""
        columns = self._key
        return or_(
            *(
                and_(*(each == row[each.name] for each in columns[:place]), column > row[column.name])
                for place, column in enumerate(columns)
            )
        )


def all_of(*accounts: Callable[[Row, Body], bool]) -> Callable[[Row, Sequence[Body]], bool]:
    """Each of these finds an event."""
    return lambda row, bodies: all(any(each(row, body) for body in bodies) for each in accounts)


def says(body: Body, event_type: EventType, /, **facts: object) -> bool:
    """Whether it is of this type and tells these facts."""
    told = body.get("facts", {})
    is_of_kind: bool = body["type"] == event_type.value
    return is_of_kind and all(told.get(name) == value for name, value in facts.items())


def does_not_deny(body: Body, /, **facts: object) -> bool:
    """Whether none of these facts is told otherwise; an event from before a fact was told says nothing of it."""
    told = body.get("facts", {})
    return all(told.get(name, value) == value for name, value in facts.items())


def actors(body: Body) -> set[str | None]:
    """Who acted, or on whose behalf."""
    return {body["actor"]["id"], body["actor"].get("onBehalfOf")}


def is_within(at: datetime, body: Body) -> bool:
    """Whether the event can be of the same transaction as what happened at this time."""
    return at - _EARLIER <= datetime.fromisoformat(body["ts"]) <= at + _LATER


def run_id(body: Body, name: str) -> UUID | None:
    """An id of the event's ``run``."""
    return as_id(body.get("run", {}).get(name))


def fact_id(body: Body, name: str) -> UUID | None:
    """An id among the event's facts."""
    return as_id(body.get("facts", {}).get(name))


def as_id(value: object) -> UUID | None:
    """The id that a text is; None where there is none."""
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def if_of(types: Iterable[EventType], read: Callable[[Body], UUID | None]) -> Callable[[Body], tuple[UUID] | None]:
    """Read a row's id from events of these types only."""
    values = frozenset(kind.value for kind in types)

    def read_key(body: Body) -> tuple[UUID] | None:
        key = read(body) if body["type"] in values else None
        return (key,) if key is not None else None

    return read_key
