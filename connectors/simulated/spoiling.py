"""Answers that are wrong on purpose: another shape, half of it, another hour.

What must stay true: a spoilt answer differs from what the contract says in exactly one way, and always in the same way
for the same answer.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pydantic_core
from starlette.responses import Response

#: Fields with a list of known values; the first one that an answer holds becomes one that nobody knows.
_ENUMS = ("progressState", "participantRole", "documentType", "status")
_UNKNOWN = "Ukendt"


def in_half(whole: Response) -> Response:
    """The first half of the answer, as if the connection had been lost."""
    body = bytes(whole.body)
    return Response(body[: len(body) // 2], whole.status_code, media_type="application/json")


def in_wrong_shape(whole: Response) -> Response:
    """An unknown value where the contract lists the known ones; else the list, or the first field, is missing."""
    body = pydantic_core.from_json(bytes(whole.body) or b"null")
    if not _meets_unknown_value(body):
        body = _without_a_part(body)
    return Response(pydantic_core.to_json(body), whole.status_code, media_type="application/json")


def at_another_hour(whole: Response, seconds: float) -> Response:
    """The answer with a ``Date`` that is so much ahead."""
    whole.headers["Date"] = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds or 3600), usegmt=True)
    return whole


def _meets_unknown_value(body: object) -> bool:
    if isinstance(body, list):
        return any(_meets_unknown_value(element) for element in body)
    if not isinstance(body, dict):
        return False
    for name in _ENUMS:
        if isinstance(body.get(name), str):
            body[name] = _UNKNOWN
            return True
    return any(_meets_unknown_value(value) for value in body.values())


def _without_a_part(body: object) -> object:
    """An object loses its list or else its first field; an empty one, and everything else, becomes another kind."""
    if not isinstance(body, dict) or not body:
        return {} if isinstance(body, list) else []
    lost = next((name for name, value in body.items() if isinstance(value, list)), next(iter(body)))
    return {name: value for name, value in body.items() if name != lost}
