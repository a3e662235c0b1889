"""Runs: who started a robot, when, and what came of it.

What must stay true: every item a run touches can be led back to the person who started it, who therefore never approves
what the run proposes; and a run whose process died does not stand open for ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, Row, insert, select, update

from audit.events import ActorRef, Event
from audit.vocabulary import ActorKind, EventType, Outcome
from casework.errors import AlreadyRunningError
from casework.pausing import lock_robot
from casework.tables import RunRow
from casework.workers import death_of
from casework.workplace import Acting, Workplace, as_person, as_system
from foundation.actor import Actor
from foundation.identifiers import new_id

_RUN = RunRow.__table__
#: For a run that is opened however many go on already.
ANY_NUMBER = 0


@dataclass(frozen=True, slots=True)
class RunView:
    """A run as far as it is known to have come."""

    id: UUID
    robot: str
    flow_run: str | None
    started_at: datetime
    ended_at: datetime | None
    failure: str | None


def open_run(
    place: Workplace,
    *,
    robot: str,
    robot_version: str,
    starter: Actor,
    acting: Acting,
    is_dry: bool = False,
    worker: UUID | None = None,
    at_most: int | None = None,
) -> tuple[UUID, Acting]:
    """Open a run; returns its id and the robot as it acts in it, on behalf of the starter.

    Args:
        place: the workplace.
        robot: the robot's name.
        robot_version: its version.
        starter: the person who starts it.
        acting: carries process, purpose and flow run.
        is_dry: nothing will be written to other systems.
        worker: the worker that runs it; its death ends the run.
        at_most: so many runs that take in new work may go on together for this robot, this one included
            (``ANY_NUMBER`` where a person asked for it); None for a run that takes none in. Runs that died count until
            ``close_dead_runs`` has closed them.

    Raises:
        AlreadyRunningError: so many go on already.
    """
    run_id = new_id()
    person = as_person(starter)
    with place.database.write() as session:
        if at_most:
            lock_robot(session, place, robot)
            going = (_RUN.c.robot == robot, _RUN.c.ended_at.is_(None), _RUN.c.collects.is_(True))
            if len(session.execute(select(_RUN.c.id).where(*going).limit(at_most)).all()) >= at_most:
                message = f"{robot} kører allerede. Den kørsel tager også det nye arbejde."
                raise AlreadyRunningError(message)
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
                worker_id=worker,
                collects=at_most is not None,
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
) -> bool:
    """Close a run with what came of it; False when somebody closed it before.

    ``failure`` is the code of what ended it early.
    """
    with place.database.write() as session:
        ended = {"ended_at": place.now(), "log_digest": log_digest, "failure": failure}
        still_open = update(_RUN).where(_RUN.c.id == run_id, _RUN.c.ended_at.is_(None))
        result = session.execute(still_open.values(**ended))
        if not isinstance(result, CursorResult) or result.rowcount != 1:
            return False
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
        return True


def close_dead_runs(place: Workplace, *, locks: Path, logs: Path) -> list[UUID]:
    """Close the runs whose worker is proven dead, with the digest of the log that each has left; returns their ids.

    Args:
        place: the workplace.
        locks: the folder of the workers' lock files.
        logs: the folder of the run logs.
    """
    query = select(_RUN.c.id, _RUN.c.worker_id, _RUN.c.flow_run)
    with place.database.read() as session:
        going = session.execute(query.where(_RUN.c.ended_at.is_(None), _RUN.c.worker_id.is_not(None))).all()
    dead = [row for row in going if death_of(place, row.worker_id, locks=locks) is not None]
    return [row.id for row in dead if _close_dead(place, row, logs)]


def _close_dead(place: Workplace, row: Row[Any], logs: Path) -> bool:
    path = logs / f"run-{row.id}.jsonl"
    digest: str | None = None
    if path.is_file():
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    acting = replace(as_system("reaper"), run_id=str(row.id), flow=row.flow_run)
    return close_run(place, row.id, acting=acting, counts={}, log_digest=digest, failure="worker_died")


def runs_of_flows(place: Workplace, flow_runs: Sequence[str]) -> dict[str, RunView]:
    """Our latest run of each of these flow runs of the orchestrator; those without any are left out."""
    query = select(_RUN).where(_RUN.c.flow_run.in_(flow_runs)).order_by(_RUN.c.started_at)
    with place.database.read() as session:
        rows = session.execute(query).mappings().all()
    return {row["flow_run"]: RunView(**{name: row[name] for name in RunView.__slots__}) for row in rows}


def runs_between(place: Workplace, robot: str, begin: datetime, end: datetime, *, limit: int) -> list[UUID]:
    """The ids of this robot's runs that went on at some time between the two, the latest first."""
    query = (
        select(_RUN.c.id)
        .where(_RUN.c.robot == robot, _RUN.c.started_at <= end)
        .where(_RUN.c.ended_at.is_(None) | (_RUN.c.ended_at >= begin))
        .order_by(_RUN.c.started_at.desc())
        .limit(limit)
    )
    with place.database.read() as session:
        return list(session.execute(query).scalars())
