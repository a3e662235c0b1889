"""How bytes leave the simulated municipality: in one piece, and cut off when a fault says so.

What must stay true: an answer that was begun is sent whole, and a connection that is cut sends nothing at all.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol


class _OnePiece:
    """A transport that gathers what is written in one turn of the event loop, so that an answer is one packet.

    uvicorn writes head and body by themselves; the second system call is a sixth of the time of a small answer.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._waiting: list[bytes] = []

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the transport underneath offers.
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send at the end of this turn."""
        if not self._waiting:
            self._loop.call_soon(self._flush)
        self._waiting.append(data)

    def close(self) -> None:
        """Send what waits, then close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._waiting:
            whole = b"".join(self._waiting)
            self._waiting.clear()
            self._transport.write(whole)


class CuttableProtocol(H11Protocol):
    """HTTP/1.1 that a call can hang up on: ``scope["state"]["cut"]`` closes the connection without an answer."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # As uvicorn's own.
        """Serve this connection."""
        whole: Any = _OnePiece(transport, self.loop)
        super().connection_made(whole)
        self.app_state = {**self.app_state, "cut": transport.abort}
