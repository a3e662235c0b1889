"""Asking for a rollback: what an approved item wrote is to be taken back, by an item of its own (ADR-53).

What must stay true: only what was written under an approval can be asked for, row by row; who asks gives a reason and
does not approve it himself; and the asking itself writes in no other system.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Protocol, TypeGuard
from uuid import UUID

from audit.events import Event, PrivateDetail
from audit.vocabulary import EventType, RetentionClass
from casework.approvals import carried_out
from casework.errors import ReasonMissingError, TransitionRefusedError
from casework.items import NewItem, enqueue, get_item
from casework.proposals import ApprovedProposal
from casework.results import PrimaryResult, results_of
from casework.workplace import Workplace, as_person
from flows.opened_run import acting_of
from foundation.actor import Actor
from foundation.clock import local_date
from foundation.identifiers import new_id
from robots.registry import load_robot
from robots.robot import NewWorkItem, Robot


class RollbackRobot(Robot, Protocol):
    """A robot that can take back what it wrote."""

    def take_back(
        self, plans: Mapping[str, frozenset[str]], *, reference: str, noticed_on: date, asked_by: str
    ) -> NewWorkItem:
        """A work item that takes these rows of carried out plans back; ``asked_by`` may not approve it."""


def ask_for_rollback(
    place: Workplace, item_id: UUID, *, actor: Actor, reason: str, rows: frozenset[str] = frozenset()
) -> UUID:
    """Make the item that takes back what ``item_id`` wrote; returns its id.

    Args:
        place: the workplace.
        item_id: the item whose writes were a mistake.
        actor: who asks; must hold a role that may start or approve the robot's work.
        reason: free text, sealed in the trail.
        rows: only these rows; all that were written when empty.

    Raises:
        NotAllowedError: the actor has none of the roles.
        ReasonMissingError: without a reason.
        TransitionRefusedError: the item wrote nothing, or not these rows, or its robot cannot take anything back.
        UnknownItemError: there is no such item.
    """
    if not reason.strip():
        message = "Skriv, hvorfor ændringen skal føres tilbage."
        raise ReasonMissingError(message)
    with place.database.read() as session:
        item = get_item(session, item_id)
        robot = load_robot(item.robot)
        actor.require(robot.card.may_start | robot.card.may_approve, "bede om at føre en ændring tilbage")
        written = {each.row for each in results_of(session, item_id) if each.result is PrimaryResult.APPLIED}
        approved = carried_out(session, item_id)
    if not takes_back(robot):
        message = f"Robotten {item.robot} kan ikke føre sine ændringer tilbage. Ret dem i fagsystemet."
        raise TransitionRefusedError(message)
    wanted = rows or frozenset(written)
    plans = _plans_of(wanted, approved)
    if wanted - written or not written or frozenset().union(*plans.values()) != wanted:
        what = f"Linjerne er: {', '.join(sorted(written))}." if written else "Den har ikke skrevet noget."
        message = f"Opgaven har ikke skrevet det, der skal føres tilbage. {what}"
        raise TransitionRefusedError(message)
    found = robot.take_back(
        plans,
        reference=f"rollback:{item_id}:{new_id()}",
        noticed_on=local_date(place.now()),
        asked_by=actor.id,
    )
    new = NewItem(found.reference, found.payload.model_dump_json().encode(), found.priority, found.due_at)
    # The person acts himself, for the purpose that the robot's card names.
    acting = replace(acting_of(robot, actor), actor=as_person(actor).actor)
    with place.database.write() as session:
        made = enqueue(session, place, item.robot, [new], acting=acting, run_id=None)[found.reference]
        event = Event(
            type=EventType.ROLLBACK_ASKED,
            actor=acting.actor,
            process=acting.process,
            purpose=acting.purpose,
            run=acting.run(item=made),
            private=PrivateDetail(reason.encode(), RetentionClass.DECISION),
            facts={"of": str(item_id), "rows": ",".join(sorted(wanted))},
        )
        place.record(session, event)
    return made


def _plans_of(wanted: frozenset[str], approved: Sequence[ApprovedProposal]) -> dict[str, frozenset[str]]:
    """The newest carried out plan of each row, as plan to rows: an item may have been planned anew in between."""
    plans: dict[str, frozenset[str]] = {}
    left = wanted
    for each in approved:
        own = left & {row.id for row in each.approved_rows()}
        if own:
            plans[each.proposal.plan] = own
            left -= own
    return plans


def takes_back(robot: Robot) -> TypeGuard[RollbackRobot]:
    """Whether the robot can take back what it wrote."""
    return hasattr(robot, "take_back")
