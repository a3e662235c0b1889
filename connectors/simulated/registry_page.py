"""The page "Folkeregister": a tester finds a person, sees CPR and cases side by side, and lets something happen.

What must stay true: it does only what the tester's calls do, answers pages of this machine only, and needs no script.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from connectors.simulated.exchange import Call
from connectors.simulated.loopback import is_own
from connectors.simulated.refusals import Refusal
from connectors.simulated.registry_forms import BY_ACT, order_of
from connectors.simulated.registry_list import Search, list_page
from connectors.simulated.registry_person import person_page
from connectors.simulated.registry_style import POLICY
from connectors.simulated.world import World

_SEE_OTHER: Final = 303
_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_Answer = Callable[[World, Request, dict[str, str]], Response]


def page_routes(world: World) -> list[Route]:
    """The pages; they come before the tester's calls under ``/__admin``."""
    return [
        Route("/", _guarded(world, _show_list), methods=["GET", "POST"]),
        Route("/citizens/{uuid}", _guarded(world, _show_person), methods=["GET"]),
        Route("/citizens/{uuid}/{act}", _guarded(world, _act), methods=["POST"]),
    ]


def _guarded(world: World, answer: _Answer) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        if not is_own(request):
            return Response("Kun sider på denne maskine selv må bruge Folkeregister.", 403, media_type="text/plain")
        sent = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        return answer(world, request, sent)

    return endpoint


def _show_list(world: World, request: Request, sent: dict[str, str]) -> Response:  # noqa: ARG001 - as all answers.
    # A search is sent as a form, so that no number stands in an address line.
    return HTMLResponse(list_page(world, Search.read(sent)), headers=_HEADERS)


def _show_person(world: World, request: Request, sent: dict[str, str]) -> Response:  # noqa: ARG001 - as all answers.
    row = world.store.one("SELECT * FROM person WHERE uuid = ?", (request.path_params["uuid"],))
    if row is None:
        return _unknown()
    query = request.query_params
    done, failed = BY_ACT.get(query.get("udfoert", "")), BY_ACT.get(query.get("fejl", ""))
    page = person_page(world, row, done=done, failed=failed, field=query.get("felt", ""))
    return HTMLResponse(page, headers=_HEADERS)


def _act(world: World, request: Request, sent: dict[str, str]) -> Response:
    uuid, form = request.path_params["uuid"], BY_ACT.get(request.path_params["act"])
    row = world.store.one("SELECT pnr FROM person WHERE uuid = ?", (uuid,))
    if row is None or form is None:
        return _unknown()
    order = order_of(form, row["pnr"], sent)
    try:
        form.call(Call(world, json.dumps(order).encode(), {}, {}))
    except Refusal as refusal:
        body = refusal.body or {}
        outcome = {"fejl": form.act, "felt": str(body.get("field") or body.get("errorCode") or "")}
    else:
        outcome = {"udfoert": form.act}
    return RedirectResponse(f"/__admin/citizens/{uuid}?{urlencode(outcome)}", _SEE_OTHER, headers=_HEADERS)


def _unknown() -> Response:
    return Response("Personen findes ikke i Folkeregister.", 404, media_type="text/plain")
