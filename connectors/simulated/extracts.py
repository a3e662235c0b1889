"""CPR's nightly extracts: made for the persons with events since the last one, kept, listed and handed out.

What must stay true: each extract names the day of the one before it, so that a lost one is seen; the same happenings
give the same bytes; and what is not told yet (weekends, delay) waits for a later extract.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from connectors.simulated.admin_bodies import AdminBody
from connectors.simulated.cpr_events import first_silent, last_number
from connectors.simulated.cpr_extract_file import TASK, Header, person_block, write_extract
from connectors.simulated.exchange import Call, JsonObject
from connectors.simulated.refusals import bad_request, conflict, not_found, read_body
from connectors.simulated.world import World


class ExtractOrder(AdminBody):
    """An extract. ``folder`` puts it there as well; ``again`` makes that of today anew.

    Of the faults, ``truncated`` cuts the file off in the middle, ``gap`` names another day before, and ``trailer``
    counts a line too many.
    """

    folder: str | None = None
    again: bool = False
    fault: Literal["truncated", "gap", "trailer"] | None = None


def order_extract(call: Call) -> JsonObject:
    """Make today's extract; 409 where there is one already and ``again`` is not asked for."""
    order, world = read_body(ExtractOrder, call.body, strict=True), call.world
    folder = None if order.folder is None else Path(order.folder)
    if folder is not None and not (folder.is_absolute() and folder.is_dir()):
        raise bad_request("InvalidField", "folder")
    with world.store.transaction():
        made = _make(world, order)
    if folder is not None:
        _put(folder, made["name"], made["body"])
    return _describe(made)


def list_extracts(call: Call) -> JsonObject:
    """``GET /cpr/extracts``: oldest first."""
    rows = call.world.store.rows("SELECT * FROM person_extract ORDER BY number")
    return {"extracts": [_describe(row) for row in rows]}


def read_extract(call: Call) -> bytes:
    """``GET /cpr/extracts/{name}``: the file itself."""
    row = call.world.store.one("SELECT body FROM person_extract WHERE name = ?", (call.path["name"],))
    if row is None:
        raise not_found("extract")
    return bytes(row["body"])


def _make(world: World, order: ExtractOrder) -> sqlite3.Row:
    store, today = world.store, world.today()
    name = f"D{today:%y%m%d}.L{TASK}"
    if order.again:
        store.run("DELETE FROM person_extract WHERE name = ?", (name,))
    before = store.one("SELECT produced, last_sequence FROM person_extract ORDER BY number DESC LIMIT 1")
    if before is not None and before["produced"] >= today.isoformat():
        raise conflict("AlreadyProduced")
    previous = None if before is None else date.fromisoformat(before["produced"])
    silent = first_silent(world)
    last = last_number(store) if silent is None else silent - 1
    blocks = _blocks(world, 0 if before is None else before["last_sequence"], last)
    told = _another_day(today, previous) if order.fault == "gap" else previous
    body = write_extract(Header(today, told), blocks, extra=int(order.fault == "trailer"))
    if order.fault == "truncated":
        body = body[: len(body) // 2]
    number = store.run(
        "INSERT INTO person_extract (name, produced, previous, last_sequence, body) VALUES (?, ?, ?, ?, ?)",
        (name, today.isoformat(), "" if told is None else told.isoformat(), last, body),
    )
    made = store.rows("SELECT * FROM person_extract WHERE number = ?", (number,))
    return made[0]


def _blocks(world: World, after: int, last: int) -> list[list[str]]:
    """The block of each person with events of these numbers, in the order of the numbers of the persons."""
    events: dict[str, list[sqlite3.Row]] = defaultdict(list)
    for event in world.store.rows(
        "SELECT * FROM person_event WHERE sequence > ? AND sequence <= ? ORDER BY sequence", (after, last)
    ):
        events[event["pnr"]].append(event)
    people = world.store.rows(
        "SELECT * FROM person WHERE pnr IN (SELECT pnr FROM person_event WHERE sequence > ? AND sequence <= ?)"
        " ORDER BY pnr",
        (after, last),
    )
    return [person_block(world.store, row, events[row["pnr"]], world.today()) for row in people]


def _another_day(today: date, previous: date | None) -> date:
    """A day before today on which no extract was made."""
    return next(
        day for day in (today - timedelta(days=1), today - timedelta(days=2)) if previous is None or day != previous
    )


def _put(folder: Path, name: str, body: bytes) -> None:
    """Lay the file in the folder; nobody sees half of it under its name."""
    partial = folder / f"{name}.part"
    partial.write_bytes(body)
    partial.replace(folder / name)


def _describe(row: sqlite3.Row) -> dict[str, object]:
    return {
        "name": row["name"],
        "producedOn": row["produced"],
        "previousOn": row["previous"] or None,
        "bytes": len(row["body"]),
    }


EXTRACT_CALLS = [("POST", "/extracts", order_extract)]
