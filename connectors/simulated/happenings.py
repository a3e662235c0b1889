"""What can happen to a person in CPR: moves, protection, change of status, and the event that tells of each.

What must stay true: every happening leaves exactly one event, in the same transaction. All of these functions are
called inside a transaction of the store.
"""

from __future__ import annotations

import sqlite3
import uuid
from dataclasses import dataclass
from datetime import date
from random import Random

from connectors.simulated.refusals import not_found
from connectors.simulated.spelling import Address
from connectors.simulated.store import Store, to_json
from connectors.simulated.world import now


@dataclass(frozen=True, slots=True)
class Happening:
    """The event that tells of what happened."""

    eventid: str
    sequence: int

    def describe(self) -> dict[str, object]:
        """As the admin page answers."""
        return {"eventid": self.eventid, "sequence": self.sequence}


def find_person(store: Store, pnr: str) -> sqlite3.Row:
    """The row of this person; raises a 404 ``Refusal``."""
    row = store.one("SELECT * FROM person WHERE pnr = ?", (pnr,))
    if row is None:
        raise not_found("person")
    return row


def move(store: Store, pnr: str, address: Address, *, effect_from: date, today: date) -> Happening:
    """Register a move; with a day that lies ahead it waits for its day, and replaces one that waited before."""
    person = find_person(store, pnr)
    registered_at, body = now(), to_json(address)
    if effect_from > today:
        _arrive(store, person, today)
        store.run(
            "UPDATE person SET next_address = ?, next_from = ?, next_registered_at = ? WHERE pnr = ?",
            (body, effect_from.isoformat(), registered_at, pnr),
        )
    else:
        if person["next_from"] is not None and person["next_from"] <= today.isoformat():
            _forget_next(store, pnr)
        store.run(
            "UPDATE person SET address = ?, moved_in = ?, moved_in_uncertain = 0, registered_at = ? WHERE pnr = ?",
            (body, effect_from.isoformat(), registered_at, pnr),
        )
    return _tell(store, person, "CPR_Adresse", registered_at, effect_from)


def protect(store: Store, pnr: str, *, protected: bool, today: date) -> Happening:
    """Name and address protection from today on, or ending today."""
    person = find_person(store, pnr)
    if protected:
        store.run("UPDATE person SET protected_from = ?, protected_to = NULL WHERE pnr = ?", (today.isoformat(), pnr))
    else:
        store.run("UPDATE person SET protected_to = ? WHERE pnr = ?", (today.isoformat(), pnr))
    return _tell(store, person, "CPR_Beskyttelse", now(), today)


def change_status(store: Store, pnr: str, status: str, *, today: date) -> Happening:
    """Another status code from today on."""
    person = find_person(store, pnr)
    store.run("UPDATE person SET status = ?, status_day = ? WHERE pnr = ?", (status, today.isoformat(), pnr))
    return _tell(store, person, "CPR_Status", now(), today)


def repeat_event(store: Store, eventid: str) -> Happening:
    """Send an event once more: the same id under a new number, marked as possibly repeated."""
    row = store.one("SELECT * FROM person_event WHERE eventid = ? ORDER BY sequence", (eventid,))
    if row is None:
        raise not_found("event")
    sequence = store.run(
        "INSERT INTO person_event (eventid, entityname, eventaction, person_uuid, pnr, registered_at, effect_from,"
        " from_failed_import) VALUES (?, ?, ?, ?, ?, ?, ?, 1)",
        (
            eventid,
            row["entityname"],
            row["eventaction"],
            row["person_uuid"],
            row["pnr"],
            row["registered_at"],
            row["effect_from"],
        ),
    )
    return Happening(eventid, sequence)


def lose_events(store: Store, count: int) -> int:
    """Use up event numbers without events, as when a delivery was lost; returns the last number used up."""
    store.run(
        "INSERT OR IGNORE INTO sqlite_sequence (name, seq) SELECT 'person_event', 0"
        " WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'person_event')"
    )
    store.run("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'person_event'", (count,))
    return store.count("SELECT seq FROM sqlite_sequence WHERE name = 'person_event'")


def arrival_number(store: Store) -> int:
    """The number of the latest event; a seed for what is drawn next, so that a story repeats itself."""
    return store.count("SELECT coalesce(max(sequence), 0) FROM person_event")


def _arrive(store: Store, person: sqlite3.Row, today: date) -> None:
    """A move that waited and whose day has come becomes the present address before another takes its place."""
    if person["next_from"] is None or person["next_from"] > today.isoformat():
        return
    store.run(
        "UPDATE person SET address = next_address, moved_in = next_from, moved_in_uncertain = 0,"
        " registered_at = next_registered_at WHERE pnr = ?",
        (person["pnr"],),
    )
    _forget_next(store, person["pnr"])


def _forget_next(store: Store, pnr: str) -> None:
    store.run(
        "UPDATE person SET next_address = NULL, next_from = NULL, next_registered_at = NULL WHERE pnr = ?", (pnr,)
    )


def _tell(store: Store, person: sqlite3.Row, entity: str, registered_at: str, effect_from: date) -> Happening:
    number = arrival_number(store)
    eventid = str(uuid.UUID(int=Random(f"{person['uuid']}:{number}").getrandbits(128), version=4))
    sequence = store.run(
        "INSERT INTO person_event (eventid, entityname, eventaction, person_uuid, pnr, registered_at, effect_from,"
        " from_failed_import) VALUES (?, ?, 'u', ?, ?, ?, ?, 0)",
        (eventid, entity, person["uuid"], person["pnr"], registered_at, effect_from.isoformat()),
    )
    return Happening(eventid, sequence)
