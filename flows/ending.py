"""How one handling ends: an outcome or an exception becomes one transition, in one transaction.

What must stay true: every outcome and every exception ends the item in a known state; nothing is swallowed, and what is
stored of an error is its code and our own sentence, never its text.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import assert_never

from sqlmodel import Session

from audit.events import DecisionRef
from audit.vocabulary import Outcome as EventOutcome
from casework import transitions
from casework.approvals import Question, ask, withdraw
from casework.automatic import approve_by_policy, may_pass
from casework.claiming import ClaimedItem
from casework.draws import Draw, draw
from casework.ending_many import Departure, move_many
from casework.errors import LeaseLostError, WorkerLostError
from casework.incidents import report
from casework.moves import Detail, move
from casework.steps import discard_steps
from casework.workplace import Acting, Workplace
from connectors.errors import (
    CircuitOpen,
    ConnectorError,
    EffectInDoubt,
    OwnerStillAlive,
    SchemaDrift,
    VersionConflict,
)
from flows.back_off import seconds_before
from flows.database_loss import loss_of
from flows.live_desk import CancelNoticedError, RunHaltedError, Worked, cancel_requested_by
from foundation.errors import SagsgangError
from foundation.working_time import load_calendar
from robots.card import Card
from robots.outcome import Completed, Deferred, NeedsApproval, Outcome, Rejected


class Result(StrEnum):
    """What one handling came to; the names under which a run counts."""

    COMPLETED = "completed"
    AWAITING_APPROVAL = "awaiting_approval"
    #: The policy approved in a person's place; the item goes on.
    PASSED_BY_POLICY = "passed_by_policy"
    DEFERRED = "deferred"
    REJECTED = "rejected"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    REPLANNED = "replanned"
    CANCELLED = "cancelled"
    GIVEN_BACK = "given_back"
    #: Another worker has the item; nothing was written by this one.
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """One item in one worker's hands, with all that is needed to end it."""

    place: Workplace
    card: Card
    acting: Acting
    claimed: ClaimedItem
    starter: str
    max_attempts: int


def end_with_outcome(handling: Handling, outcome: Outcome, worked: Worked) -> Result:
    """Store what was worked out and move the item, together.

    Raises:
        LeaseLostError: the item is in other hands; nothing is stored then.
    """
    prepare(handling, outcome)
    with handling.place.database.write() as session:
        departures: list[Departure] = []
        result = end_in(session, handling, outcome, worked, departures)
        move_many(session, handling.place, departures)
        return result


def prepare(handling: Handling, outcome: Outcome) -> None:
    """What an ending needs that must not be made ready within a transaction."""
    if isinstance(outcome, NeedsApproval):
        load_calendar(handling.place.now())


def end_in(
    session: Session, handling: Handling, outcome: Outcome, worked: Worked, departures: list[Departure]
) -> Result:
    """Store and move in the caller's transaction, after ``prepare``.

    A completed item is only put among ``departures``, which the caller moves together before the transaction ends.
    """
    worked.store(session)
    if not isinstance(outcome, Completed | Rejected) and cancel_requested_by(session, handling.claimed) is not None:
        # What was asked for while the robot worked out its last part is done before anything is put off.
        return _move(session, handling, transitions.CANCEL, Result.CANCELLED, values={"outcome_code": "cancelled"})
    values: dict[str, object]
    match outcome:
        case Completed(code, message, counts):
            values = {"outcome_code": code, "outcome_message": message}
            detail = Detail(facts={"code": code, **dict(counts)}, decision=DecisionRef(reason_code=code))
            lease = handling.claimed.lease
            departures.append(Departure(transitions.COMPLETE, lease, handling.acting, values, detail))
            return Result.COMPLETED
        case NeedsApproval():
            return _ask(session, handling, outcome, policy_version=worked.policy_version)
        case Deferred(until, code, message):
            values = {"available_at": until, "outcome_code": code, "outcome_message": message, "attempts": 0}
            detail = Detail(facts={"code": code, "until": until.isoformat()})
            return _move(session, handling, transitions.DEFER, Result.DEFERRED, values=values, detail=detail)
        case Rejected(code, message):
            return _reject(session, handling, code, message)
        case _:
            assert_never(outcome)


def _ask(session: Session, handling: Handling, outcome: NeedsApproval, *, policy_version: int | None) -> Result:
    """Put the proposal to a person, or let the policy that the robot worked by approve it, with the draw recorded."""
    card, place = handling.card, handling.place
    item_id = handling.claimed.lease.item_id
    drawn: Draw | None = None
    if (
        outcome.automatic is not None
        and policy_version is not None
        and may_pass(session, outcome.proposal, robot=card.name, policy_version=policy_version)
    ):
        drawn = draw(policy_version=policy_version, percent=outcome.automatic.sample_percent)
    barred = {handling.starter} | outcome.barred | (set() if card.author_may_approve else card.authors)
    question = Question(
        proposal=outcome.proposal,
        robot=card.name,
        robot_version=card.version,
        may_approve=card.may_approve,
        barred=frozenset(barred),
        valid_for=outcome.valid_for,
        draw=drawn,
    )
    approval_id = ask(session, place, handling.claimed.lease, question, acting=handling.acting)
    if drawn is None or drawn.waits:
        return Result.AWAITING_APPROVAL
    approve_by_policy(session, place, approval_id, item_id=item_id, draw=drawn)
    return Result.PASSED_BY_POLICY


def end_with_error(handling: Handling, error: Exception, worked: Worked) -> Result:
    """Move the item as this exception demands.

    A ``ConnectorError`` that may be retried defers the item with a growing pause until its attempts are used up; one
    that may not is a business exception for a person. Anything else is a fault: retried, then failed with an incident.
    """
    if isinstance(error, LeaseLostError):
        return _lose(handling, error, worked)
    try:
        with handling.place.database.write() as session:
            # Steps that were finished before the error stay finished.
            worked.store(session)
            return _end(session, handling, error)
    except LeaseLostError as lost:
        return _lose(handling, lost, worked)


def _lose(handling: Handling, error: LeaseLostError, worked: Worked) -> Result:
    """Another has the item; what this one made happen in other systems is told all the same.

    Where another only took over a change of it, such as a person who settled it, the item is still ours: it comes back
    by itself, or our heart would keep it for as long as the run goes on.
    """
    if worked.outcomes:
        with handling.place.database.write() as session:
            worked.store_outcomes(session)
    if isinstance(error, WorkerLostError):
        return Result.LOST
    try:
        with handling.place.database.write() as session:
            return _retry_or_fail(session, handling, error.code, str(error))
    except LeaseLostError:
        return Result.LOST


def give_back(handling: Handling) -> Result:
    """Lay an item back that nobody has begun; the claim does not count as an attempt."""
    attempts = handling.claimed.lease.attempt - 1
    try:
        with handling.place.database.write() as session:
            return _move(session, handling, transitions.GIVE_BACK, Result.GIVEN_BACK, values={"attempts": attempts})
    except LeaseLostError:
        return Result.LOST


def _end(session: Session, handling: Handling, error: Exception) -> Result:
    attempts = handling.claimed.lease.attempt
    values: dict[str, object]
    match error:
        case CancelNoticedError():
            values = {"outcome_code": "cancelled", "outcome_message": str(error)}
            return _move(session, handling, transitions.CANCEL, Result.CANCELLED, values=values)
        case VersionConflict():
            return _replan(session, handling, error)
        case EffectInDoubt():
            _report(session, handling, error.system, error.code, error.advice)
            values = {"outcome_code": error.code, "outcome_message": error.advice}
            detail = Detail(facts={"effect": error.detail}, outcome=EventOutcome.UNKNOWN)
            return _move(session, handling, transitions.DOUBT, Result.IN_DOUBT, values=values, detail=detail)
        case OwnerStillAlive():
            return _defer(
                session, handling, error.code, error.advice, seconds=error.retry_after or 1.0, attempts=attempts - 1
            )
        case _ if isinstance(error, CircuitOpen | RunHaltedError) or loss_of(error) is not None:
            # A database that is away, or locked for too long, has used up none of the item's attempts either.
            return _move(session, handling, transitions.GIVE_BACK, Result.GIVEN_BACK, values={"attempts": attempts - 1})
        case SchemaDrift():
            _report(session, handling, error.system, error.code, error.advice)
            return _retry_or_fail(session, handling, error.code, error.advice)
        case ConnectorError(is_retryable=True):
            return _retry_or_fail(session, handling, error.code, error.advice, at_least=error.retry_after or 0.0)
        case ConnectorError():
            return _reject(session, handling, error.code, error.advice)
        case SagsgangError(is_retryable=False):
            return _fail(session, handling, error.code, str(error))
        case _:
            message = f"Robotten har en fejl ({type(error).__name__}). Se kørslens log, og giv robottens ejer besked."
            return _retry_or_fail(session, handling, "fault", message)


def _replan(session: Session, handling: Handling, error: VersionConflict) -> Result:
    """What was approved is overtaken: the approval is withdrawn and everything is looked at anew."""
    if handling.claimed.approval_id is None:
        # No proposal was overtaken, so planning anew at once would only meet the same again, for ever.
        return _retry_or_fail(session, handling, error.code, error.advice)
    withdraw(session, handling.claimed.approval_id)
    discard_steps(session, handling.place, handling.claimed.lease.item_id)
    values = {"approval_id": None, "attempts": 0, "outcome_code": error.code}
    detail = Detail(facts={"code": error.code, "approval": str(handling.claimed.approval_id)})
    return _move(session, handling, transitions.REPLAN, Result.REPLANNED, values=values, detail=detail)


def _retry_or_fail(session: Session, handling: Handling, code: str, message: str, *, at_least: float = 0.0) -> Result:
    attempt = handling.claimed.lease.attempt
    if attempt >= handling.max_attempts:
        return _fail(session, handling, code, message)
    seconds = seconds_before(attempt, at_least=at_least, chance=random.random())  # noqa: S311 - spreads load, guards nothing.
    return _defer(session, handling, code, message, seconds=seconds, attempts=attempt)


def _defer(session: Session, handling: Handling, code: str, message: str, *, seconds: float, attempts: int) -> Result:
    until = handling.place.now() + timedelta(seconds=seconds)
    values = {"available_at": until, "outcome_code": code, "outcome_message": message, "attempts": attempts}
    detail = Detail(facts={"code": code, "until": until.isoformat()}, outcome=EventOutcome.FAILED)
    return _move(session, handling, transitions.DEFER, Result.DEFERRED, values=values, detail=detail)


def _reject(session: Session, handling: Handling, code: str, message: str) -> Result:
    values = {"outcome_code": code, "outcome_message": message}
    detail = Detail(facts={"code": code}, outcome=EventOutcome.REFUSED)
    return _move(session, handling, transitions.REJECT, Result.REJECTED, values=values, detail=detail)


def _fail(session: Session, handling: Handling, code: str, message: str) -> Result:
    _report(session, handling, "", code, message)
    values = {"outcome_code": code, "outcome_message": message}
    detail = Detail(facts={"code": code}, outcome=EventOutcome.FAILED)
    return _move(session, handling, transitions.FAIL, Result.FAILED, values=values, detail=detail)


def _report(session: Session, handling: Handling, system: str, code: str, message: str) -> None:
    item_id = handling.claimed.lease.item_id
    robot = handling.card.name
    report(session, handling.place, robot=robot, system=system, code=code, message=message, item_id=item_id)


def _move(
    session: Session,
    handling: Handling,
    transition: transitions.Transition,
    result: Result,
    *,
    values: Mapping[str, object],
    detail: Detail = Detail(),
) -> Result:
    lease = handling.claimed.lease
    move(
        session,
        handling.place,
        transition,
        lease.item_id,
        acting=handling.acting,
        lease=lease,
        values=values,
        detail=detail,
    )
    return result
