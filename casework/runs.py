"""Runs: who started a robot, when, and what came of it.

What must stay true: every item a run touches can be led back to the person who started it, who therefore never approves
what the run proposes.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from sqlalchemy import insert, update

from audit.events import ActorRef, Event
from audit.vocabulary import ActorKind, EventType, Outcome
from casework.tables import RunRow
from casework.workplace import Acting, Workplace, as_person
from foundation.actor import Actor
from foundation.identifiers import new_id

_RUN = RunRow.__table__


def open_run(
    place: Workplace, *, robot: str, robot_version: str, starter: Actor, acting: Acting, is_dry: bool = False
) -> tuple[UUID, Acting]:
    """Open a run; returns its id and the robot as it acts in it, on behalf of the starter.

    Args:
        place: the workplace.
        robot: the robot's name.
        robot_version: its version.
        starter: the person who starts it.
        acting: carries process, purpose and flow run.
        is_dry: nothing will be written to other systems.
    """
    run_id = new_id()
    person = as_person(starter)
    with place.database.write() as session:
        session.execute(
            insert(_RUN).values(
                id=run_id,
                robot=robot,
                robot_version=robot_version,
                started_by=starter.id,
                established=starter.established.value,
                flow_run=acting.flow,
                is_dry=is_dry,
                started_at=place.now(),
            )
        )
        event = Event(
            type=EventType.RUN_OPENED,
            actor=person.actor,
            process=acting.process,
            purpose=acting.purpose,
            run=replace(acting, run_id=str(run_id)).run(),
            facts={"dry": is_dry},
        )
        place.record(session, event)
    robot_ref = ActorRef(ActorKind.ROBOT, robot, starter.established.value, starter.id)
    return run_id, replace(acting, actor=robot_ref, run_id=str(run_id))


def close_run(
    place: Workplace,
    run_id: UUID,
    *,
    acting: Acting,
    counts: dict[str, int],
    log_digest: str | None = None,
    failure: str | None = None,
) -> None:
    """Close a run with what came of it. ``failure`` is the code of what ended it early."""
    with place.database.write() as session:
        ended = {"ended_at": place.now(), "log_digest": log_digest}
        session.execute(update(_RUN).where(_RUN.c.id == run_id).values(**ended))
        event = Event(
            type=EventType.RUN_CLOSED,
            outcome=Outcome.OK if failure is None else Outcome.FAILED,
            actor=acting.actor,
            process=acting.process,
            purpose=acting.purpose,
            run=acting.run(),
            facts={
                **counts,
                **({"log": log_digest} if log_digest else {}),
                **({"failure": failure} if failure else {}),
            },
        )
        place.record(session, event)
