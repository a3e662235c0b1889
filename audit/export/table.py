"""The events as a table for Danish Excel.

What must stay true: a column repeats the frozen body word for word, but for the last two, which are for the eye; and
how long a person spent on a decision is not in it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from audit.vocabulary import SENTENCES, EventType
from foundation.clock import danish_time

#: Heading and path in the body. ``audit/verifier/verify_bundle.py`` compares these columns with the bodies.
_PATHS = {
    "haendelse": ("id",),
    "tid_utc": ("ts",),
    "type": ("type",),
    "udfald": ("outcome",),
    "aktoer": ("actor", "id"),
    "paa_vegne_af": ("actor", "onBehalfOf"),
    "robot": ("process", "key"),
    "version": ("process", "version"),
    "koersel": ("run", "run"),
    "opgave": ("run", "item"),
    "sag": ("case", "ref"),
    "borger": ("subject", "ref"),
}
COLUMNS = ("nr", *_PATHS, "dansk_tid", "beskrivelse")


def table_row(place: int, body: bytes) -> list[str]:
    """The cells of one event; ``place`` is its index in the tree."""
    read = json.loads(body.decode())
    at = _minute(read["ts"][:_MINUTE])
    return [str(place), *(_text(read, path) for path in _PATHS.values()), at, _sentence(read["type"])]


#: As much of a time as ``danish_time`` shows: 2026-11-22T14:05.
_MINUTE = 16


@lru_cache(maxsize=1024)
def _minute(text: str) -> str:
    """The same minute in Denmark; the same for thousands of events in a row."""
    return danish_time(datetime.fromisoformat(f"{text}:00+00:00"))


@lru_cache
def _sentence(kind: str) -> str:
    return SENTENCES[EventType(kind)]


def _text(body: dict[str, Any], path: Sequence[str]) -> str:
    found: Any = body.get(path[0], "")
    for name in path[1:]:
        found = found.get(name, "") if isinstance(found, dict) else ""
    return found if isinstance(found, str) else str(found)
