"""Who may speak to the tester's side: programs and pages of this machine itself.

What must stay true: a page of another site, opened in a browser on this machine, can neither read nor change anything
here, not even by a name of its own that points at this machine.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.requests import Request


def is_own(request: Request) -> bool:
    """Whether the call names this machine as its host and, where a browser tells it, comes from a page of our own."""
    host = request.headers.get("host", "")
    if not _is_loopback(host):
        return False
    origin = request.headers.get("origin")
    return origin is None or origin == f"{request.url.scheme}://{host}"


def _is_loopback(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
