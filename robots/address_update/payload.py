"""What a work item of this robot holds, and how events become work items.

What must stay true: the same events give the same work items in any order and however often each is delivered, and a
reference tells nothing about a person.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from pydantic import BaseModel, ConfigDict

from connectors.records import PersonEvent
from foundation.clock import local_date
from foundation.cpr import Cpr
from robots.robot import NewWorkItem


class AddressChange(BaseModel):
    """One person's change, as far as the events hint at it; the store seals it."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    cpr: Cpr
    #: The events that this item answers for, sorted.
    event_ids: tuple[str, ...]
    #: The earliest day on which one of them has effect, or None where none tells.
    effect_from: date | None
    #: Whether one of them had its effect ahead when it was registered.
    has_future: bool
    #: The last day, in Denmark, of what the events tell of; the deadline of a reminder is counted from it.
    noticed_on: date


def group(events: Sequence[PersonEvent]) -> tuple[NewWorkItem, ...]:
    """One work item per person, in the order of their references.

    An event is a hint that a person changed, so every kind of event gives an item; the rules look at the person
    himself. A repeated event (ADR-03) adds nothing: the ids of an item are a set.
    """
    by_person: defaultdict[Cpr, list[PersonEvent]] = defaultdict(list)
    for event in events:
        by_person[event.cpr].append(event)
    items = (_item(cpr, own) for cpr, own in by_person.items())
    return tuple(sorted(items, key=lambda item: item.reference))


def _item(cpr: Cpr, events: Iterable[PersonEvent]) -> NewWorkItem:
    own = tuple(events)
    ids = tuple(sorted({event.id for event in own}))
    effects = [event.effect_from for event in own if event.effect_from is not None]
    registered = [local_date(event.registered_at) for event in own]
    payload = AddressChange(
        cpr=cpr,
        event_ids=ids,
        effect_from=min(effects, default=None),
        has_future=any(
            event.effect_from is not None and event.effect_from > local_date(event.registered_at) for event in own
        ),
        noticed_on=max(effects + registered),
    )
    return NewWorkItem(reference=_reference(ids), payload=payload, event_ids=ids)


def _reference(ids: tuple[str, ...]) -> str:
    """``cpr-event:<smallest id>``, and for several events a digest of all of them after it.

    With the smallest alone, an old event that is delivered once more beside a new one would give a reference that
    is already taken, and the new event would be lost.
    """
    if len(ids) == 1:
        return f"cpr-event:{ids[0]}"
    digest = hashlib.sha256("\n".join(ids).encode()).hexdigest()[:12]
    return f"cpr-event:{ids[0]}:{digest}"
