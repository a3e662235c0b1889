"""KMD Nova: ``open_nova`` gives a ready ``NovaCaseRegister``."""

from __future__ import annotations

import httpx

from connectors.http import HttpClient, Timeouts
from connectors.nova.register import AddressWrite, NovaCaseRegister
from connectors.nova.token import NovaToken
from connectors.nova.wire import NovaWire
from foundation.clock import Clock

__all__ = ["AddressWrite", "NovaCaseRegister", "NovaToken", "NovaWire", "open_nova"]


def open_nova(  # noqa: PLR0913  # Each is a setting of its own, and all are named in the call.
    *,
    url: str,
    token_url: str,
    client_id: str,
    client_secret: str,
    address_write: AddressWrite,
    settle_seconds: float = 5.0,
    pads_notes_with_spaces: bool = True,
    timeouts: Timeouts | None = None,
    transport: httpx.BaseTransport | None = None,
    clock: Clock | None = None,
) -> NovaCaseRegister:
    """A register over one kept-alive client, safe to share between threads; nothing is called yet.

    Args:
        url: Nova's address without ``api``.
        token_url: the whole address of the token route.
        client_id: the system account.
        client_secret: its secret.
        address_write: see ``NovaCaseRegister``.
        settle_seconds: see ``NovaCaseRegister``.
        pads_notes_with_spaces: see ``NovaCaseRegister``.
        timeouts: seconds to wait for each part of a call.
        transport: instead of the network, in tests.
        clock: decides when a token is renewed; the machine's own when None.
    """
    client = HttpClient(url, timeouts=timeouts, transport=transport)
    token = NovaToken(client, url=token_url, client_id=client_id, client_secret=client_secret, clock=clock)
    return NovaCaseRegister(
        NovaWire(client, token),
        address_write=address_write,
        settle_seconds=settle_seconds,
        pads_notes_with_spaces=pads_notes_with_spaces,
    )
