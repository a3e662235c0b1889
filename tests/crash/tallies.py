"""How many runs were made of what, for the table at the end of ``make crash``.

What must stay true: a run is counted when it was judged, and one that failed is counted as such.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.crash.judging import Verdict
from tests.crash.trials import Trial


@dataclass
class Tally:
    """One scenario on one database."""

    points: int = 0
    seconds: float = 0.0
    runs: Counter[str] = field(default_factory=Counter)
    faults: set[str] = field(default_factory=set)


@dataclass
class Tallies:
    """All scenarios on one database."""

    database: str
    rows: dict[str, Tally] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    _since: float = field(default_factory=time.monotonic)

    def counted(self, scenario: str, points: Sequence[str]) -> None:
        """These are the points of a worker that nothing happens to."""
        self.rows.setdefault(scenario, Tally()).points = len(points)
        self._since = time.monotonic()

    def tried(self, trial: Trial, verdict: Verdict) -> None:
        """A run was judged."""
        self._add(trial, "asked" if verdict.is_asked else "clean" if verdict.is_clean else "told")

    def failed(self, trial: Trial, why: str) -> None:
        """A run was judged, and something did not hold."""
        self.failures.append(why)
        self._add(trial, "failed")

    def _add(self, trial: Trial, ending: str) -> None:
        tally = self.rows[trial.scenario]
        tally.runs.update([ending, trial.family, "all"])
        if trial.fault is not None:
            tally.faults.add(trial.fault.kind.value)
        tally.seconds += time.monotonic() - self._since
        self._since = time.monotonic()


_COLUMNS = ("all", "crash", "fault", "both", "asked", "told", "failed")


def table(all_tallies: Sequence[Tallies]) -> Iterator[str]:
    """The lines of the table."""
    yield (
        f"{'scenario':<18}{'database':<12}{'points':>7}{'faults':>7}"
        + "".join(f"{each:>8}" for each in _COLUMNS)
        + (f"{'s/run':>8}")
    )
    for tallies in all_tallies:
        for name, tally in tallies.rows.items():
            runs = tally.runs
            yield (
                f"{name:<18}{tallies.database:<12}{tally.points:>7}{len(tally.faults):>7}"
                + "".join(f"{runs[each]:>8}" for each in _COLUMNS)
                + f"{tally.seconds / max(1, runs['all']):>8.2f}"
            )
        yield from tallies.failures
    yield "asked: a person was asked. told: the case was closed, and our record says so."
