"""The events as a table for Danish Excel.

What must stay true: a column repeats the frozen body word for word, but for the last two, which are for the eye; and
how long a person spent on a decision is not in it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
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
    read = json.loads(body)
    at = danish_time(datetime.fromisoformat(read["ts"]))
    return [str(place), *(_text(read, path) for path in _PATHS.values()), at, SENTENCES[EventType(read["type"])]]


def _text(body: dict[str, Any], path: Sequence[str]) -> str:
    found: Any = body
    for name in path:
        found = found.get(name, "") if isinstance(found, dict) else ""
    return str(found)
