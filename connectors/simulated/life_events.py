"""What else can happen to a person in CPR: death, departure, disappearance, another name, number or guardian.

What must stay true: as for ``happenings``: one event each, in the caller's transaction. The facts that end with a
departure or a death (a waiting move) end here, so that nobody moves afterwards by himself.
"""

from __future__ import annotations

import sqlite3
import uuid
from datetime import date
from typing import Any

from connectors.simulated.happenings import (
    Happening,
    Registration,
    change_status,
    find_living,
    find_person,
    forget_next,
    move,
    protect,
    tell,
    write_particulars,
)
from connectors.simulated.municipality import CODE, GREENLAND_CODE
from connectors.simulated.numbers import birthday
from connectors.simulated.particulars import Departure, LeavingDay, read_particulars
from connectors.simulated.refusals import conflict
from connectors.simulated.seed_people import NAMESPACE
from connectors.simulated.spelling import FIELDS, Address
from connectors.simulated.store import Store
from connectors.simulated.world import Moment

_NOTHING_SAID: Address = dict.fromkeys(FIELDS, "")
#: What CPR shows of somebody without fixed abode: a road code that the municipality chose for it, and no house.
NO_FIXED_ABODE: Address = _NOTHING_SAID | {
    "roadName": "Uden fast bopæl",
    "postalCode": "6790",
    "postalDistrict": "Prøveby",
    "municipalityCode": CODE,
    "roadCode": "9901",
}
IN_GREENLAND: Address = _NOTHING_SAID | {
    "roadName": "Prøveaqqut",
    "houseNumber": "12",
    "postalCode": "6799",
    "postalDistrict": "Nuuk",
    "municipalityCode": GREENLAND_CODE,
    "roadCode": "0101",
}


def bury(store: Store, pnr: str, day: date, moment: Moment) -> Happening:
    """The person died on this day."""
    find_living(store, pnr)
    happening = change_status(store, pnr, "90", moment, since=day)
    forget_next(store, pnr)
    return happening


def emigrate(store: Store, pnr: str, departure: Departure, moment: Moment) -> Happening:
    """The person left the country on the day of the departure."""
    person = find_living(store, pnr)
    write_particulars(store, pnr, read_particulars(person).model_copy(update={"departure": departure}))
    happening = change_status(store, pnr, "80", moment, since=departure.left_on.day)
    forget_next(store, pnr)
    return happening


def leave_for(country_code: str, country: str, day: date, lines: tuple[str, ...] = ()) -> Departure:
    """A departure; without lines the address abroad is unknown."""
    return Departure(country_code=country_code, country=country, left_on=LeavingDay(day=day), lines=lines)


def disappear(store: Store, pnr: str, day: date, moment: Moment) -> Happening:
    """Nobody knows where the person is, since this day."""
    find_living(store, pnr)
    happening = change_status(store, pnr, "70", moment, since=day)
    forget_next(store, pnr)
    return happening


def lose_home(store: Store, pnr: str, day: date, moment: Moment) -> Happening:
    """Registered without fixed abode from this day on."""
    return move(store, pnr, Registration(NO_FIXED_ABODE, day), moment)


def protect_specially(store: Store, pnr: str, moment: Moment) -> list[Happening]:
    """The special protection of CPR-loven section 6(6): without fixed abode, and name and address protected."""
    return [
        lose_home(store, pnr, moment.today, moment),
        protect(store, pnr, moment, protected=True),
    ]


def rename(store: Store, pnr: str, name: tuple[str, str, str], moment: Moment) -> Happening:
    """Given name, middle name and surname from today on."""
    person = find_person(store, pnr)
    store.run("UPDATE person SET given_name = ?, middle_name = ?, surname = ? WHERE pnr = ?", (*name, pnr))
    return tell(store, person, "CPR_Navn", moment, moment.today)


def note(store: Store, pnr: str, moment: Moment, *, since: date | None = None, **particulars: Any) -> Happening:  # noqa: ANN401 - the fields of ``Particulars``.
    """Put some of the particulars: ``guardian``, ``custody``, ``contact`` and the like."""
    person = find_person(store, pnr)
    write_particulars(store, pnr, read_particulars(person).model_copy(update=particulars))
    return tell(store, person, "CPR_Person", moment, since or moment.today)


def change_number(store: Store, pnr: str, number: str, moment: Moment) -> Happening:
    """The person gets another number, and lives on under it; the old one keeps what it showed, with status 60.

    Raises a 409 ``Refusal`` where somebody has the number.
    """
    person = find_living(store, pnr)
    if store.one("SELECT 1 FROM person WHERE pnr = ?", (number,)) is not None:
        raise conflict("AlreadyExists")
    _copy(store, person, number)
    particulars = read_particulars(person)
    earlier = (pnr, *particulars.earlier_numbers)
    write_particulars(store, number, particulars.model_copy(update={"earlier_numbers": earlier}))
    store.run("UPDATE person SET current_pnr = ? WHERE current_pnr = ?", (number, pnr))
    happening = change_status(store, pnr, "60", moment)
    forget_next(store, pnr)
    return happening


def _copy(store: Store, person: sqlite3.Row, number: str) -> None:
    row = dict(person) | {
        "pnr": number,
        "current_pnr": number,
        "uuid": str(uuid.uuid5(NAMESPACE, f"{person['uuid']}:{number}")),
        "birth_day": birthday(number).isoformat(),
        "remark": "har fået nyt nummer",
    }
    columns, marks = ", ".join(row), ", ".join("?" * len(row))
    store.run(f"INSERT INTO person ({columns}) VALUES ({marks})", list(row.values()))  # noqa: S608 - the row's own columns.
    store.run(
        "INSERT INTO past_address (pnr, position, address, moved_in, moved_in_uncertain, moved_from, registered_at,"
        " moved_out, moved_out_uncertain, is_annulled)"
        " SELECT ?, position, address, moved_in, moved_in_uncertain, moved_from, registered_at, moved_out,"
        " moved_out_uncertain, is_annulled FROM past_address WHERE pnr = ?",
        (number, person["pnr"]),
    )
