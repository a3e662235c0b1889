"""Planted drift: addresses on cases that are not CPR's, of the kinds that a sweep must tell apart.

What must stay true: nothing happens in CPR and no event is told; the same seed on the same municipality spoils the same
parties; and nobody is spoiled in two ways, so that the kinds can be counted apart.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from random import Random

from connectors.simulated.residence import is_protected, past_rows, present_residence
from connectors.simulated.spelling import Address, is_same_place
from connectors.simulated.store import Store, from_json, to_json

#: Parties who are invented, live here, came from nowhere else and have nothing special in CPR, whose name and address
#: protection is as the case says, alone or with parties on the case who are not protected.
_PARTIES = """
SELECT person.*, party.case_uuid, party.position, party.address AS case_address, party.protected AS is_marked,
  esdh_case.number, esdh_case.progress = 'Afsluttet' OR esdh_case.active_code = 'Arkiveret' AS is_closed
FROM party
JOIN person ON person.pnr = party.identification AND party.identification_type = 'CprNummer'
JOIN esdh_case ON esdh_case.uuid = party.case_uuid
WHERE person.origin = 'generated' AND person.status = '1' AND person.particulars = '{}' AND person.moved_from = ''
  AND person.next_from IS NULL AND person.is_restored = 0 AND person.moved_in_uncertain = 0
  AND person.esdh_spelling = 'same'
  AND NOT EXISTS (SELECT 1 FROM party AS other WHERE other.case_uuid = party.case_uuid
    AND other.position <> party.position AND other.protected = 1)
ORDER BY party.case_uuid, party.position
"""


@dataclass(frozen=True, slots=True)
class DriftOrder:
    """So many parties of each kind."""

    #: On open cases, with an address that the person had before in CPR.
    outdated: int = 0
    #: On open cases, with an address that CPR never had.
    manual: int = 0
    #: As outdated, on closed cases.
    closed: int = 0
    #: As outdated, and name and address are protected.
    protected: int = 0


@dataclass(slots=True)
class Planted:
    """The numbers of the cases by kind; fewer than ordered when there were no more parties to be found."""

    cases: dict[str, list[str]] = field(default_factory=dict)


def plant_drift(store: Store, order: DriftOrder, *, seed: int, today: date) -> Planted:
    """Spoil the parties, inside the caller's transaction."""
    random = Random(f"drift:{seed}")
    parties = [row for row in store.rows(_PARTIES) if _is_right(row, today)]
    random.shuffle(parties)
    # Those who stand on closed cases only are taken for these first: nothing else is ever looked at for them.
    with_open = {row["pnr"] for row in parties if not row["is_closed"]}
    closed = sorted((row for row in parties if row["is_closed"]), key=lambda row: row["pnr"] in with_open)
    hidden = [row for row in parties if not row["is_closed"] and is_protected(row, today)]
    plain = [row for row in parties if not row["is_closed"] and not is_protected(row, today)]
    planted, spoiled = Planted(), defaultdict[str, set[str]](set)
    for kind, rows, count, choose in (
        ("closed", [row for row in closed if not is_protected(row, today)], order.closed, _past_address),
        ("protected", hidden, order.protected, _past_address),
        ("manual", plain, order.manual, _unknown_address),
        ("outdated", plain, order.outdated, _past_address),
    ):
        others = set[str]().union(*spoiled.values())
        free = iter([row for row in rows if row["pnr"] not in others])
        planted.cases[kind] = list(_spoil(store, random, free, count, choose, spoiled[kind]))
    return planted


_Choose = Callable[[Store, Random, sqlite3.Row], Address | None]


def _spoil(
    store: Store, random: Random, rows: Iterator[sqlite3.Row], count: int, choose: _Choose, spoiled: set[str]
) -> Iterator[str]:
    """Write another address on ``count`` parties; the number of the case of each."""
    while count > 0 and (row := next(rows, None)) is not None:
        address = choose(store, random, row)
        if address is None:
            continue
        store.run(
            "UPDATE party SET address = ? WHERE case_uuid = ? AND position = ?",
            (to_json(address), row["case_uuid"], row["position"]),
        )
        spoiled.add(row["pnr"])
        count -= 1
        yield row["number"]


def _is_right(row: sqlite3.Row, today: date) -> bool:
    residence = present_residence(row, today)
    if residence is None or row["case_address"] is None or bool(row["is_marked"]) is not is_protected(row, today):
        return False
    return is_same_place(residence.address, from_json(row["case_address"]))


def _past_address(store: Store, random: Random, row: sqlite3.Row) -> Address | None:
    """An earlier address in the same municipality, or None where there is none."""
    present = from_json(row["address"])
    found = [from_json(past["address"]) for past in past_rows(store, row["pnr"]) if not past["is_annulled"]]
    return _choose_one(
        random,
        [
            address
            for address in found
            if address["municipalityCode"] == present["municipalityCode"] and not is_same_place(address, present)
        ],
    )


def _unknown_address(store: Store, random: Random, row: sqlite3.Row) -> Address | None:
    """An address where CPR never had the person, without an id, as somebody types it."""
    known = [from_json(row["address"]), *(from_json(past["address"]) for past in past_rows(store, row["pnr"]))]
    count = store.count("SELECT max(id) FROM address")
    homes = store.rows(
        "SELECT body FROM address WHERE id IN (?, ?, ?, ?, ?, ?)", [random.randint(1, count) for _ in range(6)]
    )
    free = [from_json(home["body"]) | {"addressUuid": ""} for home in homes]
    return _choose_one(random, [home for home in free if not any(is_same_place(home, one) for one in known)])


def _choose_one(random: Random, addresses: list[Address]) -> Address | None:
    return random.choice(addresses) if addresses else None
