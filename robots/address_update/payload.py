"""What a work item of this robot holds, and the four ways in which one is made.

What must stay true: the same events give the same work items in any order and however often each is delivered, and a
reference tells nothing about a person.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict

from connectors.records import PersonEvent
from foundation.clock import local_date
from foundation.cpr import Cpr
from robots.address_update.plan import PlannedRow
from robots.robot import NewWorkItem

Source = Literal["event", "sweep", "person", "case", "rollback"]


class AddressChange(BaseModel):
    """One person's change, as far as it is hinted at; the store seals it."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    cpr: Cpr
    #: The events that this item answers for, sorted; empty for every other source.
    event_ids: tuple[str, ...] = ()
    #: The earliest day on which one of them has effect, or None where none tells.
    effect_from: date | None = None
    #: Whether one of them had its effect ahead when it was registered.
    has_future: bool = False
    #: The last day, in Denmark, of what is told of; the deadline of a reminder is counted from it.
    noticed_on: date
    #: What made the item: news from CPR, a sweep, a person or a case that was asked for, or a rollback.
    source: Source = "event"
    #: For a rollback: the rows as they were carried out, to be taken back (ADR-53).
    take_back: tuple[PlannedRow, ...] = ()
    #: The account of whoever asked for the rollback, who may not approve it; empty where nobody did.
    asked_by: str = ""


def from_events(events: Sequence[PersonEvent]) -> tuple[NewWorkItem, ...]:
    """One work item per person, in the order of their references.

    An event is a hint that a person changed, so every kind of event gives an item; the rules look at the person
    himself. A repeated event (ADR-03) adds nothing: the ids of an item are a set.
    """
    by_person: defaultdict[Cpr, list[PersonEvent]] = defaultdict(list)
    for event in events:
        by_person[event.cpr].append(event)
    items = (_item(cpr, own) for cpr, own in by_person.items())
    return tuple(sorted(items, key=lambda item: item.reference))


def for_person(
    cpr: Cpr, *, source: Literal["sweep", "person", "case"], reference: str, noticed_on: date
) -> NewWorkItem:
    """A work item for one person that no event asked for.

    Args:
        cpr: the person.
        source: what asked for it.
        reference: unique per robot, for example ``sweep:<id of the sweep>:<case number>/<party>``.
        noticed_on: the day, in Denmark, from which a reminder's deadline is counted.

    Raises:
        ValueError: the reference holds the person's number.
    """
    payload = AddressChange(cpr=cpr, noticed_on=noticed_on, source=source)
    return NewWorkItem(reference=_discreet(reference, cpr), payload=payload)


def for_rollback(
    rows: Sequence[PlannedRow], *, cpr: Cpr, reference: str, noticed_on: date, asked_by: str = ""
) -> NewWorkItem:
    """A work item that takes back rows which an earlier item wrote (ADR-53).

    Args:
        rows: those rows of the earlier item's stored plan that were applied and are to be taken back.
        cpr: the person, as in the plan.
        reference: unique per robot, for example ``rollback:<id of the earlier item>``.
        noticed_on: the day, in Denmark, from which a reminder's deadline is counted.
        asked_by: the account of whoever asked for it.

    Raises:
        ValueError: there is no row, or the reference holds the person's number.
    """
    if not rows:
        raise ValueError("a rollback needs at least one row")
    payload = AddressChange(cpr=cpr, noticed_on=noticed_on, source="rollback", take_back=tuple(rows), asked_by=asked_by)
    return NewWorkItem(reference=_discreet(reference, cpr), payload=payload)


def _discreet(reference: str, cpr: Cpr) -> str:
    """The reference, which is no secret; whoever puts a number into it has made a mistake worth stopping for."""
    if cpr.digits in reference or cpr.hyphenated() in reference:
        raise ValueError("a reference must not hold the person's number")
    return reference


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
