"""Pausing a robot, stopping it, and letting it work again.

    active ──pause──► paused      nothing new is claimed; what is begun is finished
    active, paused ──stop──► stopped      what is begun is laid back between two steps; nothing is collected
    paused, stopped ──resume──► active

What must stay true: each is an act of a named person with a reason, and a claim and the state it was made under are
read in one transaction (``casework.claiming``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from audit.events import Event, PrivateDetail
from audit.vocabulary import EventType, RetentionClass
from casework.errors import ReasonMissingError, RobotRestsError, TransitionRefusedError
from casework.operating_tables import RobotStateRow
from casework.states import RobotState
from casework.workplace import Workplace, as_person
from foundation.actor import Actor, Role

_STATE = RobotStateRow.__table__

#: Who may: those who mend runs, those who answer for a robot, and those who run the house.
_MAY = frozenset({Role.DIGITAL_AGENT.value, Role.ROBOTEJER.value, Role.ADMINISTRATOR.value})
_ACTS: dict[RobotState, tuple[str, EventType]] = {
    RobotState.PAUSED: ("sætte en robot på pause", EventType.ROBOT_PAUSED),
    RobotState.STOPPED: ("standse en robot", EventType.ROBOT_STOPPED),
    RobotState.ACTIVE: ("sætte en robot i drift igen", EventType.ROBOT_RESUMED),
}
_REFUSED: dict[RobotState, str] = {
    RobotState.PAUSED: "Robotten er allerede på pause.",
    RobotState.STOPPED: "Robotten er allerede standset.",
    RobotState.ACTIVE: "Robotten er allerede i drift.",
}


@dataclass(frozen=True, slots=True)
class RobotCondition:
    """Whether a robot may work, since when and by whom."""

    robot: str
    state: RobotState
    changed_at: datetime | None = None
    changed_by: str | None = None
    reason: str | None = None


def condition_of(session: Session, robot: str) -> RobotCondition:
    """How it stands with one robot."""
    row = session.execute(select(_STATE).where(_STATE.c.robot == robot)).mappings().one_or_none()
    if row is None:
        return RobotCondition(robot, RobotState.ACTIVE)
    reason = row["reason"].decode() if row["reason"] is not None else None
    return RobotCondition(robot, RobotState(row["state"]), row["changed_at"], row["changed_by"], reason)


def state_of(session: Session, robot: str) -> RobotState:
    """Whether this robot may work; a robot that nobody paused may."""
    state: str | None = session.execute(select(_STATE.c.state).where(_STATE.c.robot == robot)).scalar_one_or_none()
    return RobotState(state) if state is not None else RobotState.ACTIVE


def require_active(place: Workplace, robot: str) -> None:
    """Refuse while the robot rests.

    Raises:
        RobotRestsError: it is paused or stopped.
    """
    with place.database.read() as session:
        state = state_of(session, robot)
    if state is not RobotState.ACTIVE:
        message = f"{robot} er på pause eller standset. Sæt den i drift med: {_resume(robot)}"
        raise RobotRestsError(message)


def resting(session: Session) -> list[RobotCondition]:
    """The robots that are paused or stopped, by name."""
    query = select(_STATE.c.robot).where(_STATE.c.state != RobotState.ACTIVE.value).order_by(_STATE.c.robot)
    return [condition_of(session, robot) for robot in session.execute(query).scalars().all()]


def set_state(place: Workplace, robot: str, state: RobotState, *, actor: Actor, reason: str) -> RobotCondition:
    """Pause a robot, stop it or let it work again; returns how it stands then.

    Raises:
        NotAllowedError: the person holds none of the roles for it.
        ReasonMissingError: without a reason.
        TransitionRefusedError: it stands so already, or is stopped, which is more than paused.
    """
    act, kind = _ACTS[state]
    actor.require(_MAY, act)
    if not reason.strip():
        message = "Skriv en begrundelse."
        raise ReasonMissingError(message)
    with place.database.write() as session:
        lock_robot(session, place, robot)
        before = state_of(session, robot)
        if before is state:
            raise TransitionRefusedError(_REFUSED[state])
        if before is RobotState.STOPPED and state is RobotState.PAUSED:
            message = f"Robotten er standset. Sæt den først i drift med: {_resume(robot)}"
            raise TransitionRefusedError(message)
        changed = {"state": state.value, "changed_at": place.now(), "changed_by": actor.id, "reason": reason.encode()}
        session.execute(_STATE.update().where(_STATE.c.robot == robot).values(**changed))
        private = PrivateDetail(reason.encode(), RetentionClass.DECISION)
        person = as_person(actor).actor
        place.record(session, Event(type=kind, actor=person, facts={"robot": robot}, private=private))
        return condition_of(session, robot)


def lock_robot(session: Session, place: Workplace, robot: str) -> None:
    """Keep others from changing this robot's state, or opening a lone run of it, until the transaction ends."""
    dialect = sqlite if place.database.is_sqlite else postgresql
    row = {"robot": robot, "state": RobotState.ACTIVE.value, "changed_at": place.now()}
    query = dialect.insert(_STATE).values(**row)
    # An update that changes nothing: it takes the lock of a row that is there already.
    session.execute(query.on_conflict_do_update(index_elements=["robot"], set_={"robot": robot}))


def _resume(robot: str) -> str:
    return f"sagsgang robots resume {robot} --reason '…'"
