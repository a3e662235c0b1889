"""The crash matrix: every scenario, with its worker killed, paused or lied to at every point.

A worker is raised that dies, falls asleep, or meets a system that errs. A colleague recovers. Then what the
municipality truly received is held against what our own record says. ``make test`` makes a sample of the runs; all of
them are made with ``SAGSGANG_CRASH=all`` (``make crash``), and of some scenarios with their names in its place.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict

import pytest

from connectors.errors import ConnectorError
from flows.asked_for import ask_for_case, ask_for_person
from flows.comparing import compare
from foundation.actor import resolve_actor
from foundation.cpr import Cpr
from foundation.errors import SagsgangError
from tests.crash.auditing import audit_scenario
from tests.crash.conftest import IS_WHOLE, Stages
from tests.crash.judging import Verdict, judge
from tests.crash.nursery import load
from tests.crash.scenarios import BY_NAME, SCENARIOS, Ready, Scenario, has_new_item, make_ready
from tests.crash.stage import Stage
from tests.crash.tallies import PROPERTY, Tally
from tests.crash.trials import AFTERWARDS, ROUTES, Trial, all_trials, routes, sample, unknown_calls

_WANTED = os.environ.get("SAGSGANG_CRASH", "")
_LOTS = [each.name for each in SCENARIOS if _WANTED == "all" or each.name in _WANTED.split(",")] or ["sample"]
#: Of all runs of a scenario only these (``crash``, ``fault``, ``both``), so that a part can be had in less time.
_FAMILIES = frozenset(os.environ.get("SAGSGANG_CRASH_RUNS", "crash,fault,both").split(","))
#: What fails is told, but not for hours.
_MOST_FAILURES = 8
#: Citizens that a run is tried with until one leads the worker the way that was counted.
_MOST_CITIZENS = 8
#: Runs between two lines that tell how far it is.
_TELL_EVERY = 200

pytestmark = [pytest.mark.crash, pytest.mark.slow, pytest.mark.timeout(6 * 3600 if IS_WHOLE else 600)]


@pytest.mark.parametrize("lot", _LOTS)
def test_nothing_happens_twice_and_nothing_is_lost(
    lot: str,
    stages: Stages,
    record_property: Callable[[str, object], None],
    capfd: pytest.CaptureFixture[str],
) -> None:
    scenarios = SCENARIOS if lot == "sample" else (BY_NAME[lot],)
    trials: dict[str, list[Trial]] = {}
    tallies: dict[str, Tally] = {}
    met: set[str] = set()
    for scenario in scenarios:
        points = _count(stages.of(scenario), scenario)
        trials[scenario.name] = all_trials(scenario.name, points)
        calls = sum(len(routes([point])) for point in points)
        tallies[scenario.name] = Tally(scenario.name, stages.kind, len(points), calls)
        met |= routes(points)
    whole = [each for each in trials.get(lot, ()) if each.family in _FAMILIES]
    chosen = sample(trials, salt=stages.kind) if lot == "sample" else whole
    assert chosen, f"there are no runs of the kinds {sorted(_FAMILIES)}"
    for trial in chosen:
        tallies[trial.scenario].left += 1
    tell = _Telling(capfd, tallies)
    failures = _try_all(stages, chosen, tell)
    record_property(PROPERTY, json.dumps([asdict(tally) for tally in tallies.values()]))
    assert not failures, f"{len(failures)} runs failed\n" + "\n".join(failures)
    for stage in stages.all():
        tell.say(audit_scenario(stage, f"after all runs of {lot}"))
    if lot == "sample":
        missing = set(ROUTES.values()) - AFTERWARDS - met
        assert not missing, f"no scenario makes these calls: {missing}"


class _Telling:
    """Lines for whoever watches the whole matrix; a sample is over before anybody wonders."""

    def __init__(self, capfd: pytest.CaptureFixture[str], tallies: dict[str, Tally]) -> None:
        self._capfd = capfd
        self.tallies = tallies

    def passed(self, tally: Tally) -> None:
        """One more run was judged."""
        if tally.left == 0 or tally.runs.get("all", 0) % _TELL_EVERY == 0:
            self.say(tally.to_line())

    def say(self, line: str) -> None:
        """To the screen, whatever pytest keeps to itself."""
        if IS_WHOLE:
            with self._capfd.disabled():
                sys.stderr.write(f"\n{time.strftime('%H:%M:%S')} {line}")
                sys.stderr.flush()


def _try_all(stages: Stages, chosen: list[Trial], tell: _Telling) -> list[str]:
    """Make all runs; returns what did not hold."""
    failures: list[str] = []
    for trial in chosen:
        tally, since = tell.tallies[trial.scenario], time.monotonic()
        try:
            verdict = _try(stages.of(BY_NAME[trial.scenario]), BY_NAME[trial.scenario], trial)
            tally.tried(trial, verdict, since=since)
        except AssertionError as error:
            failures.append(str(error).partition("\nassert")[0])
            tally.tried(trial, None, since=since)
            tell.say(failures[-1])
        tell.passed(tally)
        if len(failures) >= _MOST_FAILURES:
            break
    return failures


def _count(stage: Stage, scenario: Scenario) -> list[str]:
    """The points of a worker that nothing happens to, and that is judged like all others."""
    ready = make_ready(stage, scenario)
    report = _raise(stage, scenario, ready, Trial(scenario.name, "count"))
    points = stage.nursery.points()
    assert report.get("code") == 0, f"{scenario.name}: {report} {stage.nursery.log()[-2000:]}"
    assert not unknown_calls(points), f"{scenario.name}: name the routes of {unknown_calls(points)} in trials.ROUTES"
    _recover(stage, scenario, ready)
    # Once more changes nothing.
    _recover(stage, scenario, ready)
    verdict = judge(stage, scenario, ready, f"{scenario.name}, undisturbed")
    assert verdict.is_clean, f"{scenario.name}: a person was asked although nothing went wrong"
    _give_back(stage, scenario, ready, verdict)
    return points


def _try(stage: Stage, scenario: Scenario, trial: Trial) -> Verdict:
    """One run. What a citizen's case holds may lead the worker past other points; then another citizen's is tried."""
    at = ""
    for _ in range(_MOST_CITIZENS):
        verdict, at = _try_once(stage, scenario, trial)
        if trial.fault is not None or at in {trial.at, ""}:
            return verdict
    raise AssertionError(f"{trial}: no worker took the way of the one that counted; the last was at {at}")


def _try_once(stage: Stage, scenario: Scenario, trial: Trial) -> tuple[Verdict, str]:
    """The verdict, and the name of the point at which the worker was struck."""
    ready = make_ready(stage, scenario)
    if trial.fault is not None:
        stage.town.spoil(trial.fault.route, trial.fault.kind.value, skip=trial.fault.skip)
    report = _raise(stage, scenario, ready, trial)
    try:
        at = _take_over(stage, scenario, ready, trial, report)
    finally:
        struck = stage.town.heal() if trial.fault is not None else 0
    if trial.fault is not None:
        assert struck, f"{trial}: the fault was never met"
        # Once more, now that all systems are well.
        _recover(stage, scenario, ready)
    verdict = judge(stage, scenario, ready, str(trial))
    assert verdict.is_clean or not trial.asks_nobody, f"{trial}: a person was asked about what can be looked up"
    _give_back(stage, scenario, ready, verdict)
    return verdict, at


def _raise(stage: Stage, scenario: Scenario, ready: Ready, trial: Trial) -> dict[str, object]:
    return stage.nursery.run(
        stage.settings,
        act=trial.act,
        point=trial.point,
        until=trial.until,
        robot=scenario.robot,
        what=scenario.act,
        about=scenario.about(ready.citizens),
    )


def _take_over(stage: Stage, scenario: Scenario, ready: Ready, trial: Trial, report: dict[str, object]) -> str:
    if trial.act == "none" or (trial.fault is not None and report["end"] == "exited"):
        # A fault may end a run before its point is reached.
        _recover(stage, scenario, ready)
        return ""
    wanted = "killed" if trial.act == "kill" else "stopped"
    assert report["end"] == wanted, f"{trial}: {report} {stage.nursery.log()[-600:]}"
    (at,) = stage.nursery.points()
    pid = report["pid"]
    assert isinstance(pid, int)
    if trial.act == "kill":
        stage.recovery.wait_until_gone(pid)
    else:
        # A process that sleeps within a write transaction on SQLite keeps everybody from writing until it wakes.
        if not (at == "before commit" and stage.is_sqlite):
            _recover(stage, scenario, ready)
        assert stage.nursery.wake(pid)["end"] == "exited", f"{trial}: the worker woke and did not end"
    _recover(stage, scenario, ready)
    return at


def _recover(stage: Stage, scenario: Scenario, ready: Ready) -> None:
    recovery = stage.recovery
    match scenario.act:
        case "sweep":
            recovery.go_through(scenario.robot)
        case "compare":
            recovery.go_through(scenario.robot, compare)
        case "person" | "case" if not has_new_item(stage, ready):
            _ask_again(stage, scenario, ready)
        case _:
            pass
    recovery.finish(scenario.robot)


def _ask_again(stage: Stage, scenario: Scenario, ready: Ready) -> None:
    """Whoever asked sees that nothing came of it."""
    recovery, about = stage.recovery, scenario.about(ready.citizens)
    robot, starter = load(scenario.robot), resolve_actor(recovery.settings, chosen="dorthe")
    try:
        if scenario.act == "person":
            ask_for_person(recovery.composition, robot, starter, Cpr.parse(about))
        else:
            ask_for_case(recovery.composition, robot, starter, about)
    except (ConnectorError, SagsgangError):
        # The system still errs; he asks once more when it is well.
        return


def _give_back(stage: Stage, scenario: Scenario, ready: Ready, verdict: Verdict) -> None:
    """Whose case stands as CPR has it may be in a later run; a sweep finds whatever is left all the same."""
    if (verdict.is_clean and scenario.leaves_no_trace) or scenario.goes_through_all:
        stage.town.give_back(ready.citizens)
