"""Approval by a policy instead of by a person.

What must stay true: only the policy in force approves, and only what no rule sets aside for a person: a proposal that
needs a role, shows a protected address, or has a row whose ruling is not ``APPLY`` always waits, whatever the robot
says. Each such approval is recorded with the policy's version and the draw.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session

from audit.events import DecisionRef
from casework.approvals import waiting
from casework.draws import Draw
from casework.errors import ApprovalRefusedError, UnknownItemError
from casework.moves import Detail, move
from casework.policies import policy_in_force
from casework.proposals import Proposal
from casework.states import ApprovalState
from casework.tables import ApprovalRow
from casework.transitions import APPROVE
from casework.workplace import Workplace, as_system

_APPROVAL = ApprovalRow.__table__
#: The one ruling that no person needs to look at one by one.
_ORDINARY: Final = "APPLY"


def may_pass(session: Session, proposal: Proposal, *, robot: str, policy_version: int | None) -> bool:
    """Whether this proposal may be approved by the policy that the robot worked by; it must still be in force.

    The policy stays in force until the transaction ends.
    """
    is_ordinary = (
        proposal.needs_role is None
        and bool(proposal.rows)
        and all(row.ruling == _ORDINARY and not row.is_protected for row in proposal.rows)
    )
    if not is_ordinary or policy_version is None:
        return False
    policy = policy_in_force(session, robot=robot, keep=True)
    return policy is not None and policy.version == policy_version


def approve_by_policy(session: Session, place: Workplace, approval_id: UUID, *, item_id: UUID, draw: Draw) -> None:
    """Approve a proposal that was put in the same transaction, in the policy's name: ``policy:<version>``.

    Args:
        session: the write transaction in which ``casework.approvals.ask`` parked the item.
        place: the workplace.
        approval_id: what ``ask`` returned.
        item_id: the item.
        draw: the draw that stands in the proposal's event.

    Raises:
        ApprovalRefusedError: the draw says that it waits, or it may not pass.
        UnknownItemError: the item does not wait for this approval.
    """
    approval = next((each for each in waiting(session, item_id=item_id) if each.id == approval_id), None)
    if approval is None:
        message = f"Opgaven {item_id} venter ikke på godkendelsen {approval_id}."
        raise UnknownItemError(message)
    policy_version = draw.policy_version
    if draw.waits or not may_pass(session, approval.proposal, robot=approval.robot, policy_version=policy_version):
        message = "Politikken kan ikke godkende forslaget; en person skal tage stilling: sagsgang approvals"
        raise ApprovalRefusedError(message)
    decider = f"policy:{policy_version}"
    approved = {"state": ApprovalState.APPROVED.value, "decided_by": decider, "decided_at": place.now()}
    session.execute(update(_APPROVAL).where(_APPROVAL.c.id == approval_id).values(**approved))
    detail = Detail(
        facts={"approval": str(approval_id), **draw.facts()},
        decision=DecisionRef(inputs_digest=approval.digest, human_review="policy"),
    )
    values = {"attempts": 0, "approval_id": approval_id}
    move(session, place, APPROVE, item_id, acting=as_system(decider), values=values, detail=detail)
