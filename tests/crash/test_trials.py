"""Choosing the runs of the crash matrix."""

from __future__ import annotations

from collections import Counter
from itertools import product

from connectors.simulated.faults import FaultKind
from tests.crash.trials import UNTIL, Fault, all_trials, sample, unknown_calls

_POINTS = (
    "before commit",
    "after commit",
    "before PUT /nova/api/Case/GetList",
    "after PUT /nova/api/Case/GetList",
    "before commit",
    "after commit",
    "before PATCH /nova/api/Case/Update",
    "after PATCH /nova/api/Case/Update",
    "before commit",
    "after commit",
)
_TRIALS = {name: all_trials(name, _POINTS) for name in ("one", "two")}


def test_every_point_is_met_by_a_killed_and_by_a_stopped_worker() -> None:
    crashes = {(trial.act, trial.point) for trial in _TRIALS["one"] if trial.family == "crash"}
    assert crashes == {(act, number) for act in ("kill", "stop") for number in range(len(_POINTS))}


def test_a_write_meets_every_kind_of_fault() -> None:
    met = {
        trial.fault.kind
        for trial in _TRIALS["one"]
        if trial.family == "fault" and trial.fault is not None and trial.fault.route == "nova.case.update"
    }
    assert met == set(FaultKind)


def test_a_worker_that_met_a_fault_is_struck_in_every_way_before_and_after_it_writes_that_down() -> None:
    met = Counter(
        (trial.act, trial.until)
        for trial in _TRIALS["one"]
        if trial.fault == Fault("nova.case.update", FaultKind.BROKEN, 0) and trial.family == "both"
    )
    assert met == Counter(product(("kill", "stop"), UNTIL))


def test_a_reading_meets_no_conflict() -> None:
    met = {
        trial.fault.kind
        for trial in _TRIALS["one"]
        if trial.fault is not None and trial.fault.route == "nova.case.get_list"
    }
    assert FaultKind.CONFLICT not in met
    assert FaultKind.GARBLED in met


def test_the_sample_shows_everything_that_the_whole_shows() -> None:
    whole = frozenset[str]().union(*(trial.features for own in _TRIALS.values() for trial in own))
    chosen = sample(_TRIALS, salt="sqlite")
    assert frozenset[str]().union(*(trial.features for trial in chosen)) == whole
    assert len(chosen) < sum(len(own) for own in _TRIALS.values()) / 2


def test_the_sample_is_the_same_every_time_and_another_for_another_database() -> None:
    assert sample(_TRIALS, salt="sqlite") == sample(_TRIALS, salt="sqlite")
    assert sample(_TRIALS, salt="sqlite") != sample(_TRIALS, salt="postgresql")


def test_a_call_whose_route_is_not_known_is_named() -> None:
    assert unknown_calls([*_POINTS, "before GET /sms/send"]) == {"before GET /sms/send"}
