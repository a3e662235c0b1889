"""Proposals put to people, and their answers.

What must stay true: an answer is bound to the digest of exactly what was shown; the approver is neither the run's
starter nor anybody else who is barred; and an approval is used by the handling that follows it and by no other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import CursorResult, RowMapping, insert, select, update
from sqlmodel import Session

from audit.events import DecisionRef, Event, PrivateDetail
from audit.vocabulary import EventType, RetentionClass
from casework.begun import require_none_begun
from casework.draws import Draw
from casework.errors import ApprovalRefusedError, ReasonMissingError, UnknownItemError
from casework.moves import Detail, Lease, move, require_lease
from casework.proposals import ApprovedProposal, Proposal
from casework.states import ApprovalState, EffectState
from casework.steps import discard_steps
from casework.tables import ApprovalRow, EffectRow, WorkItemRow
from casework.transitions import APPROVE, PARK, SEND_BACK, TAKE_OVER, Transition
from casework.workplace import Acting, Workplace, as_person
from foundation.actor import Actor
from foundation.identifiers import new_id
from foundation.working_time import add_working_seconds

_APPROVAL = ApprovalRow.__table__
_ITEM = WorkItemRow.__table__


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A proposal with who may answer it and for how long."""

    proposal: Proposal
    robot: str
    robot_version: str
    may_approve: frozenset[str]
    #: Ids of people who may not: the run's starter, and the authors where the card says so.
    barred: frozenset[str]
    #: Seconds of working time (``foundation.working_time``).
    valid_for: float
    #: The draw, where a policy lets the proposal pass; recorded whatever it says.
    draw: Draw | None = None


@dataclass(frozen=True, slots=True)
class WaitingApproval:
    """A proposal that waits, as an approver meets it; the proposal is clear, screens mask it."""

    id: UUID
    item_id: UUID
    robot: str
    proposal: Proposal
    digest: str
    needs_role: str | None
    may_approve: frozenset[str]
    barred: frozenset[str]
    asked_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of a batch: which item, and the digest of what the approver saw."""

    item_id: UUID
    digest: str
    #: Ids of rows left out; only with an approval.
    excluded_rows: frozenset[str] = frozenset()


def ask(session: Session, place: Workplace, lease: Lease, question: Question, *, acting: Acting) -> UUID:
    """Park the item with a proposal, in the caller's transaction; returns the approval's id.

    Raises:
        LeaseLostError: the lease is over; looked at first, since the item may have a waiting proposal by now.
    """
    require_lease(session, lease)
    approval_id = new_id()
    proposal = question.proposal
    expires_at = add_working_seconds(place.now(), question.valid_for)
    session.execute(
        insert(_APPROVAL).values(
            id=approval_id,
            item_id=lease.item_id,
            robot=question.robot,
            robot_version=question.robot_version,
            state=ApprovalState.WAITING.value,
            proposal=proposal.to_json(),
            digest=proposal.digest(),
            needs_role=proposal.needs_role,
            may_approve=_listed(question.may_approve),
            barred=_listed(question.barred),
            asked_at=place.now(),
            expires_at=expires_at,
            excluded_rows=_listed(frozenset()),
        )
    )
    rules = ",".join(sorted({row.rule for row in proposal.rows}))
    event = Event(
        type=EventType.DECISION_PROPOSED,
        actor=acting.actor,
        process=acting.process,
        purpose=acting.purpose,
        run=acting.run(item=lease.item_id, attempt=lease.attempt),
        decision=DecisionRef(rule=rules, inputs_digest=proposal.digest()),
        facts={
            "approval": str(approval_id),
            "rows": len(proposal.rows),
            "may_approve": _listed(question.may_approve),
            "barred": _listed(question.barred),
            "needs_role": proposal.needs_role,
            "expires": expires_at.isoformat(),
            **_drawn(question.draw),
        },
    )
    place.record(session, event)
    # Getting somewhere clears the attempts: they count tries in a row, not visits in a life.
    move(session, place, PARK, lease.item_id, acting=acting, lease=lease, values={"approval_id": None, "attempts": 0})
    return approval_id


def _drawn(draw: Draw | None) -> dict[str, int | bool]:
    return {**draw.facts(), "sampled": draw.waits} if draw is not None else {}


def waiting(
    session: Session, *, robot: str | None = None, item_id: UUID | None = None, limit: int = 500
) -> list[WaitingApproval]:
    """The proposals that wait, oldest first; of one item at most one."""
    query = select(_APPROVAL).where(_APPROVAL.c.state == ApprovalState.WAITING.value).order_by(_APPROVAL.c.id)
    if item_id is not None:
        query = query.where(_APPROVAL.c.item_id == item_id)
    if robot is not None:
        query = query.where(_APPROVAL.c.robot == robot)
    return [_waiting(row) for row in session.execute(query.limit(limit)).mappings()]


def approve(
    place: Workplace, answers: Sequence[Answer], *, actor: Actor, person_seconds: int, reason: str = ""
) -> list[UUID]:
    """Approve a batch: one act over a list of (item, digest), all or none.

    Args:
        place: the workplace.
        answers: what is approved.
        actor: who approves.
        person_seconds: how long the person spent on the whole batch.
        reason: free text, sealed; required when rows are left out.

    Returns:
        The ids of the approvals.

    Raises:
        ApprovalRefusedError: this person may not, or the digest is not that of what waits; nothing is approved then.
    """
    if any(answer.excluded_rows for answer in answers):
        _require_reason(reason, "når linjer udelades")
    batch = new_id()
    act = _Act(APPROVE, ApprovalState.APPROVED, actor, 0, reason, batch)
    shares = share_seconds(person_seconds, len(answers))
    with place.database.write() as session:
        # Always in the same order: two batches that overlap must not wait for each other.
        ids = {
            answer.item_id: _answer(session, place, answer, replace(act, seconds=seconds))
            for answer, seconds in zip(sorted(answers, key=lambda answer: answer.item_id), shares, strict=True)
        }
    return [ids[answer.item_id] for answer in answers]


def share_seconds(seconds: int, count: int) -> list[int]:
    """The time spent on a batch shared over its lines, in whole seconds whose sum is exactly that time."""
    if count == 0:
        return []
    share, rest = divmod(seconds, count)
    return [share + 1] * rest + [share] * (count - rest)


def send_back(place: Workplace, answer: Answer, *, actor: Actor, person_seconds: int, reason: str) -> UUID:
    """Return a proposal: the robot looks at everything again and proposes anew. Needs a reason."""
    _require_reason(reason, "når et forslag sendes tilbage")
    act = _Act(SEND_BACK, ApprovalState.RETURNED, actor, person_seconds, reason)
    with place.database.write() as session:
        # The item is locked first, as everywhere: an order of its own could wait for the others in a circle.
        approval_id = _answer(session, place, answer, act)
        discard_steps(session, place, answer.item_id)
        return approval_id


def take_over(place: Workplace, answer: Answer, *, actor: Actor, person_seconds: int, reason: str) -> UUID:
    """Take the work over by hand: the item is cancelled, with a reason.

    Raises:
        TransitionRefusedError: a change was begun under an earlier approval, and nobody knows its ending.
    """
    _require_reason(reason, "når en opgave overtages")
    act = _Act(TAKE_OVER, ApprovalState.TAKEN_OVER, actor, person_seconds, reason)
    with place.database.write() as session:
        approval_id = _answer(session, place, answer, act)
        require_none_begun(session, answer.item_id)
        return approval_id


def withdraw(session: Session, approval_id: UUID) -> None:
    """Void an approval that no handling can use any more, because the case was changed after it was given.

    In the caller's transaction, which holds the item and tells why in its own event. Who decided, and when, stays.

    Raises:
        UnknownItemError: there is no such approval, or it is not approved.
    """
    query = update(_APPROVAL).where(_APPROVAL.c.id == approval_id, _APPROVAL.c.state == ApprovalState.APPROVED.value)
    result = session.execute(query.values(state=ApprovalState.VOIDED.value))
    if not isinstance(result, CursorResult) or result.rowcount != 1:
        message = f"Der er ingen godkendelse {approval_id}, som kan trækkes tilbage."
        raise UnknownItemError(message)


def approved_proposal(session: Session, approval_id: UUID) -> ApprovedProposal:
    """What was approved, for the handling that rests on it."""
    query = select(_APPROVAL).where(_APPROVAL.c.id == approval_id, _APPROVAL.c.state == ApprovalState.APPROVED.value)
    return _approved(session.execute(query).mappings().one())


def carried_out(session: Session, item_id: UUID) -> list[ApprovedProposal]:
    """The proposals of an item under which something was written, the newest first, also those withdrawn since."""
    effects = EffectRow.__table__
    used = select(effects.c.approval_id).where(
        effects.c.item_id == item_id, effects.c.approval_id.is_not(None), effects.c.state == EffectState.DONE.value
    )
    query = select(_APPROVAL).where(_APPROVAL.c.item_id == item_id, _APPROVAL.c.id.in_(used))
    return [_approved(row) for row in session.execute(query.order_by(_APPROVAL.c.id.desc())).mappings()]


def _approved(row: RowMapping) -> ApprovedProposal:
    return ApprovedProposal(
        approval_id=str(row["id"]),
        proposal=_open_proposal(row),
        excluded_rows=frozenset(json.loads(row["excluded_rows"])),
        approved_by=row["decided_by"],
        approved_at=row["decided_at"],
    )


def may_answer(approval: WaitingApproval, actor: Actor) -> str | None:
    """Why this person may not answer, in Danish; None when he may."""
    roles = {role.value for role in actor.roles}
    if actor.id in approval.barred:
        return f"{actor.id} har selv startet kørslen eller lavet robotten; en anden skal godkende."
    if not approval.may_approve & roles:
        return f"Det kræver rollen {' eller '.join(sorted(approval.may_approve))}."
    if approval.needs_role is not None and approval.needs_role not in roles:
        return f"Forslaget kræver rollen {approval.needs_role}."
    return None


@dataclass(frozen=True, slots=True)
class _Act:
    """What a person does with a proposal."""

    transition: Transition
    state: ApprovalState
    actor: Actor
    seconds: int
    reason: str
    batch: UUID | None = None


def _answer(session: Session, place: Workplace, answer: Answer, act: _Act) -> UUID:
    # The item is locked before its proposal, as cancelling does.
    session.execute(select(_ITEM.c.id).where(_ITEM.c.id == answer.item_id).with_for_update())
    query = select(_APPROVAL).where(
        _APPROVAL.c.item_id == answer.item_id, _APPROVAL.c.state == ApprovalState.WAITING.value
    )
    row = session.execute(query.with_for_update()).mappings().one_or_none()
    if row is None:
        message = f"Opgaven {answer.item_id} venter ikke på godkendelse. Se dem, der gør: sagsgang approvals"
        raise UnknownItemError(message)
    approval = _waiting(row)
    _refuse_unless_allowed(approval, answer, act.actor, now=place.now())
    session.execute(
        update(_APPROVAL)
        .where(_APPROVAL.c.id == approval.id)
        .values(
            state=act.state.value,
            decided_by=act.actor.id,
            decided_at=place.now(),
            excluded_rows=_listed(answer.excluded_rows),
            reason=act.reason.encode() if act.reason else None,
            batch_id=act.batch,
        )
    )
    is_approved = act.state is ApprovalState.APPROVED
    values: dict[str, object] = {"attempts": 0, "approval_id": approval.id if is_approved else None}
    if act.state is ApprovalState.TAKEN_OVER:
        values |= {"outcome_code": "taken_over", "outcome_message": f"Overtaget af {act.actor.id}."}
    detail = Detail(
        facts={
            "approval": str(approval.id),
            "batch": str(act.batch) if act.batch is not None else None,
            "left_out": len(answer.excluded_rows),
            # A row's id names a case and a place on it, never a person.
            "left_out_rows": ",".join(sorted(answer.excluded_rows)) or None,
        },
        private=PrivateDetail(act.reason.encode(), RetentionClass.DECISION) if act.reason else None,
        decision=DecisionRef(inputs_digest=approval.digest, human_review=act.state.value, person_seconds=act.seconds),
    )
    acting = as_person(act.actor)
    move(session, place, act.transition, answer.item_id, acting=acting, values=values, detail=detail)
    return approval.id


def _refuse_unless_allowed(approval: WaitingApproval, answer: Answer, actor: Actor, *, now: datetime) -> None:
    why = may_answer(approval, actor)
    if why is not None:
        raise ApprovalRefusedError(why)
    if answer.digest != approval.digest:
        message = "Forslaget er ændret, siden du så det. Se det igen: sagsgang approvals"
        raise ApprovalRefusedError(message)
    if approval.expires_at <= now:
        message = "Forslaget er udløbet; robotten laver et nyt ved næste kørsel."
        raise ApprovalRefusedError(message)
    unknown = answer.excluded_rows - {row.id for row in approval.proposal.rows}
    if unknown:
        message = f"Forslaget har ingen linje {', '.join(sorted(unknown))}."
        raise ApprovalRefusedError(message)


def _require_reason(reason: str, when: str) -> None:
    if not reason.strip():
        message = f"Skriv en begrundelse, {when}."
        raise ReasonMissingError(message)


def _listed(names: frozenset[str]) -> str:
    """As JSON: a name may hold any character, also a comma."""
    return json.dumps(sorted(names), ensure_ascii=False)


def _open_proposal(row: RowMapping) -> Proposal:
    """The proposal, if it is the one that the digest names; a sealed value can be moved from row to row."""
    if hashlib.sha256(row["proposal"]).hexdigest() != row["digest"]:
        message = f"Forslaget {row['id']} er ikke det, der blev stillet. Stop robotten, og giv revisor besked."
        raise ApprovalRefusedError(message)
    return Proposal.from_json(row["proposal"])


def _waiting(row: RowMapping) -> WaitingApproval:
    return WaitingApproval(
        id=row["id"],
        item_id=row["item_id"],
        robot=row["robot"],
        proposal=_open_proposal(row),
        digest=row["digest"],
        needs_role=row["needs_role"],
        may_approve=frozenset(json.loads(row["may_approve"])),
        barred=frozenset(json.loads(row["barred"])),
        asked_at=row["asked_at"],
        expires_at=row["expires_at"],
    )
