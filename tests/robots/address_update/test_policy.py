"""What a municipality may decide, and what it may not."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from connectors.records import PartyRole
from robots.address_update.policy import Mode, Policy, is_in_kle
from robots.address_update.reasons import Reason


def test_without_a_policy_every_row_waits_for_a_person() -> None:
    assert all(Policy().mode_of(reason) is Mode.APPROVE_ALL for reason in Reason)


def test_a_rule_has_its_own_mode_and_the_others_the_default() -> None:
    policy = Policy(modes={"ADR-01": Mode.SAMPLE}, default_mode=Mode.SHADOW)
    assert policy.mode_of(Reason.MOVE) is Mode.SAMPLE
    assert policy.mode_of(Reason.NAME) is Mode.SHADOW


def test_a_policy_comes_back_from_its_json_as_it_was() -> None:
    policy = Policy(
        municipality_code="0851",
        modes={"ADR-09": Mode.SAMPLE},
        roles=frozenset({PartyRole.PRIMARY}),
        keeps_kle=frozenset({"27"}),
    )
    assert Policy.model_validate_json(policy.model_dump_json()) == policy


@pytest.mark.parametrize(
    "text",
    [
        '{"municipality_code": "851"}',
        '{"sample_percent": 0}',
        '{"modes": {"ADR-01": "always"}}',
        '{"reminder_days": 0}',
        '{"approve_everything": true}',
        '{"roles": ["neighbour"]}',
        '{"mode',
    ],
)
def test_a_policy_that_says_something_unknown_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        Policy.model_validate_json(text)


@pytest.mark.parametrize(
    ("kle", "group", "is_in"),
    [
        ("27.12.00", "27", True),
        ("27.12.00", "27.12", True),
        ("27.12.00", "27.12.00", True),
        ("27.12.00-G01", "27.12.00", True),
        ("27.12.00", "27.1", False),
        ("27.12.00", "2", False),
        ("127.12.00", "27", False),
        (None, "27", False),
    ],
)
def test_a_case_lies_in_a_kle_group_by_whole_parts(kle: str | None, group: str, *, is_in: bool) -> None:
    assert is_in_kle(kle, frozenset({group})) is is_in
    assert not is_in_kle(kle, frozenset())
