"""How long the log stood without a signature: the time in which nobody could have proved that it was changed.

What must stay true: a window is measured from the first event that no checkpoint covers to the checkpoint that covers
it, and the one that is open now is told like any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlmodel import Session

from audit.looking.figures import Figure, Section
from audit.looking.periods import Period
from audit.tables import AuditCheckpointRow, AuditEventRow, AuditLeafRow, AuditPendingRow
from foundation.clock import danish_time

_EVENT = AuditEventRow.__table__
_LEAF = AuditLeafRow.__table__
_PENDING = AuditPendingRow.__table__
_CHECKPOINT = AuditCheckpointRow.__table__
#: A window of an ordinary day is a minute; longer than this, somebody should ask why.
_LONG = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWindow:
    """What no signature covers now."""

    #: Events in the tree after the last checkpoint.
    unsigned: int
    #: The oldest of them; None when there are none.
    unsigned_since: datetime | None
    #: Events that are not in the tree.
    pending: int
    pending_since: datetime | None
    #: The size of the newest checkpoint, and when it was stored; 0 and None when there is none.
    signed: int
    signed_at: datetime | None


def open_window(session: Session) -> OpenWindow:
    """What no signature covers now; a few index look-ups."""
    newest = select(_CHECKPOINT.c.size, _CHECKPOINT.c.at).order_by(_CHECKPOINT.c.size.desc()).limit(1)
    row = session.execute(newest).one_or_none()
    signed, signed_at = (0, None) if row is None else (row.size, row.at)
    size: int = session.execute(select(func.coalesce(func.max(_LEAF.c.seq) + 1, 0))).scalar_one()
    after = select(_EVENT.c.at).join(_LEAF, _LEAF.c.event_id == _EVENT.c.id).where(_LEAF.c.seq == signed)
    waiting = select(func.count(), func.min(_EVENT.c.at)).join(_PENDING, _PENDING.c.event_id == _EVENT.c.id)
    pending, pending_since = session.execute(waiting.select_from(_EVENT)).one()
    return OpenWindow(
        unsigned=max(size - signed, 0),
        unsigned_since=session.execute(after).scalar_one_or_none(),
        pending=pending,
        pending_since=pending_since,
        signed=signed,
        signed_at=signed_at,
    )


def anchoring(session: Session, period: Period) -> Section:
    """The checkpoints of the period, and how long events waited for them."""
    ordered = select(
        _CHECKPOINT.c.at,
        func.coalesce(func.lag(_CHECKPOINT.c.size).over(order_by=_CHECKPOINT.c.size), 0).label("previous"),
    ).subquery()
    covered = (
        select(ordered.c.at.label("signed_at"), _EVENT.c.at.label("written_at"))
        .select_from(ordered)
        .outerjoin(_LEAF, _LEAF.c.seq == ordered.c.previous)
        .outerjoin(_EVENT, _EVENT.c.id == _LEAF.c.event_id)
        .where(ordered.c.at >= period.start, ordered.c.at < period.end)
    )
    count, longest, long_ones = 0, timedelta(), 0
    for signed_at, written_at in session.execute(covered.execution_options(yield_per=1000)):
        count += 1
        if written_at is not None:
            longest = max(longest, signed_at - written_at)
            long_ones += signed_at - written_at > _LONG
    now = open_window(session)
    since = f", den ældste fra {danish_time(now.unsigned_since)}" if now.unsigned_since is not None else ""
    figures = (
        Figure("Kontrolpunkter", count, "kontrolpunkter lagt i perioden"),
        Figure(
            "Længste tid uden underskrift", in_words(longest), "første hændelse efter et kontrolpunkt til det næste"
        ),
        Figure("Vinduer på over en time", long_ones, "samme"),
        Figure("Uden underskrift nu", f"{now.unsigned} hændelser{since}", "træet efter nyeste kontrolpunkt"),
        Figure("Ikke indlemmet nu", f"{now.pending} hændelser", "hændelser, der venter på indlemmelse"),
    )
    return Section("Uforankrede vinduer", figures)


def in_words(length: timedelta) -> str:
    """How long, in the two largest units: ``2 timer 5 minutter``."""
    seconds = int(abs(length).total_seconds())
    parts = []
    for unit, singular, plural in _UNITS:
        number, seconds = divmod(seconds, unit)
        if number:
            parts.append(f"{number} {singular if number == 1 else plural}")
    sign = "-" if length < timedelta() and parts else ""
    return sign + " ".join(parts[:2]) if parts else "0 sekunder"


_UNITS = ((86_400, "dag", "dage"), (3600, "time", "timer"), (60, "minut", "minutter"), (1, "sekund", "sekunder"))
