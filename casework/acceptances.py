"""Acceptances: a second person lets a stopped intake go on (ADR-50, and a gap in the events).

What must stay true: an acceptance is for one mark, is used once, and never by a run that the same person started.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlmodel import Session

from audit.events import Event, PrivateDetail
from audit.vocabulary import EventType, RetentionClass
from casework.errors import ReasonMissingError
from casework.oversight_tables import AcceptanceRow
from casework.states import AcceptanceKind
from casework.workplace import Acting, Workplace, as_person
from foundation.actor import Actor, Role
from foundation.identifiers import new_id

_ACCEPTANCE = AcceptanceRow.__table__
MAY_ACCEPT: Final = frozenset({Role.DIGITAL_AGENT.value, Role.GODKENDER.value, Role.ROBOTEJER.value})


def accept(place: Workplace, *, robot: str, what: AcceptanceKind, mark: str, actor: Actor, reason: str) -> UUID:
    """Let the robot go on once over what stopped it; returns the acceptance's id.

    Args:
        place: the workplace.
        robot: the robot.
        what: what stopped it.
        mark: which one, as the stopped run named it; never personal data.
        actor: who accepts; somebody else must start the run that uses it.
        reason: free text, sealed.

    Raises:
        NotAllowedError: the actor has none of the roles.
        ReasonMissingError: without a reason.
    """
    actor.require(MAY_ACCEPT, "lade et standset indtag fortsætte")
    if not reason.strip():
        message = "Skriv, hvorfor indtaget må fortsætte."
        raise ReasonMissingError(message)
    acceptance_id = new_id()
    with place.database.write() as session:
        session.execute(
            insert(_ACCEPTANCE).values(
                id=acceptance_id,
                robot=robot,
                what=what.value,
                mark=mark,
                accepted_by=actor.id,
                accepted_at=place.now(),
                reason=reason.encode(),
            )
        )
        event = Event(
            type=EventType.INTAKE_ACCEPTED,
            actor=as_person(actor).actor,
            private=PrivateDetail(reason.encode(), RetentionClass.DECISION),
            facts=_facts(acceptance_id, robot, what, mark),
        )
        place.record(session, event)
    return acceptance_id


def use_acceptance(
    session: Session,
    place: Workplace,
    *,
    robot: str,
    what: AcceptanceKind,
    mark: str,
    starter: str,
    acting: Acting,
) -> bool:
    """Use an acceptance up, in the transaction that takes in what was stopped.

    Args:
        session: a write transaction.
        place: the workplace.
        robot: the robot.
        what: what stopped it.
        mark: which one.
        starter: the id of the person who started this run.
        acting: the robot in this run; its run is remembered with the acceptance.

    Returns:
        False when nobody but the starter accepted it, or all acceptances are used.
    """
    query = (
        select(_ACCEPTANCE.c.id, _ACCEPTANCE.c.accepted_by)
        .where(
            _ACCEPTANCE.c.robot == robot,
            _ACCEPTANCE.c.what == what.value,
            _ACCEPTANCE.c.mark == mark,
            _ACCEPTANCE.c.used_at.is_(None),
            _ACCEPTANCE.c.accepted_by != starter,
        )
        .order_by(_ACCEPTANCE.c.id)
        .limit(1)
        .with_for_update()
    )
    found = session.execute(query).one_or_none()
    if found is None:
        return False
    used = {"used_at": place.now(), "used_by_run": UUID(acting.run_id) if acting.run_id is not None else None}
    session.execute(update(_ACCEPTANCE).where(_ACCEPTANCE.c.id == found.id).values(**used))
    event = Event(
        type=EventType.INTAKE_WENT_ON,
        actor=acting.actor,
        process=acting.process,
        purpose=acting.purpose,
        run=acting.run(),
        facts=_facts(found.id, robot, what, mark) | {"accepted_by": found.accepted_by},
    )
    place.record(session, event)
    return True


def _facts(acceptance_id: UUID, robot: str, what: AcceptanceKind, mark: str) -> dict[str, str]:
    return {"acceptance": str(acceptance_id), "robot": robot, "what": what.value, "mark": mark}
