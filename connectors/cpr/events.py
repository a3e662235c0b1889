"""CPR's events by cursor, with the field names of Datafordeler's ``<REG>_Events`` (``integration.md`` A.8.3).

What must stay true: a hole in the source's numbers is said aloud, because behind it lie changes that nobody hears of
(ADR-49); neither order nor repetition within an answer makes or hides one; and an event is a hint, so a kind we do not
know is passed on as ``OTHER`` instead of stopping the feed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Final

from connectors import fields
from connectors.cpr import faults
from connectors.cpr.reading import cpr_from_wire
from connectors.errors import NotFound, SchemaDrift
from connectors.fields import Drift
from connectors.http import Call, HttpClient, read_json, refusal
from connectors.records import EventBatch, PersonEvent, PersonEventKind
from foundation.cpr import Cpr, CprKind

SYSTEM: Final = "cpr_events"
_CALL: Final = Call(SYSTEM, "poll")
#: Not writes in the sense of ``Call``: asking twice is asking once, so a call without an answer may be made again.
_SUBSCRIBE: Final = Call(SYSTEM, "subscribe", missing="person")
_UNSUBSCRIBE: Final = Call(SYSTEM, "unsubscribe", missing="person")
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
        """Events after this cursor, in the order of their numbers, each number once."""
        if after is not None and not (after.isascii() and after.isdigit()):
            raise SchemaDrift(SYSTEM, _CALL.operation, "cursor")
        seen = int(after or 0)
        response = self._client.exchange(_CALL, "GET", self._client.url("events", after=seen, limit=limit))
        error = refusal(response, _CALL)
        if error is not None:
            raise error
        return read_json(response, _CALL, lambda body: _batch(body, after))

    def subscribe(self, cpr: Cpr) -> None:
        """Ask the source to tell of this person from now on; asking twice is asking once.

        A replacement number is ``NotFound`` without a call: it never stands in CPR (ADR-47).
        """
        self._order(_SUBSCRIBE, "PUT", cpr, is_subscribed=True)

    def unsubscribe(self, cpr: Cpr) -> None:
        """Ask the source to tell no more of this person; asking twice is asking once."""
        self._order(_UNSUBSCRIBE, "DELETE", cpr, is_subscribed=False)

    def _order(self, call: Call, method: str, cpr: Cpr, *, is_subscribed: bool) -> None:
        if cpr.kind is CprKind.REPLACEMENT:
            raise NotFound(SYSTEM, call.operation, "person")
        response = self._client.exchange(call, method, self._client.url(f"subscriptions/{cpr.digits}"))
        if response.status_code == HTTPStatus.NOT_FOUND:
            raise faults.not_found(response, call)
        error = refusal(response, call)
        if error is not None:
            raise error
        read_json(response, call, lambda body: _require_order(body, cpr, is_subscribed=is_subscribed))


def _require_order(body: object, cpr: Cpr, *, is_subscribed: bool) -> None:
    """The answer must be about what was asked; an order for somebody else would leave a citizen unheard of."""
    answer = fields.record(body, "body")
    if cpr_from_wire(answer, "personnummer") != cpr:
        raise Drift("personnummer")
    if fields.flag(answer, "subscribed") is not is_subscribed:
        raise Drift("subscribed")


def _batch(body: object, after: str | None) -> EventBatch:
    answer = fields.record(body, "body")
    found = _in_order(
        (_event(event, f"events[{at}]") for at, event in enumerate(fields.rows(answer, "events"))), int(after or 0)
    )
    has_more = fields.flag(answer, "hasMore")
    if has_more and not found:
        # Whoever asks again from the same cursor would ask for ever.
        raise Drift("hasMore")
    return EventBatch(
        events=found,
        next_cursor=str(found[-1].sequence) if found else after,
        has_gap=_has_gap(found, after, fields.whole_number(answer, "lastSequence")),
        has_more=has_more,
    )


def _in_order(events: Iterable[PersonEvent], seen: int) -> tuple[PersonEvent, ...]:
    """The events after ``seen`` by their numbers; two different events under one number are drift."""
    found: dict[int, PersonEvent] = {}
    for event in events:
        if event.sequence > seen and found.setdefault(event.sequence, event) != event:
            raise Drift("events.sequence")
    return tuple(found[number] for number in sorted(found))


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
