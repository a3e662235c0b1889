"""What people decided about a robot's work, what it looked at and came to, held against the events.

What must stay true: as in ``casework.business_records``. Who decided stands in the row and in the event, and must be
the same, of each act and not of the last alone; where an event has the digest of a text or the counts of a sweep, they
must be the row's; and a row that was set back to before an act is found by the act's event.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
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
    actors,
    all_of,
    fact_id,
    if_of,
    is_within,
    run_id,
    says,
)
from casework.operating_tables import RobotStateRow
from casework.oversight_tables import AcceptanceRow, HoldRow, PolicyRow, SweepRow, WorkResultRow
from casework.states import PolicyState, RobotState, SweepState
from casework.tables import IncidentRow, WorkItemRow
from casework.told_results import as_told, results_after

_EVENT = AuditEventRow.__table__
_POLICY = PolicyRow.__table__
_HOLD = HoldRow.__table__
_SWEEP = SweepRow.__table__
_ACCEPTANCE = AcceptanceRow.__table__
_INCIDENT = IncidentRow.__table__
_RESULT = WorkResultRow.__table__
_ROBOT = RobotStateRow.__table__
_ITEM = WorkItemRow.__table__

_POLICY_DECISIONS = {
    PolicyState.IN_FORCE: EventType.POLICY_PUT_IN_FORCE,
    PolicyState.SUPERSEDED: EventType.POLICY_PUT_IN_FORCE,
    PolicyState.REJECTED: EventType.POLICY_REJECTED,
}
_POLICY_EVENTS = frozenset({EventType.POLICY_PROPOSED, *_POLICY_DECISIONS.values()})
_WAS_IN_FORCE = (PolicyState.IN_FORCE.value, PolicyState.SUPERSEDED.value)
_SWEEP_ENDS = {
    SweepState.FINISHED: EventType.SWEEP_FINISHED,
    SweepState.STOPPED: EventType.SWEEP_STOPPED,
}
_SWEEP_EVENTS = frozenset({EventType.SWEEP_STARTED, *_SWEEP_ENDS.values()})
_HOLD_EVENTS = frozenset({EventType.HOLD_PLACED, EventType.HOLD_RELEASED})
_ACCEPTANCE_EVENTS = frozenset({EventType.INTAKE_ACCEPTED, EventType.INTAKE_WENT_ON})
_INCIDENT_STATES = frozenset({EventType.INCIDENT_OPENED, EventType.INCIDENT_ACKNOWLEDGED, EventType.INCIDENT_CLOSED})
_ROBOT_EVENTS = {
    RobotState.ACTIVE: EventType.ROBOT_RESUMED,
    RobotState.PAUSED: EventType.ROBOT_PAUSED,
    RobotState.STOPPED: EventType.ROBOT_STOPPED,
}
_ROBOT_TYPES = frozenset(kind.value for kind in _ROBOT_EVENTS.values())


def _accounts_for_policy(row: Row, bodies: Sequence[Body]) -> bool:
    state = PolicyState(row["state"])
    facts = {"policy": str(row["id"]), "robot": row["robot"], "version": row["version"]}
    digest = hashlib.sha256(row["body"].encode()).hexdigest()

    def told(kind: EventType, by: str, at: datetime) -> bool:
        mine = (body for body in bodies if says(body, kind, **facts) and is_within(at, body))
        return any(by in actors(body) and body["change"]["after"] == digest for body in mine)

    if not told(EventType.POLICY_PROPOSED, row["proposed_by"], row["proposed_at"]):
        return False
    if state is PolicyState.PROPOSED:
        return row["decided_by"] is None
    # Of those that were ever put in force the last one is, and no other.
    others, own = row["others_at"], row["decided_at"]
    if state is PolicyState.IN_FORCE and others is not None and others > own:
        return False
    if state is PolicyState.SUPERSEDED and (others is None or others < own):
        return False
    return told(_POLICY_DECISIONS[state], row["decided_by"], own)


def _policy_is_after(row: Row, body: Body) -> bool:
    states = {_POLICY_DECISIONS[state].value: {state} for state in (PolicyState.REJECTED, PolicyState.IN_FORCE)}
    states[EventType.POLICY_PUT_IN_FORCE.value].add(PolicyState.SUPERSEDED)
    return PolicyState(row["state"]) in states.get(body["type"], set(PolicyState))


def _hold_placed(row: Row, body: Body) -> bool:
    named = says(body, EventType.HOLD_PLACED, hold=str(row["id"]), robot=row["robot"], row=row["row"])
    is_of_then = is_within(row["placed_at"], body) and run_id(body, "item") == row["item_id"]
    return named and is_of_then and row["placed_by"] in actors(body)


def _hold_released(row: Row, body: Body) -> bool:
    if row["released_at"] is None:
        return row["released_by"] is None
    named = says(body, EventType.HOLD_RELEASED, hold=str(row["id"]), robot=row["robot"], row=row["row"])
    return named and row["released_by"] in actors(body) and is_within(row["released_at"], body)


def _sweep_started(row: Row, body: Body) -> bool:
    named = {"sweep": str(row["id"]), "robot": row["robot"], "kind": row["kind"]}
    is_of_then = is_within(row["started_at"], body) and row["started_by"] in actors(body)
    return is_of_then and says(body, EventType.SWEEP_STARTED, **named)


def _sweep_ended(row: Row, body: Body) -> bool:
    state = SweepState(row["state"])
    if state is SweepState.RUNNING:
        return bool(row["finished_at"] is None)
    named = {"sweep": str(row["id"]), "robot": row["robot"], "kind": row["kind"]}
    told = json.loads(row["counts"]) | named
    return says(body, _SWEEP_ENDS[state], **told) and is_within(row["finished_at"], body)


def _sweep_is_after(row: Row, body: Body) -> bool:
    ended = {kind.value: state.value for state, kind in _SWEEP_ENDS.items()}
    is_same: bool = ended.get(body["type"], row["state"]) == row["state"]
    return is_same


def _acceptance_facts(row: Row) -> dict[str, object]:
    return {name: row[name] for name in ("robot", "what", "mark")} | {"acceptance": str(row["id"])}


def _intake_accepted(row: Row, body: Body) -> bool:
    is_of_then = is_within(row["accepted_at"], body) and row["accepted_by"] in actors(body)
    return is_of_then and says(body, EventType.INTAKE_ACCEPTED, **_acceptance_facts(row))


def _intake_went_on(row: Row, body: Body) -> bool:
    if row["used_at"] is None:
        return row["used_by_run"] is None
    is_of_run: bool = run_id(body, "run") == row["used_by_run"]
    facts = _acceptance_facts(row)
    facts |= {"accepted_by": row["accepted_by"]}
    return is_of_run and is_within(row["used_at"], body) and says(body, EventType.INTAKE_WENT_ON, **facts)


def _incident_opened(row: Row, body: Body) -> bool:
    facts = {name: row[name] for name in ("robot", "system", "code")}
    is_of_then = is_within(row["opened_at"], body)
    return is_of_then and says(body, EventType.INCIDENT_OPENED, incident=str(row["id"]), **facts)


def _incident_acknowledged(row: Row, body: Body) -> bool:
    if row["acknowledged_at"] is None:
        return row["acknowledged_by"] is None
    # Whoever takes it on later relieves the one before, so the time tells which.
    is_of_then = is_within(row["acknowledged_at"], body) and row["acknowledged_by"] in actors(body)
    return is_of_then and says(body, EventType.INCIDENT_ACKNOWLEDGED, incident=str(row["id"]))


def _incident_closed(row: Row, body: Body) -> bool:
    if row["closed_at"] is None:
        return row["closed_by"] is None
    is_of_then = is_within(row["closed_at"], body) and row["closed_by"] in actors(body)
    return is_of_then and says(body, EventType.INCIDENT_CLOSED, incident=str(row["id"]))


def _is_filled(**columns: EventType) -> Callable[[Row, Body], bool]:
    """Whether the row still has the time at which each of these happened."""
    by_type = {kind.value: column for column, kind in columns.items()}
    return lambda row, body: body["type"] not in by_type or row[by_type[body["type"]]] is not None


def _accounts_for_robot(row: Row, bodies: Sequence[Body]) -> bool:
    if row["changed_by"] is None:
        # Nobody ever changed it: the row was made to be locked. An event that says otherwise is found on the walk.
        return bool(row["state"] == RobotState.ACTIVE.value)
    kind = _ROBOT_EVENTS[RobotState(row["state"])]
    return any(says(body, kind, robot=row["robot"]) and row["changed_by"] in actors(body) for body in bodies)


def _robot_is_after(row: Row, body: Body) -> bool:
    told_at = datetime.fromisoformat(body["ts"])
    return row["changed_by"] is not None and (row["changed_at"] >= told_at or is_within(row["changed_at"], body))


def _accounts_for_result(row: Row, bodies: Sequence[Body]) -> bool:
    came_to = results_after(bodies, row["row"])
    named = [body for body in bodies if says(body, EventType.EVIDENCE_GIVEN, row=row["row"])]
    is_of_robot = all(body.get("process", {}).get("key", row["robot"]) == row["robot"] for body in named)
    stands = as_told(row["result"], row["rule"], row["reason"], row["tasks"])
    return bool(named) and is_of_robot and (came_to is None or stands in came_to)


def _row_named(body: Body) -> tuple[object, ...] | None:
    """The row of an item that a robot gave evidence about."""
    item, row = run_id(body, "item"), body.get("facts", {}).get("row")
    is_about_row = body["type"] == EventType.EVIDENCE_GIVEN.value and item is not None and isinstance(row, str)
    return (item, row) if is_about_row else None


def _robot_named(body: Body) -> tuple[object, ...] | None:
    robot = body.get("facts", {}).get("robot")
    return (robot,) if body["type"] in _ROBOT_TYPES and isinstance(robot, str) else None


_OTHER = _POLICY.alias()
#: When another policy of the same robot was last put in force.
_OTHERS_AT = (
    select(func.max(_OTHER.c.decided_at))
    .where(_OTHER.c.robot == _POLICY.c.robot, _OTHER.c.id != _POLICY.c.id, _OTHER.c.state.in_(_WAS_IN_FORCE))
    .correlate(_POLICY)
    .scalar_subquery()
)

OVERSIGHT_RECORDS: tuple[BusinessRecords, ...] = (
    AccountedRows(
        name="Politikker",
        table=_POLICY,
        made_at=_POLICY.c.proposed_at,
        events=SameMoment(_POLICY_EVENTS, ("proposed_at", "decided_at")),
        accounts=_accounts_for_policy,
        names=if_of(_POLICY_EVENTS, lambda body: fact_id(body, "policy")),
        is_after=_policy_is_after,
        beside={"others_at": _OTHERS_AT},
    ),
    AccountedRows(
        name="Rækker på hold",
        table=_HOLD,
        made_at=_HOLD.c.placed_at,
        events=SameMoment(_HOLD_EVENTS, ("placed_at", "released_at")),
        accounts=all_of(_hold_placed, _hold_released),
        names=if_of(_HOLD_EVENTS, lambda body: fact_id(body, "hold")),
        is_after=_is_filled(released_at=EventType.HOLD_RELEASED),
    ),
    AccountedRows(
        name="Gennemgange",
        table=_SWEEP,
        made_at=_SWEEP.c.started_at,
        events=SameMoment(_SWEEP_EVENTS, ("started_at", "finished_at")),
        accounts=all_of(_sweep_started, _sweep_ended),
        names=if_of(_SWEEP_EVENTS, lambda body: fact_id(body, "sweep")),
        is_after=_sweep_is_after,
    ),
    AccountedRows(
        name="Accepter af standsede indtag",
        table=_ACCEPTANCE,
        made_at=_ACCEPTANCE.c.accepted_at,
        events=SameMoment(_ACCEPTANCE_EVENTS, ("accepted_at", "used_at")),
        accounts=all_of(_intake_accepted, _intake_went_on),
        names=if_of(_ACCEPTANCE_EVENTS, lambda body: fact_id(body, "acceptance")),
        is_after=_is_filled(used_at=EventType.INTAKE_WENT_ON),
    ),
    AccountedRows(
        name="Driftshændelser",
        table=_INCIDENT,
        made_at=_INCIDENT.c.opened_at,
        events=SameMoment(_INCIDENT_STATES, ("opened_at", "acknowledged_at", "closed_at")),
        accounts=all_of(_incident_opened, _incident_acknowledged, _incident_closed),
        names=if_of((*_INCIDENT_STATES, EventType.INCIDENT_RETRIED), lambda body: fact_id(body, "incident")),
        is_after=_is_filled(
            acknowledged_at=EventType.INCIDENT_ACKNOWLEDGED,
            closed_at=EventType.INCIDENT_CLOSED,
        ),
    ),
    AccountedRows(
        name="Robotter på pause og i drift",
        table=_ROBOT,
        made_at=_ROBOT.c.changed_at,
        key=("robot",),
        events=SameMoment(frozenset(_ROBOT_EVENTS.values()), ("changed_at",)),
        accounts=_accounts_for_robot,
        names=_robot_named,
        is_after=_robot_is_after,
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
        accounts=_accounts_for_result,
        names=_row_named,
    ),
)
