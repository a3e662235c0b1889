"""The tester's calls about people: what shall happen to them in CPR, and who they are.

What must stay true: every call that changes a person is one transaction with its event.
"""

from __future__ import annotations

import json
from random import Random

from pydantic import ValidationError

from connectors.simulated.admin_bodies import GapOrder, MoveOrder, ProtectOrder, RepeatOrder, StatusOrder
from connectors.simulated.admin_cases import tell_cases_of_person
from connectors.simulated.admin_nights import NIGHT_CALLS
from connectors.simulated.cpr_events import read_number
from connectors.simulated.cpr_people import full_name, spell_person
from connectors.simulated.exchange import Call, JsonObject
from connectors.simulated.extracts import EXTRACT_CALLS
from connectors.simulated.happenings import (
    Registration,
    arrival_number,
    change_status,
    find_person,
    lose_events,
    move,
    protect,
    repeat_event,
)
from connectors.simulated.municipality import CODE
from connectors.simulated.neighbours import homes_elsewhere
from connectors.simulated.nights import another_home
from connectors.simulated.nova_bodies import PartyAddress
from connectors.simulated.person_acts import ACT_CALLS
from connectors.simulated.refusals import bad_request, read_body
from connectors.simulated.residence import is_protected, present_residence
from connectors.simulated.spelling import FIELDS, Address, as_told
from connectors.simulated.subscriptions import list_subscriptions


def move_person(call: Call) -> JsonObject:
    """One move; answers the event and the new address in the case system's spelling."""
    order = read_body(MoveOrder, call.body, strict=True)
    world = call.world
    with world.store.transaction():
        address = _new_home(call, order)
        if order.care_of is not None:
            address = address | {"careOf": order.care_of}
        if order.locality is not None:
            address = address | {"locality": order.locality}
        registration = Registration(address, order.effect_from or world.today(), order.uncertain)
        happening = move(world.store, order.personnummer, registration, world.moment())
    return {**happening.describe(), "address": as_told(address)}


def protect_person(call: Call) -> JsonObject:
    """Protection on from today, or ending today."""
    order = read_body(ProtectOrder, call.body, strict=True)
    store, moment = call.world.store, call.world.moment()
    with store.transaction():
        return protect(
            store, order.personnummer, moment, protected=order.protected, kind=order.kind, until=order.until
        ).describe()


def set_status(call: Call) -> JsonObject:
    """Another status from today."""
    order = read_body(StatusOrder, call.body, strict=True)
    with call.world.store.transaction():
        happening = change_status(call.world.store, order.personnummer, order.status, call.world.moment())
    return happening.describe()


def duplicate_event(call: Call) -> JsonObject:
    """The same event under a new number."""
    order = read_body(RepeatOrder, call.body, strict=True)
    with call.world.store.transaction():
        happening = repeat_event(call.world.store, order.eventid, call.world.moment())
    return happening.describe()


def make_gap(call: Call) -> JsonObject:
    """Lose event numbers; the next event leaves a hole behind it."""
    order = read_body(GapOrder, call.body, strict=True)
    with call.world.store.transaction():
        return {"lostUpTo": lose_events(call.world.store, order.count)}


def list_people(call: Call) -> JsonObject:
    """People with what they are there to show; ``?limit&offset&protected=true|false&origin&status&esdhSpelling``."""
    query, today = call.query, call.world.today()
    limit = read_number(query, "limit", default=100, least=1, most=1_000_000)
    offset = read_number(query, "offset", default=0, least=0)
    rows = call.world.store.rows(
        "SELECT person.*, (SELECT count(*) FROM party JOIN esdh_case ON esdh_case.uuid = party.case_uuid"
        "  WHERE party.identification = person.pnr AND esdh_case.progress <> 'Afsluttet') AS open_cases"
        " FROM person WHERE (?1 IS NULL OR origin = ?1) AND (?2 IS NULL OR status = ?2)"
        " AND (?3 IS NULL OR esdh_spelling = ?3) ORDER BY origin DESC, pnr",
        (query.get("origin"), query.get("status"), query.get("esdhSpelling")),
    )
    people = [
        {
            "personnummer": row["pnr"],
            "navn": full_name(row),
            "status": row["status"],
            "protected": is_protected(row, today),
            "isTest": bool(row["is_test"]),
            "origin": row["origin"],
            "esdhSpelling": row["esdh_spelling"],
            "remark": row["remark"],
            "openCases": row["open_cases"],
        }
        for row in rows
    ]
    if query.get("protected") is not None:
        people = [person for person in people if person["protected"] is (query["protected"] == "true")]
    return {"people": people[offset : offset + limit], "total": len(people)}


def tell_person(call: Call) -> JsonObject:
    """Everything: what CPR tells of the person, what the person is there to show, and the cases."""
    store, today = call.world.store, call.world.today()
    row = find_person(store, call.path["pnr"])
    subscribed = store.one("SELECT 1 FROM subscription WHERE pnr = ?", (row["pnr"],)) is not None
    return {
        "uuid": row["uuid"],
        "remark": row["remark"],
        "origin": row["origin"],
        "esdhSpelling": row["esdh_spelling"],
        "subscribed": subscribed,
        "person": spell_person(store, row, today),
        **tell_cases_of_person(call),
    }


def _new_home(call: Call, order: MoveOrder) -> Address:
    store, today = call.world.store, call.world.today()
    person = find_person(store, order.personnummer)
    if order.address is not None:
        given = {**dict.fromkeys(FIELDS, ""), "municipalityCode": CODE, **order.address}
        try:
            written = PartyAddress.model_validate_json(json.dumps(given), extra="forbid").model_dump(by_alias=True)
        except ValidationError as error:
            raise bad_request("InvalidField", f"address.{error.errors()[0]['loc'][0]}") from None
        # CPR has no address in free lines.
        return {field: written[field] for field in FIELDS}
    if order.stay:
        residence = present_residence(person, today)
        if residence is None:
            raise bad_request("InvalidField", "stay")
        return residence.address
    random = Random(f"{call.world.seed}:move:{arrival_number(store)}")
    if order.municipality_code:
        return random.choice(homes_elsewhere(order.municipality_code))
    return another_home(store, random, person, call.world.moment())


PEOPLE_CALLS = [
    ("POST", "/people/move", move_person),
    ("POST", "/people/protect", protect_person),
    ("POST", "/people/status", set_status),
    ("POST", "/people/duplicate-event", duplicate_event),
    ("POST", "/people/lose-events", make_gap),
    ("GET", "/people", list_people),
    ("GET", "/people/{pnr}", tell_person),
    *ACT_CALLS,
    *NIGHT_CALLS,
    *EXTRACT_CALLS,
    ("GET", "/subscriptions", list_subscriptions),
]
