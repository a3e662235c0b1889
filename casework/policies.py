"""Policies: how far a robot goes by itself, put forward by one person and put in force by another.

    proposed ──put_in_force──► in_force ──another one is put in force──► superseded
       └──────reject──────► rejected

What must stay true: nobody decides on his own proposal; a robot has one policy in force at most; and a policy's text
never changes after it was proposed. The database refuses the rest (``casework.triggers``). Casework stores text: what
it means the robot knows, and hands in as ``validate``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from audit.events import ChangeRef, Event, PrivateDetail
from audit.vocabulary import EventType, RetentionClass
from casework.errors import ApprovalRefusedError, ReasonMissingError, TransitionRefusedError, UnknownItemError
from casework.oversight_tables import PolicyRow
from casework.states import PolicyState
from casework.workplace import Workplace, as_person
from foundation.actor import Actor, Role
from foundation.identifiers import new_id

_POLICY = PolicyRow.__table__
#: Built once: every desk asks it.
_IN_FORCE = select(_POLICY).where(_POLICY.c.robot == bindparam("wanted"), _POLICY.c.state == PolicyState.IN_FORCE.value)
_KEPT = _IN_FORCE.with_for_update(read=True)
MAY_PROPOSE: Final = frozenset({Role.DIGITAL_AGENT.value, Role.ROBOTEJER.value})
MAY_DECIDE: Final = frozenset({Role.ROBOTEJER.value})

#: Raises what the robot says of a text that is no policy of its kind; what it returns is not used.
Validate = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class PolicyView:
    """A policy as people and robots see it; the reasons stay sealed."""

    id: UUID
    robot: str
    #: Counted per robot from 1; named in every approval that rests on it.
    version: int
    body: str
    state: PolicyState
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None

    def digest(self) -> str:
        """SHA-256 in hex over the text, as it stands in the trail."""
        return _digest(self.body)


def propose_policy(
    place: Workplace, *, robot: str, body: str, actor: Actor, reason: str, validate: Validate
) -> PolicyView:
    """Put a policy forward.

    Raises:
        NotAllowedError: the actor is neither digital agent nor robot owner.
        ReasonMissingError: without a reason.
        TransitionRefusedError: somebody else proposed at the same moment.
    """
    actor.require(MAY_PROPOSE, "foreslå en politik")
    _require_reason(reason)
    validate(body)
    policy_id = new_id()
    with _alone(place) as session:
        newest = select(func.max(_POLICY.c.version)).where(_POLICY.c.robot == robot)
        version = (session.execute(newest).scalar_one() or 0) + 1
        session.execute(
            insert(_POLICY).values(
                id=policy_id,
                robot=robot,
                version=version,
                body=body,
                state=PolicyState.PROPOSED.value,
                proposed_by=actor.id,
                proposed_at=place.now(),
                reason=reason.encode(),
            )
        )
        policy = get_policy(session, policy_id)
        _tell(session, place, EventType.POLICY_PROPOSED, policy, actor, reason, policy_in_force(session, robot=robot))
        return policy


def put_in_force(place: Workplace, policy_id: UUID, *, actor: Actor, reason: str, validate: Validate) -> PolicyView:
    """Let the robot follow a policy from now on; the one that it followed is superseded.

    ``validate`` is asked again, because the robot may have changed since the policy was proposed.

    Raises:
        NotAllowedError: the actor is no robot owner.
        ApprovalRefusedError: the actor proposed it himself.
        TransitionRefusedError: it is decided already, or another one was put in force at the same moment.
        UnknownItemError: there is no such policy.
        ReasonMissingError: without a reason.
    """
    with place.database.read() as session:
        validate(get_policy(session, policy_id).body)
    with _alone(place) as session:
        policy = _undecided(session, policy_id, actor, reason, "sætte en politik i kraft")
        before = policy_in_force(session, robot=policy.robot)
        if before is not None:
            # Where somebody else replaced it a moment ago, two would be in force, which the database refuses.
            replaced = update(_POLICY).where(_POLICY.c.id == before.id, _POLICY.c.state == PolicyState.IN_FORCE.value)
            session.execute(replaced.values(state=PolicyState.SUPERSEDED.value))
        _decide(session, place, policy_id, PolicyState.IN_FORCE, actor, reason)
        _tell(session, place, EventType.POLICY_PUT_IN_FORCE, policy, actor, reason, before)
        return get_policy(session, policy_id)


def reject_policy(place: Workplace, policy_id: UUID, *, actor: Actor, reason: str) -> PolicyView:
    """Say no to a policy; what the robot follows stays.

    Raises:
        NotAllowedError, ApprovalRefusedError, TransitionRefusedError, UnknownItemError, ReasonMissingError: as
            ``put_in_force``.
    """
    with _alone(place) as session:
        policy = _undecided(session, policy_id, actor, reason, "afvise en politik")
        _decide(session, place, policy_id, PolicyState.REJECTED, actor, reason)
        before = policy_in_force(session, robot=policy.robot)
        _tell(session, place, EventType.POLICY_REJECTED, policy, actor, reason, before)
        return get_policy(session, policy_id)


def policy_in_force(session: Session, *, robot: str, keep: bool = False) -> PolicyView | None:
    """The policy that the robot follows; None where none was ever put in force.

    With ``keep`` it stays the one in force until the (write) transaction ends.
    """
    query = _KEPT if keep else _IN_FORCE
    row = session.connection().execute(query, {"wanted": robot}).mappings().one_or_none()
    return _view(row) if row is not None else None


def get_policy(session: Session, policy_id: UUID) -> PolicyView:
    """One policy.

    Raises:
        UnknownItemError: when there is none.
    """
    row = session.execute(select(_POLICY).where(_POLICY.c.id == policy_id)).mappings().one_or_none()
    if row is None:
        message = f"Der er ingen politik {policy_id}. Se politikkerne med: sagsgang policy"
        raise UnknownItemError(message)
    return _view(row)


def list_policies(session: Session, *, robot: str | None = None) -> list[PolicyView]:
    """All policies, the newest of each robot first."""
    query = select(_POLICY).order_by(_POLICY.c.robot, _POLICY.c.version.desc())
    if robot is not None:
        query = query.where(_POLICY.c.robot == robot)
    return [_view(row) for row in session.execute(query).mappings()]


@contextmanager
def _alone(place: Workplace) -> Iterator[Session]:
    """A write transaction; two that would make two versions of one number, or two in force, are told apart."""
    try:
        with place.database.write() as session:
            yield session
    except IntegrityError:
        message = "En anden ændrede robottens politik i samme øjeblik. Se den igen, og prøv så."
        raise TransitionRefusedError(message) from None


def _undecided(session: Session, policy_id: UUID, actor: Actor, reason: str, act: str) -> PolicyView:
    """The policy, locked, if this person may decide on it now."""
    actor.require(MAY_DECIDE, act)
    _require_reason(reason)
    session.execute(select(_POLICY.c.id).where(_POLICY.c.id == policy_id).with_for_update())
    policy = get_policy(session, policy_id)
    if policy.proposed_by == actor.id:
        message = f"{actor.id} har selv foreslået politikken; en anden robotejer skal tage stilling."
        raise ApprovalRefusedError(message)
    if policy.state is not PolicyState.PROPOSED:
        message = f"Politik {policy.version} er allerede afgjort ({policy.state.value}). Foreslå en ny."
        raise TransitionRefusedError(message)
    return policy


def _decide(session: Session, place: Workplace, policy_id: UUID, state: PolicyState, actor: Actor, reason: str) -> None:
    decided = {"decided_by": actor.id, "decided_at": place.now(), "decision_reason": reason.encode()}
    session.execute(update(_POLICY).where(_POLICY.c.id == policy_id).values(state=state.value, **decided))


def _tell(
    session: Session,
    place: Workplace,
    kind: EventType,
    policy: PolicyView,
    actor: Actor,
    reason: str,
    before: PolicyView | None,
) -> None:
    """``before``: the policy that was in force until then."""
    change = ChangeRef(("policy",), before=before.digest() if before is not None else None, after=policy.digest())
    event = Event(
        type=kind,
        actor=as_person(actor).actor,
        change=change,
        private=PrivateDetail(reason.encode(), RetentionClass.DECISION),
        facts={"policy": str(policy.id), "robot": policy.robot, "version": policy.version},
    )
    place.record(session, event)


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


def _require_reason(reason: str) -> None:
    if not reason.strip():
        message = "Skriv en begrundelse."
        raise ReasonMissingError(message)


def _view(row: RowMapping) -> PolicyView:
    fields: dict[str, Any] = {name: row[name] for name in PolicyView.__slots__}
    fields["state"] = PolicyState(row["state"])
    return PolicyView(**fields)
