"""The tester's calls that make many things happen at once: a night in CPR, and drift on cases.

What must stay true: each is one transaction, and answers what truly happened, which may be less than was ordered.
"""

from __future__ import annotations

from pydantic import Field

from connectors.simulated.admin_bodies import AdminBody, NightOrder
from connectors.simulated.drift import DriftOrder, plant_drift
from connectors.simulated.exchange import Call, JsonObject
from connectors.simulated.nights import Order, pass_night
from connectors.simulated.refusals import bad_request, read_body


class DriftBody(AdminBody):
    """Drift; see ``drift.DriftOrder``."""

    outdated: int = Field(default=0, ge=0)
    manual: int = Field(default=0, ge=0)
    closed: int = Field(default=0, ge=0)
    protected: int = Field(default=0, ge=0)
    seed: int = 0


def order_night(call: Call) -> JsonObject:
    """A night; ``events`` counts all events of it, ``persons`` those who moved, which may be fewer than ordered."""
    body = read_body(NightOrder, call.body, strict=True)
    order = Order(**body.model_dump(exclude={"seed"}))
    if not order.is_possible:
        raise bad_request("InvalidField", "moves")
    world = call.world
    with world.store.transaction():
        night = pass_night(world.store, order, seed=body.seed, moment=world.moment())
    return {
        "events": sum(happening.sequence is not None for happening in night.happenings),
        "persons": len(night.moved),
        "personnumre": night.moved,
        "others": night.others,
        "requested": order.moves,
    }


def order_drift(call: Call) -> JsonObject:
    """Drift; the counts and the numbers of the cases by kind."""
    body = read_body(DriftBody, call.body, strict=True)
    order = DriftOrder(body.outdated, body.manual, body.closed, body.protected)
    world = call.world
    with world.store.transaction():
        planted = plant_drift(world.store, order, seed=body.seed, today=world.today())
    return {**{kind: len(numbers) for kind, numbers in planted.cases.items()}, "cases": planted.cases}


NIGHT_CALLS = [
    ("POST", "/nights", order_night),
    ("POST", "/drift", order_drift),
]
