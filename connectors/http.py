"""How every adapter speaks HTTP: one client, one way to read what went wrong.

Rules of ``integration.md`` B.1. What must stay true: a write that may have been taken is ``OutcomeUnknown`` and nothing
else; and no error made here holds a URL, a body or a header, not even as its cause or context.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus
from typing import Final, TypeVar

import httpx

from connectors.errors import (
    AccessDenied,
    AuthExpired,
    CapabilityMissing,
    CaseArchived,
    CaseClosed,
    ConnectorError,
    LockedByUser,
    NotFound,
    OutcomeUnknown,
    RefusedBySystem,
    SchemaDrift,
    Throttled,
    Unavailable,
    VersionConflict,
)
from connectors.fields import Drift
from foundation.clock import Clock, SystemClock

T = TypeVar("T")

#: Raised by httpx before a byte of the request has left this machine, or while a tunnel to the system is refused.
_BEFORE_SENDING = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
#: An error code of another system is repeated only when it looks like one; six digits could be part of a CPR number.
_ERROR_CODE = re.compile(r"(?!.*\d{6})[A-Za-z][A-Za-z0-9_.-]{0,63}")
#: Shorter than the five seconds after which common servers close an idle connection, so that a write seldom meets one
#: that is just being closed, which would leave its outcome unknown.
_KEEPALIVE_SECONDS = 4.0
_SUCCESS = range(200, 300)
#: Seconds; what asks for a longer pause than this is not believed.
_LONGEST_WAIT = 24 * 3600.0
#: Statuses that mean one thing only.
_PLAIN: Final[dict[int, type[ConnectorError]]] = {
    HTTPStatus.UNAUTHORIZED: AuthExpired,
    HTTPStatus.FORBIDDEN: AccessDenied,
    HTTPStatus.PRECONDITION_FAILED: VersionConflict,
    HTTPStatus.NOT_IMPLEMENTED: CapabilityMissing,
}
#: Statuses that may say how long to wait. 503 is the one 5xx that is taken to mean that nothing was done (RFC 9110
#: 15.6.4; F2 gives it for a deadlock, "repeat"). Some gateways also say so when the system behind them went away in the
#: middle, so no adapter may rest on it alone: a write of ours carries its client's uuid or is preceded by a reading of
#: what it writes over, and is therefore harmless when it is repeated. Every other 5xx leaves a write in the open.
_WAITING: Final[dict[int, type[ConnectorError]]] = {
    HTTPStatus.LOCKED: LockedByUser,
    HTTPStatus.TOO_MANY_REQUESTS: Throttled,
    HTTPStatus.SERVICE_UNAVAILABLE: Unavailable,
}


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait for each part of a call."""

    connect: float = 3.0
    read: float = 15.0
    write: float = 15.0
    #: For a free connection among those that other threads use.
    pool: float = 5.0


@dataclass(frozen=True, slots=True)
class Call:
    """One call as its errors name it."""

    system: str
    operation: str
    #: Whether it changes something, so that silence leaves its outcome unknown. The verb does not tell: Nova reads
    #: with PUT.
    is_write: bool = False
    #: What a 404 says is missing; empty where nothing can be, because a list without matches is empty.
    missing: str = ""

    def interrupted(self) -> ConnectorError:
        """The error for a call that was sent and not answered in a way that can be read."""
        kind = OutcomeUnknown if self.is_write else Unavailable
        return kind(self.system, self.operation)

    def garbled(self, path: str) -> ConnectorError:
        """The error for an answer that says yes and cannot be read."""
        return self.interrupted() if self.is_write else SchemaDrift(self.system, self.operation, path)


class HttpClient:
    """One system's address with kept-alive HTTP/1.1 connections; safe to share between threads.

    It stands on httpx's transport and leaves ``httpx.Client`` out: that would add a third to the CPU of a call, follow
    redirects and the environment's proxies to places that the environment did not allow, and log the whole URL of a
    CPR look-up.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeouts: Timeouts | None = None,
        headers: Mapping[str, str] | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Nothing is connected before the first call.

        Args:
            base_url: the address before every path.
            timeouts: seconds to wait for each part of a call.
            headers: sent with every call.
            transport: instead of the network, in tests.
        """
        self._base = httpx.URL(base_url if base_url.endswith("/") else f"{base_url}/")
        self._headers = {"accept": "application/json", "user-agent": "sagsgang", **(headers or {})}
        self._extensions = {"timeout": asdict(timeouts or Timeouts())}
        self._transport = transport or httpx.HTTPTransport(
            verify=_trusted_authorities(),
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=32, keepalive_expiry=_KEEPALIVE_SECONDS),
            trust_env=False,
        )

    def url(self, path: str, **query: str | int) -> httpx.URL:
        """The whole address of a path below the system's address, or of a whole address as it is."""
        address = self._base.join(path)
        return address.copy_merge_params(query) if query else address

    def exchange(
        self,
        call: Call,
        method: str,
        url: httpx.URL,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send and read the whole answer, whatever its status.

        Raises:
            Unavailable: nothing was sent, or a reading got no answer.
            OutcomeUnknown: a write was sent and got no answer.
        """
        all_headers = self._headers if headers is None else {**self._headers, **headers}
        request = httpx.Request(method, url, headers=all_headers, content=content, extensions=self._extensions)
        try:
            with closing(self._transport.handle_request(request)) as response:
                response.read()
                return response
        except _BEFORE_SENDING:
            error: ConnectorError = Unavailable(call.system, call.operation)
        except httpx.RequestError:
            error = call.interrupted()
        # Raised outside the handlers: an httpx error holds the request, and would stay on as the context of ours.
        raise error

    def close(self) -> None:
        """Close the connections; the client cannot be used afterwards."""
        self._transport.close()


def refusal(response: httpx.Response, call: Call, *, clock: Clock | None = None) -> ConnectorError | None:
    """The error that this answer's status means, or None when the system said yes.

    A 409 ``AlreadyExists`` is ``RefusedBySystem`` with that detail; a keyed write reads it as a replay.
    """
    status = response.status_code
    if status in _SUCCESS:
        return None
    if status in _PLAIN:
        return _PLAIN[status](call.system, call.operation)
    if status == HTTPStatus.LOCKED and error_code(response) == "Locked":
        # cBrain F2's word for a case that is archived; one that somebody has open is ``LockedByAnotherUser``.
        return CaseArchived(call.system, call.operation)
    if status in _WAITING:
        seconds = _retry_after(response, clock or SystemClock())
        return _WAITING[status](call.system, call.operation, retry_after=seconds)
    match status:
        case HTTPStatus.BAD_REQUEST | HTTPStatus.UNPROCESSABLE_ENTITY:
            return RefusedBySystem(call.system, call.operation, error_code(response))
        case HTTPStatus.CONFLICT:
            return _conflict(error_code(response), call)
        case _:
            return _other_refusal(status, call)


def read_json(response: httpx.Response, call: Call, parse: Callable[[object], T]) -> T:
    """The answer's body, parsed.

    Raises:
        SchemaDrift: a reading's answer is not JSON or not as agreed; ``detail`` is the path of the field. A name that
            stands twice in an object is not as agreed: which of the two counts, nobody can say.
        OutcomeUnknown: the same after a write.
    """
    try:
        return parse(json.loads(response.content, object_pairs_hook=_each_name_once))
    except Drift as drift:
        path = drift.path
    except (ValueError, RecursionError):
        path = "body"
    # Raised outside the handlers: a JSON error holds the whole body.
    raise call.garbled(path)


def error_code(response: httpx.Response) -> str:
    """The ``errorCode`` of an answer that says no, or ``unnamed``; never its free text."""
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return "unnamed"
    code = body.get("errorCode") if isinstance(body, dict) else None
    return code if isinstance(code, str) and _ERROR_CODE.fullmatch(code) else "unnamed"


def _each_name_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _conflict(code: str, call: Call) -> ConnectorError:
    match code:
        case "CaseClosed":
            return CaseClosed(call.system, call.operation)
        case "CaseArchived":
            return CaseArchived(call.system, call.operation)
        case "AlreadyExists":
            return RefusedBySystem(call.system, call.operation, code)
        case _:
            return VersionConflict(call.system, call.operation)


def _other_refusal(status: int, call: Call) -> ConnectorError:
    """404, and what the contract does not name: of a write only a 4xx says it was not taken, and 408 not even that."""
    if status == HTTPStatus.NOT_FOUND and call.missing:
        return NotFound(call.system, call.operation, call.missing)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return call.interrupted()
    if status >= HTTPStatus.BAD_REQUEST and status != HTTPStatus.NOT_FOUND:
        return RefusedBySystem(call.system, call.operation, f"http_{status}")
    # A 404 where nothing can be missing is a wrong address, and a redirect goes to a place nobody agreed on.
    return call.garbled(f"http_{status}")


def _retry_after(response: httpx.Response, clock: Clock) -> float | None:
    """Seconds from ``Retry-After`` (RFC 9110 section 10.2.3): a number of seconds or an HTTP date; a day at most.

    A date is measured against the answer's own ``Date``, because the system's clock may be off.
    """
    written = response.headers.get("retry-after", "").strip()
    if written.isascii() and written.isdigit():
        return min(float(written), _LONGEST_WAIT)
    until = _http_date(written)
    if until is None:
        return None
    now = _http_date(response.headers.get("date", "")) or clock.now()
    return min(max(0.0, (until - now).total_seconds()), _LONGEST_WAIT)


def _http_date(written: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(written)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


@cache
def _trusted_authorities() -> ssl.SSLContext:
    """The machine's own certificate store, because a municipality's inner authority stands there and nowhere else."""
    return ssl.create_default_context()
