"""How many runs were made of what, for the table at the end of ``make crash``.

What must stay true: a run is counted when it was judged, and one that failed is counted as such; and what was counted
can be handed from one process to another.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.crash.judging import Verdict
from tests.crash.trials import Trial

#: Under which name a test hands its tallies on, as JSON.
PROPERTY = "crash matrix"


@dataclass
class Tally:
    """One scenario on one database."""

    scenario: str
    database: str
    points: int = 0
    calls: int = 0
    seconds: float = 0.0
    runs: dict[str, int] = field(default_factory=dict)
    #: Kinds of faults that were met.
    faults: list[str] = field(default_factory=list)
    #: Runs that are still to be made.
    left: int = 0

    def tried(self, trial: Trial, verdict: Verdict | None, *, since: float) -> None:
        """A run was judged, which began at this second; without a verdict, something did not hold."""
        ending = "failed"
        if verdict is not None:
            ending = "asked" if verdict.is_asked else "clean" if verdict.is_clean else "told"
        runs = Counter(self.runs)
        runs.update([ending, trial.family, "all"])
        self.runs = dict(runs)
        if trial.fault is not None:
            self.faults = sorted({*self.faults, trial.fault.kind.value})
        self.seconds += time.monotonic() - since
        self.left -= 1

    def to_line(self) -> str:
        """How far it is, for whoever watches."""
        runs = ", ".join(f"{self.runs.get(each, 0)} {each}" for each in _COLUMNS[1:])
        done = f"{self.runs.get('all', 0)} runs in {self.seconds:.0f} s"
        return f"{self.scenario} on {self.database}: {done} ({runs}), {self.left} left"


_COLUMNS = ("all", "crash", "fault", "both", "asked", "told", "failed")


def table(tallies: Sequence[Tally]) -> Iterator[str]:
    """The lines of the table, and what it comes to."""
    yield (
        f"{'scenario':<16}{'database':<11}{'points':>7}{'calls':>6}{'faults':>7}"
        + "".join(f"{each:>7}" for each in _COLUMNS)
        + f"{'s':>7}{'s/run':>7}"
    )
    for each in sorted(tallies, key=lambda tally: tally.database, reverse=True):
        yield _row(each)
    for database in sorted({each.database for each in tallies}, reverse=True):
        own = [each for each in tallies if each.database == database]
        whole = Tally("in all", database, sum(each.points for each in own), sum(each.calls for each in own))
        whole.runs = dict(sum((Counter(each.runs) for each in own), Counter[str]()))
        whole.seconds = sum(each.seconds for each in own)
        whole.faults = sorted({kind for each in own for kind in each.faults})
        yield _row(whole)
    yield "asked: a person was asked. told: the case was closed, and our record says so."


def _row(tally: Tally) -> str:
    runs = tally.runs
    return (
        f"{tally.scenario:<16}{tally.database:<11}{tally.points:>7}{tally.calls:>6}{len(tally.faults):>7}"
        + "".join(f"{runs.get(each, 0):>7}" for each in _COLUMNS)
        + f"{tally.seconds:>7.0f}{tally.seconds / max(1, runs.get('all', 0)):>7.2f}"
    )
