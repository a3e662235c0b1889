"""What people decided about a robot's work, what it looked at and came to, held against the events.

What must stay true: as in ``casework.business_records``. Who decided stands in the row and in the event, and must be
the same; where an event has the digest of a text or the counts of a sweep, they must be the row's.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from sqlalchemy import func, select

from audit.obligations.business import BusinessRecords
from audit.tables import AuditEventRow
from audit.vocabulary import EventType
from casework.accounted_rows import (
    AccountedRows,
    Body,
    Row,
    SameMoment,
    SameValue,
    any_of,
    fact_id,
    if_of,
    run_id,
)
from casework.oversight_tables import AcceptanceRow, HoldRow, PolicyRow, SweepRow, WorkResultRow
from casework.states import PolicyState, SweepState
from casework.tables import IncidentRow, WorkItemRow

_EVENT = AuditEventRow.__table__
_POLICY = PolicyRow.__table__
_HOLD = HoldRow.__table__
_SWEEP = SweepRow.__table__
_ACCEPTANCE = AcceptanceRow.__table__
_INCIDENT = IncidentRow.__table__
_RESULT = WorkResultRow.__table__
_ITEM = WorkItemRow.__table__

_POLICY_EVENTS = {
    PolicyState.PROPOSED: EventType.POLICY_PROPOSED,
    PolicyState.IN_FORCE: EventType.POLICY_PUT_IN_FORCE,
    PolicyState.SUPERSEDED: EventType.POLICY_PUT_IN_FORCE,
    PolicyState.REJECTED: EventType.POLICY_REJECTED,
}
_SWEEP_EVENTS = {
    SweepState.RUNNING: EventType.SWEEP_STARTED,
    SweepState.FINISHED: EventType.SWEEP_FINISHED,
    SweepState.STOPPED: EventType.SWEEP_STOPPED,
}
_HOLD_EVENTS = frozenset({EventType.HOLD_PLACED, EventType.HOLD_RELEASED})
_ACCEPTANCE_EVENTS = frozenset({EventType.INTAKE_ACCEPTED, EventType.INTAKE_WENT_ON})
_INCIDENT_STATES = frozenset({EventType.INCIDENT_OPENED, EventType.INCIDENT_ACKNOWLEDGED, EventType.INCIDENT_CLOSED})


def _actors(body: Body) -> set[str | None]:
    """Who acted, or on whose behalf."""
    return {body["actor"]["id"], body["actor"].get("onBehalfOf")}


def _says(body: Body, event_type: EventType, /, **facts: object) -> bool:
    told = body.get("facts", {})
    is_of_kind: bool = body["type"] == event_type.value
    return is_of_kind and all(told.get(name) == value for name, value in facts.items())


def _accounts_for_policy(row: Row, body: Body) -> bool:
    state = PolicyState(row["state"])
    by = row["proposed_by"] if state is PolicyState.PROPOSED else row["decided_by"]
    facts = {"policy": str(row["id"]), "robot": row["robot"], "version": row["version"]}
    digest = hashlib.sha256(row["body"].encode()).hexdigest()
    return _says(body, _POLICY_EVENTS[state], **facts) and by in _actors(body) and body["change"]["after"] == digest


def _accounts_for_hold(row: Row, body: Body) -> bool:
    is_open = row["released_at"] is None
    kind, by = (EventType.HOLD_PLACED, row["placed_by"]) if is_open else (EventType.HOLD_RELEASED, row["released_by"])
    return _says(body, kind, hold=str(row["id"]), robot=row["robot"], row=row["row"]) and by in _actors(body)


def _accounts_for_sweep(row: Row, body: Body) -> bool:
    state = SweepState(row["state"])
    named = {"sweep": str(row["id"]), "robot": row["robot"], "kind": row["kind"]}
    if state is SweepState.RUNNING:
        return _says(body, EventType.SWEEP_STARTED, **named) and row["started_by"] in _actors(body)
    return _says(body, _SWEEP_EVENTS[state], **json.loads(row["counts"]) | named)


def _accounts_for_acceptance(row: Row, body: Body) -> bool:
    facts = {name: row[name] for name in ("robot", "what", "mark")} | {"acceptance": str(row["id"])}
    if row["used_at"] is None:
        return _says(body, EventType.INTAKE_ACCEPTED, **facts) and row["accepted_by"] in _actors(body)
    is_of_run = run_id(body, "run") == row["used_by_run"]
    return is_of_run and _says(body, EventType.INTAKE_WENT_ON, **facts, accepted_by=row["accepted_by"])


def _accounts_for_incident(row: Row, body: Body) -> bool:
    incident = str(row["id"])
    if row["closed_at"] is not None:
        return _says(body, EventType.INCIDENT_CLOSED, incident=incident) and row["closed_by"] in _actors(body)
    if row["acknowledged_at"] is not None:
        acknowledged = _says(body, EventType.INCIDENT_ACKNOWLEDGED, incident=incident)
        return acknowledged and row["acknowledged_by"] in _actors(body)
    facts = {name: row[name] for name in ("robot", "system", "code")}
    return _says(body, EventType.INCIDENT_OPENED, incident=incident, **facts)


def _incident_since(row: Row) -> datetime | None:
    at: datetime | None = row["closed_at"] or row["acknowledged_at"] or row["opened_at"]
    return at


def _hold_since(row: Row) -> datetime | None:
    at: datetime | None = row["released_at"] or row["placed_at"]
    return at


def _policy_since(row: Row) -> datetime | None:
    at: datetime | None = row["decided_at"] or row["proposed_at"]
    return at


def _sweep_since(row: Row) -> datetime | None:
    at: datetime | None = row["finished_at"] if row["state"] != SweepState.RUNNING.value else row["started_at"]
    return at


def _acceptance_since(row: Row) -> datetime | None:
    at: datetime | None = row["used_at"] or row["accepted_at"]
    return at


def _names_row(row: Row, body: Body) -> bool:
    return _says(body, EventType.EVIDENCE_GIVEN, row=row["row"])


def _row_named(body: Body) -> tuple[object, ...] | None:
    """The row of an item that a robot gave evidence about."""
    item, row = run_id(body, "item"), body.get("facts", {}).get("row")
    is_about_row = body["type"] == EventType.EVIDENCE_GIVEN.value and item is not None and isinstance(row, str)
    return (item, row) if is_about_row else None


OVERSIGHT_RECORDS: tuple[BusinessRecords, ...] = (
    AccountedRows(
        name="Politikker",
        table=_POLICY,
        made_at=_POLICY.c.proposed_at,
        events=SameMoment(frozenset(_POLICY_EVENTS.values()), _policy_since),
        accounts=any_of(_accounts_for_policy),
        names=if_of(_POLICY_EVENTS.values(), lambda body: fact_id(body, "policy")),
    ),
    AccountedRows(
        name="Rækker på hold",
        table=_HOLD,
        made_at=_HOLD.c.placed_at,
        events=SameMoment(_HOLD_EVENTS, _hold_since),
        accounts=any_of(_accounts_for_hold),
        names=if_of(_HOLD_EVENTS, lambda body: fact_id(body, "hold")),
    ),
    AccountedRows(
        name="Gennemgange",
        table=_SWEEP,
        made_at=_SWEEP.c.started_at,
        events=SameMoment(frozenset(_SWEEP_EVENTS.values()), _sweep_since),
        accounts=any_of(_accounts_for_sweep),
        names=if_of(_SWEEP_EVENTS.values(), lambda body: fact_id(body, "sweep")),
    ),
    AccountedRows(
        name="Accepter af standsede indtag",
        table=_ACCEPTANCE,
        made_at=_ACCEPTANCE.c.accepted_at,
        events=SameMoment(_ACCEPTANCE_EVENTS, _acceptance_since),
        accounts=any_of(_accounts_for_acceptance),
        names=if_of(_ACCEPTANCE_EVENTS, lambda body: fact_id(body, "acceptance")),
    ),
    AccountedRows(
        name="Driftshændelser",
        table=_INCIDENT,
        made_at=_INCIDENT.c.opened_at,
        events=SameMoment(_INCIDENT_STATES, _incident_since),
        accounts=any_of(_accounts_for_incident),
        names=if_of((*_INCIDENT_STATES, EventType.INCIDENT_RETRIED), lambda body: fact_id(body, "incident")),
    ),
    AccountedRows(
        name="Resultater",
        table=_RESULT,
        # A result is written over; its item's evidence may be as old as the item.
        made_at=func.coalesce(
            select(_ITEM.c.created_at).where(_ITEM.c.id == _RESULT.c.item_id).scalar_subquery(), _RESULT.c.at
        ),
        key=("item_id", "row"),
        events=SameValue(_EVENT.c.item_id, _RESULT.c.item_id),
        accounts=any_of(_names_row),
        names=_row_named,
    ),
)
