"""The routes of the simulated systems, all in one application: ``/nova``, ``/cpr``, ``/dar`` and ``/__admin``.

What must stay true: each route's name is the one that the fault plan and the ledger know.
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Mount, Route

from connectors.simulated.admin import admin_routes
from connectors.simulated.cpr_events import read_events
from connectors.simulated.cpr_people import read_address, read_person
from connectors.simulated.dar_routes import dar_routes
from connectors.simulated.exchange import ApiRoute, Reading, Writing
from connectors.simulated.extracts import list_extracts, read_extract
from connectors.simulated.nova_case_changes import add_notes, aim_notes, aim_party, update_party
from connectors.simulated.nova_case_list import list_cases
from connectors.simulated.nova_documents import list_documents
from connectors.simulated.nova_tasks import aim_task, import_task, list_tasks
from connectors.simulated.nova_token import give_token
from connectors.simulated.registry_page import page_routes
from connectors.simulated.subscriptions import Subscribing
from connectors.simulated.world import World

_CASE, _TASK, _CPR, _ASSUMED = "2.0-Case", "1.0-Task", "1.0-Cpr", "0.0-Assumed"
_TOKEN_PATH = "/nova/realms/NovaIntegration/protocol/openid-connect/token"  # noqa: S105 - a path, not a token.


def make_application(world: World) -> Starlette:
    """The application over a world; the routes that are called most stand first."""
    token = ApiRoute(world, "nova.token", Reading(give_token), is_open=True)
    get_cases = ApiRoute(world, "nova.case.get_list", Reading(list_cases), version=_CASE)
    update_case = ApiRoute(world, "nova.case.update", Writing(aim_notes, add_notes), version=_CASE)
    # Assumed: Nova's public API documents no such call.
    put_address = ApiRoute(world, "nova.case.update_party_address", Writing(aim_party, update_party), version=_ASSUMED)
    put_task = ApiRoute(world, "nova.task.import", Writing(aim_task, import_task), version=_TASK)
    get_tasks = ApiRoute(world, "nova.task.get_list", Reading(list_tasks), version=_TASK)
    get_documents = ApiRoute(world, "nova.document.get_list", Reading(list_documents), version=_CASE)
    get_address = ApiRoute(world, "nova.cpr.address", Reading(read_address), version=_CPR)
    subscribe = ApiRoute(world, "cpr.subscribe", Subscribing(is_wanted=True))
    unsubscribe = ApiRoute(world, "cpr.unsubscribe", Subscribing(is_wanted=False))
    return Starlette(
        routes=[
            Route("/nova/api/Case/GetList", get_cases, methods=["PUT"]),
            Route("/nova/api/Case/Update", update_case, methods=["PATCH"]),
            Route("/nova/api/Case/UpdatePartyAddress", put_address, methods=["PATCH"]),
            Route("/cpr/persons/{pnr}", ApiRoute(world, "cpr.person", Reading(read_person)), methods=["GET"]),
            Route("/cpr/events", ApiRoute(world, "cpr.events", Reading(read_events)), methods=["GET"]),
            Route("/cpr/extracts", ApiRoute(world, "cpr.extracts", Reading(list_extracts)), methods=["GET"]),
            Route("/cpr/extracts/{name}", ApiRoute(world, "cpr.extract", Reading(read_extract)), methods=["GET"]),
            Route("/cpr/subscriptions/{pnr}", subscribe, methods=["PUT"]),
            Route("/cpr/subscriptions/{pnr}", unsubscribe, methods=["DELETE"]),
            Route("/nova/api/Task/Import", put_task, methods=["POST"]),
            Route("/nova/api/Task/GetList", get_tasks, methods=["PUT"]),
            Route("/nova/api/Document/GetList", get_documents, methods=["PUT"]),
            Route("/nova/api/Cpr/GetAddressByCpr", get_address, methods=["GET"]),
            Route(_TOKEN_PATH, token, methods=["POST"]),
            *dar_routes(world),
            Mount("/__admin", routes=[*page_routes(world), *admin_routes(world)]),
        ]
    )
