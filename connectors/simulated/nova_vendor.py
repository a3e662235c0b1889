"""The ESDH's vendor, who fetches addresses from CPR by himself some hours after they are registered (rule ADR-56).

What must stay true: he writes on open cases only, each registration once, so that what a caseworker types afterwards
stands; and his rows in the ledger are told apart from those of whoever calls the API.
"""

from __future__ import annotations

import sqlite3
import time
from datetime import UTC, datetime, timedelta

from connectors.simulated.exchange import Call, JsonObject
from connectors.simulated.happenings import arrival_number
from connectors.simulated.ledger import Aim, record_done
from connectors.simulated.nova_bodies import NovaBody
from connectors.simulated.refusals import read_body
from connectors.simulated.residence import is_protected, present_residence
from connectors.simulated.spelling import is_same_place
from connectors.simulated.store import Store, from_json, to_json
from connectors.simulated.world import World

ROUTE = "vendor.sync"
OPERATION = "vendor_sync_address"
#: He looks at once when CPR tells of something, else so many seconds later.
_IDLE_SECONDS = 5.0

_PARTIES = """
SELECT person.*, party.case_uuid, party.position, party.address AS case_address, party.vendor_registered_at
FROM party
JOIN esdh_case ON esdh_case.uuid = party.case_uuid
JOIN person ON person.pnr = party.identification
WHERE party.identification_type = 'CprNummer'
  AND esdh_case.progress <> 'Afsluttet' AND esdh_case.active_code = 'Aktiv'
"""


class Tick(NovaBody):
    """The vendor's clock; ``hoursLater`` lets him believe that so much time has passed."""

    hours_later: float = 0.0


def keep_up(world: World) -> None:
    """Let the vendor write what is due by now; called before his ESDH is read, and cheap when nothing happened."""
    hours = world.settings.vendor_sync_hours
    if hours is None:
        return
    arrived, second = arrival_number(world.store), time.monotonic()
    looked_at, *seen = world.vendor_looked
    if seen == [arrived, hours] and second - looked_at < _IDLE_SECONDS:
        return
    world.vendor_looked = (second, arrived, hours)
    write_due(world, datetime.now(UTC))


def tick(call: Call) -> JsonObject:
    """Let the vendor work now, or as if it were later; answers how many parties he wrote."""
    order = read_body(Tick, call.body, strict=True)
    return {"written": write_due(call.world, datetime.now(UTC) + timedelta(hours=order.hours_later))}


def write_due(world: World, at: datetime) -> int:
    """Put CPR's address on every party whose registration is old enough; returns how many that changed."""
    hours = world.settings.vendor_sync_hours
    if hours is None:
        return 0
    deadline = at - timedelta(hours=hours)
    with world.store.transaction():
        return sum(_write_one(world, row, deadline) for row in world.store.rows(_PARTIES))


def _write_one(world: World, row: sqlite3.Row, deadline: datetime) -> bool:
    today = world.today()
    residence = present_residence(row, today)
    if residence is None or residence.registered_at == row["vendor_registered_at"]:
        return False
    if datetime.fromisoformat(residence.registered_at) > deadline:
        return False
    store, party = world.store, (row["case_uuid"], row["position"])
    mark = "UPDATE party SET vendor_registered_at = ? WHERE case_uuid = ? AND position = ?"
    store.run(mark, (residence.registered_at, *party))
    on_case = None if row["case_address"] is None else from_json(row["case_address"])
    if is_same_place(residence.address, on_case):
        return False
    _put(store, party, to_json(residence.address), is_protected=is_protected(row, today))
    record_done(store, ROUTE, [Aim(OPERATION, *party)], [False])
    return True


def _put(store: Store, party: tuple[str, str], address: str, *, is_protected: bool) -> None:
    """Address and mark together: a protected address never stands unmarked because of the vendor."""
    sql = "UPDATE party SET address = ?, protected = max(protected, ?) WHERE case_uuid = ? AND position = ?"
    store.run(sql, (address, int(is_protected), *party))


VENDOR_CALLS = [("POST", "/vendor/tick", tick)]
