"""What is put into service must exist. That Prefect takes the schedules, test_prefect_flows tells."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from flows.deployments import DEPLOYMENTS, Deployment
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
