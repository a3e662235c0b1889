"""The routes of the simulated address register, in the shape of DAWA, below ``/dar``.

What must stay true: each route's name is the one that the fault plan and the counts of reads know.
"""

from __future__ import annotations

from starlette.routing import Route

from connectors.simulated.dar_lookups import complete, list_places, read_place, read_replication
from connectors.simulated.dar_wash import wash
from connectors.simulated.exchange import ApiRoute, Reading
from connectors.simulated.world import World


def dar_routes(world: World) -> list[Route]:
    """All routes; completion stands before the id that it would be taken for."""
    calls = (
        ("/adresser", "dar.addresses", list_places),
        ("/adresser/autocomplete", "dar.addresses", complete),
        ("/adresser/{id}", "dar.address", read_place),
        ("/datavask/adresser", "dar.wash", wash),
        ("/replikering/haendelser", "dar.events", read_replication),
    )
    return [Route(f"/dar{path}", ApiRoute(world, name, Reading(read)), methods=["GET"]) for path, name, read in calls]
