"""CPR: look-up with SF1520's fields and the register's events, each opened with one function."""

from __future__ import annotations

import httpx

from connectors.cpr.events import CursorPersonEvents
from connectors.cpr.register import Sf1520PersonRegister
from connectors.http import HttpClient, Timeouts
from foundation.clock import Clock

__all__ = ["CursorPersonEvents", "Sf1520PersonRegister", "open_events", "open_register"]


def open_register(
    *,
    url: str,
    token: str,
    timeouts: Timeouts | None = None,
    transport: httpx.BaseTransport | None = None,
    clock: Clock | None = None,
) -> Sf1520PersonRegister:
    """The look-up over one kept-alive client, safe to share between threads; nothing is called yet."""
    return Sf1520PersonRegister(_client(url, token, timeouts, transport), clock=clock)


def open_events(
    *, url: str, token: str, timeouts: Timeouts | None = None, transport: httpx.BaseTransport | None = None
) -> CursorPersonEvents:
    """The events over one kept-alive client; nothing is called yet."""
    return CursorPersonEvents(_client(url, token, timeouts, transport))


def _client(url: str, token: str, timeouts: Timeouts | None, transport: httpx.BaseTransport | None) -> HttpClient:
    return HttpClient(url, timeouts=timeouts, headers={"authorization": f"Bearer {token}"}, transport=transport)
