"""The citizens of the simulated municipality, made from a number.

What must stay true: the same number gives the same citizens and addresses, whatever the day and the machine.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from connectors.simulated.municipality import CODE, GIVEN_NAMES, SURNAMES, Road, roads
from connectors.simulated.numbers import birthday, make_cpr
from connectors.simulated.particulars import NOTHING, Particulars
from connectors.simulated.published import ADDRESS_OF_FICHTE, PEOPLE, PublishedPerson
from connectors.simulated.published_facts import FACTS
from connectors.simulated.residence import WITH_ADDRESS
from connectors.simulated.spelling import FIELDS, Address

NAMESPACE = uuid.UUID("0c1f1c0a-51b0-5f6e-9d7a-8d6a3f0e7711")
_FIRST_MOVE = date(1990, 1, 2)
_LAST_MOVE = date(2025, 6, 30)
#: Nobody stays in the first home for less than this, so that everybody has an earlier address.
_FIRST_HOME = timedelta(days=400)
#: Between the last move and the day that somebody died, left or got another number.
_STAY = timedelta(days=180)
_SHARE_SHARED_HOME = 0.30
_SHARE_CARE_OF = 0.03
_SHARE_LOCALITY = 0.03
_SHARE_PROTECTED = 0.02
_SHARE_UNCERTAIN = 0.01
_SHARE_COSMETIC = 0.015


@dataclass(frozen=True, slots=True)
class Citizen:
    """A person as seeded; ``address`` is in the case system's spelling."""

    pnr: str
    name: tuple[str, str, str]
    current_pnr: str
    status: str
    protected: tuple[str, str | None] | None
    address: Address
    moved_in: date
    is_uncertain: bool
    origin: str
    is_cosmetic: bool
    remark: str
    particulars: Particulars = NOTHING
    #: The municipality that the person came from, where it was another one.
    moved_from: str = ""
    is_shared: bool = False

    @property
    def full_name(self) -> str:
        """Given name, middle name and surname."""
        return " ".join(part for part in self.name if part)

    @property
    def is_protected(self) -> bool:
        """Whether the protection runs on without an end."""
        return self.protected is not None and self.protected[1] is None

    @property
    def status_day(self) -> date:
        """The day since which the status holds."""
        if self.status in WITH_ADDRESS:
            return self.moved_in
        departure = self.particulars.departure
        return self.moved_in + _STAY if departure is None else departure.left_on.day


def make_addresses(random: Random) -> list[Address]:
    """The municipality's addresses, a few thousand."""
    found: list[Address] = []
    for road in roads():
        for number in range(1, random.randrange(24, 40)):
            letters = ("", "A", "B") if number % 7 == 0 else ("",)
            for letter in letters:
                found += _homes(road, f"{number}{letter}")
    return found


def make_citizens(random: Random, addresses: list[Address], count: int) -> list[Citizen]:
    """The published persons first, then as many invented ones as make ``count``."""
    chosen = [_published(random, person, addresses) for person in PEOPLE[:count]]
    taken = {person.pnr for person in PEOPLE}
    home = random.choice(addresses)
    for _ in range(count - len(chosen)):
        if random.random() > _SHARE_SHARED_HOME:
            home = random.choice(addresses)
        chosen.append(_invented(random, make_cpr(random, taken), home))
    return chosen


def _homes(road: Road, house_number: str) -> list[Address]:
    rooms = [(floor, door) for floor in ("st", "1", "2") for door in ("tv", "th")] if road.has_flats else [("", "")]
    return [
        dict.fromkeys(FIELDS, "")
        | {
            "roadName": road.name,
            "houseNumber": house_number,
            "floor": floor,
            "door": door,
            "town": road.town,
            "postalCode": road.postal_code,
            "postalDistrict": road.postal_district,
            "municipalityCode": CODE,
            "roadCode": road.code,
            "addressUuid": str(uuid.uuid5(NAMESPACE, f"{road.code}:{house_number}:{floor}:{door}")),
        }
        for floor, door in rooms
    ]


def _moved_in(random: Random, pnr: str) -> date:
    first = max(_FIRST_MOVE, birthday(pnr) + _FIRST_HOME)
    return first + timedelta(days=random.randrange((_LAST_MOVE - first).days))


def _published(random: Random, person: PublishedPerson, addresses: list[Address]) -> Citizen:
    home = random.choice(addresses) | {"careOf": person.care_of}
    facts, moved_in = FACTS.get(person.pnr, NOTHING), person.moved_in or _moved_in(random, person.pnr)
    if facts.departure is not None:
        moved_in = min(moved_in, facts.departure.left_on.day - _STAY)
    return Citizen(
        pnr=person.pnr,
        name=person.name,
        current_pnr=person.current_pnr or person.pnr,
        status=person.status,
        protected=person.protected,
        address=ADDRESS_OF_FICHTE if person.pnr == "0709614592" else home,
        moved_in=moved_in,
        is_uncertain=False,
        origin="published",
        is_cosmetic=False,
        remark=person.remark,
        particulars=facts,
    )


def _invented(random: Random, pnr: str, home: Address) -> Citizen:
    citizen = Citizen(
        pnr=pnr,
        name=(random.choice(GIVEN_NAMES), random.choice(["", "", "Test"]), random.choice(SURNAMES)),
        current_pnr=pnr,
        status="1",
        protected=None,
        address=home,
        moved_in=_moved_in(random, pnr),
        is_uncertain=random.random() < _SHARE_UNCERTAIN,
        origin="generated",
        is_cosmetic=False,
        remark="",
    )
    if random.random() < _SHARE_PROTECTED:
        return replace(citizen, protected=("2025-01-15", None), remark="navne- og adressebeskyttet")
    if random.random() < _SHARE_CARE_OF:
        host = f"{random.choice(GIVEN_NAMES)} {random.choice(SURNAMES)}"
        return replace(citizen, address=home | {"careOf": host}, remark="c/o")
    if random.random() < _SHARE_LOCALITY:
        return replace(citizen, address=home | {"locality": "Prøvegården"}, remark="lokalitet")
    if random.random() < _SHARE_COSMETIC:
        return replace(citizen, is_cosmetic=True, remark="adressen staves anderledes i ESDH")
    return citizen
