"""The tester's calls about places: what shall happen to roads and addresses.

What must stay true: each call is one transaction with its events of replication, and names no person.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from connectors.simulated.admin_bodies import AdminBody
from connectors.simulated.dar_changes import build_road, close_place, enter_road, respell_road
from connectors.simulated.exchange import Call, JsonObject
from connectors.simulated.municipality import CODE
from connectors.simulated.refusals import bad_request, read_body

FourDigits = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=40)]
HouseNumber = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,2}[A-Z]?$")]


class RoadOrder(AdminBody):
    """A road; by default one of the municipality's own."""

    road_code: FourDigits
    municipality_code: FourDigits = CODE


class RespellOrder(RoadOrder):
    """A road with the name, postcode or district that it gets."""

    road_name: Name | None = None
    postal_code: FourDigits | None = None
    postal_district: Name | None = None
    #: Whether CPR spells it so as well.
    in_cpr: bool = True


class BuildOrder(RoadOrder):
    """A new road with its houses, which have no floors."""

    road_name: Name
    postal_code: FourDigits
    postal_district: Name
    house_numbers: list[HouseNumber] = Field(min_length=1, max_length=200)
    in_dar: bool = False


class CloseOrder(AdminBody):
    """A place to be closed, and the one that takes over."""

    id: UUID
    replaced_by: UUID | None = None


def respell(call: Call) -> JsonObject:
    """Another name or postcode for a road; answers how many places changed."""
    order = read_body(RespellOrder, call.body, strict=True)
    named = {
        "roadName": order.road_name,
        "postalCode": order.postal_code,
        "postalDistrict": order.postal_district,
    }
    given = {part: value for part, value in named.items() if value is not None}
    if not given:
        raise bad_request("MissingField", "roadName")
    store = call.world.store
    with store.transaction():
        count = respell_road(store, order.municipality_code, order.road_code, given, in_cpr=order.in_cpr)
    return {"addresses": count}


def close(call: Call) -> JsonObject:
    """Close a place."""
    order = read_body(CloseOrder, call.body, strict=True)
    if order.replaced_by == order.id:
        raise bad_request("InvalidField", "replacedBy")
    store = call.world.store
    with store.transaction():
        close_place(store, str(order.id), replaced_by=None if order.replaced_by is None else str(order.replaced_by))
    return {"id": str(order.id)}


def build(call: Call) -> JsonObject:
    """A new road; answers its addresses, in the case system's spelling, and the ids of those that DAR knows."""
    order = read_body(BuildOrder, call.body, strict=True)
    home = {
        "municipalityCode": order.municipality_code,
        "roadCode": order.road_code,
        "roadName": order.road_name,
        "postalCode": order.postal_code,
        "postalDistrict": order.postal_district,
    }
    store = call.world.store
    with store.transaction():
        homes = build_road(store, home, order.house_numbers)
        ids = enter_road(store, order.municipality_code, order.road_code) if order.in_dar else []
    return {"addresses": homes, "ids": ids}


def enter(call: Call) -> JsonObject:
    """Enter a road that DAR lacked; answers the ids."""
    order = read_body(RoadOrder, call.body, strict=True)
    with call.world.store.transaction():
        return {"ids": enter_road(call.world.store, order.municipality_code, order.road_code)}


DAR_CALLS = [
    ("POST", "/dar/roads/respell", respell),
    ("POST", "/dar/roads/build", build),
    ("POST", "/dar/roads/enter", enter),
    ("POST", "/dar/addresses/close", close),
]
