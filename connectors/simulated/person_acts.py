"""The tester's calls about people: the rarer things that happen to them in CPR.

What must stay true: every call is one transaction with its events, and answers the last of them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from connectors.simulated import life_events
from connectors.simulated.exchange import Call, JsonObject
from connectors.simulated.happenings import Happening, Registration, correct, find_living, find_person, move
from connectors.simulated.particulars import ContactAddress, Custody, Guardian, read_particulars
from connectors.simulated.person_orders import (
    ContactOrder,
    CustodyOrder,
    DayOrder,
    EmigrationOrder,
    GuardianOrder,
    NameOrder,
    NumberOrder,
    PersonOrder,
)
from connectors.simulated.refusals import bad_request, read_body
from connectors.simulated.store import Store
from connectors.simulated.world import Moment


def correct_person(call: Call) -> JsonObject:
    """The last move is taken back."""
    order = read_body(PersonOrder, call.body, strict=True)
    return _happen(call, lambda store, moment: correct(store, order.personnummer, moment))


def bury_person(call: Call) -> JsonObject:
    """A death."""
    order = read_body(DayOrder, call.body, strict=True)
    day = _past_day(call, order.day)
    return _happen(call, lambda store, moment: life_events.bury(store, order.personnummer, day, moment))


def emigrate_person(call: Call) -> JsonObject:
    """A departure from the country."""
    order = read_body(EmigrationOrder, call.body, strict=True)
    day = _past_day(call, order.day)
    departure = life_events.leave_for(order.country_code, order.country, day, tuple(order.lines))
    return _happen(call, lambda store, moment: life_events.emigrate(store, order.personnummer, departure, moment))


def lose_person(call: Call) -> JsonObject:
    """A disappearance."""
    order = read_body(DayOrder, call.body, strict=True)
    day = _past_day(call, order.day)
    return _happen(call, lambda store, moment: life_events.disappear(store, order.personnummer, day, moment))


def take_home(call: Call) -> JsonObject:
    """No fixed abode from a day on."""
    order = read_body(DayOrder, call.body, strict=True)
    day = _past_day(call, order.day)
    return _happen(call, lambda store, moment: life_events.lose_home(store, order.personnummer, day, moment))


def send_to_greenland(call: Call) -> JsonObject:
    """A move to Greenland."""
    order = read_body(DayOrder, call.body, strict=True)
    there = Registration(life_events.IN_GREENLAND, order.day or call.world.today())
    return _happen(call, lambda store, moment: move(store, order.personnummer, there, moment))


def rename_person(call: Call) -> JsonObject:
    """Another name."""
    order = read_body(NameOrder, call.body, strict=True)
    name = (order.given, order.middle, order.surname)
    return _happen(call, lambda store, moment: life_events.rename(store, order.personnummer, name, moment))


def put_guardian(call: Call) -> JsonObject:
    """A guardianship begins, changes or ends."""
    order = read_body(GuardianOrder, call.body, strict=True)
    if order.guardian is None and order.name is None:
        raise bad_request("MissingField", "guardian")
    guardian = Guardian(
        is_incapacitated=order.ended is None,
        kind=order.kind,
        number=order.guardian,
        name=order.name,
        lines=tuple(order.lines),
        from_day=order.from_day or call.world.today(),
        ended_on=order.ended,
    )

    def put(store: Store, moment: Moment) -> Happening:
        find_living(store, order.personnummer)
        since = guardian.ended_on or guardian.from_day
        return life_events.note(store, order.personnummer, moment, since=since, guardian=guardian)

    return _happen(call, put)


def put_custody(call: Call) -> JsonObject:
    """Somebody gets or loses custody over this child."""
    order = read_body(CustodyOrder, call.body, strict=True)
    custody = Custody(
        kind=order.kind, number=order.holder, from_day=order.from_day or call.world.today(), ended_on=order.ended
    )

    def put(store: Store, moment: Moment) -> Happening:
        person = find_person(store, order.personnummer)
        others = [kept for kept in read_particulars(person).custody if kept.kind != order.kind]
        every = tuple(sorted((*others, custody), key=lambda kept: kept.kind))
        return life_events.note(store, order.personnummer, moment, custody=every)

    return _happen(call, put)


def put_contact_address(call: Call) -> JsonObject:
    """A contact address begins or ends."""
    order = read_body(ContactOrder, call.body, strict=True)

    def put(store: Store, moment: Moment) -> Happening:
        known = read_particulars(find_person(store, order.personnummer)).contact
        if order.lines:
            begun = order.from_day or moment.today
            contact = ContactAddress(lines=tuple(order.lines), from_day=begun, to_day=order.ended)
        elif known is not None:
            contact = known.model_copy(update={"to_day": order.ended or moment.today})
        else:
            raise bad_request("MissingField", "lines")
        return life_events.note(store, order.personnummer, moment, contact=contact)

    return _happen(call, put)


def change_number(call: Call) -> JsonObject:
    """Another number; the answer names it."""
    order = read_body(NumberOrder, call.body, strict=True)
    number = order.new_personnummer
    happened = _happen(call, lambda store, moment: life_events.change_number(store, order.personnummer, number, moment))
    return {**happened, "personnummer": number}


def protect_specially(call: Call) -> JsonObject:
    """The special protection (CPR-loven section 6(6)); two events."""
    order = read_body(PersonOrder, call.body, strict=True)
    store, moment = call.world.store, call.world.moment()
    with store.transaction():
        happenings = life_events.protect_specially(store, order.personnummer, moment)
    return {**happenings[-1].describe(), "events": [happening.describe() for happening in happenings]}


def _past_day(call: Call, day: date | None) -> date:
    """The day of something that has happened; raises a 400 ``Refusal`` for one that lies ahead."""
    if day is not None and day > call.world.today():
        raise bad_request("InvalidField", "day")
    return day or call.world.today()


def _happen(call: Call, act: Callable[[Store, Moment], Happening]) -> JsonObject:
    with call.world.store.transaction():
        return act(call.world.store, call.world.moment()).describe()


ACT_CALLS = [
    ("POST", "/people/correct", correct_person),
    ("POST", "/people/bury", bury_person),
    ("POST", "/people/emigrate", emigrate_person),
    ("POST", "/people/disappear", lose_person),
    ("POST", "/people/no-fixed-abode", take_home),
    ("POST", "/people/greenland", send_to_greenland),
    ("POST", "/people/rename", rename_person),
    ("POST", "/people/guardian", put_guardian),
    ("POST", "/people/custody", put_custody),
    ("POST", "/people/contact-address", put_contact_address),
    ("POST", "/people/change-number", change_number),
    ("POST", "/people/special-protection", protect_specially),
]
