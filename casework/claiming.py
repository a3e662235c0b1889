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

from sqlalchemy import Connection, Row, select, update
from sqlmodel import Session

from audit.driver_sql import as_uuid, is_sqlite, run, run_many
from audit.events import Event
from audit.vocabulary import Outcome
from casework.begun import open_effects
from casework.incidents import report
from casework.moves import Detail, Lease, move
from casework.states import ApprovalState, ItemState
from casework.steps import discard_steps
from casework.stored_values import run_counted, stored
from casework.tables import ApprovalRow, WorkItemRow
from casework.transitions import CLAIM, EXPIRE_LEASE, FAIL, LAPSE, WAKE
from casework.workplace import Acting, Workplace, as_system
from foundation.sealing import OtherKeyError, UnsealError

_ITEM = WorkItemRow.__table__
_APPROVAL = ApprovalRow.__table__
#: How many items the reaper looks at in one transaction, so that it never holds the database long.
_PORTION = 200

#: Every claim asks these, so they are handed to the driver as they are. Of a robot that rests nothing is handed out:
#: asked once and not of each item, or PostgreSQL would join the two tables, and sort the whole queue at every claim.
_NEXT = """SELECT id, reference, payload, approval_id, lease_token, attempts FROM work_item
    WHERE robot = ? AND state = 'new' AND NOT EXISTS (SELECT 1 FROM robot_state WHERE robot = ? AND state <> 'active')
    ORDER BY priority, id LIMIT ?"""
_LOCKED = " FOR UPDATE SKIP LOCKED"
_CLAIM = """UPDATE work_item SET state = 'in_progress', attempts = attempts + 1, lease_token = lease_token + 1,
    lease_owner = ?, lease_expires_at = ?, run_id = ?, updated_at = ? WHERE id = ? AND state = 'new'"""
_DUE = "SELECT id FROM work_item WHERE state = 'deferred' AND available_at <= ?"
#: The first condition is for SQLite, which would else read the whole table once it has counted how few have an owner.
_HELD = "SELECT id FROM work_item WHERE state = 'in_progress' AND lease_expires_at IS NOT NULL AND lease_owner = ?"
_PROLONG = "UPDATE work_item SET lease_expires_at = ? WHERE id = ? AND lease_owner = ? AND state = 'in_progress'"
#: Joined to nothing, so that SQLite reads the few deferred items, and not by another index all the robot ever had.
_OF_ROBOT = " AND robot || '' = ?"
_OLDEST_DUE = " ORDER BY available_at LIMIT ?"
_DAMAGED = (
    "Opgavens indhold kan ikke åbnes: det er ændret eller flyttet i databasen. Giv revisor besked, og genåbn først "
    "opgaven, når indholdet er gendannet fra en sikkerhedskopi."
)


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
    """Take up to ``limit`` items in one transaction, the most urgent and oldest first; wakes what is due.

    An item whose payload was altered or moved in the database fails with an incident, so that no other has to wait.

    Raises:
        OtherKeyError: a payload is sealed with a key that is not on the ring; nothing is taken then.
    """
    while True:
        with place.database.write() as session:
            now = place.now()
            wake_due(session, place, robot=robot)
            connection = session.connection()
            found = _next(connection, place, robot, worker=worker, limit=limit)
            if not found:
                return []
            expires = now + timedelta(seconds=lease_seconds)
            same = stored(connection, worker, expires, run_id, now)
            run_many(connection, _CLAIM, [(*same, *stored(connection, lease.item_id)) for lease, _ in found])
            place.record(
                session,
                *[
                    Event(
                        type=CLAIM.event,
                        actor=acting.actor,
                        process=acting.process,
                        purpose=acting.purpose,
                        run=acting.run(item=lease.item_id, attempt=lease.attempt),
                        facts={"worker": str(worker), "token": lease.token},
                    )
                    for lease, _ in found
                ],
            )
            for lease, item in found:
                if item is None:
                    _set_aside(session, place, robot, lease, acting=acting)
        claimed = [item for _, item in found if item is not None]
        if claimed:
            return claimed


def _next(
    connection: Connection, place: Workplace, robot: str, *, worker: UUID, limit: int
) -> list[tuple[Lease, ClaimedItem | None]]:
    """What is claimed next, locked: on SQLite by the transaction, on PostgreSQL row by row; None: it does not open."""
    query = _NEXT if is_sqlite(connection) else _NEXT + _LOCKED
    ring = place.database.ring
    found: list[tuple[Lease, ClaimedItem | None]] = []
    for key, reference, payload, approval, token, attempts in run(connection, query, robot, robot, limit):
        lease = Lease(as_uuid(key), worker, token + 1, attempts + 1)
        item: ClaimedItem | None = None
        try:
            clear = ring.unseal(bytes(payload), place="work_item.payload")
        except OtherKeyError:
            # The key is at fault and not the item: all would fail by it.
            raise
        except UnsealError:
            pass
        else:
            item = ClaimedItem(lease, robot, reference, clear, as_uuid(approval) if approval is not None else None)
        found.append((lease, item))
    return found


def _set_aside(session: Session, place: Workplace, robot: str, lease: Lease, *, acting: Acting) -> None:
    code = UnsealError.code
    values = {"outcome_code": code, "outcome_message": _DAMAGED}
    detail = Detail(facts={"code": code}, outcome=Outcome.FAILED)
    move(session, place, FAIL, lease.item_id, acting=acting, lease=lease, values=values, detail=detail)
    report(session, place, robot=robot, system="", code=code, message=_DAMAGED, item_id=lease.item_id)


def keep(place: Workplace, *, worker: UUID, lease_seconds: float) -> int:
    """Prolong every lease of this worker (the heartbeat); returns how many it still has.

    A lease that has run out but was not taken back yet is prolonged too: nobody else has the item. On PostgreSQL an
    item that is being ended at this moment is waited for with nothing else locked: whoever ends several at once locks
    them in an order of his own, and the two could wait for each other in a circle.
    """
    with place.database.write() as session:
        connection = session.connection()
        free = _held(connection, worker, _HELD if is_sqlite(connection) else _HELD + _LOCKED)
        kept = _prolong(connection, place, worker, free, lease_seconds)
    if place.database.is_sqlite:
        return kept
    with place.database.read() as session:
        busy = set(_held(session.connection(), worker, _HELD)).difference(free)
    for item_id in busy:
        with place.database.write() as session:
            kept += _prolong(session.connection(), place, worker, [item_id], lease_seconds)
    return kept


def _held(connection: Connection, worker: UUID, query: str) -> list[UUID]:
    return [as_uuid(key) for (key,) in run(connection, query, *stored(connection, worker)).all()]


def _prolong(
    connection: Connection, place: Workplace, worker: UUID, items: Sequence[UUID], lease_seconds: float
) -> int:
    if not items:
        return 0
    expires = place.now() + timedelta(seconds=lease_seconds)
    return run_counted(connection, _PROLONG, [stored(connection, expires, item_id, worker) for item_id in items])


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
    query = select(_APPROVAL.c.id, _APPROVAL.c.item_id).where(
        _APPROVAL.c.state == ApprovalState.WAITING.value, _APPROVAL.c.expires_at <= place.now()
    )
    if not place.database.is_sqlite:
        # SQLite, which has locked everything, would begin such a join with all the items there are.
        query = query.join(_ITEM, _ITEM.c.id == _APPROVAL.c.item_id).with_for_update(skip_locked=True)
    return session.execute(query.limit(_PORTION)).all()


def _expired_leases(session: Session, place: Workplace) -> Sequence[Row[Any]]:
    query = (
        select(_ITEM.c.id, _ITEM.c.robot, _ITEM.c.attempts, _ITEM.c.lease_token)
        .where(_ITEM.c.state == ItemState.IN_PROGRESS.value, _ITEM.c.lease_expires_at <= place.now())
        .order_by(_ITEM.c.lease_expires_at)
        .limit(_PORTION)
        .with_for_update(skip_locked=True)
    )
    return session.execute(query).all()
