"""CPR look-up: the JSON façade with the field names of SF1520 (``integration.md`` A.8.1).

What must stay true: the number that the address demands stays in the request; no error and no log line ever holds it,
and "unknown person" is said only when CPR itself said so.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from connectors.cpr import faults
from connectors.cpr.snapshots import snapshot_from_wire
from connectors.errors import NotFound
from connectors.http import Call, HttpClient, read_json, refusal
from connectors.records import PersonSnapshot
from foundation.clock import Clock, SystemClock
from foundation.cpr import Cpr, CprKind

SYSTEM: Final = "sf1520"
_CALL: Final = Call(SYSTEM, "lookup", missing="person")


class Sf1520PersonRegister:
    """``PersonRegister`` over the look-up service."""

    def __init__(self, client: HttpClient, *, clock: Clock | None = None) -> None:
        """Takes a client that carries the access token in its headers."""
        self._client = client
        self._clock = clock or SystemClock()

    @property
    def system(self) -> str:
        """``sf1520``."""
        return SYSTEM

    def close(self) -> None:
        """Close the connections; the register cannot be used afterwards."""
        self._client.close()

    def lookup(self, cpr: Cpr) -> PersonSnapshot:
        """The person as CPR describes him now.

        A replacement number is ``NotFound`` without a call: it is made up locally and never stands in CPR (ADR-47).
        ``looked_up_at`` is taken before the call, so that a snapshot is never older than it says.
        """
        if cpr.kind is CprKind.REPLACEMENT:
            raise NotFound(SYSTEM, _CALL.operation, "person")
        asked_at = self._clock.now()
        response = self._client.exchange(_CALL, "GET", self._client.url(f"persons/{cpr.digits}"))
        if response.status_code == HTTPStatus.NOT_FOUND:
            raise faults.not_found(response, _CALL)
        error = refusal(response, _CALL)
        if error is not None:
            raise error
        return read_json(response, _CALL, lambda body: snapshot_from_wire(body, cpr, looked_up_at=asked_at))
