"""Where the citizens lived before: one to four earlier addresses each, and a long list for the person who shows one.

What must stay true: earlier addresses follow one another without a hole up to the present one, and none of them is the
present one, so that an outdated address on a case can be told from a right one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from connectors.simulated.municipality import NEIGHBOUR_CODE
from connectors.simulated.neighbours import homes_elsewhere
from connectors.simulated.numbers import birthday
from connectors.simulated.published import PEOPLE
from connectors.simulated.seed_people import Citizen
from connectors.simulated.spelling import Address
from connectors.simulated.store import Value, to_json

_MOST = 4
_LOOK_BACK = timedelta(days=30 * 365)
_SHARE_ELSEWHERE = 0.06
_SHARE_UNCERTAIN = 0.03
#: One registration of a history as long as this was taken back.
_LONG = 10
_PUBLISHED = {person.pnr: person for person in PEOPLE}


@dataclass(frozen=True, slots=True)
class Past:
    """The earlier addresses of a citizen, oldest first: rows for the table ``past_address``."""

    rows: list[tuple[Value, ...]]
    #: The municipality of the newest one, where it is not that of the present address; else empty.
    moved_from: str


def add_past(random: Random, citizens: list[Citizen], addresses: list[Address]) -> tuple[list[Citizen], list[Past]]:
    """The citizens with the municipality that they came from, and the past of each."""
    elsewhere = homes_elsewhere(NEIGHBOUR_CODE)
    pasts = [_past(random, citizen, addresses, elsewhere) for citizen in citizens]
    moved = [
        replace(citizen, moved_from=past.moved_from) if past.moved_from else citizen
        for citizen, past in zip(citizens, pasts, strict=True)
    ]
    return moved, pasts


def _past(random: Random, citizen: Citizen, addresses: list[Address], elsewhere: list[Address]) -> Past:
    known = _PUBLISHED.get(citizen.pnr)
    count = known.earlier_addresses if known is not None and known.earlier_addresses else random.randint(1, _MOST)
    starts = _starts(random, citizen, count)
    homes: list[Address] = []
    for _ in starts:
        homes.append(_another(random, citizen, homes, addresses, elsewhere))
    if known is not None and known.moved_from:
        homes[-1] = homes_elsewhere(known.moved_from)[0]
    ends = [*starts[1:], citizen.moved_in]
    rows: list[tuple[Value, ...]] = []
    before = homes[0]
    for position, (home, start, end) in enumerate(zip(homes, starts, ends, strict=True), 1):
        is_uncertain = int(random.random() < _SHARE_UNCERTAIN)
        is_annulled = len(starts) >= _LONG and position == len(starts) // 2
        day, code = start.isoformat(), _other_code(before, home)
        registered = f"{day}T04:00:00+00:00"
        rows.append(
            (citizen.pnr, position, to_json(home), day, is_uncertain, code, registered, end.isoformat(), 0, is_annulled)
        )
        before = home
    return Past(rows, _other_code(homes[-1], citizen.address) if homes else "")


def _starts(random: Random, citizen: Citizen, count: int) -> list[date]:
    """The days on which the earlier addresses began, in order."""
    first = max(birthday(citizen.pnr), citizen.moved_in - _LOOK_BACK)
    days = (citizen.moved_in - first).days
    return [first + timedelta(days=day) for day in sorted(random.sample(range(days), count))]


def _another(
    random: Random, citizen: Citizen, before: list[Address], addresses: list[Address], elsewhere: list[Address]
) -> Address:
    """A home that is neither the present one nor the one before."""
    taken = {home["addressUuid"] for home in (citizen.address, *before)}
    while True:
        home = random.choice(elsewhere if random.random() < _SHARE_ELSEWHERE else addresses)
        if home["addressUuid"] not in taken:
            return home


def _other_code(before: Address, after: Address) -> str:
    return "" if before["municipalityCode"] == after["municipalityCode"] else before["municipalityCode"]
