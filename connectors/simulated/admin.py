"""The tester's way in: what truly happened, what shall go wrong, and how the systems behave.

What must stay true: nothing here is part of a dialect, and no adapter calls it. It has no log-in, because the process
listens on loopback only.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pydantic_core
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.simulated.admin_bodies import FaultOrder, StormOrder
from connectors.simulated.admin_cases import CASE_CALLS
from connectors.simulated.admin_people import PEOPLE_CALLS
from connectors.simulated.cpr_events import read_number
from connectors.simulated.dar_admin import DAR_CALLS
from connectors.simulated.exchange import Call, JsonObject
from connectors.simulated.faults import ROUTES, Fault
from connectors.simulated.ledger import read_entries
from connectors.simulated.loopback import is_own
from connectors.simulated.municipality import CODE, NAME
from connectors.simulated.nova_vendor import VENDOR_CALLS
from connectors.simulated.refusals import Refusal, bad_request, read_body
from connectors.simulated.settings import Settings
from connectors.simulated.world import World


def admin_routes(world: World) -> list[Route]:
    """All routes under ``/__admin``."""
    own = [
        ("GET", "/health", tell_health),
        ("GET", "/ledger", tell_ledger),
        ("GET", "/ledger/reads", lambda call: dict(call.world.reads)),
        ("GET", "/faults", _describe_faults),
        ("POST", "/faults", order_fault),
        ("POST", "/faults/plan", lay_plan),
        ("DELETE", "/faults", clear_faults),
        ("GET", "/settings", lambda call: _describe(call.world.settings)),
        ("POST", "/settings", change_settings),
    ]
    return [_route(world, *entry) for entry in [*own, *PEOPLE_CALLS, *CASE_CALLS, *VENDOR_CALLS, *DAR_CALLS]]


def _route(world: World, method: str, path: str, act: Callable[[Call], JsonObject]) -> Route:
    async def endpoint(request: Request) -> Response:
        if not is_own(request):
            return Response(status_code=403)
        call = Call(world, await request.body(), request.query_params, request.path_params)
        try:
            status, body = 200, act(call)
        except Refusal as refusal:
            status, body = refusal.status, refusal.body or {}
        return Response(pydantic_core.to_json(body), status, media_type="application/json")

    return Route(path, endpoint, methods=[method])


def tell_health(call: Call) -> JsonObject:
    """What is served."""
    world = call.world
    return {
        "status": "ok",
        "seed": world.seed,
        "citizens": world.citizens,
        "cases": world.cases,
        "store": str(world.store.path.parent),
        "municipality": NAME,
        "municipalityCode": CODE,
    }


def tell_ledger(call: Call) -> JsonObject:
    """The writes since entry number ``after``, of one case or of all."""
    after = read_number(call.query, "after", default=0, least=0)
    return {"entries": read_entries(call.world.store, after=after, case=call.query.get("case"))}


def order_fault(call: Call) -> JsonObject:
    """Add a fault to the plan; answers the plan."""
    order = read_body(FaultOrder, call.body, strict=True)
    call.world.faults.order(
        Fault(
            route=order.route,
            kind=order.kind,
            times=order.times,
            skip=order.skip,
            seconds=order.seconds,
            retry_after=order.retry_after,
            probability=order.probability,
            dice=Random(order.seed),
        )
    )
    return _describe_faults(call)


def lay_plan(call: Call) -> JsonObject:
    """Let a share of all calls go wrong; answers the plan."""
    order = read_body(StormOrder, call.body, strict=True)
    call.world.faults.lay(order.routes or ROUTES, order.kinds, share=order.share, seed=order.seed)
    return _describe_faults(call)


def clear_faults(call: Call) -> JsonObject:
    """Nothing goes wrong any more."""
    call.world.faults.clear()
    return _describe_faults(call)


def change_settings(call: Call) -> JsonObject:
    """Change the settings that are named; answers all of them."""
    wanted = read_body(Settings, call.body, strict=True)
    named = {name: getattr(wanted, name) for name in wanted.model_fields_set}
    if not named:
        raise bad_request("MissingField", "settings")
    call.world.change_settings(call.world.settings.model_copy(update=named))
    return _describe(call.world.settings)


def _describe_faults(call: Call) -> JsonObject:
    return {"faults": call.world.faults.describe(), "storms": call.world.faults.describe_storms()}


def _describe(settings: Settings) -> JsonObject:
    return settings.model_dump(mode="json", by_alias=True)
