"""The lines of the run logs around some trouble.

What must stay true: a bounded number of lines is read out, each masked once more, because a log kept from an older
version may know fewer masks; and a log that is gone or broken gives no lines instead of an error.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from foundation.masking import mask_text

#: Characters shown of one line; a traceback is longer.
_WIDEST = 2000
_GRAVE = frozenset({"warning", "error", "critical"})


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line: when, how grave, what, of which item."""

    at: str
    level: str
    event: str
    item: str | None
    more: str


def lines_about(folder: Path, *, runs: Sequence[UUID], items: Collection[UUID], limit: int = 40) -> list[LogLine]:
    """The latest lines of these runs that tell of one of the items, or of trouble of the run as such, oldest first.

    Args:
        folder: where the run logs are.
        runs: the runs, in any order.
        items: the items; a line of another item is left out.
        limit: at most so many.
    """
    wanted = {str(item) for item in items}
    found: deque[LogLine] = deque(maxlen=limit)
    # The ids of runs begin with the time.
    for run in sorted(runs, key=str):
        path = folder / f"run-{run}.jsonl"
        try:
            with path.open(encoding="utf-8", errors="replace") as file:
                for text in file:
                    line = _line(text)
                    if line is not None and _tells(line, wanted):
                        found.append(line)
        except OSError:
            continue
    return list(found)


def _tells(line: LogLine, wanted: Collection[str]) -> bool:
    return line.item in wanted if line.item is not None else line.level in _GRAVE


def _line(text: str) -> LogLine | None:
    try:
        told: Any = json.loads(text)
    except ValueError:
        return None
    if not isinstance(told, dict):
        return None
    known = {name: told.pop(name, None) for name in ("timestamp", "level", "event", "item")}
    for name in ("run", "robot", "logger"):
        told.pop(name, None)
    more = " ".join(f"{name}={value}" for name, value in told.items())
    item = known["item"]
    return LogLine(
        at=str(known["timestamp"] or ""),
        level=str(known["level"] or ""),
        event=mask_text(str(known["event"] or ""))[:_WIDEST],
        item=str(item) if item is not None else None,
        more=mask_text(more)[:_WIDEST],
    )
