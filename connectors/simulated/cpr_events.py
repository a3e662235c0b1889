"""CPR's events: a feed to be read from a number on, with the field names of Datafordeler.

What must stay true: numbers only grow; a hole in them means that events were lost, and the feed says nothing of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from connectors.simulated.exchange import Call, JsonObject
from connectors.simulated.refusals import bad_request
from connectors.simulated.store import Store

_MOST = 1000


def read_events(call: Call) -> JsonObject:
    """``GET /events?after=&limit=``. ``lastSequence`` is the last number given out, lost ones included."""
    after = read_number(call.query, "after", default=0, least=0)
    limit = read_number(call.query, "limit", default=500, least=1, most=_MOST)
    found = call.world.store.rows(
        "SELECT * FROM person_event WHERE sequence > ? ORDER BY sequence LIMIT ?", (after, limit + 1)
    )
    rows = found[:limit]
    return {
        "events": [_shape(row) for row in rows],
        "lastSequence": last_number(call.world.store),
        "hasMore": len(found) > limit,
    }


def last_number(store: Store) -> int:
    """The last event number that was given out; 0 before the first."""
    return store.count("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'person_event'")


def read_number(query: Mapping[str, str], name: str, *, default: int, least: int, most: int = 2**53) -> int:
    """A whole number of the query; raises a 400 ``Refusal`` where it is none or out of bounds."""
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and least <= int(text) <= most):
        raise bad_request("InvalidField", name)
    return int(text)


def _shape(row: sqlite3.Row) -> dict[str, object]:
    return {
        "eventid": row["eventid"],
        "sequence": row["sequence"],
        "entityname": row["entityname"],
        "eventaction": row["eventaction"],
        "object_id": row["person_uuid"],
        "personnummer": row["pnr"],
        "object_registreringfra": row["registered_at"],
        "object_virkningfra": row["effect_from"],
        "fromfailedimport": bool(row["from_failed_import"]),
    }
