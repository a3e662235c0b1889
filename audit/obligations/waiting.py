"""Obligation 9: nothing waits too long for the tree, and nothing in the tree waits too long for a signature.

What must stay true: the window that no signature covers yet is always told in words, also when it is narrow, because
an event edited within it is found by nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from audit.driver_sql import as_time, as_uuid
from audit.obligations.finding import BrokenError
from foundation.clock import danish_time


def examine_waiting(
    connection: Connection, *, now: datetime, longest_wait: timedelta, longest_window: timedelta
) -> str:
    """9. The pending events and the unanchored window."""
    # CROSS JOIN begins with what waits also on SQLite, which would otherwise read all events in the order of time.
    waiting = connection.execute(
        text(
            "SELECT e.id, e.at FROM audit_pending p CROSS JOIN audit_event e WHERE e.id = p.event_id "
            "ORDER BY e.at, e.id LIMIT 1"
        )
    ).one_or_none()
    pending = connection.execute(text("SELECT count(*) FROM audit_pending")).scalar_one()
    if waiting is not None and as_time(waiting.at) < now - longest_wait:
        event = as_uuid(waiting.id)
        raise BrokenError(
            f"{pending} hændelser er ikke indlemmet i loggen; hændelsen {event} har ventet siden "
            f"{danish_time(as_time(waiting.at))}. Start indlemmeren: sagsgang up",
            event,
        )
    return unanchored(connection, now=now, longest_window=longest_window, pending=pending)


def unanchored(connection: Connection, *, now: datetime, longest_window: timedelta, pending: int) -> str:
    """How wide the window is that no signature covers yet; raises ``BrokenError`` when it has stood open too long."""
    signed = connection.execute(text("SELECT COALESCE(max(size), 0) FROM audit_checkpoint")).scalar_one()
    size = connection.execute(text("SELECT COALESCE(max(seq) + 1, 0) FROM audit_leaf")).scalar_one()
    uncovered = max(size - signed, 0)
    first: Any = connection.execute(
        text("SELECT e.id, e.at FROM audit_leaf l JOIN audit_event e ON e.id = l.event_id WHERE l.seq = :seq"),
        {"seq": signed},
    ).one_or_none()
    if uncovered and first is not None and as_time(first.at) < now - longest_window:
        event = as_uuid(first.id)
        raise BrokenError(
            f"De sidste {uncovered} hændelser er ikke skrevet under, den ældste fra {danish_time(as_time(first.at))}. "
            "Det beviser intet, hvad der står i dem. Kontrollér underskriveren: sagsgang doctor",
            event,
        )
    waits = f" {pending} hændelser venter på at blive indlemmet." if pending else ""
    if not uncovered:
        return f"Alle {size} hændelser i træet er skrevet under.{waits}"
    since = f" siden {danish_time(as_time(first.at))}" if first is not None else ""
    return f"De sidste {uncovered} hændelser{since} er endnu ikke skrevet under; for dem beviser loggen intet.{waits}"
