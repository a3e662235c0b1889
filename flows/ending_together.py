"""Group commit: handlings that are ready at the same time end in one transaction.

A commit waits for the disk, whatever it holds, so ten endings in one cost little more than one. What must stay true: an
ending that cannot be stored harms no other: then nothing of the group is stored, and each is ended by itself, exactly
as if it had come alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from casework.ending_many import Departure, move_many
from flows.ending import Handling, Result, end_in, end_with_error, end_with_outcome, prepare
from flows.live_desk import Worked
from foundation.logs import get_logger
from robots.outcome import Outcome

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ready:
    """A handling that has its outcome, which is not stored yet."""

    handling: Handling
    outcome: Outcome
    worked: Worked


def end_together(ready: Sequence[Ready], *, notice: Callable[[Exception], None]) -> list[Result]:
    """End them all; returns what each came to, in order.

    Args:
        ready: handlings of one worker.
        notice: told of the error of an ending that could not be stored even by itself.
    """
    if len(ready) > 1:
        try:
            return _end_in_one(ready)
        except Exception as error:  # noqa: BLE001 - whatever it is, it may be the fault of one of them only.
            log.info("endings.apart", kind=type(error).__name__, number=len(ready))
    return [_end_alone(each, notice=notice) for each in ready]


def _end_in_one(ready: Sequence[Ready]) -> list[Result]:
    place = ready[0].handling.place
    for each in ready:
        prepare(each.handling, each.outcome)
    departures: list[Departure] = []
    with place.database.write() as session:
        results = [end_in(session, each.handling, each.outcome, each.worked, departures) for each in ready]
        move_many(session, place, departures)
    return results


def _end_alone(each: Ready, *, notice: Callable[[Exception], None]) -> Result:
    try:
        return end_with_outcome(each.handling, each.outcome, each.worked)
    except Exception as error:  # noqa: BLE001 - an item must end in a known state.
        notice(error)
        return end_with_error(each.handling, error, each.worked)
