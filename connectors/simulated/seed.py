"""Lays out a municipality in an empty store, once.

What must stay true: the same seed and sizes give the same municipality, and a store is never mixed with another one.
"""

from __future__ import annotations

import uuid
from random import Random

from connectors.simulated.dar_places import Place, enter_places
from connectors.simulated.dar_published import PUBLISHED
from connectors.simulated.municipality import NEIGHBOUR_CODE
from connectors.simulated.neighbours import homes_elsewhere
from connectors.simulated.nova_documents import INSERT_DOCUMENT
from connectors.simulated.numbers import birthday
from connectors.simulated.particulars import keep_particulars
from connectors.simulated.schema import SCHEMA_VERSION
from connectors.simulated.seed_cases import CaseRows, make_cases
from connectors.simulated.seed_families import add_families
from connectors.simulated.seed_past import add_past
from connectors.simulated.seed_people import NAMESPACE, Citizen, make_addresses, make_citizens
from connectors.simulated.spelling import Address
from connectors.simulated.store import Store, StoreMismatchError, Value, to_json

_PERSON = (
    "INSERT INTO person (pnr, uuid, current_pnr, given_name, middle_name, surname, birth_day, status, status_day,"
    " protected_from, protected_to, address, moved_in, moved_in_uncertain, registered_at, moved_from, is_shared,"
    " particulars, is_test, origin, esdh_spelling, remark)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?)"
)
_PAST = (
    "INSERT INTO past_address (pnr, position, address, moved_in, moved_in_uncertain, moved_from, registered_at,"
    " moved_out, moved_out_uncertain, is_annulled) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_CASE = (
    "INSERT INTO esdh_case (uuid, number, title, case_day, kle, facet, active_code, progress, sensitivity, caseworker,"
    " documents) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_PARTY = (
    "INSERT INTO party (case_uuid, position, identification_type, identification, role, name, address, protected)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_NOTE = "INSERT INTO note (uuid, case_uuid, approved, note_date, title, body, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)"


def open_municipality(store: Store, *, seed: int, citizens: int, cases: int) -> None:
    """Lay out the municipality, or find it as it was left; raises ``StoreMismatchError`` where another lives here."""
    asked = f"{seed}/{citizens}/{cases}"
    if not store.is_empty:
        if store.read_meta("schema") != SCHEMA_VERSION or store.read_meta("made_from") != asked:
            raise StoreMismatchError(
                f"the store was made from seed/citizens/cases {store.read_meta('made_from')}, not {asked}; "
                "choose an empty folder"
            )
        return
    # The generator of each part is its own, so that more cases do not give other people.
    addresses = make_addresses(Random(f"{seed}:addresses"))
    people = make_citizens(Random(f"{seed}:people"), addresses, citizens)
    people = add_families(Random(f"{seed}:families"), people)
    people, pasts = add_past(Random(f"{seed}:past"), people, addresses)
    rows = make_cases(Random(f"{seed}:cases"), people, cases, seed)
    with store.transaction():
        store.lay_out()
        _write(store, addresses, people, rows, seed)
        store.run_many(_PAST, [row for past in pasts for row in past.rows])
        store.write_meta("made_from", asked)


def _write(store: Store, addresses: list[Address], people: list[Citizen], rows: CaseRows, seed: int) -> None:
    store.run_many("INSERT INTO address (body) VALUES (?)", [(to_json(address),) for address in addresses])
    enter_places(store, [*PUBLISHED, *(Place(home) for home in [*addresses, *homes_elsewhere(NEIGHBOUR_CODE)])])
    store.run_many(_PERSON, [_person(citizen, seed) for citizen in people])
    store.run_many(_CASE, rows.cases)
    store.run_many(_PARTY, rows.parties)
    store.run_many(_NOTE, rows.notes)
    store.run_many(INSERT_DOCUMENT, rows.documents)


def _person(citizen: Citizen, seed: int) -> tuple[Value, ...]:
    protected_from, protected_to = citizen.protected or (None, None)
    return (
        citizen.pnr,
        str(uuid.uuid5(NAMESPACE, f"{seed}:person:{citizen.pnr}")),
        citizen.current_pnr,
        *citizen.name,
        birthday(citizen.pnr).isoformat(),
        citizen.status,
        citizen.status_day.isoformat(),
        protected_from,
        protected_to,
        to_json(citizen.address),
        citizen.moved_in.isoformat(),
        int(citizen.is_uncertain),
        f"{citizen.moved_in.isoformat()}T04:00:00+00:00",
        citizen.moved_from,
        int(citizen.is_shared),
        keep_particulars(citizen.particulars),
        citizen.origin,
        "cosmetic" if citizen.is_cosmetic else "same",
        citizen.remark,
    )
