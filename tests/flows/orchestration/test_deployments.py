"""What is put into service must exist. That Prefect takes the schedules, test_prefect_flows tells."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from flows.deployments import DEPLOYMENTS, Deployment, deployments_of
from foundation.errors import ConfigurationError
from foundation.settings import Settings, load_settings
from robots.registry import load_robot

_FIELD = re.compile(r"\*(/\d+)?|\d+(-\d+)?(,\d+(-\d+)?)*")

every_deployment = pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment.name)


@every_deployment
def test_its_robot_exists(deployment: Deployment) -> None:
    assert load_robot(deployment.robot).card.name == deployment.robot


@every_deployment
def test_its_schedules_are_cron_lines_of_five_fields(deployment: Deployment) -> None:
    for line in deployment.schedules:
        fields = line.split()
        assert len(fields) == 5
        assert all(_FIELD.fullmatch(field) for field in fields), line


@every_deployment
def test_it_is_described_and_says_how_many_may_run(deployment: Deployment) -> None:
    assert deployment.description.endswith(".")
    assert deployment.at_once >= 1


def test_no_two_have_the_same_name() -> None:
    assert max(Counter(deployment.full_name for deployment in DEPLOYMENTS).values()) == 1


def _sweeps(settings: Settings) -> list[Deployment]:
    return [one for one in deployments_of(settings) if one.is_sweep]


def test_a_sweep_runs_by_itself_only_where_somebody_has_said_when(settings: Settings) -> None:
    assert {one.schedules for one in _sweeps(settings)} == {()}
    monthly = _sweeps(load_settings(data_dir=settings.data_dir, sweep_schedule="15 22 1 * *"))
    assert {one.schedules for one in monthly} == {("15 22 1 * *",)}
    assert {one.full_name for one in monthly} == {"sagsgang-gennemgang/address_update_sweep"}


def test_what_is_no_sweep_keeps_its_schedule(settings: Settings) -> None:
    runs = [one for one in deployments_of(settings) if not one.is_sweep]
    assert runs == [one for one in DEPLOYMENTS if not one.is_sweep]
    assert all(one.schedules for one in runs)


@pytest.mark.parametrize("line", ["hver nat", "15 22 1 *", "15 22 1 * * *", "@monthly"])
def test_a_schedule_that_is_none_is_refused(settings: Settings, line: str) -> None:
    with pytest.raises(ConfigurationError, match="SAGSGANG_SWEEP_SCHEDULE"):
        load_settings(data_dir=settings.data_dir, sweep_schedule=line)
