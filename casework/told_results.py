"""What the trail says that a row came to, so that a result changed by hand is found.

What must stay true: every result that is stored stands, whole, in an event of the same transaction; and what a row may
have come to is read from the events alone, in the way in which ``casework.results`` writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from audit.events import Event
from audit.vocabulary import EventType
from casework.item_histories import is_in_order, late_ones, targets_of
from casework.results import WHEN_ITEM_ENDS, RowResult
from casework.states import PrimaryResult

#: The framework's own word among the facts of an event that names a row.
CAME_TO = "came_to"
Body = Mapping[str, Any]


def as_told(result: str, rule: str, reason: str, tasks: int) -> str:
    """A result in four words: ``applied ADR-01 moved 0``."""
    return f"{result} {rule} {reason} {tasks}"


def with_results(
    events: Sequence[Event], results: Mapping[str, RowResult], tell: Callable[[dict[str, str]], Event]
) -> list[Event]:
    """The events, with each row's result in the last of the robot's own that names the row.

    ``tell`` makes an event of these facts, for a row that none of them names.
    """
    left = {row: as_told(each.result.value, each.rule, each.reason, each.tasks) for row, each in results.items()}
    told: list[Event] = []
    for event in reversed(events):
        row = event.facts.get("row") if event.type is EventType.EVIDENCE_GIVEN else None
        came_to = left.pop(row, None) if isinstance(row, str) else None
        told.append(replace(event, facts={**event.facts, CAME_TO: came_to}) if came_to is not None else event)
    told.reverse()
    return [*told, *(tell({"label": "result", "row": row, CAME_TO: left[row]}) for row in sorted(left))]


def results_after(bodies: Sequence[Body], row: str) -> frozenset[str] | None:
    """What the row may have come to after these events of its item, in the order of the log; as ``as_told``.

    None when they tell nothing of it, as those do that were written before results were told.
    """
    told = [place for place, body in enumerate(bodies) if _tells_of(body, row)]
    if not told:
        return None
    # An honest history never gives an alarm: where clocks have put moves in another order, the last moment counts.
    places = (
        [told[-1]] if is_in_order(bodies) else [told[place] for place in late_ones([bodies[each] for each in told])]
    )
    return frozenset(_when_ended(bodies[place]["facts"][CAME_TO], bodies[place + 1 :]) for place in places)


def _tells_of(body: Body, row: str) -> bool:
    facts = body.get("facts", {})
    return body["type"] == EventType.EVIDENCE_GIVEN.value and facts.get("row") == row and CAME_TO in facts


def _when_ended(came_to: str, later: Sequence[Body]) -> str:
    """A row that waits for an answer takes its result from the way in which its item ends."""
    waiting, _space, rest = came_to.partition(" ")
    if waiting != PrimaryResult.AWAITING_APPROVAL.value:
        return came_to
    for body in later:
        for target in targets_of(body):
            if target in WHEN_ITEM_ENDS:
                return f"{WHEN_ITEM_ENDS[target].value} {rest}"
    return came_to
