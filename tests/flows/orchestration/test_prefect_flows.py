"""A robot through Prefect, end to end, against the simulated municipality: one journey, looked at from all sides."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from flows.deployments import DEPLOYMENTS

# A Prefect server starts first: a minute on a busy machine.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@dataclass(frozen=True)
class Journey:
    facts: dict[str, Any]
    out: str
    err: str


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Journey:
    folder = tmp_path_factory.mktemp("journey")
    program, facts = Path(__file__).with_name("journey.py"), folder / "facts.json"
    done = subprocess.run(  # noqa: S603 - our own program beside this file.
        [sys.executable, str(program), str(folder), str(facts)],
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return Journey(json.loads(facts.read_text(encoding="utf-8")), done.stdout, done.stderr)


def test_prefect_is_imported_only_when_a_run_is_wanted(journey: Journey) -> None:
    assert not journey.facts["prefect_before"]


def test_items_are_handled(journey: Journey) -> None:
    assert sum(journey.facts["counts"].values()) == 3
    assert sum(journey.facts["items"].values()) == 3
    assert "in_progress" not in journey.facts["items"]


def test_our_run_carries_the_id_of_the_flow_run(journey: Journey) -> None:
    # The last flow run failed before it had a run of ours.
    assert set(journey.facts["flow_runs_in_our_table"]) <= set(journey.facts["flow_run_ids"])
    assert len(journey.facts["flow_runs_in_our_table"]) == 2


def test_the_timeline_shows_collecting_and_working(journey: Journey) -> None:
    assert journey.facts["tasks"] == ["behandl opgaver", "hent nye opgaver"]


def test_prefect_repeats_nothing(journey: Journey) -> None:
    assert journey.facts["retries"] == [0]


def test_a_run_that_ends_well_is_completed(journey: Journey) -> None:
    assert journey.facts["states"][:2] == [["COMPLETED", "OK"], ["COMPLETED", "OK"]]


def test_a_run_that_got_no_new_work_in_is_failed_with_our_code(journey: Journey) -> None:
    assert journey.facts["collect_error"]
    assert journey.facts["states"][2] == ["FAILED", journey.facts["collect_error"]]


def test_a_fault_is_failed_with_its_kind_and_reaches_the_caller_as_itself(journey: Journey) -> None:
    assert journey.facts["states"][3] == ["FAILED", "ValueError"]
    assert journey.facts["raised"] == "its own"


def test_nothing_personal_reaches_prefect(journey: Journey) -> None:
    assert not journey.facts["is_personal"]
    assert journey.facts["logs"] == []


def test_parameters_are_a_fixed_list_of_opaque_values(journey: Journey) -> None:
    assert journey.facts["flow_parameters"] == ["robot", "as_person", "limit"]
    assert all(set(parameters) <= set(journey.facts["flow_parameters"]) for parameters in journey.facts["parameters"])


def test_a_parameter_that_looks_like_a_person_is_refused(journey: Journey) -> None:
    assert journey.facts["refuses"] == [True, True, True]


def test_every_parameter_of_a_deployment_is_one_of_the_flow(journey: Journey) -> None:
    for deployment in DEPLOYMENTS:
        assert set(deployment.flow_parameters) <= set(journey.facts["flow_parameters"])


def test_the_second_run_waits_for_no_server(journey: Journey) -> None:
    assert len(journey.facts["told"]) == 1
    assert journey.facts["seconds_again"] < 10


def test_telemetry_is_off(journey: Journey) -> None:
    environment = journey.facts["environment"]
    assert environment["DO_NOT_TRACK"] == "1"
    assert environment["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert environment["PREFECT_SERVER_UI_V2_ENABLED"] == "false"


def test_the_address_of_our_own_server_is_not_left_in_the_environment(journey: Journey) -> None:
    assert journey.facts["api"] is None


def test_a_schedule_makes_runs(journey: Journey) -> None:
    # With SQLAlchemy 2.1 the server of Prefect 3.8 answers 500 here, and nothing is ever scheduled.
    assert journey.facts["schedule_answer"] == 200


def test_a_pool_is_drained_and_resumed_and_an_unknown_one_named_as_such(journey: Journey) -> None:
    assert journey.facts["pools"] == [
        *(0, [True, 0, True], [False, 0, False], "unknown_pool"),
        # A run that died with its worker is not waited for.
        [0, 0],
    ]


def test_a_sweep_runs_through_prefect_and_fails_with_our_code(journey: Journey) -> None:
    assert journey.facts["swept"] == ["COMPLETED", "OK", "FAILED", "unknown_robot"]


def test_a_run_that_nobody_is_at_work_on_is_called_crashed_once(journey: Journey) -> None:
    # One says that it is running, and one that it is about to.
    assert journey.facts["mended"] == [0, 2, 0]
    assert journey.facts["zombie"] == "CRASHED"


def test_what_was_missed_is_dropped_once_but_for_the_latest(journey: Journey) -> None:
    first, second = journey.facts["dropped"]
    assert first > 3
    assert second == 0


def test_a_run_makes_up_for_all_that_was_missed_and_leaves_what_a_person_asked_for(journey: Journey) -> None:
    first, second, asked_for = journey.facts["made_up"]
    assert first > 3
    assert second == 0
    assert asked_for == "SCHEDULED"


def test_a_deployment_names_the_installed_module_and_cancels_what_overlaps(journey: Journey) -> None:
    assert journey.facts["entrypoint"] == "flows.prefect_flows.run_robot_flow"
    assert "CANCEL_NEW" in journey.facts["options"]


def test_nothing_is_printed_but_our_own_log(journey: Journey) -> None:
    assert journey.out == ""
    lines = [json.loads(line) for line in journey.err.splitlines()]
    assert {line["logger"].split(".")[0] for line in lines} == {"flows"}
