"""Obligations 7, 8 and 11's first half: what stands in the bodies, event by event.

What must stay true: a body is parsed once, and a second rendering of it is only ever compared with it, never hashed.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from audit.clock_skew import later_of, went_back
from audit.driver_sql import as_time
from audit.obligations.finding import BrokenError
from audit.obligations.walk import Portion
from audit.vocabulary import ActorKind, EventType


class Columns:
    """7. The columns beside a body repeat it, and the body is in canonical form."""

    number = 7

    def __init__(self) -> None:
        self._seen = 0

    def see(self, portion: Portion) -> None:
        """A portion."""
        for place, (columns, body) in enumerate(zip(portion.told, portion.parsed, strict=True)):
            if body is None:
                continue
            event, seq = portion.event_id(place), portion.seqs[place]
            if columns_of(body) != (event.hex, *columns[1:]) or _moment(body) != as_time(columns.at):
                raise BrokenError(
                    f"Kolonnerne ved siden af hændelsen {event} (nr. {seq}) gentager ikke dens indhold.", event
                )
            if canonical(body) != portion.bodies[place]:
                raise BrokenError(f"Hændelsen {event} (nr. {seq}) er ikke skrevet i den faste form.", event)
            self._seen += 1

    def conclude(self) -> str:
        """The sentence."""
        return f"{self._seen} hændelser er skrevet i den faste form, og kolonnerne ved siden af gentager dem."


class OrderOfTime:
    """8. Time goes forward through the log; where a clock was set back, a named person has looked into it."""

    number = 8

    def __init__(self) -> None:
        self._latest: datetime | None = None
        self._back: dict[str, tuple[UUID, int, float]] = {}
        self._count = 0
        self._noticed: set[str] = set()

    def see(self, portion: Portion) -> None:
        """A portion."""
        for place, body in enumerate(portion.parsed):
            if body is None:
                continue
            at = _moment(body)
            if self._latest is not None and went_back(at, self._latest):
                self._count += 1
                event = portion.event_id(place)
                self._back[str(event)] = (event, portion.seqs[place], (self._latest - at).total_seconds())
            self._latest = later_of(at, self._latest)
            if body["type"] == EventType.CLOCK_SKEWED.value:
                back = body.get("facts", {}).get("event")
                if body["actor"]["kind"] == ActorKind.PERSON.value:
                    self._back.pop(back, None)
                else:
                    self._noticed.add(back)

    def conclude(self) -> str:
        """The sentence."""
        if self._back:
            event, seq, seconds = next(iter(self._back.values()))
            noticed = (
                "Loggen har selv bemærket det." if str(event) in self._noticed else "Loggen har ikke bemærket det."
            )
            raise BrokenError(
                f"Uret blev stillet {round(seconds / 60)} minutter tilbage før hændelsen {event} (nr. {seq}), og ingen "
                f"har undersøgt hvorfor. {noticed}",
                event,
            )
        if self._count:
            return (
                f"Tiden går fremad; {self._count} gange blev uret stillet tilbage, og en person har undersøgt hvorfor."
            )
        return "Tiden går fremad gennem hele loggen."


def columns_of(body: dict[str, Any]) -> tuple[Any, ...]:
    """What the columns must say, in the order of ``Told`` without the time, behind the id in hex."""
    run, process = body.get("run", {}), body.get("process", {})
    return (
        UUID(body["id"]).hex,
        body["type"],
        body["outcome"],
        body["actor"]["id"],
        process.get("key"),
        run.get("run"),
        run.get("item"),
        body.get("case", {}).get("ref"),
        body.get("subject", {}).get("ref"),
    )


def canonical(body: dict[str, Any]) -> bytes:
    """The body rendered again, as ``audit.events.freeze`` renders it."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _moment(body: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(body["ts"])
