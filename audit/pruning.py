"""Letting go: sealed details by class, and whole events by a prefix of the log.

What goes is deleted; leaves, tiles, tree and checkpoints stay, so that every proof ever given still holds. A year of a
large municipality is deleted in many transactions, for on SQLite nobody else can write during one. What must stay true:
nothing is deleted before the event that tells what was pruned and why is committed, or together with it, and from then
on what is left of it is shown to nobody outside; only what a signature already covers is pruned, so that nobody can use
it to remove what nothing proves; and the newest telling is never itself pruned.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, CursorResult, delete, insert, select
from sqlmodel import Session

from audit.driver_sql import run
from audit.errors import PruningRefusedError
from audit.events import ActorRef, Event, Scalar
from audit.recording import record
from audit.tables import AuditEventRow, AuditLeafRow, AuditPrivateRow, AuditPrunedRow
from audit.vocabulary import EventType, RetentionClass
from foundation.database import Database

_EVENT = AuditEventRow.__table__
_LEAF = AuditLeafRow.__table__
_PRIVATE = AuditPrivateRow.__table__
_PRUNED = AuditPrunedRow.__table__


@dataclass(frozen=True, slots=True)
class Letting:
    """Who lets go, when, and why. ``reason`` stands in the log in clear: a rule, never a person."""

    actor: ActorRef
    at: datetime
    environment: str
    reason: str


def erase_details(session: Session, retention: RetentionClass, *, before: datetime, letting: Letting) -> int:
    """Delete the sealed details of one class from before a time, and say so in the caller's transaction.

    Args:
        session: a session of ``Database.write``.
        retention: the class.
        before: the events' times; aware.
        letting: who, when and why.

    Returns:
        How many were deleted. The event is written when it is none, too.
    """
    _require_reason(letting)
    old = select(_EVENT.c.id).where(_EVENT.c.id == _PRIVATE.c.event_id, _EVENT.c.at < before)
    query = delete(_PRIVATE).where(_PRIVATE.c.retention == retention.value, old.exists())
    result = session.execute(query)
    count = result.rowcount if isinstance(result, CursorResult) else 0
    facts: dict[str, Scalar] = {
        "class": retention.value,
        "before": before.isoformat(),
        "count": count,
        "reason": letting.reason,
    }
    _tell(session, EventType.DETAILS_ERASED, facts, letting)
    return count


def prune_before_year(session: Session, year: int, *, letting: Letting) -> int:
    """Say that every event before the first one of this year is pruned, and delete the first ``PORTION`` of them.

    Both in the caller's transaction; ``finish_pruning`` deletes the rest.

    Args:
        session: a session of ``Database.write``.
        year: the first year that is kept, in UTC.
        letting: who, when and why.

    Returns:
        How many events were deleted so far, with what lay beside them.

    Raises:
        PruningRefusedError: when there is nothing to prune, or a part of the prefix is not signed.
    """
    _require_reason(letting)
    connection = session.connection()
    done = run(connection, "SELECT COALESCE(max(below), 0) FROM audit_pruned").scalar_one()
    below = _first_of(session, year)
    if below <= done:
        raise PruningRefusedError(f"Der er ingen hændelser fra før {year} at slette.")
    signed = run(connection, "SELECT COALESCE(max(size), 0) FROM audit_checkpoint").scalar_one()
    if below > signed:
        raise PruningRefusedError(
            f"Kun de første {signed} hændelser er skrevet under, og der skal slettes {below}. Skriv under først."
        )
    event = Event(
        type=EventType.EVENTS_PRUNED,
        actor=letting.actor,
        facts={"below": below, "year": year, "count": below - done, "reason": letting.reason},
    )
    event_id = record(session, event, at=letting.at, environment=letting.environment)
    session.execute(insert(_PRUNED).values(below=below, event_id=event_id, at=letting.at))
    return _delete(connection, done, min(below, done + PORTION))


def finish_pruning(database: Database) -> int:
    """Delete what was told to be pruned and is still there, a portion in each transaction; after a crash, too.

    Returns:
        How many events were deleted.
    """
    with database.read() as session:
        below: int = run(session.connection(), "SELECT COALESCE(max(below), 0) FROM audit_pruned").scalar_one()
    count = 0
    for start in range(0, below, PORTION):
        stop = min(below, start + PORTION)
        # Looked at first without keeping anybody waiting: of an old log most is gone already.
        with database.read() as session:
            is_left = run(session.connection(), _LEFT, start, stop).scalar_one_or_none() is not None
        if is_left:
            with database.write() as session:
                count += _delete(session.connection(), start, stop)
    return count


def _delete(connection: Connection, start: int, stop: int) -> int:
    run(connection, _PRUNE_DETAILS, start, stop)
    return run(connection, _PRUNE_EVENTS, start, stop).rowcount


#: Events that one transaction deletes: half a second's work.
PORTION = 10_000
_LEFT = "SELECT 1 FROM audit_leaf l JOIN audit_event e ON e.id = l.event_id WHERE l.seq >= ? AND l.seq < ? LIMIT 1"
_PRUNE_EVENTS = "DELETE FROM audit_event WHERE id IN (SELECT event_id FROM audit_leaf WHERE seq >= ? AND seq < ?)"
_PRUNE_DETAILS = _PRUNE_EVENTS.replace("audit_event WHERE id", "audit_private WHERE event_id")


def _first_of(session: Session, year: int) -> int:
    """The place of the first event of this year or later. An older one behind it stays for another year."""
    first = datetime.fromisoformat(f"{year:04d}-01-01T00:00:00+00:00")
    place = (
        select(_LEAF.c.seq)
        .join(_EVENT, _EVENT.c.id == _LEAF.c.event_id)
        .where(_EVENT.c.at >= first)
        .order_by(_LEAF.c.seq)
        .limit(1)
    )
    found = session.execute(place).scalar_one_or_none()
    size: int = run(session.connection(), "SELECT COALESCE(max(seq) + 1, 0) FROM audit_leaf").scalar_one()
    return size if found is None else found


def _tell(session: Session, kind: EventType, facts: dict[str, Scalar], letting: Letting) -> None:
    event = Event(type=kind, actor=letting.actor, facts=facts)
    record(session, event, at=letting.at, environment=letting.environment)


def _require_reason(letting: Letting) -> None:
    if not letting.reason.strip():
        raise PruningRefusedError("Skriv efter hvilken regel der slettes.")
