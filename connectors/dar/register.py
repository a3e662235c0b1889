"""The address register in the shape of DAWA (``integration.md`` A.9).

DAWA itself closed on 17 August 2026; hosts that kept its shape and the simulated municipality speak it. What must stay
true: the address that a request holds stays in the request; no error and no log line ever holds it, and "there is no
such address" is said only when the register itself said so.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from uuid import UUID

import httpx

from connectors.address_records import RegisteredAddress, RegisteredStatus, WashCategory, WashResult
from connectors.dar.wire import address_from_wire, addresses_from_wire, refused_parameter, refused_type, wash_from_wire
from connectors.errors import RefusedBySystem, SchemaDrift
from connectors.http import Call, HttpClient, read_json, refusal
from foundation.address_parts import plain
from foundation.clock import Clock, SystemClock
from foundation.kvhx import Kvhx

SYSTEM: Final = "dar"
_GET: Final = Call(SYSTEM, "get")
_BY_KVHX: Final = Call(SYSTEM, "by_kvhx")
_WASH: Final = Call(SYSTEM, "wash")
_UNKNOWN: Final = "ResourceNotFoundError"
#: DAWA's own limit of ``betegnelse``.
LONGEST_TEXT: Final = 100
#: So many guesses are enough for a person to choose from; each costs a call.
MOST_CANDIDATES: Final = 5


class DawaAddressRegister:
    """``AddressRegister`` over an API in the shape of DAWA."""

    def __init__(self, client: HttpClient, *, clock: Clock | None = None) -> None:
        """Takes a client that carries the access token, if there is one, in its headers."""
        self._client = client
        self._clock = clock or SystemClock()

    @property
    def system(self) -> str:
        """``dar``."""
        return SYSTEM

    def close(self) -> None:
        """Close the connections; the register cannot be used afterwards."""
        self._client.close()

    def get(self, address_id: UUID) -> RegisteredAddress | None:
        """The address with this id, whatever its status; None when the register does not know it."""
        found = self._fetch(_GET, address_id)
        if found is not None and found.id != address_id:
            raise SchemaDrift(SYSTEM, _GET.operation, "id")
        return found

    def by_kvhx(self, kvhx: Kvhx) -> RegisteredAddress | None:
        """The current address with this key, else one that was; None when there is none.

        The list holds current and preliminary addresses; closed ones only when their status is asked for.
        """
        standing = self._list({"kvhx": kvhx.value})
        found = standing or self._list({"kvhx": kvhx.value, "status": RegisteredStatus.CLOSED.value})
        return min(found, key=lambda address: (address.status, address.id), default=None)

    def wash(self, text: str) -> WashResult:
        """What a one-line text is taken for, as the addresses are today; at most five candidates, the best first.

        A text of more than a hundred characters, or of none, is no address that DAWA takes: it is category C without
        candidates, and never sent; shortening it could make it another place.
        """
        line = plain(text)
        if not 0 < len(line) <= LONGEST_TEXT:
            return WashResult(WashCategory.C, ())
        response = self._ask(_WASH, self._client.url("datavask/adresser", betegnelse=line))
        category, ids = read_json(response, _WASH, wash_from_wire)
        # The wash tells neither municipality, road code nor key, so each candidate is fetched as it stands.
        found = [self._fetch(_WASH, address_id) for address_id in ids[:MOST_CANDIDATES]]
        return WashResult(category, tuple(address for address in found if address is not None))

    def _fetch(self, call: Call, address_id: UUID) -> RegisteredAddress | None:
        response = self._client.exchange(call, "GET", self._client.url(f"adresser/{address_id}", struktur="mini"))
        if response.status_code == HTTPStatus.NOT_FOUND and refused_type(response) == _UNKNOWN:
            return None
        self._demand_yes(response, call)
        return read_json(response, call, address_from_wire)

    def _list(self, query: Mapping[str, str | int]) -> tuple[RegisteredAddress, ...]:
        response = self._ask(_BY_KVHX, self._client.url("adresser", struktur="mini", **query))
        return read_json(response, _BY_KVHX, addresses_from_wire)

    def _ask(self, call: Call, url: httpx.URL) -> httpx.Response:
        response = self._client.exchange(call, "GET", url)
        self._demand_yes(response, call)
        return response

    def _demand_yes(self, response: httpx.Response, call: Call) -> None:
        """Raise what the answer's status means; a 404 of any other kind is a wrong address of the service (drift)."""
        if response.status_code == HTTPStatus.BAD_REQUEST:
            raise RefusedBySystem(call.system, call.operation, refused_parameter(response))
        error = refusal(response, call, clock=self._clock)
        if error is not None:
            raise error
