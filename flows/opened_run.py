"""A run from its first line to its last: opened before anything is collected, closed whatever happens.

What must stay true: intake and work of one run carry one id; a run that ended in any way is closed, with the code of
what ended it and the digest of the log that tells why; and what dead processes left open is closed first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog

from audit.events import ActorRef, ProcessRef, PurposeRef
from audit.vocabulary import ActorKind
from casework.incidents import report
from casework.runs import ANY_NUMBER, close_dead_runs, close_run, open_run
from casework.workplace import Acting, Workplace
from connectors.errors import ConnectorError
from flows.code_digest import digest_of
from flows.composition import Composition, lock_folder
from flows.database_loss import loss_of, report_loss, when_it_answers
from flows.ending import Result
from foundation.actor import Actor
from foundation.errors import SagsgangError
from foundation.logs import RunLog, get_logger, run_log
from foundation.settings import Settings
from robots.robot import Robot

log = get_logger(__name__)

#: The code of an incident of a run that broke outside of any item.
RUN_FAULT: Final = "run_fault"


@dataclass
class OpenedRun:
    """One run while it goes on. Whoever works in it counts here and says what stopped it."""

    id: UUID
    acting: Acting
    counts: Counter[Result] = field(default_factory=Counter)
    #: The code of what kept new work from coming in, and of what ended the work early.
    collect_error: str | None = None
    stopped_by: str | None = None


@contextmanager
def opened_run(
    composition: Composition, robot: Robot, starter: Actor, *, flow: str | None = None, at_most: int = ANY_NUMBER
) -> Iterator[OpenedRun]:
    """Open a run of this robot; it is closed when the block ends.

    Args:
        composition: the other systems and the database.
        robot: the robot.
        starter: who starts it; must hold a role that its card names.
        flow: the id of the orchestrator's flow run, where there is one.
        at_most: so many runs of the robot may go on together, this one included; any number when a person asks.

    Raises:
        NotAllowedError: the starter may not start this robot.
        AlreadyRunningError: so many go on already.
    """
    card, place = robot.card, composition.place
    starter.require(card.may_start, f"starte {card.name}")
    logs = log_folder(composition.settings)
    logs.mkdir(parents=True, exist_ok=True)
    for dead in close_dead_runs(place, locks=lock_folder(composition.settings), logs=logs):
        log.warning("run.found_dead", dead=str(dead))
    run_id, acting = open_run(
        place,
        robot=card.name,
        robot_version=card.version,
        starter=starter,
        acting=acting_of(robot, starter, flow),
        worker=composition.worker.id,
        at_most=at_most,
    )
    opened = OpenedRun(run_id, acting)
    told: RunLog | None = None
    failure: str | None = None
    broken_by: BaseException | None = None
    try:
        with (
            run_log(logs / f"run-{run_id}.jsonl") as told,
            structlog.contextvars.bound_contextvars(run=str(run_id), robot=card.name),
        ):
            yield opened
            counts = {key.value: number for key, number in opened.counts.items()}
            log.info("run.ended", stopped_by=opened.stopped_by, collect_error=opened.collect_error, **counts)
        failure = opened.stopped_by or opened.collect_error
    except BaseException as error:
        broken_by, failure = error, failure_of(error)
        raise
    finally:
        # Also a run that ended badly is closed, with the digest of the log that tells why.
        digest = told.sha256 if told is not None else None
        named = {result.value: number for result, number in sorted(opened.counts.items())}
        close_with_incident(
            place, card.name, run_id, acting=acting, counts=named, digest=digest, failure=failure, broken_by=broken_by
        )


def failure_of(error: BaseException) -> str:
    """What the record says of a run that this ended: the code of a lost database, or the kind of the fault."""
    loss = loss_of(error)
    return type(error).__name__ if loss is None else loss.code


def close_with_incident(
    place: Workplace,
    robot: str,
    run_id: UUID,
    *,
    acting: Acting,
    counts: dict[str, int],
    failure: str | None,
    broken_by: BaseException | None,
    digest: str | None = None,
) -> None:
    """Close a run, and open an incident for what no item and no next run would tell of.

    That is a database that went away, and a fault of the program outside of any item, which every next run would meet.
    What has a code of ours was told by whoever raised it; and a person who interrupts a run knows that he did.
    """
    loss = loss_of(broken_by) if broken_by is not None else None
    is_fault = isinstance(broken_by, Exception) and not isinstance(broken_by, SagsgangError | ConnectorError)
    kind = type(broken_by).__name__

    def close() -> None:
        close_run(place, run_id, acting=acting, counts=counts, log_digest=digest, failure=failure)
        if loss is not None:
            report_loss(place, robot, loss)
        elif is_fault:
            message = f"Kørslen gik i stykker ({kind}) uden for opgaverne. Se dens log, og giv robottens ejer besked."
            with place.database.write() as session:
                report(session, place, robot=robot, system="", code=RUN_FAULT, message=message)

    when_it_answers(close)


def log_folder(settings: Settings) -> Path:
    """The folder of the run logs, ``run-<id>.jsonl`` each."""
    return settings.data_dir / "logs"


def acting_of(robot: Robot, starter: Actor, flow: str | None = None) -> Acting:
    """The robot as it acts for this person, before there is a run."""
    card = robot.card
    return Acting(
        actor=ActorRef(ActorKind.ROBOT, card.name, starter.established.value, starter.id),
        process=ProcessRef(card.name, card.version, digest_of(type(robot))),
        purpose=PurposeRef(card.name, card.legal_basis, card.kle),
        flow=flow,
    )
