"""The tester's calls about people: what shall happen to them in CPR, and who they are.

What must stay true: every call that changes a person is one transaction with its event.
"""

from __future__ import annotations

import json
from random import Random

from pydantic import ValidationError

from connectors.simulated.admin_bodies import GapOrder, MoveOrder, NightOrder, ProtectOrder, RepeatOrder, StatusOrder
from connectors.simulated.cpr_events import read_number
from connectors.simulated.cpr_people import full_name
from connectors.simulated.exchange import Call, JsonObject
from connectors.simulated.happenings import (
    arrival_number,
    change_status,
    find_person,
    lose_events,
    move,
    protect,
    repeat_event,
)
from connectors.simulated.municipality import CODE
from connectors.simulated.nights import Order, another_home, pass_night
from connectors.simulated.nova_bodies import PartyAddress
from connectors.simulated.refusals import bad_request, read_body
from connectors.simulated.residence import is_protected, present_residence
from connectors.simulated.spelling import FIELDS, Address


def move_person(call: Call) -> JsonObject:
    """One move; answers the event and the new address in the case system's spelling."""
    order = read_body(MoveOrder, call.body, strict=True)
    world, today = call.world, call.world.today()
    with world.store.transaction():
        address = _new_home(call, order)
        if order.care_of is not None:
            address = address | {"careOf": order.care_of}
        effect_from = order.effect_from or today
        happening = move(world.store, order.personnummer, address, effect_from=effect_from, today=today)
    return {**happening.describe(), "address": address}


def protect_person(call: Call) -> JsonObject:
    """Protection on from today, or ending today."""
    order = read_body(ProtectOrder, call.body, strict=True)
    with call.world.store.transaction():
        happening = protect(call.world.store, order.personnummer, protected=order.protected, today=call.world.today())
    return happening.describe()


def set_status(call: Call) -> JsonObject:
    """Another status from today."""
    order = read_body(StatusOrder, call.body, strict=True)
    with call.world.store.transaction():
        happening = change_status(call.world.store, order.personnummer, order.status, today=call.world.today())
    return happening.describe()


def duplicate_event(call: Call) -> JsonObject:
    """The same event under a new number."""
    order = read_body(RepeatOrder, call.body, strict=True)
    with call.world.store.transaction():
        happening = repeat_event(call.world.store, order.eventid)
    return happening.describe()


def make_gap(call: Call) -> JsonObject:
    """Lose event numbers; the next event leaves a hole behind it."""
    order = read_body(GapOrder, call.body, strict=True)
    with call.world.store.transaction():
        return {"lostUpTo": lose_events(call.world.store, order.count)}


def order_night(call: Call) -> JsonObject:
    """A night; ``events`` counts all events of it, ``persons`` those who moved, which may be fewer than ordered."""
    order = read_body(NightOrder, call.body, strict=True)
    wanted = Order(
        moves=order.moves,
        protected=order.protected,
        care_of=order.care_of,
        future=order.future,
        duplicates=order.duplicates,
    )
    if order.protected > order.moves or order.care_of + order.future > order.moves:
        raise bad_request("InvalidField", "moves")
    with call.world.store.transaction():
        night = pass_night(call.world.store, wanted, seed=order.seed, today=call.world.today())
    return {
        "events": len(night.happenings),
        "persons": len(night.moved),
        "personnumre": night.moved,
        "requested": order.moves,
    }


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


def _new_home(call: Call, order: MoveOrder) -> Address:
    store, today = call.world.store, call.world.today()
    person = find_person(store, order.personnummer)
    if order.address is not None:
        given = {**dict.fromkeys(FIELDS, ""), "municipalityCode": CODE, **order.address}
        try:
            address: Address = PartyAddress.model_validate_json(json.dumps(given), extra="forbid").model_dump(
                by_alias=True
            )
        except ValidationError as error:
            raise bad_request("InvalidField", f"address.{error.errors()[0]['loc'][0]}") from None
        return address
    if order.stay:
        residence = present_residence(person, today)
        if residence is None:
            raise bad_request("InvalidField", "stay")
        return residence.address
    return another_home(store, Random(f"{call.world.seed}:move:{arrival_number(store)}"), person, today)


PEOPLE_CALLS = [
    ("POST", "/people/move", move_person),
    ("POST", "/people/protect", protect_person),
    ("POST", "/people/status", set_status),
    ("POST", "/people/duplicate-event", duplicate_event),
    ("POST", "/people/lose-events", make_gap),
    ("POST", "/nights", order_night),
    ("GET", "/people", list_people),
]
