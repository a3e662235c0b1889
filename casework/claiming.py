"""Claiming, keeping and taking back work items.

What must stay true: an item is handed to one worker at a time, every claim raises the fencing token, and a dead
worker's item comes back: its attempts count, so that an item that kills its worker ends as failed and not in a circle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, CursorResult, Row, select, update
from sqlmodel import Session

from audit.driver_sql import as_uuid, is_sqlite, run, run_many
from audit.events import Event
from casework.begun import open_effects
from casework.incidents import report
from casework.moves import Detail, Lease, move
from casework.states import ApprovalState, ItemState
from casework.steps import discard_steps
from casework.stored_values import stored
from casework.tables import ApprovalRow, WorkItemRow
from casework.transitions import CLAIM, EXPIRE_LEASE, FAIL, LAPSE, WAKE
from casework.workplace import Acting, Workplace, as_system

_ITEM = WorkItemRow.__table__
_APPROVAL = ApprovalRow.__table__
#: How many items the reaper looks at in one transaction, so that it never holds the database long.
_PORTION = 200

#: Every claim asks these, so they are handed to the driver as they are. Of a robot that rests nothing is handed out.
_NEXT = """SELECT id, reference, payload, approval_id, lease_token, attempts FROM work_item
    WHERE robot = ? AND state = 'new' AND NOT EXISTS (
        SELECT 1 FROM robot_state AS rest WHERE rest.robot = work_item.robot AND rest.state <> 'active')
    ORDER BY priority, id LIMIT ?"""
_LOCKED = " FOR UPDATE SKIP LOCKED"
_CLAIM = """UPDATE work_item SET state = 'in_progress', attempts = attempts + 1, lease_token = lease_token + 1,
    lease_owner = ?, lease_expires_at = ?, run_id = ?, updated_at = ? WHERE id = ? AND state = 'new'"""
_DUE = "SELECT id FROM work_item WHERE state = 'deferred' AND available_at <= ?"
#: Joined to nothing, so that SQLite reads the few deferred items, and not by another index all the robot ever had.
_OF_ROBOT = " AND robot || '' = ?"
_OLDEST_DUE = " ORDER BY available_at LIMIT ?"


@dataclass(frozen=True, slots=True)
class ClaimedItem:
    """An item in a worker's hands."""

    lease: Lease
    robot: str
    reference: str
    payload: bytes
    approval_id: UUID | None


def claim(
    place: Workplace, robot: str, *, worker: UUID, run_id: UUID, acting: Acting, limit: int, lease_seconds: float
) -> list[ClaimedItem]:
    """Take up to ``limit`` items in one transaction, the most urgent and oldest first; wakes what is due."""
    with place.database.write() as session:
        now = place.now()
        wake_due(session, place, robot=robot)
        connection = session.connection()
        claimed = _next(connection, place, robot, worker=worker, limit=limit)
        if not claimed:
            return []
        expires = now + timedelta(seconds=lease_seconds)
        same = stored(connection, worker, expires, run_id, now)
        run_many(connection, _CLAIM, [(*same, *stored(connection, item.lease.item_id)) for item in claimed])
        place.record(
            session,
            *[
                Event(
                    type=CLAIM.event,
                    actor=acting.actor,
                    process=acting.process,
                    purpose=acting.purpose,
                    run=acting.run(item=item.lease.item_id, attempt=item.lease.attempt),
                    facts={"worker": str(worker), "token": item.lease.token},
                )
                for item in claimed
            ],
        )
        return claimed


def _next(connection: Connection, place: Workplace, robot: str, *, worker: UUID, limit: int) -> list[ClaimedItem]:
    """What is claimed next, locked: on SQLite by the transaction, on PostgreSQL row by row."""
    query = _NEXT if is_sqlite(connection) else _NEXT + _LOCKED
    ring = place.database.ring
    return [
        ClaimedItem(
            lease=Lease(as_uuid(key), worker, token + 1, attempts + 1),
            robot=robot,
            reference=reference,
            payload=ring.unseal(bytes(payload), place="work_item.payload"),
            approval_id=as_uuid(approval) if approval is not None else None,
        )
        for key, reference, payload, approval, token, attempts in run(connection, query, robot, limit)
    ]


def keep(place: Workplace, *, worker: UUID, lease_seconds: float) -> int:
    """Prolong every lease of this worker (the heartbeat); returns how many it still has.

    A lease that has run out but was not taken back yet is prolonged too: nobody else has the item.
    """
    with place.database.write() as session:
        expires = place.now() + timedelta(seconds=lease_seconds)
        query = update(_ITEM).where(_ITEM.c.lease_owner == worker, _ITEM.c.state == ItemState.IN_PROGRESS.value)
        result = session.execute(query.values(lease_expires_at=expires))
        return result.rowcount if isinstance(result, CursorResult) else 0


def wake_due(session: Session, place: Workplace, *, robot: str | None = None) -> int:
    """Bring deferred items whose time has come back to the queue; returns how many."""
    connection = session.connection()
    query = _DUE + (_OF_ROBOT if robot is not None else "") + _OLDEST_DUE
    values = (*stored(connection, place.now()), *((robot,) if robot is not None else ()), _PORTION)
    found = run(connection, query if is_sqlite(connection) else query + _LOCKED, *values)
    due = [as_uuid(key) for (key,) in found.all()]
    for item_id in due:
        move(session, place, WAKE, item_id, acting=as_system("clock"), values={"available_at": None})
    return len(due)


def reap(place: Workplace, *, max_attempts: int) -> int:
    """Take back items whose lease has run out; returns how many. Safe to run twice at once.

    An item that has used its attempts fails, with an incident.
    """
    taken = 0
    while True:
        with place.database.write() as session:
            portion = _expired_leases(session, place)
            for row in portion:
                if row.attempts < max_attempts:
                    move(
                        session,
                        place,
                        EXPIRE_LEASE,
                        row.id,
                        acting=as_system("reaper"),
                        detail=Detail(facts={"token": row.lease_token}),
                    )
                    continue
                message = f"Arbejderen er død {row.attempts} gange i træk med opgaven. Se loggen, før den genåbnes."
                if open_effects(session, row.id):
                    message += (
                        " En ændring er påbegyndt, og ingen ved, om den er sket: se efter i fagsystemet, eller genåbn "
                        "opgaven, så robotten ser efter."
                    )
                values = {"outcome_code": "worker_died", "outcome_message": message}
                move(session, place, FAIL, row.id, acting=as_system("reaper"), values=values)
                report(session, place, robot=row.robot, system="", code="worker_died", message=message, item_id=row.id)
        taken += len(portion)
        if len(portion) < _PORTION:
            return taken


def expire_approvals(place: Workplace) -> int:
    """Let proposals that nobody answered in time lapse: their items are planned anew. Returns how many."""
    lapsed = 0
    while True:
        with place.database.write() as session:
            portion = _unanswered(session, place)
            for row in portion:
                answered = update(_APPROVAL).where(_APPROVAL.c.id == row.id)
                session.execute(answered.values(state=ApprovalState.EXPIRED.value, decided_at=place.now()))
                values = {"approval_id": None, "attempts": 0}
                detail = Detail(facts={"approval": str(row.id)})
                move(session, place, LAPSE, row.item_id, acting=as_system("clock"), values=values, detail=detail)
                discard_steps(session, place, row.item_id)
        lapsed += len(portion)
        if len(portion) < _PORTION:
            return lapsed


def _unanswered(session: Session, place: Workplace) -> Sequence[Row[Any]]:
    """Proposals that have run out, locked with their items; one that somebody answers at this moment is left to him."""
    query = (
        select(_APPROVAL.c.id, _APPROVAL.c.item_id)
        .join(_ITEM, _ITEM.c.id == _APPROVAL.c.item_id)
        .where(_APPROVAL.c.state == ApprovalState.WAITING.value, _APPROVAL.c.expires_at <= place.now())
        .limit(_PORTION)
        .with_for_update(skip_locked=True)
    )
    return session.execute(query).all()


def _expired_leases(session: Session, place: Workplace) -> Sequence[Row[Any]]:
    query = (
        select(_ITEM.c.id, _ITEM.c.robot, _ITEM.c.attempts, _ITEM.c.lease_token)
        .where(_ITEM.c.state == ItemState.IN_PROGRESS.value, _ITEM.c.lease_expires_at <= place.now())
        .order_by(_ITEM.c.lease_expires_at)
        .limit(_PORTION)
        .with_for_update(skip_locked=True)
    )
    return session.execute(query).all()
