"""CPR's events by cursor, with the field names of Datafordeler's ``<REG>_Events`` (``integration.md`` A.8.3).

What must stay true: a hole in the source's numbers is said aloud, because behind it lie changes that nobody hears of
(ADR-49); and an event is a hint, so a kind we do not know is passed on as ``OTHER`` instead of stopping the feed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from connectors import fields
from connectors.cpr.snapshots import cpr_from_wire
from connectors.http import Call, HttpClient, read_json, refusal
from connectors.records import EventBatch, PersonEvent, PersonEventKind

SYSTEM: Final = "cpr_events"
_CALL: Final = Call(SYSTEM, "poll")
_KINDS: Final = {
    "CPR_Adresse": PersonEventKind.ADDRESS,
    "CPR_Beskyttelse": PersonEventKind.PROTECTION,
    "CPR_Navn": PersonEventKind.NAME,
    "CPR_Status": PersonEventKind.STATUS,
}


class CursorPersonEvents:
    """``PersonEvents`` over a feed that counts its events; the cursor is the number of the last one seen."""

    def __init__(self, client: HttpClient) -> None:
        """Takes a client that carries the access token in its headers."""
        self._client = client

    @property
    def system(self) -> str:
        """``cpr_events``."""
        return SYSTEM

    def close(self) -> None:
        """Close the connections; the feed cannot be used afterwards."""
        self._client.close()

    def poll(self, *, after: str | None, limit: int) -> EventBatch:
        """Events after this cursor, in the order of their numbers."""
        seen = int(after or 0)
        response = self._client.exchange(_CALL, "GET", self._client.url("events", after=seen, limit=limit))
        error = refusal(response, _CALL)
        if error is not None:
            raise error
        return read_json(response, _CALL, lambda body: _batch(body, after))


def _batch(body: object, after: str | None) -> EventBatch:
    answer = fields.record(body, "body")
    found = sorted(
        (_event(event, f"events[{at}]") for at, event in enumerate(fields.rows(answer, "events"))),
        key=lambda event: event.sequence,
    )
    return EventBatch(
        events=tuple(found),
        next_cursor=str(found[-1].sequence) if found else after,
        has_gap=_has_gap(found, after, fields.whole_number(answer, "lastSequence")),
        has_more=fields.flag(answer, "hasMore"),
    )


def _has_gap(found: Sequence[PersonEvent], after: str | None, last: int) -> bool:
    """Whether numbers are missing between the cursor and the last event, or the source has fallen back behind it.

    Without a cursor the first number may be any: a source keeps its events for some time only.
    """
    if not found:
        return after is not None and last != int(after)
    first = int(after) + 1 if after is not None else found[0].sequence
    return [event.sequence for event in found] != list(range(first, first + len(found)))


def _event(value: object, path: str) -> PersonEvent:
    event = fields.record(value, path)
    return PersonEvent(
        id=fields.text(event, "eventid", path),
        sequence=fields.whole_number(event, "sequence", path),
        cpr=cpr_from_wire(event, "personnummer", path),
        kind=_KINDS.get(fields.text(event, "entityname", path), PersonEventKind.OTHER),
        registered_at=fields.instant(event, "object_registreringfra", path),
        effect_from=fields.optional_day(event, "object_virkningfra", path),
        may_be_duplicate=fields.flag(event, "fromfailedimport", path),
    )
