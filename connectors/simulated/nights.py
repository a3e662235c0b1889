"""A night in CPR: many happenings at once, as when the day's changes are delivered.

What must stay true: the same seed on the same municipality moves the same people to the same homes, and only those
whose address on their cases was right before, so that every move makes a difference that can be counted.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from connectors.simulated.happenings import Happening, move, protect, repeat_event
from connectors.simulated.municipality import GIVEN_NAMES, SURNAMES
from connectors.simulated.residence import is_protected, present_residence
from connectors.simulated.spelling import Address, is_same_place
from connectors.simulated.store import Store, from_json

_FUTURE = timedelta(days=14)

#: Persons who are invented, live here and have a case that takes changes, with the addresses on those cases.
_CANDIDATES = """
SELECT person.*, party.address AS case_address
FROM person
JOIN party ON party.identification = person.pnr AND party.identification_type = 'CprNummer'
JOIN esdh_case ON esdh_case.uuid = party.case_uuid
WHERE person.origin = 'generated' AND person.status = '1'
  AND esdh_case.progress <> 'Afsluttet' AND esdh_case.active_code = 'Aktiv'
ORDER BY person.pnr
"""


@dataclass(frozen=True, slots=True)
class Order:
    """What the night shall bring. ``protected``, ``care_of`` and ``future`` are so many of the ``moves``."""

    moves: int
    protected: int = 0
    care_of: int = 0
    future: int = 0
    #: So many of the night's events are sent once more.
    duplicates: int = 0


@dataclass(slots=True)
class Night:
    """What the night brought; fewer persons than ordered when there were no more to be found."""

    happenings: list[Happening]
    moved: list[str]


def pass_night(store: Store, order: Order, *, seed: int, today: date) -> Night:
    """Carry the order out, inside the caller's transaction."""
    random = Random(f"night:{seed}")
    open_ones, shielded = _candidates(store, today)
    random.shuffle(open_ones)
    random.shuffle(shielded)
    night = Night([], [])
    movers = _choose(store, order, open_ones, shielded, night, today)
    random.shuffle(movers)
    for position, person in enumerate(movers):
        home = another_home(store, random, person, today)
        if position < order.care_of:
            home["careOf"] = f"{random.choice(GIVEN_NAMES)} {random.choice(SURNAMES)}"
        is_future = position >= len(movers) - order.future
        effect_from = today + _FUTURE if is_future else today
        night.happenings.append(move(store, person["pnr"], home, effect_from=effect_from, today=today))
        night.moved.append(person["pnr"])
    told = list(night.happenings)
    for happening in random.sample(told, min(order.duplicates, len(told))):
        night.happenings.append(repeat_event(store, happening.eventid))
    return night


def another_home(store: Store, random: Random, person: sqlite3.Row, today: date) -> Address:
    """An address of the municipality where the person does not live now."""
    residence = present_residence(person, today)
    count = store.count("SELECT max(id) FROM address")
    while True:
        row = store.one("SELECT body FROM address WHERE id = ?", (random.randint(1, count),))
        home: Address = from_json(row["body"]) if row is not None else {}
        if home and (residence is None or home["addressUuid"] != residence.address["addressUuid"]):
            return home


def _choose(
    store: Store, order: Order, open_ones: list[sqlite3.Row], shielded: list[sqlite3.Row], night: Night, today: date
) -> list[sqlite3.Row]:
    """The persons who move. Where too few are protected already, others become so the same night, with its event."""
    hidden = shielded[: order.protected]
    missing = order.protected - len(hidden)
    newly, plain = open_ones[:missing], open_ones[missing:]
    night.happenings += [protect(store, person["pnr"], protected=True, today=today) for person in newly]
    return [*hidden, *newly, *plain][: order.moves]


def _candidates(store: Store, today: date) -> tuple[list[sqlite3.Row], list[sqlite3.Row]]:
    """Those without and those with protection today whose address is right on all their open cases."""
    right: dict[str, sqlite3.Row] = {}
    wrong: set[str] = set()
    for row in store.rows(_CANDIDATES):
        residence = present_residence(row, today)
        on_case = None if row["case_address"] is None else from_json(row["case_address"])
        is_waiting = row["next_from"] is not None and row["next_from"] > today.isoformat()
        if is_waiting or residence is None or not is_same_place(residence.address, on_case):
            wrong.add(row["pnr"])
        right[row["pnr"]] = row
    people = [row for pnr, row in right.items() if pnr not in wrong]
    return (
        [row for row in people if not is_protected(row, today)],
        [row for row in people if is_protected(row, today)],
    )
