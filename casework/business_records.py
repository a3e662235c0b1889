"""What casework's rows must be accounted for by, for the verifier (``audit.obligations.business``).

What must stay true: every state in which a row can stand is told by an event that is looked for here, so that a row
changed by hand is found; and each column that says what was done, on what, by whom and for how long is held against
those events. Which columns are not stands in ``docs/audit-verification.md``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from uuid import UUID

from audit.obligations.business import BusinessRecords
from audit.tables import AuditEventRow
from audit.vocabulary import EventType
from casework.accounted_rows import (
    AccountedRows,
    Body,
    Row,
    SameValue,
    actors,
    all_of,
    does_not_deny,
    fact_id,
    if_of,
    is_within,
    run_id,
    says,
)
from casework.effects import SETTLED_BY_PERSON
from casework.item_histories import is_in_order, late_ones, moves_among, states_after
from casework.oversight_records import OVERSIGHT_RECORDS
from casework.states import ApprovalState, EffectState, ItemState
from casework.tables import ApprovalRow, EffectRow, RunRow, WorkItemRow
from casework.transitions import TRANSITIONS

_EVENT = AuditEventRow.__table__
_ITEM = WorkItemRow.__table__
_EFFECT = EffectRow.__table__
_APPROVAL = ApprovalRow.__table__
_RUN = RunRow.__table__

_EFFECT_STATES: dict[str, EffectState] = {
    EventType.EFFECT_INTENDED.value: EffectState.INTENDED,
    EventType.EFFECT_DONE.value: EffectState.DONE,
    EventType.EFFECT_REFUSED.value: EffectState.REFUSED,
    EventType.EFFECT_NOT_DONE.value: EffectState.NOT_DONE,
    EventType.EFFECT_IN_DOUBT.value: EffectState.IN_DOUBT,
}
#: States into which an item comes by an event that tells why.
_TELL_OUTCOME = frozenset(
    state.value for state in (ItemState.COMPLETED, ItemState.REJECTED, ItemState.FAILED, ItemState.DEFERRED)
)
#: What an owner who was given up may still turn into ``done`` when he tells that he did it.
_MAY_TURN_OUT_DONE = frozenset({EffectState.IN_DOUBT, EffectState.NOT_DONE})


def _accounts_for_item(row: Row, bodies: Sequence[Body]) -> bool:
    return (
        ItemState(row["state"]) in states_after(bodies)
        and any(_tells_of_birth(row, body) for body in bodies)
        and (row["approval_id"] is None or any(_approves(row["approval_id"], body) for body in bodies))
        and (row["cancel_requested_by"] is None or any(_asks_to_cancel(row, body) for body in bodies))
        and row["run_id"] in {None, *(run_id(body, "run") for body in bodies if says(body, EventType.ITEM_CLAIMED))}
        and row["reopenings"] == sum(body["type"] == EventType.ITEM_REOPENED.value for body in bodies)
        and _outcome_is_told(row, bodies)
    )


def _tells_of_birth(row: Row, body: Body) -> bool:
    due = {"due": row["due_at"].isoformat()} if row["due_at"] is not None else {}
    is_own = says(body, EventType.ITEM_CREATED, reference=row["reference"]) and is_within(row["created_at"], body)
    is_of_robot: bool = body.get("process", {"key": row["robot"]})["key"] == row["robot"]
    is_of_run = row["created_by_run"] in {None, run_id(body, "run")}
    is_due_then = does_not_deny(body, **due) and ("due" in body.get("facts", {})) <= (row["due_at"] is not None)
    return is_own and is_of_robot and is_of_run and is_due_then


def _approves(approval_id: UUID, body: Body) -> bool:
    is_approved = body.get("decision", {}).get("humanReview") in {ApprovalState.APPROVED.value, "policy"}
    return is_approved and says(body, EventType.DECISION_MADE, approval=str(approval_id))


def _asks_to_cancel(row: Row, body: Body) -> bool:
    return says(body, EventType.ITEM_CANCEL_REQUESTED) and row["cancel_requested_by"] in actors(body)


def _outcome_is_told(row: Row, bodies: Sequence[Body]) -> bool:
    """The last move of an item that it leads to says with which code, and until when; an earlier one's may stay."""
    moves = moves_among(bodies)
    if not moves or not is_in_order(bodies) or row["state"] not in _TELL_OUTCOME:
        return True
    until = {"until": row["available_at"].isoformat()} if row["available_at"] is not None else {}
    return does_not_deny(moves[-1], code=row["outcome_code"], **until)


def _accounts_for_effect(row: Row, bodies: Sequence[Body]) -> bool:
    # Where settling an effect moves its item on, the event is the item's and names the effect among its facts.
    own = [body for body in bodies if row["id"] in {run_id(body, "effect"), fact_id(body, "effect")}]
    rests_on = row["approval_id"]
    return (
        EffectState(row["state"]) in _effect_states(own)
        and any(_intends(row, body) for body in own)
        and (rests_on is None or any(_approves(rests_on, body) for body in bodies))
        and _end_of_effect_is_told(row, own)
    )


def _effect_states(own: Sequence[Body]) -> frozenset[EffectState]:
    """Where the effect may stand after its events; all that they tell of where several told at one moment."""
    states: list[EffectState] = []
    for body in own:
        said = _effect_state(body)
        if said is None:
            continue
        is_late = body.get("facts", {}).get("late") is True
        is_known = is_late and bool(states) and states[-1] not in _MAY_TURN_OUT_DONE
        states.append(states[-1] if is_known else said)
    late = [own[place] for place in late_ones(own)] if own else []
    tellers = {(body["actor"]["id"], run_id(body, "run"), body.get("run", {}).get("attempt")) for body in late}
    return frozenset(states[-1:] if len(tellers) == 1 else states)


def _effect_state(body: Body) -> EffectState | None:
    if body["type"] == EventType.EFFECT_SETTLED.value and "happened" in body.get("facts", {}):
        return EffectState.DONE if body["facts"]["happened"] else EffectState.NOT_DONE
    return _EFFECT_STATES.get(body["type"])


def _intends(row: Row, body: Body) -> bool:
    named = {name: row[name] for name in ("system", "operation", "intent")}
    # The key is made of item, step, target, intent, occurrence and approval.
    asked = does_not_deny(body, key=row["key"], request=row["request_digest"])
    is_of_step: bool = body.get("run", {}).get("step", "") == row["step"]
    case = body.get("case", {"ref": None})["ref"]
    is_on_case = case in {None, row["target"], row["target"].partition("/")[0]}
    is_first = says(body, EventType.EFFECT_INTENDED, **named) and is_within(row["first_intended_at"], body)
    return is_first and is_of_step and is_on_case and asked


def _end_of_effect_is_told(row: Row, own: Sequence[Body]) -> bool:
    state = EffectState(row["state"])
    if row["settled_by"] is not None and not any(_settles(row, body) for body in own):
        return False
    if state is EffectState.INTENDED:
        return True
    told = [body for body in own if _effect_state(body) is state]
    if state is EffectState.NOT_DONE:
        # What was refused and may be tried again keeps the time of the refusal.
        return any(does_not_deny(body, error=row["error_code"]) for body in told)
    return any(_is_end_of_effect(row, body) for body in told)


def _is_end_of_effect(row: Row, body: Body) -> bool:
    if not is_within(row["settled_at"], body):
        return False
    if says(body, EventType.EFFECT_SETTLED):
        return bool(row["remote_id"] == SETTLED_BY_PERSON)
    facts = body.get("facts", {})
    is_same: bool = (facts.get("remote"), facts.get("error")) == (row["remote_id"], row["error_code"])
    return is_same


def _settles(row: Row, body: Body) -> bool:
    return says(body, EventType.EFFECT_SETTLED) and row["settled_by"] in actors(body)


def _accounts_for_approval(row: Row, bodies: Sequence[Body]) -> bool:
    proposed = any(_proposes(row, body) for body in bodies)
    state = ApprovalState(row["state"])
    answers = [body for body in bodies if _answered(row, body) is not None]
    ends = [body for body in bodies if _ends_unanswered(row, body)]
    left_out = {body.get("facts", {}).get("left_out_rows") for body in answers} or {None}
    if _left_out(row) not in left_out:
        return False
    if state is ApprovalState.WAITING:
        return proposed and not answers and not ends and row["decided_by"] is None
    if state is ApprovalState.EXPIRED:
        return proposed and any(says(body, EventType.DECISION_EXPIRED) for body in ends)
    if state is ApprovalState.VOIDED:
        voided = [body for body in ends if not says(body, EventType.DECISION_EXPIRED)]
        # Withdrawn, it keeps who approved it; voided with its item, it has who cancelled that.
        return proposed and any(row["decided_by"] in actors(body) for body in (*voided, *answers) if voided)
    withdrawn = any(says(body, EventType.ITEM_REPLANNED) for body in ends)
    return (
        proposed and not withdrawn and any(_answered(row, body) is state and _is_whole(row, body) for body in answers)
    )


def _proposes(row: Row, body: Body) -> bool:
    is_same: bool = body.get("decision", {}).get("inputsDigest") == row["digest"]
    asked = {name: row[name] for name in ("may_approve", "barred", "needs_role")}
    # The robot's name and version are its process's.
    process = body.get("process", {"key": row["robot"], "version": row["robot_version"]})
    is_of_robot: bool = (process["key"], process["version"]) == (row["robot"], row["robot_version"])
    is_open_until = does_not_deny(body, expires=row["expires_at"].isoformat(), **asked)
    is_own = says(body, EventType.DECISION_PROPOSED, approval=str(row["id"])) and is_within(row["asked_at"], body)
    return is_own and is_same and is_of_robot and is_open_until


def _answered(row: Row, body: Body) -> ApprovalState | None:
    """What was answered to this proposal; None when the event is no answer to it."""
    if not says(body, EventType.DECISION_MADE, approval=str(row["id"])):
        return None
    review = body.get("decision", {}).get("humanReview")
    return ApprovalState.APPROVED if review == "policy" else ApprovalState(review)


def _is_whole(row: Row, body: Body) -> bool:
    decision = body["decision"]
    # A policy may approve in its own name, and does nothing else.
    by_policy = decision["humanReview"] == "policy"
    is_by_same: bool = body["actor"]["id"] == row["decided_by"] and by_policy == row["decided_by"].startswith("policy:")
    is_proposed: bool = decision["inputsDigest"] == row["digest"]
    batch = str(row["batch_id"]) if row["batch_id"] is not None else None
    is_same_act = body.get("facts", {}).get("left_out_rows") == _left_out(row) and does_not_deny(body, batch=batch)
    return is_by_same and is_same_act and is_proposed and is_within(row["decided_at"], body)


def _left_out(row: Row) -> str | None:
    return ",".join(json.loads(row["excluded_rows"])) or None


def _ends_unanswered(row: Row, body: Body) -> bool:
    """Lapsed, withdrawn, or, if it still waited then, voided when its item was cancelled."""
    if any(
        says(body, kind, approval=str(row["id"])) for kind in (EventType.DECISION_EXPIRED, EventType.ITEM_REPLANNED)
    ):
        return True
    is_cancelled = says(body, EventType.ITEM_CANCELLED) and row["decided_at"] is not None
    return is_cancelled and row["state"] == ApprovalState.VOIDED.value and is_within(row["decided_at"], body)


def _run_opened(row: Row, body: Body) -> bool:
    process = body.get("process", {"key": row["robot"], "version": row["robot_version"]})
    is_of_robot = (process["key"], process["version"]) == (row["robot"], row["robot_version"])
    actor, flow = body["actor"], body.get("run", {}).get("flow")
    is_by_same = (actor["id"], actor["established"], flow) == (row["started_by"], row["established"], row["flow_run"])
    is_own = says(body, EventType.RUN_OPENED, dry=row["is_dry"]) and is_within(row["started_at"], body)
    return is_own and is_of_robot and is_by_same


def _run_closed(row: Row, body: Body) -> bool:
    if row["ended_at"] is None:
        return True
    facts = body.get("facts", {})
    is_same = (facts.get("log"), facts.get("failure")) == (row["log_digest"], row["failure"])
    return is_same and says(body, EventType.RUN_CLOSED) and is_within(row["ended_at"], body)


def _run_is_after(row: Row, body: Body) -> bool:
    return body["type"] != EventType.RUN_CLOSED.value or row["ended_at"] is not None


BUSINESS_RECORDS: tuple[BusinessRecords, ...] = (
    AccountedRows(
        name="Opgaver",
        table=_ITEM,
        made_at=_ITEM.c.created_at,
        events=SameValue(_EVENT.c.item_id, _ITEM.c.id),
        accounts=_accounts_for_item,
        names=if_of(
            {arrow.event for arrow in TRANSITIONS} | {EventType.ITEM_CREATED}, lambda body: run_id(body, "item")
        ),
    ),
    AccountedRows(
        name="Ændringer i andre systemer",
        table=_EFFECT,
        made_at=_EFFECT.c.first_intended_at,
        events=SameValue(_EVENT.c.item_id, _EFFECT.c.item_id),
        accounts=_accounts_for_effect,
        names=if_of(
            (EventType.EFFECT_INTENDED, EventType.EFFECT_DONE, EventType.EFFECT_REFUSED, EventType.EFFECT_NOT_DONE),
            lambda body: run_id(body, "effect"),
        ),
    ),
    AccountedRows(
        name="Godkendelser",
        table=_APPROVAL,
        made_at=_APPROVAL.c.asked_at,
        events=SameValue(_EVENT.c.item_id, _APPROVAL.c.item_id),
        accounts=_accounts_for_approval,
        names=if_of((EventType.DECISION_PROPOSED, EventType.DECISION_MADE), lambda body: fact_id(body, "approval")),
    ),
    AccountedRows(
        name="Kørsler",
        table=_RUN,
        made_at=_RUN.c.started_at,
        events=SameValue(_EVENT.c.run_id, _RUN.c.id),
        accounts=all_of(_run_opened, _run_closed),
        names=if_of((EventType.RUN_OPENED, EventType.RUN_CLOSED), lambda body: run_id(body, "run")),
        is_after=_run_is_after,
    ),
    *OVERSIGHT_RECORDS,
)
