"""The crash matrix: every scenario, with its worker killed, paused or lied to at every point.

A worker is raised that dies, falls asleep, or meets a system that errs. A colleague recovers. Then what the
municipality truly received is held against what our own record says. ``make test`` makes a sample of the runs; all of
them are made with ``SAGSGANG_CRASH=all`` (``make crash``), and of some scenarios with their names in its place.
"""

from __future__ import annotations

import os

import pytest

from tests.crash.judging import Verdict, judge
from tests.crash.scenarios import BY_NAME, SCENARIOS, Scenario, make_ready
from tests.crash.stage import Stage
from tests.crash.tallies import Tallies
from tests.crash.trials import Trial, all_trials, sample, unknown_calls

_WANTED = os.environ.get("SAGSGANG_CRASH", "")
_IS_WHOLE = bool(_WANTED)
_LOTS = [each.name for each in SCENARIOS if _WANTED == "all" or each.name in _WANTED.split(",")] or ["sample"]
#: What fails is told, but not for hours.
_MOST_FAILURES = 8

pytestmark = [pytest.mark.crash, pytest.mark.slow, pytest.mark.timeout(6 * 3600 if _IS_WHOLE else 600)]


@pytest.mark.parametrize("lot", _LOTS)
def test_nothing_happens_twice_and_nothing_is_lost(lot: str, stages: dict[str, Stage], tallies: Tallies) -> None:
    scenarios = SCENARIOS if lot == "sample" else (BY_NAME[lot],)
    failures: list[str] = []
    trials: dict[str, list[Trial]] = {}
    for scenario in scenarios:
        points = _count(stages[scenario.act], scenario)
        trials[scenario.name] = all_trials(scenario.name, points)
        tallies.counted(scenario.name, points)
    chosen = sample(trials, salt=tallies.database) if lot == "sample" else trials[lot]
    for trial in chosen:
        try:
            verdict = _try(stages[BY_NAME[trial.scenario].act], BY_NAME[trial.scenario], trial)
            tallies.tried(trial, verdict)
        except AssertionError as error:
            failures.append(str(error).partition("\nassert")[0])
            tallies.failed(trial, failures[-1])
        if len(failures) >= _MOST_FAILURES:
            break
    assert not failures, f"{len(failures)} runs failed\n" + "\n".join(failures)


def _count(stage: Stage, scenario: Scenario) -> list[str]:
    """The points that an undisturbed worker passes, in their order."""
    ready = make_ready(stage, scenario)
    report = stage.nursery.run(stage.settings, act="count", robot=scenario.robot, what=scenario.act)
    points = stage.nursery.points()
    assert report.get("code") == 0, f"{scenario.name}: {report} {stage.nursery.log()[-2000:]}"
    assert not unknown_calls(points), f"{scenario.name}: name the routes of {unknown_calls(points)} in trials.ROUTES"
    _recover(stage, scenario)
    verdict = judge(stage, scenario, ready, f"{scenario.name}, undisturbed")
    assert verdict.is_clean, f"{scenario.name}: a person was asked although nothing went wrong"
    _give_back(stage, scenario, ready.citizens, verdict)
    return points


def _try(stage: Stage, scenario: Scenario, trial: Trial) -> Verdict:
    ready = make_ready(stage, scenario)
    if trial.fault is not None:
        stage.town.spoil(trial.fault.route, trial.fault.kind.value, skip=trial.fault.skip)
    report = stage.nursery.run(
        stage.settings, act=trial.act, point=trial.point, robot=scenario.robot, what=scenario.act
    )
    try:
        _take_over(stage, scenario, trial, report)
    finally:
        struck = stage.town.heal()
    if trial.fault is not None:
        assert struck, f"{trial}: the fault was never met"
    # Once more, now that all systems are well.
    _recover(stage, scenario)
    verdict = judge(stage, scenario, ready, str(trial))
    _give_back(stage, scenario, ready.citizens, verdict)
    return verdict


def _take_over(stage: Stage, scenario: Scenario, trial: Trial, report: dict[str, object]) -> None:
    if trial.act == "none" or (trial.fault is not None and report["end"] == "exited"):
        # A fault may end a run before its point is reached.
        _recover(stage, scenario)
        return
    wanted = "killed" if trial.act == "kill" else "stopped"
    assert report["end"] == wanted, f"{trial}: {report} {stage.nursery.log()[-600:]}"
    (at,) = stage.nursery.points()
    if trial.fault is None:
        assert at == trial.at, f"{trial}: the worker took another way than the one that counted, and was at {at}"
    if trial.act == "stop":
        # A process that sleeps within a write transaction on SQLite keeps everybody from writing until it wakes.
        if not (at == "before commit" and stage.is_sqlite):
            _recover(stage, scenario)
        pid = report["pid"]
        assert isinstance(pid, int)
        assert stage.nursery.wake(pid)["end"] == "exited", f"{trial}: the worker woke and did not end"
    _recover(stage, scenario)


def _recover(stage: Stage, scenario: Scenario) -> None:
    if scenario.act == "sweep":
        stage.recovery.sweep(scenario.robot)
    stage.recovery.finish(scenario.robot)


def _give_back(stage: Stage, scenario: Scenario, citizens: list[dict[str, object]], verdict: Verdict) -> None:
    """Whose case stands as CPR has it may be in a later run; a sweep finds whatever is left all the same."""
    if (verdict.is_clean and scenario.leaves_no_trace) or scenario.act == "sweep":
        stage.town.give_back(citizens)
