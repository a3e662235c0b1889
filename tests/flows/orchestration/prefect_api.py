"""Questions to a Prefect server of the tests.

What must stay true: a server that is too busy for its own SQLite database (503) is asked again, and every other answer
that is no success is an error.
"""

from __future__ import annotations

import time
from typing import Any

import httpx

_BUSY = 503
_PATIENCE_SECONDS = 60


def ask(method: str, url: str, json: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 - whatever JSON it answers.
    """The JSON of the answer, or None where there is none."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        answer = httpx.request(method, url, json=json, timeout=30)
        if answer.status_code != _BUSY or time.monotonic() > deadline:
            answer.raise_for_status()
            return answer.json() if answer.content else None
        time.sleep(0.5)
