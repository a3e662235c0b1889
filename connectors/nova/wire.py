"""One call to Nova: the envelope, the version of the area, the token, and a second try after a 401.

What must stay true: only a 401 is answered by sending the same call again, because it is the one answer that says for
certain that the call was not taken.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TypeVar

import httpx

from connectors.errors import RefusedBySystem
from connectors.http import Call, HttpClient, read_json, refusal
from connectors.nova.token import NovaToken

T = TypeVar("T")

CASE_AREA = "2.0-Case"
TASK_AREA = "1.0-Task"
#: ASSUMED: the area of the calls that the public API does not have (docs/adr 0008).
ASSUMED_AREA = "0.0-Assumed"


class NovaWire:
    """Sends authorised calls to one Nova and returns what ``parse`` makes of the answers."""

    def __init__(self, client: HttpClient, token: NovaToken) -> None:
        self._client = client
        self._token = token
        self._urls: dict[str, httpx.URL] = {}

    def close(self) -> None:
        """Close the connections; the wire cannot be used afterwards."""
        self._client.close()

    def read(
        self, call: Call, path: str, body: Mapping[str, object], *, area: str, uuid_: str, parse: Callable[[object], T]
    ) -> T:
        """A reading; Nova reads with PUT, because the filter is a body."""
        response = self._send(call, "PUT", path, body, area=area, uuid_=uuid_)
        error = refusal(response, call)
        if error is not None:
            raise error
        return read_json(response, call, parse)

    def write(
        self,
        call: Call,
        method: str,
        path: str,
        body: Mapping[str, object],
        *,
        area: str,
        uuid_: str,
        parse: Callable[[object], T],
    ) -> T | None:
        """A write; None when Nova holds an object with the client's uuid already (409 ``AlreadyExists``)."""
        response = self._send(call, method, path, body, area=area, uuid_=uuid_)
        error = refusal(response, call)
        if error is None:
            return read_json(response, call, parse)
        if isinstance(error, RefusedBySystem) and error.detail == "AlreadyExists":
            return None
        raise error

    def _send(
        self, call: Call, method: str, path: str, body: Mapping[str, object], *, area: str, uuid_: str
    ) -> httpx.Response:
        content = json.dumps({"common": {"transactionId": str(uuid.uuid4()), "uuid": uuid_}, **body}).encode()
        token = self._token.current()
        response = self._send_with(call, method, path, content, area=area, token=token)
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            token = self._token.renewed(token)
            response = self._send_with(call, method, path, content, area=area, token=token)
        return response

    def _send_with(
        self, call: Call, method: str, path: str, content: bytes, *, area: str, token: str
    ) -> httpx.Response:
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        return self._client.exchange(call, method, self._url(path, area), content=content, headers=headers)

    def _url(self, path: str, area: str) -> httpx.URL:
        """Nova has a handful of addresses, and making one costs a tenth of a millisecond: each is made once."""
        url = self._urls.get(path)
        if url is None:
            url = self._urls[path] = self._client.url(path, **{"api-version": area})
        return url
