"""A night in CPR: many happenings at once, as when the day's changes are delivered.

What must stay true: the same seed on the same municipality moves the same people to the same homes, and only those
whose address on their cases was right before, so that every move makes a difference that can be counted.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from connectors.simulated import life_events
from connectors.simulated.happenings import Happening, Registration, correct, move, protect, repeat_event
from connectors.simulated.municipality import GIVEN_NAMES, NEIGHBOUR_CODE, SURNAMES
from connectors.simulated.neighbours import homes_elsewhere
from connectors.simulated.published_facts import GERMANY, NORWAY, SWEDEN
from connectors.simulated.residence import is_protected, present_residence
from connectors.simulated.spelling import Address, is_same_place
from connectors.simulated.store import Store, from_json
from connectors.simulated.world import Moment

_FUTURE = timedelta(days=14)
_LATE = timedelta(days=40)
_FOREIGN_LINES = ("Musterweg 4", "12345 Musterby")

#: Persons who are invented, live here, have nothing special in CPR and a case that takes changes, with the addresses
#: on those cases.
_CANDIDATES = """
SELECT person.*, party.address AS case_address
FROM person
JOIN party ON party.identification = person.pnr AND party.identification_type = 'CprNummer'
JOIN esdh_case ON esdh_case.uuid = party.case_uuid
WHERE person.origin = 'generated' AND person.status = '1' AND person.particulars = '{}'
  AND esdh_case.progress <> 'Afsluttet' AND esdh_case.active_code = 'Aktiv'
ORDER BY person.pnr
"""


@dataclass(frozen=True, slots=True)
class Order:
    """What the night shall bring.

    ``protected``, ``care_of``, ``future``, ``uncertain``, ``late`` and ``away`` (to another municipality) are so many
    of the ``moves``; the last four and ``care_of`` fall on different moves. ``corrections``, ``deaths``,
    ``emigrations`` and ``names`` happen to other people.
    """

    moves: int
    protected: int = 0
    care_of: int = 0
    future: int = 0
    uncertain: int = 0
    late: int = 0
    away: int = 0
    corrections: int = 0
    deaths: int = 0
    emigrations: int = 0
    names: int = 0
    #: So many of the night's events are sent once more.
    duplicates: int = 0

    @property
    def is_possible(self) -> bool:
        """Whether there are moves enough for what they shall be."""
        special = self.care_of + self.future + self.uncertain + self.late + self.away
        return self.protected <= self.moves and special <= self.moves


@dataclass(slots=True)
class Night:
    """What the night brought; fewer persons than ordered when there were no more to be found."""

    happenings: list[Happening] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    #: Numbers of those to whom something else happened, by the name of the order's field.
    others: dict[str, list[str]] = field(default_factory=dict)


def pass_night(store: Store, order: Order, *, seed: int, moment: Moment) -> Night:
    """Carry the order out, inside the caller's transaction."""
    random = Random(f"night:{seed}")
    open_ones, shielded = _candidates(store, moment)
    random.shuffle(open_ones)
    random.shuffle(shielded)
    night = Night()
    movers, rest = _choose(store, order, open_ones, shielded, night, moment)
    random.shuffle(movers)
    elsewhere = homes_elsewhere(NEIGHBOUR_CODE)
    for person, kind in zip(movers, _kinds(order, len(movers)), strict=True):
        home = random.choice(elsewhere) if kind == "away" else another_home(store, random, person, moment)
        if kind == "care_of":
            home["careOf"] = f"{random.choice(GIVEN_NAMES)} {random.choice(SURNAMES)}"
        day = {"future": moment.today + _FUTURE, "late": moment.today - _LATE}.get(kind, moment.today)
        registration = Registration(home, day, is_uncertain=kind == "uncertain")
        night.happenings.append(move(store, person["pnr"], registration, moment))
        night.moved.append(person["pnr"])
    _let_other_things_happen(store, random, order, rest, night, moment)
    told = [happening for happening in night.happenings if happening.sequence is not None]
    for happening in random.sample(told, min(order.duplicates, len(told))):
        night.happenings.append(repeat_event(store, happening.eventid, moment))
    return night


def another_home(store: Store, random: Random, person: sqlite3.Row, moment: Moment) -> Address:
    """An address of the municipality where the person does not live now."""
    residence = present_residence(person, moment.today)
    count = store.count("SELECT max(id) FROM address")
    while True:
        row = store.one("SELECT body FROM address WHERE id = ?", (random.randint(1, count),))
        home: Address = from_json(row["body"]) if row is not None else {}
        if home and (residence is None or home["addressUuid"] != residence.address["addressUuid"]):
            return home


def _kinds(order: Order, count: int) -> list[str]:
    """What each of ``count`` moves is: care-of names first, future ones last, ordinary ones between."""
    first = [name for name in ("care_of", "uncertain", "late", "away") for _ in range(getattr(order, name))]
    plain = max(0, count - len(first) - order.future)
    return [*first, *["plain"] * plain, *["future"] * order.future][:count]


def _let_other_things_happen(
    store: Store, random: Random, order: Order, people: list[sqlite3.Row], night: Night, moment: Moment
) -> None:
    """Corrections, deaths, departures and new names, each of another person."""
    left = iter(people)
    for name in ("corrections", "deaths", "emigrations", "names"):
        met: list[str] = []
        for person, _ in zip(left, range(getattr(order, name)), strict=False):
            night.happenings.append(_happen(store, random, name, person, moment))
            met.append(person["pnr"])
        if met:
            night.others[name] = met


def _happen(store: Store, random: Random, name: str, person: sqlite3.Row, moment: Moment) -> Happening:
    pnr = person["pnr"]
    if name == "corrections":
        return correct(store, pnr, moment)
    if name == "deaths":
        return life_events.bury(store, pnr, moment.today, moment)
    if name == "emigrations":
        code, country = random.choice((NORWAY, SWEDEN, GERMANY))
        lines = random.choice(((), (*_FOREIGN_LINES, country)))
        return life_events.emigrate(store, pnr, life_events.leave_for(code, country, moment.today, lines), moment)
    surname = random.choice([surname for surname in SURNAMES if surname != person["surname"]])
    return life_events.rename(store, pnr, (person["given_name"], person["middle_name"], surname), moment)


def _choose(
    store: Store, order: Order, open_ones: list[sqlite3.Row], shielded: list[sqlite3.Row], night: Night, moment: Moment
) -> tuple[list[sqlite3.Row], list[sqlite3.Row]]:
    """The persons who move, and those who are left and unprotected.

    Where too few are protected already, others become so the same night, with its event.
    """
    hidden = shielded[: order.protected]
    missing = order.protected - len(hidden)
    newly, plain = open_ones[:missing], open_ones[missing:]
    night.happenings += [protect(store, person["pnr"], moment, protected=True) for person in newly]
    count = order.moves - len(hidden) - len(newly)
    return [*hidden, *newly, *plain[:count]], plain[count:]


def _candidates(store: Store, moment: Moment) -> tuple[list[sqlite3.Row], list[sqlite3.Row]]:
    """Those without and those with protection today whose address is right on all their open cases."""
    right: dict[str, sqlite3.Row] = {}
    wrong: set[str] = set()
    for row in store.rows(_CANDIDATES):
        residence = present_residence(row, moment.today)
        on_case = None if row["case_address"] is None else from_json(row["case_address"])
        is_waiting = row["next_from"] is not None and row["next_from"] > moment.today.isoformat()
        if is_waiting or residence is None or not is_same_place(residence.address, on_case):
            wrong.add(row["pnr"])
        right[row["pnr"]] = row
    people = [row for pnr, row in right.items() if pnr not in wrong]
    return (
        [row for row in people if not is_protected(row, moment.today)],
        [row for row in people if is_protected(row, moment.today)],
    )
