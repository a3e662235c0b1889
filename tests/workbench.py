"""Builders that the tests of several rooms share: people, items in each state, and a look into the tables.

What must stay true: an item comes into a state only along the arrows that a robot or a person would take.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from audit.events import ActorRef, ProcessRef, PurposeRef
from audit.vocabulary import ActorKind
from casework import approvals, transitions
from casework.approvals import Answer, Question
from casework.claiming import ClaimedItem, claim
from casework.items import NewItem, cancel, enqueue, reopen
from casework.moves import move
from casework.proposals import Proposal, ProposalRow
from casework.states import ItemState
from casework.steps import store_steps
from casework.workplace import Acting, Workplace, as_person
from foundation.actor import Actor, Established, Role
from foundation.database import schema_changes
from foundation.identifiers import new_id

ROBOT = "prøverobot"
_URGENCY = itertools.count(1)
WORKER = UUID("018f0000-0000-7000-8000-000000000001")
RUN = UUID("018f0000-0000-7000-8000-000000000002")


def person(person_id: str, *roles: Role) -> Actor:
    """An invented person."""
    return Actor(person_id, f"{person_id.title()} Prøvesen", frozenset(roles), Established.OS_ACCOUNT)


ANNE = person("anne", Role.SAGSBEHANDLER)
BO = person("bo", Role.GODKENDER)
ERIK = person("erik", Role.GODKENDER, Role.BESKYTTEDE_ADRESSER)


def robot_acting(starter: str = "anne") -> Acting:
    """The robot at work, started by ``starter``."""
    return Acting(
        ActorRef(ActorKind.ROBOT, ROBOT, "os_account", starter),
        ProcessRef(ROBOT, "1.0"),
        PurposeRef(ROBOT, "Prøveloven § 1", "27.00.00"),
        run_id=str(RUN),
    )


ACTING = robot_acting()


def add(place: Workplace, *references: str, priority: int = 0, robot: str = ROBOT) -> list[UUID]:
    """New items, in the order of the references."""
    items = [NewItem(reference, b'{"a":1}', priority) for reference in references]
    with place.database.write() as session:
        ids = enqueue(session, place, robot, items, acting=ACTING, run_id=None)
    return [ids[reference] for reference in references]


def take(place: Workplace, *, limit: int = 1, worker: UUID = WORKER, seconds: float = 60.0) -> list[ClaimedItem]:
    """Claim."""
    return claim(place, ROBOT, worker=worker, run_id=RUN, acting=ACTING, limit=limit, lease_seconds=seconds)


def add_and_take(place: Workplace, reference: str = "sag-1", *, worker: UUID = WORKER) -> ClaimedItem:
    """A new item in a worker's hands."""
    # More urgent than anything that waits already.
    (item_id,) = add(place, reference, priority=-next(_URGENCY))
    (claimed,) = take(place, worker=worker)
    assert claimed.lease.item_id == item_id
    return claimed


def proposal(*rows: str, needs_role: str | None = None) -> Proposal:
    """A proposal with these row ids."""
    made = tuple(
        ProposalRow(row, "S2026-1", "ADR-01", "APPLY", "Borgeren er flyttet.", ("Før 1",), ("Efter 2",))
        for row in rows or ("r1",)
    )
    return Proposal("Flyt adressen på en sag", made, plan='{"steps":[]}', needs_role=needs_role)


def ask(
    place: Workplace,
    claimed: ClaimedItem,
    asked: Proposal | None = None,
    *,
    barred: frozenset[str] = frozenset({"anne"}),
    valid_for: float = 3600.0,
) -> Proposal:
    """Park the item with a proposal."""
    asked = asked or proposal()
    question = Question(
        proposal=asked,
        robot=ROBOT,
        robot_version="1.0",
        may_approve=frozenset({"godkender"}),
        barred=barred,
        valid_for=valid_for,
    )
    with place.database.write() as session:
        approvals.ask(session, place, claimed.lease, question, acting=ACTING)
    return asked


def approve(place: Workplace, item_id: UUID, asked: Proposal, *, actor: Actor = BO) -> UUID:
    """Approve all of it."""
    (approval,) = approvals.approve(place, [Answer(item_id, asked.digest())], actor=actor, person_seconds=30)
    return approval


def end(place: Workplace, claimed: ClaimedItem, arrow: transitions.Transition, **values: object) -> None:
    """Move an item out of the worker's hands along one arrow."""
    with place.database.write() as session:
        move(session, place, arrow, claimed.lease.item_id, acting=ACTING, lease=claimed.lease, values=values)


def bring_to(place: Workplace, state: ItemState, reference: str | None = None) -> UUID:
    """A new item, brought into this state."""
    reference = reference or f"sag-{new_id()}"
    if state is ItemState.NEW:
        return add(place, reference)[0]
    claimed = add_and_take(place, reference)
    item_id = claimed.lease.item_id
    way: dict[ItemState, Callable[[], object]] = {
        ItemState.IN_PROGRESS: lambda: None,
        ItemState.AWAITING_APPROVAL: lambda: ask(place, claimed),
        ItemState.DEFERRED: lambda: end(
            place, claimed, transitions.DEFER, available_at=place.now() + timedelta(seconds=60)
        ),
        ItemState.IN_DOUBT: lambda: end(place, claimed, transitions.DOUBT),
        ItemState.COMPLETED: lambda: end(place, claimed, transitions.COMPLETE),
        ItemState.REJECTED: lambda: end(place, claimed, transitions.REJECT),
        ItemState.FAILED: lambda: end(place, claimed, transitions.FAIL),
        ItemState.CANCELLED: lambda: end(place, claimed, transitions.CANCEL),
    }
    way[state]()
    return item_id


def cancel_item(place: Workplace, item_id: UUID, *, actor: Actor = ANNE, reason: str = "Lukket i fagsystemet.") -> bool:
    """A person cancels."""
    with place.database.write() as session:
        return cancel(session, place, item_id, acting=as_person(actor), reason=reason)


def reopen_item(place: Workplace, item_id: UUID, *, reason: str = "Der var mere.") -> None:
    """A person reopens."""
    with place.database.write() as session:
        reopen(session, place, item_id, acting=as_person(ANNE), reason=reason)


def work_out(place: Workplace, item_id: UUID) -> None:
    """A finished step of the robot's."""
    with place.database.write() as session:
        store_steps(session, item_id, {("læs", ""): b"1"}, robot_version="1.0", at=place.now())


def rows(place: Workplace, query: str, **parameters: object) -> list[dict[str, Any]]:
    """What a plain SQL query sees."""
    with place.database.read() as session:
        return [dict(row) for row in session.execute(text(query), parameters).mappings()]


def raw(place: Workplace, statement: str, **parameters: object) -> None:
    """Run a plain SQL statement, as somebody with the database's password, or its file, would."""
    with place.database.write() as session, schema_changes(session.connection()):
        session.execute(text(statement), parameters)


def db_id(place: Workplace, value: UUID) -> str:
    """An id as plain SQL must write it on this database."""
    return value.hex if place.database.is_sqlite else str(value)


def item(place: Workplace, item_id: UUID) -> dict[str, Any]:
    """The row of one item."""
    (row,) = rows(place, "SELECT * FROM work_item WHERE id = :id", id=db_id(place, item_id))
    return row


def state_of(place: Workplace, item_id: UUID) -> ItemState:
    """Where the item is."""
    return ItemState(item(place, item_id)["state"])


def events(place: Workplace, item_id: UUID | None = None) -> list[dict[str, Any]]:
    """The bodies of the events in the order they were written, of one item or of all but the database's birth."""
    bodies = [json.loads(row["body"]) for row in rows(place, "SELECT body FROM audit_event ORDER BY id")]
    if item_id is None:
        return [body for body in bodies if body["type"] != "database.created"]
    return [body for body in bodies if body.get("run", {}).get("item") == str(item_id)]


def event_types(place: Workplace, item_id: UUID | None = None) -> list[str]:
    """The types of those events."""
    return [body["type"] for body in events(place, item_id)]
