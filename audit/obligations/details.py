"""Obligation 10: the sealed details beside the events are those that the events are bound to.

What must stay true: a detail that was erased is no fault; one that was exchanged is; and no detail is shown.
"""

from __future__ import annotations

import json

from sqlalchemy import Connection

from audit.driver_sql import as_uuid, run
from audit.events import commitment
from audit.obligations.finding import BrokenError
from foundation.sealing import KeyRing, UnsealError

_PLACE = "audit_private.detail"
_FIRST = (
    "SELECT p.event_id, p.salt, p.detail, e.body FROM audit_private p JOIN audit_event e ON e.id = p.event_id "
    "ORDER BY p.event_id LIMIT 1000"
)
_NEXT = _FIRST.replace("ORDER BY", "WHERE p.event_id > ? ORDER BY")


def examine_details(connection: Connection, ring: KeyRing) -> str:
    """10. Each detail that is still there gives the commitment in its event's body."""
    count = 0
    rows = run(connection, _FIRST).all()
    while rows:
        for key, salt, detail, body in rows:
            event = as_uuid(key)
            try:
                clear = ring.unseal(bytes(detail), place=_PLACE)
            except UnsealError:
                raise BrokenError(f"Den lukkede oplysning ved hændelsen {event} kan ikke åbnes.", event) from None
            wanted = json.loads(body).get("private", {}).get("commitment")
            if commitment(bytes(salt), clear) != wanted:
                raise BrokenError(
                    f"Den lukkede oplysning ved hændelsen {event} er en anden end den, hændelsen er bundet til.", event
                )
            count += 1
        rows = run(connection, _NEXT, rows[-1][0]).all()
    return f"De {count} lukkede oplysninger, der endnu findes, er dem, hændelserne er bundet til."
