"""CPR's events: a feed to be read from a number on, with the field names of Datafordeler.

What must stay true: numbers only grow; a hole in them means that events were lost, and the feed says nothing of it.
What is not told yet (weekends, delay) is the end of the row, never a hole in it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from random import Random

from connectors.simulated.exchange import Call, JsonObject
from connectors.simulated.refusals import bad_request
from connectors.simulated.store import Store
from connectors.simulated.world import World

_MOST = 1000
_SATURDAY = 5


def read_events(call: Call) -> JsonObject:
    """``GET /events?after=&limit=``. ``lastSequence`` is the last number given out, lost ones included."""
    world = call.world
    after = read_number(call.query, "after", default=0, least=0)
    limit = read_number(call.query, "limit", default=500, least=1, most=_MOST)
    end = first_silent(world)
    found = world.store.rows(
        "SELECT * FROM person_event WHERE sequence > ? AND (?2 IS NULL OR sequence < ?2) ORDER BY sequence LIMIT ?3",
        (after, end, limit + 1),
    )
    page = [_shape(row) for row in found[:limit]]
    if world.settings.shuffle_events:
        Random(f"{world.seed}:{after}").shuffle(page)
    return {
        "events": page,
        "lastSequence": last_number(world.store) if end is None else end - 1,
        "hasMore": len(found) > limit,
    }


def last_number(store: Store) -> int:
    """The last event number that was given out; 0 before the first."""
    return store.count("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'person_event'")


def first_silent(world: World) -> int | None:
    """The number of the first event that is not told yet, or None; those behind it wait as well."""
    settings = world.settings
    if not (settings.weekend_silence or settings.delay_hours):
        return None
    clock, delay = world.register_time(), timedelta(hours=settings.delay_hours)
    for row in world.store.rows("SELECT sequence, told_at FROM person_event ORDER BY sequence"):
        told_at = datetime.fromisoformat(row["told_at"]).astimezone(clock.tzinfo)
        weekday = told_at.weekday()
        begins = told_at
        if settings.weekend_silence and weekday >= _SATURDAY:
            monday = told_at.date() + timedelta(days=7 - weekday)
            begins = datetime.combine(monday, time(0), clock.tzinfo)
        if clock < max(begins, told_at + delay):
            return int(row["sequence"])
    return None


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
