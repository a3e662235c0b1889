"""DAR in the shape of DAWA: addresses by id and by key, and the washing of texts; opened with one function."""

from __future__ import annotations

import httpx

from connectors.dar.register import DawaAddressRegister
from connectors.http import HttpClient, Timeouts
from foundation.clock import Clock

__all__ = ["DawaAddressRegister", "open_address_register"]


def open_address_register(
    *,
    url: str,
    token: str = "",
    timeouts: Timeouts | None = None,
    transport: httpx.BaseTransport | None = None,
    clock: Clock | None = None,
) -> DawaAddressRegister:
    """The register over one kept-alive client, safe to share between threads; nothing is called yet.

    DAWA asked for no token, its successors do: it goes into a header, never into an address.
    """
    headers = {"authorization": f"Bearer {token}"} if token else {}
    client = HttpClient(url, timeouts=timeouts, headers=headers, transport=transport)
    return DawaAddressRegister(client, clock=clock)
