"""What looking at one obligation came to.

What must stay true: an obligation that was not looked at never reads as one that holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Verdict(StrEnum):
    """How it stands with an obligation."""

    HOLDS = "holds"
    BROKEN = "broken"
    #: What it needs was not handed in.
    NOT_EXAMINED = "not_examined"


class BrokenError(Exception):
    """Raised within an obligation by the first thing that is wrong; becomes a finding."""

    def __init__(self, sentence: str, event: UUID | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.event = event


@dataclass(frozen=True, slots=True)
class Finding:
    """One obligation, its verdict, and a Danish sentence; ``event`` is the first one that is wrong."""

    number: int
    verdict: Verdict
    sentence: str
    event: UUID | None = None

    def to_line(self) -> str:
        """As people read it."""
        mark = {Verdict.HOLDS: "ok", Verdict.BROKEN: "BRUDT", Verdict.NOT_EXAMINED: "ikke set"}[self.verdict]
        return f"{self.number:>2}. {mark}: {self.sentence}"
