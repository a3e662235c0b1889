"""One call to a simulated system from its first byte to its last: who may, what goes wrong, what is answered.

What must stay true: a write, its ledger rows and nothing else are one transaction, and a fault decides on which side
of that transaction the connection breaks.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Protocol

import pydantic_core
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from connectors.simulated.faults import Fault, FaultKind
from connectors.simulated.ledger import Aim, record_done, record_refused
from connectors.simulated.refusals import Refusal, bad_request
from connectors.simulated.spoiling import at_another_hour, in_half, in_wrong_shape
from connectors.simulated.world import CPR_BEARER, DAR_BEARER, World

JsonObject = Mapping[str, object]
#: The address register answers lists as well.
Answer = JsonObject | Sequence[JsonObject] | bytes

_REFUSALS = {
    FaultKind.UNAUTHORIZED: Refusal(401),
    FaultKind.FORBIDDEN: Refusal(403, {"errorCode": "NoAccess"}),
    FaultKind.MISSING: Refusal(404, {"errorCode": "NotFound"}),
    FaultKind.CONFLICT: Refusal(409, {"errorCode": "Conflict"}),
    FaultKind.PRECONDITION: Refusal(412, {"errorCode": "VersionMismatch"}),
    FaultKind.CLOSED: Refusal(409, {"errorCode": "CaseClosed"}),
    FaultKind.LOCKED: Refusal(423, {"errorCode": "LockedByAnotherUser"}),
    FaultKind.ARCHIVED: Refusal(423, {"errorCode": "Locked"}),
    FaultKind.THROTTLED: Refusal(429, {"errorCode": "Throttled"}),
    FaultKind.BROKEN: Refusal(500, {"errorCode": "InternalError"}),
    FaultKind.BROKEN_AFTER_COMMIT: Refusal(500, {"errorCode": "InternalError"}),
    FaultKind.UNAVAILABLE: Refusal(503, {"errorCode": "Unavailable"}),
    FaultKind.SERVICE_FAULT: Refusal(
        500, {"ErrorList": [{"ErrorCode": "SERVICE_FAULT", "ErrorText": "The service behind this one failed"}]}
    ),
}
#: The call is carried out, whatever becomes of its answer.
_CARRIED_OUT = frozenset(
    {
        FaultKind.TIMEOUT_AFTER_COMMIT,
        FaultKind.SLOW,
        FaultKind.BROKEN_AFTER_COMMIT,
        FaultKind.GARBLED,
        FaultKind.WRONG_SHAPE,
        FaultKind.CLOCK_SKEW,
    }
)
#: These say how many seconds to wait.
_WITH_WAIT = frozenset({FaultKind.THROTTLED, FaultKind.LOCKED})


@dataclass(frozen=True, slots=True)
class Call:
    """A call as a system's own code sees it."""

    world: World
    body: bytes
    query: Mapping[str, str]
    path: Mapping[str, str]


class Act(Protocol):
    """What a route does."""

    def perform(self, route: str, call: Call) -> Answer:
        """Carry the call out; raises ``Refusal``."""

    def turn_away(self, route: str, call: Call, reason: str) -> None:
        """A fault stopped the call before it was carried out."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A route that changes nothing."""

    read: Callable[[Call], Answer]

    def perform(self, route: str, call: Call) -> Answer:
        """Read and count."""
        call.world.reads[route] += 1
        return self.read(call)

    def turn_away(self, route: str, call: Call, reason: str) -> None:  # noqa: ARG002 - only a write tells why.
        """Count the attempt."""
        call.world.reads[route] += 1


@dataclass(frozen=True, slots=True)
class Writing:
    """A route that changes something. ``write`` answers, for each of the ``aims``, whether it was a replay."""

    aims: Callable[[bytes], Sequence[Aim]]
    write: Callable[[Call], tuple[JsonObject, Sequence[bool]]]

    def perform(self, route: str, call: Call) -> JsonObject:
        """Write, with the ledger, in one transaction; a refusal is told in the ledger as well."""
        aims = self.aims(call.body)
        store = call.world.store
        try:
            with store.transaction():
                answer, replays = self.write(call)
                record_done(store, route, aims, replays)
        except Refusal as refusal:
            record_refused(store, route, aims, reason=refusal.reason, is_replay=refusal.is_replay)
            raise
        return answer

    def turn_away(self, route: str, call: Call, reason: str) -> None:
        """Tell the ledger that the write came and was not carried out."""
        record_refused(call.world.store, route, self.aims(call.body), reason=reason)


class ApiRoute:
    """An ASGI endpoint for one route of a simulated system.

    ``version`` is the ``api-version`` that Nova demands of the call; ``is_open`` for the call that gives the token.
    """

    def __init__(
        self, world: World, route: str, act: Act, *, version: str | None = None, is_open: bool = False
    ) -> None:
        self._world = world
        self._route = route
        self._act = act
        self._version = version
        self._is_open = is_open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call, as ASGI has it."""
        request = Request(scope, receive)
        call = Call(self._world, await request.body(), request.query_params, request.path_params)
        if not (self._is_open or self._may(request.headers.get("authorization", ""))):
            response: Response | None = Response(status_code=401)
        else:
            response = await self._answer(call, self._world.faults.draw(self._route), receive)
        if response is None:
            # The server's protocol put the way to cut the connection into the scope.
            scope["state"]["cut"]()
            while (await receive())["type"] != "http.disconnect":
                pass
        else:
            response.headers.setdefault("Date", format_datetime(self._world.clock(), usegmt=True))
            await response(scope, receive, send)

    def _may(self, authorization: str) -> bool:
        if self._route.startswith("dar."):
            # DAWA was open to all; its successors ask for a token.
            return authorization in {"", f"Bearer {DAR_BEARER}"}
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return False
        if self._route.startswith("cpr."):
            return token == CPR_BEARER
        return self._world.tokens.get(token, 0.0) > time.monotonic()

    async def _answer(self, call: Call, fault: Fault | None, receive: Receive) -> Response | None:
        if fault is None:
            return self._perform(call)
        if fault.kind not in _CARRIED_OUT:
            self._act.turn_away(self._route, call, fault.kind.value)
            return await _turned_away(fault, receive)
        whole = self._perform(call)
        match fault.kind:
            case FaultKind.GARBLED:
                return in_half(whole)
            case FaultKind.WRONG_SHAPE:
                return in_wrong_shape(whole)
            case FaultKind.CLOCK_SKEW:
                return at_another_hour(whole, fault.seconds)
            case FaultKind.SLOW:
                await _hold(receive, fault.seconds)
                return whole
            case _:
                return await _turned_away(fault, receive)

    def _perform(self, call: Call) -> Response:
        try:
            if self._version is not None and call.query.get("api-version") != self._version:
                raise bad_request("UnknownApiVersion", "api-version")
            answer = self._act.perform(self._route, call)
            if isinstance(answer, bytes):
                return Response(answer, media_type="application/octet-stream")
            return _json(200, answer)
        except Refusal as refusal:
            return _refusal(refusal)


async def _turned_away(fault: Fault, receive: Receive) -> Response | None:
    """The refusal of this fault, or None after a while for one that never answers."""
    refusal = _REFUSALS.get(fault.kind)
    if refusal is None:
        await _hold(receive, fault.seconds)
        return None
    wait = fault.retry_after or math.ceil(fault.seconds)
    return _refusal(refusal, {"Retry-After": str(wait)} if fault.kind in _WITH_WAIT else None)


async def _hold(receive: Receive, seconds: float) -> None:
    """Wait so long, or until the client has had enough: its body is read, so all that can come is its farewell.

    When the server ends it cancels what still waits; the connection is then cut as promised, only sooner.
    """
    with contextlib.suppress(TimeoutError, asyncio.CancelledError):
        await asyncio.wait_for(receive(), seconds)


def _json(status: int, body: Answer, headers: Mapping[str, str] | None = None) -> Response:
    return Response(pydantic_core.to_json(body), status, headers=headers, media_type="application/json")


def _refusal(refusal: Refusal, headers: Mapping[str, str] | None = None) -> Response:
    if refusal.body is None:
        return Response(status_code=refusal.status)
    return _json(refusal.status, refusal.body, headers)
