"""The books of a robot: what came in, what it became, and whether all of it adds up (ADR-54).

Each figure is counted where it was written, so that two tables that should agree are compared and never one with
itself: the trail says how many events came, how many items were made and of which rows a ruling was told, the received
events say how many were taken, the items how many people they became, the row results what became of each party, and
the effects what was written. What must stay true: a check
compares two figures that were written by different code.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlmodel import Session

from audit.reading import Selection, read_entries
from audit.tables import AuditEventRow
from audit.vocabulary import EventType
from casework.oversight_tables import WorkResultRow
from casework.results import PrimaryResult, Tally, tally
from casework.states import EffectState, ItemState
from casework.tables import EffectRow, ReceivedEventRow, WorkItemRow
from casework.transitions import FINAL
from connectors.records import WriteOperation

_EVENT = AuditEventRow.__table__
_ITEM = WorkItemRow.__table__
_EFFECT = EffectRow.__table__
_RECEIVED = ReceivedEventRow.__table__
_RESULT = WorkResultRow.__table__
#: Intakes read at most; one a night for a hundred years.
_MOST_INTAKES = 40_000
#: What an item may end as without a single row: the person is a party nowhere.
_WITHOUT_ROWS = frozenset({"no_case"})


@dataclass(frozen=True, slots=True)
class Check:
    """Two figures that must be equal."""

    #: In Danish, for the one who reads the books.
    name: str
    one: int
    other: int

    @property
    def holds(self) -> bool:
        """Whether they are equal."""
        return self.one == self.other


@dataclass(frozen=True, slots=True)
class Books:
    """The figures, and the checks that compare them."""

    #: Events as the trail counted them when they came.
    events: int
    #: Events that gave no item of their own: sent again, or about a person who had one already.
    duplicates: int
    #: Distinct people with an item from events.
    people: int
    items: Mapping[ItemState, int]
    #: Items by what made them: ``event``, ``sweep``, ``person``, ``case``, ``rollback``.
    sources: Mapping[str, int]
    rows: Tally
    #: Changes of contact, journal notes and reminders that were done.
    written: Mapping[str, int]
    checks: tuple[Check, ...]

    @property
    def add_up(self) -> bool:
        """Whether every check holds."""
        return all(check.holds for check in self.checks)


def keep_books(session: Session, *, robot: str) -> Books:
    """All figures of this robot, from one state of the database."""
    events, repeated, made = _intakes(session, robot)
    received = _count(session, select(func.count()).select_from(_RECEIVED).where(_RECEIVED.c.robot == robot))
    items = _states(session, robot)
    sources = _sources(session, robot)
    rows = tally(session, robot=robot)
    written = _written(session, robot)
    people = sources.get("event", 0)
    duplicates = events - made
    total = sum(items.values())
    told, stored = _told_rows(session, robot), _stored_rows(session, robot)
    checks = (
        Check("hændelser = gentagelser + hændelser, der er taget imod", events, repeated + received),
        # The duplicates are the trail's figure and the people are the queue's.
        Check("hændelser = borgere + dubletter", events, people + duplicates),
        Check("opgaver = opgaver, som loggen siger er oprettet", total, _created(session, robot)),
        Check("linjer = linjer, som loggen fortæller om", len(stored), len(told)),
        Check("linjer, som kun den ene af dem kender = 0", len(told ^ stored), 0),
        Check("linjer, der venter, på opgaver, der er slut = 0", _waiting_on_final(session, robot), 0),
        Check("færdige opgaver uden en eneste linje = 0", _silent(session, robot), 0),
        Check("skrevne linjer uden en udført ændring = 0", _applied_without_effect(session, robot), 0),
    )
    return Books(
        events=events,
        duplicates=duplicates,
        people=people,
        items=items,
        sources=sources,
        rows=rows,
        written=written,
        checks=checks,
    )


def _intakes(session: Session, robot: str) -> tuple[int, int, int]:
    """Events, repeated ones and items, as the trail counted them at each intake that was not a dry one."""
    found = read_entries(session, Selection(type=EventType.EVENTS_RECEIVED, robot=robot, limit=_MOST_INTAKES))
    told = [entry.body["facts"] for entry in found if not entry.body["facts"].get("dry")]
    return (
        sum(facts["events"] for facts in told),
        sum(facts["duplicates"] for facts in told),
        sum(facts["items"] for facts in told),
    )


def _created(session: Session, robot: str) -> int:
    """Items that the trail says were made."""
    query = select(func.count()).select_from(_EVENT)
    return _count(session, query.where(_EVENT.c.type == EventType.ITEM_CREATED.value, _EVENT.c.robot == robot))


def _told_rows(session: Session, robot: str) -> set[tuple[str, str]]:
    """Items and rows of which the trail tells; what a dry run told belongs to no item."""
    query = select(_EVENT.c.item_id, _EVENT.c.body).where(
        _EVENT.c.type == EventType.EVIDENCE_GIVEN.value, _EVENT.c.robot == robot, _EVENT.c.item_id.is_not(None)
    )
    told = ((item, json.loads(body)["facts"].get("row")) for item, body in session.execute(query))
    return {(item, row) for item, row in told if row is not None}


def _stored_rows(session: Session, robot: str) -> set[tuple[str, str]]:
    query = select(_RESULT.c.item_id, _RESULT.c.row).where(_RESULT.c.robot == robot)
    return {(str(item), row) for item, row in session.execute(query)}


def _sources(session: Session, robot: str) -> dict[str, int]:
    """Items by the beginning of their reference, which tells what made them."""
    found: Counter[str] = Counter()
    for (reference,) in session.execute(select(_ITEM.c.reference).where(_ITEM.c.robot == robot)):
        word = reference.partition(":")[0]
        found["event" if word == "cpr-event" else word] += 1
    return dict(found)


def _written(session: Session, robot: str) -> dict[str, int]:
    query = (
        select(_EFFECT.c.operation, func.count())
        .join(_ITEM, _ITEM.c.id == _EFFECT.c.item_id)
        .where(_ITEM.c.robot == robot, _EFFECT.c.state == EffectState.DONE.value)
        .group_by(_EFFECT.c.operation)
    )
    return dict(session.execute(query).tuples().all())


def _waiting_on_final(session: Session, robot: str) -> int:
    query = (
        select(func.count())
        .select_from(_RESULT)
        .join(_ITEM, _ITEM.c.id == _RESULT.c.item_id)
        .where(
            _RESULT.c.robot == robot,
            _RESULT.c.result == PrimaryResult.AWAITING_APPROVAL.value,
            _ITEM.c.state.in_([state.value for state in FINAL]),
        )
    )
    return _count(session, query)


def _silent(session: Session, robot: str) -> int:
    """Items that were completed and of which no row tells, though the person is on a case."""
    rows = select(_RESULT.c.item_id).where(_RESULT.c.item_id == _ITEM.c.id).exists()
    query = (
        select(func.count())
        .select_from(_ITEM)
        .where(
            _ITEM.c.robot == robot,
            _ITEM.c.state == ItemState.COMPLETED.value,
            _ITEM.c.outcome_code.not_in(_WITHOUT_ROWS),
            ~rows,
        )
    )
    return _count(session, query)


def _applied_without_effect(session: Session, robot: str) -> int:
    """Rows that count as written beyond the parties on which a change was done, item by item."""
    ended = [PrimaryResult.APPLIED.value, PrimaryResult.ROLLED_BACK.value]
    query = select(_RESULT.c.item_id, func.count()).where(_RESULT.c.robot == robot, _RESULT.c.result.in_(ended))
    rows: dict[UUID, int] = dict(session.execute(query.group_by(_RESULT.c.item_id)).tuples().all())
    targets = (
        select(_EFFECT.c.item_id, func.count(_EFFECT.c.target.distinct()))
        .where(
            _EFFECT.c.operation == WriteOperation.UPDATE_PARTY_CONTACT.value,
            _EFFECT.c.state == EffectState.DONE.value,
        )
        .group_by(_EFFECT.c.item_id)
    )
    done: dict[UUID, int] = dict(session.execute(targets).tuples().all())
    return sum(max(0, number - done.get(item, 0)) for item, number in rows.items())


def _states(session: Session, robot: str) -> dict[ItemState, int]:
    query = select(_ITEM.c.state, func.count()).where(_ITEM.c.robot == robot).group_by(_ITEM.c.state)
    return {ItemState(state): number for state, number in session.execute(query)}


def _count(session: Session, query: Select[tuple[int]]) -> int:
    number: int = session.execute(query).scalar_one()
    return number
