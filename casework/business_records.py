"""What casework's rows must be accounted for by, for the verifier (``audit.obligations.business``).

What must stay true: every state in which a row can stand is told by an event that is looked for here, so that a row
changed by hand is found.
"""

from __future__ import annotations

from collections.abc import Sequence

from audit.obligations.business import BusinessRecords
from audit.tables import AuditEventRow
from audit.vocabulary import EventType
from casework.accounted_rows import AccountedRows, Body, Row, SameValue, any_of, fact_id, if_of, run_id
from casework.item_histories import states_after
from casework.oversight_records import OVERSIGHT_RECORDS
from casework.states import ApprovalState, EffectState, ItemState
from casework.tables import ApprovalRow, EffectRow, RunRow, WorkItemRow
from casework.transitions import TRANSITIONS

_EVENT = AuditEventRow.__table__
_ITEM = WorkItemRow.__table__
_EFFECT = EffectRow.__table__
_APPROVAL = ApprovalRow.__table__
_RUN = RunRow.__table__

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


def _account_for_item(row: Row, bodies: Sequence[Body]) -> bool:
    return ItemState(row["state"]) in states_after(bodies)


def _accounts_for_effect(row: Row, body: Body) -> bool:
    # Where settling an effect moves its item on, the event is the item's and names the effect among its facts.
    is_named: bool = row["id"] in {run_id(body, "effect"), fact_id(body, "effect")}
    return is_named and body["type"] in _EFFECT_EVENTS[EffectState(row["state"])]


def _accounts_for_approval(row: Row, body: Body) -> bool:
    state = ApprovalState(row["state"])
    if body["type"] not in _APPROVAL_EVENTS[state]:
        return False
    if state in {ApprovalState.EXPIRED, ApprovalState.VOIDED}:
        return True
    decision = body.get("decision", {})
    is_same: bool = fact_id(body, "approval") == row["id"] and decision.get("inputsDigest") == row["digest"]
    if state is ApprovalState.WAITING:
        return is_same
    # A policy may approve in its own name, and does nothing else.
    by_policy = state is ApprovalState.APPROVED and str(row["decided_by"]).startswith("policy:")
    review = "policy" if by_policy else state.value
    is_by_same: bool = body["actor"]["id"] == row["decided_by"]
    return is_same and is_by_same and decision.get("humanReview") == review


def _accounts_for_run(row: Row, body: Body) -> bool:
    wanted = EventType.RUN_OPENED if row["ended_at"] is None else EventType.RUN_CLOSED
    return bool(body["type"] == wanted.value)


BUSINESS_RECORDS: tuple[BusinessRecords, ...] = (
    AccountedRows(
        name="Opgaver",
        table=_ITEM,
        made_at=_ITEM.c.created_at,
        events=SameValue(_EVENT.c.item_id, _ITEM.c.id),
        accounts=_account_for_item,
        names=if_of(
            {arrow.event for arrow in TRANSITIONS} | {EventType.ITEM_CREATED}, lambda body: run_id(body, "item")
        ),
    ),
    AccountedRows(
        name="Ændringer i andre systemer",
        table=_EFFECT,
        made_at=_EFFECT.c.first_intended_at,
        events=SameValue(_EVENT.c.item_id, _EFFECT.c.item_id),
        accounts=any_of(_accounts_for_effect),
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
        accounts=any_of(_accounts_for_approval),
        names=if_of((EventType.DECISION_PROPOSED, EventType.DECISION_MADE), lambda body: fact_id(body, "approval")),
    ),
    AccountedRows(
        name="Kørsler",
        table=_RUN,
        made_at=_RUN.c.started_at,
        events=SameValue(_EVENT.c.run_id, _RUN.c.id),
        accounts=any_of(_accounts_for_run),
        names=if_of((EventType.RUN_OPENED, EventType.RUN_CLOSED), lambda body: run_id(body, "run")),
    ),
    *OVERSIGHT_RECORDS,
)
