"""A mail server and a webhook on this machine, as small as a test needs them."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Webhook:
    """What was posted, and what is answered."""

    port: int = 0
    posted: list[dict[str, Any]] = field(default_factory=list)
    answer: int = 200
    location: str = ""


@contextmanager
def webhook() -> Iterator[Webhook]:
    """A webhook on loopback."""
    told = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.posted.append(json.loads(body))
            self.send_response(told.answer)
            if told.location:
                self.send_header("Location", told.location)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Mailbox:
    """The letters that a mail server took, as they came."""

    port: int = 0
    letters: list[str] = field(default_factory=list)


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """A mail server on loopback that takes everything."""
    box = Mailbox()
    listener = socket.create_server(("127.0.0.1", 0))
    box.port = listener.getsockname()[1]

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as stream:
                _talk(stream, box)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield box
    finally:
        # Closing alone does not wake a thread that waits.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def _talk(stream: Any, box: Mailbox) -> None:  # noqa: ANN401 - a file of bytes that is read and written.
    def say(text: str) -> None:
        stream.write(text.encode() + b"\r\n")
        stream.flush()

    say("220 test")
    while line := stream.readline():
        word = line.decode().strip().upper()
        if word == "DATA":
            say("354 go on")
            lines = []
            while (part := stream.readline()) not in {b".\r\n", b""}:
                lines.append(part.decode())
            box.letters.append("".join(lines))
            say("250 taken")
        elif word == "QUIT":
            say("221 bye")
            return
        else:
            say("250 ok")
