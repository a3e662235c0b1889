"""What can happen to a person in CPR: moves, corrections, protection, and the event that tells of each.

What must stay true: every happening leaves exactly one event, in the same transaction; none where CPR tells of
subscribers only and nobody subscribes to the person. All of these functions are called inside a transaction.
"""

from __future__ import annotations

import sqlite3
import uuid
from dataclasses import dataclass
from datetime import date
from random import Random

from connectors.simulated.particulars import Particulars, Period, keep_particulars, read_particulars
from connectors.simulated.refusals import conflict, not_found
from connectors.simulated.residence import (
    WITH_ADDRESS,
    has_arrived,
    other_municipality,
    past_rows,
    status_at,
)
from connectors.simulated.spelling import Address
from connectors.simulated.store import Store, from_json, to_json
from connectors.simulated.world import Moment

#: Nobody with one of these statuses can move: annulled, deleted, renumbered, dead.
_FINAL = frozenset({"30", "50", "60", "90"})


@dataclass(frozen=True, slots=True)
class Happening:
    """The event that tells of what happened; ``sequence`` is None where nobody is told."""

    eventid: str
    sequence: int | None

    def describe(self) -> dict[str, object]:
        """As the admin page answers."""
        return {"eventid": self.eventid, "sequence": self.sequence}


@dataclass(frozen=True, slots=True)
class Registration:
    """A move as it is registered."""

    address: Address
    effect_from: date
    is_uncertain: bool = False


def find_person(store: Store, pnr: str) -> sqlite3.Row:
    """The row of this person; raises a 404 ``Refusal``."""
    row = store.one("SELECT * FROM person WHERE pnr = ?", (pnr,))
    if row is None:
        raise not_found("person")
    return row


def find_living(store: Store, pnr: str) -> sqlite3.Row:
    """The row of this person; raises a 409 ``Refusal`` where CPR registers nothing more."""
    row = find_person(store, pnr)
    if row["status"] in _FINAL:
        raise conflict("NotRegistered")
    return row


def move(store: Store, pnr: str, registration: Registration, moment: Moment) -> Happening:
    """Register a move; with a day that lies ahead it waits for its day, and replaces one that waited before.

    Who was abroad or gone lives here again. Raises a 409 ``Refusal`` for the dead and the like, and
    where somebody who is not here would come on a later day.
    """
    person = settle(store, find_living(store, pnr), moment.today)
    address, day = registration.address, registration.effect_from.isoformat()
    is_back = person["status"] not in WITH_ADDRESS
    if registration.effect_from > moment.today:
        if is_back:
            raise conflict("NotResident")
        store.run(
            "UPDATE person SET next_address = ?, next_from = ?, next_uncertain = ?, next_registered_at = ?"
            " WHERE pnr = ?",
            (to_json(address), day, int(registration.is_uncertain), moment.at, pnr),
        )
        return tell(store, person, "CPR_Adresse", moment, registration.effect_from)
    before = None if person["address"] is None else from_json(person["address"])
    _leave(store, person, person["status_day"] if is_back else day, is_uncertain=registration.is_uncertain)
    store.run(
        "UPDATE person SET address = ?, moved_in = ?, moved_in_uncertain = ?, registered_at = ?, moved_from = ?,"
        " is_restored = 0 WHERE pnr = ?",
        (
            to_json(address),
            day,
            int(registration.is_uncertain),
            moment.at,
            "" if is_back else other_municipality(before, address),
            pnr,
        ),
    )
    if person["status"] != (status := status_at(address)):
        store.run("UPDATE person SET status = ?, status_day = ? WHERE pnr = ?", (status, day, pnr))
    if is_back:
        write_particulars(store, pnr, read_particulars(person).model_copy(update={"departure": None}))
    return tell(store, person, "CPR_Adresse", moment, registration.effect_from)


def correct(store: Store, pnr: str, moment: Moment) -> Happening:
    """Take the last move back (ret/fortryd): the address before it stands again. A move that waits is given up.

    Raises a 409 ``Refusal`` where there is nothing to take back.
    """
    person = settle(store, find_living(store, pnr), moment.today)
    if person["next_from"] is not None:
        day = date.fromisoformat(person["next_from"])
        _keep_past(store, person, "next", person["next_from"], is_annulled=True)
        forget_next(store, pnr)
        return tell(store, person, "CPR_Adresse", moment, day)
    standing = next((row for row in past_rows(store, pnr) if not row["is_annulled"]), None)
    if standing is None or person["status"] not in WITH_ADDRESS:
        raise conflict("NothingToCorrect")
    _keep_past(store, person, "present", person["moved_in"], is_annulled=True)
    store.run("DELETE FROM past_address WHERE pnr = ? AND position = ?", (pnr, standing["position"]))
    store.run(
        "UPDATE person SET address = ?, moved_in = ?, moved_in_uncertain = ?, moved_from = ?, registered_at = ?,"
        " is_restored = 1, status = ? WHERE pnr = ?",
        (
            standing["address"],
            standing["moved_in"],
            standing["moved_in_uncertain"],
            standing["moved_from"],
            moment.at,
            status_at(from_json(standing["address"])),
            pnr,
        ),
    )
    return tell(store, person, "CPR_Adresse", moment, date.fromisoformat(standing["moved_in"]))


def protect(
    store: Store, pnr: str, moment: Moment, *, protected: bool, kind: str = "nameAddress", until: date | None = None
) -> Happening:
    """A protection from today on (until a day, or for good), or ending today.

    ``kind`` is ``nameAddress``, or ``directory``, ``marketing`` or ``research``, which do not concern an authority.
    """
    person, today = find_person(store, pnr), moment.today
    if kind != "nameAddress":
        particulars = read_particulars(person)
        running: Period | None = getattr(particulars, kind)
        begun = today if running is None or protected else running.from_day
        period = Period(from_day=begun, to_day=until if protected else today)
        write_particulars(store, pnr, particulars.model_copy(update={kind: period}))
    elif protected:
        end = None if until is None else until.isoformat()
        sql = "UPDATE person SET protected_from = ?, protected_to = ? WHERE pnr = ?"
        store.run(sql, (today.isoformat(), end, pnr))
    else:
        store.run("UPDATE person SET protected_to = ? WHERE pnr = ?", (today.isoformat(), pnr))
    return tell(store, person, "CPR_Beskyttelse", moment, today)


def change_status(store: Store, pnr: str, status: str, moment: Moment, *, since: date | None = None) -> Happening:
    """Another status code, from today or from an earlier day on."""
    person, day = settle(store, find_person(store, pnr), moment.today), since or moment.today
    store.run("UPDATE person SET status = ?, status_day = ? WHERE pnr = ?", (status, day.isoformat(), pnr))
    return tell(store, person, "CPR_Status", moment, day)


def write_particulars(store: Store, pnr: str, particulars: Particulars) -> None:
    """Keep the particulars of a person."""
    store.run("UPDATE person SET particulars = ? WHERE pnr = ?", (keep_particulars(particulars), pnr))


def repeat_event(store: Store, eventid: str, moment: Moment) -> Happening:
    """Send an event once more: the same id under a new number, marked as possibly repeated."""
    row = store.one("SELECT * FROM person_event WHERE eventid = ? ORDER BY sequence", (eventid,))
    if row is None:
        raise not_found("event")
    sequence = store.run(
        "INSERT INTO person_event (eventid, entityname, eventaction, person_uuid, pnr, registered_at, effect_from,"
        " told_at, from_failed_import) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)",
        (
            eventid,
            row["entityname"],
            row["eventaction"],
            row["person_uuid"],
            row["pnr"],
            row["registered_at"],
            row["effect_from"],
            moment.told_at,
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


def settle(store: Store, person: sqlite3.Row, today: date) -> sqlite3.Row:
    """The row after a move that waited, and whose day has come, became the present address."""
    if not has_arrived(person, today):
        return person
    pnr, before, after = person["pnr"], person["address"], from_json(person["next_address"])
    _leave(store, person, person["next_from"], is_uncertain=bool(person["next_uncertain"]))
    store.run(
        "UPDATE person SET address = next_address, moved_in = next_from, moved_in_uncertain = next_uncertain,"
        " registered_at = next_registered_at, is_restored = 0, moved_from = ? WHERE pnr = ?",
        ("" if before is None else other_municipality(from_json(before), after), pnr),
    )
    forget_next(store, pnr)
    return find_person(store, pnr)


def tell(store: Store, person: sqlite3.Row, entity: str, moment: Moment, effect_from: date) -> Happening:
    """Leave the event that tells of this person."""
    number = arrival_number(store)
    eventid = str(uuid.UUID(int=Random(f"{person['uuid']}:{number}").getrandbits(128), version=4))
    pnr: str = person["pnr"]
    if moment.subscribers_only and store.one("SELECT 1 FROM subscription WHERE pnr = ?", (pnr,)) is None:
        return Happening(eventid, None)
    sequence = store.run(
        "INSERT INTO person_event (eventid, entityname, eventaction, person_uuid, pnr, registered_at, effect_from,"
        " told_at, from_failed_import) VALUES (?, ?, 'u', ?, ?, ?, ?, ?, 0)",
        (eventid, entity, person["uuid"], pnr, moment.at, effect_from.isoformat(), moment.told_at),
    )
    return Happening(eventid, sequence)


def _leave(store: Store, person: sqlite3.Row, day: str, *, is_uncertain: bool) -> None:
    """The present address becomes an earlier one."""
    if person["address"] is not None:
        _keep_past(store, person, "present", max(day, person["moved_in"]), is_end_uncertain=is_uncertain)


def _keep_past(
    store: Store,
    person: sqlite3.Row,
    which: str,
    moved_out: str,
    *,
    is_end_uncertain: bool = False,
    is_annulled: bool = False,
) -> None:
    is_next = which == "next"
    store.run(
        "INSERT INTO past_address (pnr, address, moved_in, moved_in_uncertain, moved_from, registered_at, moved_out,"
        " moved_out_uncertain, is_annulled, position) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
        " (SELECT coalesce(max(position), 0) + 1 FROM past_address WHERE pnr = ?1))",
        (
            person["pnr"],
            person["next_address" if is_next else "address"],
            person["next_from" if is_next else "moved_in"],
            person["next_uncertain" if is_next else "moved_in_uncertain"],
            "" if is_next else person["moved_from"],
            person["next_registered_at" if is_next else "registered_at"],
            moved_out,
            int(is_end_uncertain),
            int(is_annulled),
        ),
    )


def forget_next(store: Store, pnr: str) -> None:
    """A move that waits will not come."""
    """A move that waits will not come."""
    """A move that waits will not come."""
    """A move that waits will not come."""
    store.run(
        "UPDATE person SET next_address = NULL, next_from = NULL, next_uncertain = 0, next_registered_at = NULL"
        " WHERE pnr = ?",
        (pnr,),
    )
