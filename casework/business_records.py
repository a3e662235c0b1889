"""What casework's rows must be accounted for by, as queries for the verifier (``audit.obligations.business``).

What must stay true: every state in which a row can stand is told by an event that is looked for here, so that a row
changed by hand is found; and rows are named by their ids, never by what they hold.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Table, select
from sqlmodel import Session

from audit.obligations.business import BusinessRecords, EventTold
from audit.tables import AuditEventRow
from audit.vocabulary import EventType
from casework.states import ApprovalState, EffectState, ItemState
from casework.tables import ApprovalRow, EffectRow, RunRow, WorkItemRow
from casework.transitions import TRANSITIONS
from casework.workplace import in_clauses
from foundation.columns import Sealed

_EVENT = AuditEventRow.__table__
_ITEM = WorkItemRow.__table__
_EFFECT = EffectRow.__table__
_APPROVAL = ApprovalRow.__table__
_RUN = RunRow.__table__
_PORTION = 500

Body = Mapping[str, Any]

#: Which events bring an item into each state.
_ITEM_EVENTS: dict[ItemState, frozenset[str]] = {
    state: frozenset(arrow.event.value for arrow in TRANSITIONS if arrow.target is state)
    | ({EventType.ITEM_CREATED.value} if state is ItemState.NEW else frozenset())
    for state in ItemState
}
_EFFECT_EVENTS: dict[EffectState, frozenset[str]] = {
    EffectState.INTENDED: frozenset({EventType.EFFECT_INTENDED.value}),
    EffectState.DONE: frozenset({EventType.EFFECT_DONE.value, EventType.EFFECT_SETTLED.value}),
    EffectState.REFUSED: frozenset({EventType.EFFECT_REFUSED.value}),
    EffectState.NOT_DONE: frozenset({EventType.EFFECT_NOT_DONE.value, EventType.EFFECT_SETTLED.value}),
    EffectState.IN_DOUBT: frozenset({EventType.EFFECT_IN_DOUBT.value}),
}
_APPROVAL_EVENTS: dict[ApprovalState, frozenset[str]] = {
    ApprovalState.WAITING: frozenset({EventType.DECISION_PROPOSED.value}),
    ApprovalState.APPROVED: frozenset({EventType.DECISION_MADE.value}),
    ApprovalState.RETURNED: frozenset({EventType.DECISION_MADE.value}),
    ApprovalState.TAKEN_OVER: frozenset({EventType.DECISION_MADE.value}),
    ApprovalState.EXPIRED: frozenset({EventType.DECISION_EXPIRED.value}),
    # Voided with its item, or because the case was changed after it was given.
    ApprovalState.VOIDED: frozenset({EventType.ITEM_CANCELLED.value, EventType.ITEM_REPLANNED.value}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """The rows of one table, and how their events name them."""

    name: str
    table: Table
    #: When the row came to be, for pruned logs.
    made_at: Column[Any]
    #: The column of ``audit_event`` by which a row's events are found, and the row's own column with that value.
    found_by: Column[Any]
    finds: Column[Any]
    #: Whether an event accounts for a row as it stands.
    accounts: Callable[[Mapping[Any, Any], Body], bool]
    #: The id of the row that an event tells of; None when it tells of none of this table.
    names: Callable[[Body], str | None]

    def rows_without_event(self, session: Session, *, since: datetime | None) -> Iterator[str]:
        """Each row that no event accounts for."""
        for rows in self._portions(session, since):
            bodies = self._bodies(session, {str(row[self.finds.name]) for row in rows})
            for row in rows:
                if not any(self.accounts(row, body) for body in bodies[str(row[self.finds.name])]):
                    yield str(row["id"])

    def events_without_row(self, session: Session, events: Sequence[EventTold]) -> Iterator[UUID]:
        """The events that tell of a row which is not there."""
        named = [(event.id, name) for event in events if (name := self.names(event.body)) is not None]
        known: set[str] = set()
        for ids in in_clauses(sorted({name for _event, name in named})):
            wanted = [UUID(str(one)) for one in ids]
            known |= {str(one) for one in session.execute(select(self._id).where(self._id.in_(wanted))).scalars()}
        yield from (event for event, name in named if name not in known)

    @property
    def _id(self) -> Column[Any]:
        column: Column[Any] = self.table.c.id
        return column

    def _portions(self, session: Session, since: datetime | None) -> Iterator[Sequence[Mapping[Any, Any]]]:
        columns = [column for column in self.table.c if not isinstance(column.type, Sealed)]
        query = select(*columns).order_by(self._id).limit(_PORTION)
        if since is not None:
            query = query.where(self.made_at >= since)
        rows = session.execute(query).mappings().all()
        while rows:
            yield rows
            rows = session.execute(query.where(self._id > rows[-1]["id"])).mappings().all()

    def _bodies(self, session: Session, values: set[str]) -> dict[str, list[Body]]:
        bodies: dict[str, list[Body]] = defaultdict(list)
        for portion in in_clauses(sorted(values)):
            query = select(self.found_by, _EVENT.c.body).where(self.found_by.in_(portion))
            for value, body in session.execute(query):
                bodies[value].append(json.loads(body))
        return bodies


def _of_run(body: Body, name: str) -> str | None:
    value = body.get("run", {}).get(name)
    return str(value) if value is not None else None


def _of_facts(body: Body, name: str) -> str | None:
    value = body.get("facts", {}).get(name)
    return str(value) if value is not None else None


def _accounts_for_item(row: Mapping[Any, Any], body: Body) -> bool:
    return body["type"] in _ITEM_EVENTS[ItemState(row["state"])]


def _accounts_for_effect(row: Mapping[Any, Any], body: Body) -> bool:
    # Where settling an effect moves its item on, the event is the item's and names the effect among its facts.
    named = {_of_run(body, "effect"), _of_facts(body, "effect")}
    return str(row["id"]) in named and body["type"] in _EFFECT_EVENTS[EffectState(row["state"])]


def _accounts_for_approval(row: Mapping[Any, Any], body: Body) -> bool:
    state = ApprovalState(row["state"])
    if body["type"] not in _APPROVAL_EVENTS[state]:
        return False
    if state in {ApprovalState.EXPIRED, ApprovalState.VOIDED}:
        return True
    decision = body.get("decision", {})
    is_same = _of_facts(body, "approval") == str(row["id"]) and decision.get("inputsDigest") == row["digest"]
    if state is ApprovalState.WAITING:
        return is_same
    return is_same and body["actor"]["id"] == row["decided_by"] and decision.get("humanReview") == state.value


def _accounts_for_run(row: Mapping[Any, Any], body: Body) -> bool:
    wanted = EventType.RUN_OPENED if row["ended_at"] is None else EventType.RUN_CLOSED
    return bool(body["type"] == wanted.value)


def _if_of(types: Iterable[EventType], read: Callable[[Body], str | None]) -> Callable[[Body], str | None]:
    """Read a row's id from events of these types only."""
    values = frozenset(kind.value for kind in types)
    return lambda body: read(body) if body["type"] in values else None


BUSINESS_RECORDS: tuple[BusinessRecords, ...] = (
    _Rows(
        name="Opgaver",
        table=_ITEM,
        made_at=_ITEM.c.created_at,
        found_by=_EVENT.c.item_id,
        finds=_ITEM.c.id,
        accounts=_accounts_for_item,
        names=_if_of(
            {arrow.event for arrow in TRANSITIONS} | {EventType.ITEM_CREATED}, lambda body: _of_run(body, "item")
        ),
    ),
    _Rows(
        name="Ændringer i andre systemer",
        table=_EFFECT,
        made_at=_EFFECT.c.first_intended_at,
        found_by=_EVENT.c.item_id,
        finds=_EFFECT.c.item_id,
        accounts=_accounts_for_effect,
        names=_if_of(
            (EventType.EFFECT_INTENDED, EventType.EFFECT_DONE, EventType.EFFECT_REFUSED, EventType.EFFECT_NOT_DONE),
            lambda body: _of_run(body, "effect"),
        ),
    ),
    _Rows(
        name="Godkendelser",
        table=_APPROVAL,
        made_at=_APPROVAL.c.asked_at,
        found_by=_EVENT.c.item_id,
        finds=_APPROVAL.c.item_id,
        accounts=_accounts_for_approval,
        names=_if_of((EventType.DECISION_PROPOSED, EventType.DECISION_MADE), lambda body: _of_facts(body, "approval")),
    ),
    _Rows(
        name="Kørsler",
        table=_RUN,
        made_at=_RUN.c.started_at,
        found_by=_EVENT.c.run_id,
        finds=_RUN.c.id,
        accounts=_accounts_for_run,
        names=_if_of((EventType.RUN_OPENED, EventType.RUN_CLOSED), lambda body: _of_run(body, "run")),
    ),
)
