"""A policy approves only what no rule sets aside for a person, and only while it is in force."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.approvals import Question, approved_proposal, ask
from casework.automatic import approve_by_policy, may_pass
from casework.draws import SIDES, Draw, draw
from casework.errors import ApprovalRefusedError, UnknownItemError
from casework.policies import PolicyView, propose_policy, put_in_force
from casework.proposals import Proposal
from casework.states import ItemState
from casework.workplace import Workplace
from foundation.actor import Role
from tests.workbench import ACTING, ROBOT, add_and_take, events, person, proposal, state_of, take

DORTHE = person("dorthe", Role.DIGITAL_AGENT)
FRIDA = person("frida", Role.ROBOTEJER)
PASSES = Draw(policy_version=1, percent=10, number=1000)
WAITS = Draw(policy_version=1, percent=10, number=999)


def _policy(place: Workplace, *, robot: str = ROBOT) -> PolicyView:
    made = propose_policy(place, robot=robot, body="{}", actor=DORTHE, reason="Prøv.", validate=str)
    return put_in_force(place, made.id, actor=FRIDA, reason="Enig.", validate=str)


def _approve(place: Workplace, asked: Proposal, drawn: Draw = PASSES) -> UUID:
    claimed = add_and_take(place)
    item_id = claimed.lease.item_id
    question = Question(
        proposal=asked,
        robot=ROBOT,
        robot_version="1.0",
        may_approve=frozenset({"godkender"}),
        barred=frozenset({"anne"}),
        valid_for=3600.0,
        draw=drawn,
    )
    with place.database.write() as session:
        approval_id = ask(session, place, claimed.lease, question, acting=ACTING)
        approve_by_policy(session, place, approval_id, item_id=item_id, draw=drawn)
    return item_id


def _may_pass(place: Workplace, asked: Proposal, version: int | None = 1) -> bool:
    with place.database.write() as session:
        return may_pass(session, asked, robot=ROBOT, policy_version=version)


@given(st.integers(0, 100), st.integers(0, SIDES - 1))
def test_of_all_numbers_that_can_be_drawn_as_many_wait_as_the_policy_says(percent: int, number: int) -> None:
    drawn = Draw(policy_version=1, percent=percent, number=number)
    assert drawn.waits == (number < percent * 100)


@pytest.mark.parametrize(("percent", "waits"), [(0, False), (100, True)])
def test_none_and_all_are_certain(percent: int, *, waits: bool) -> None:
    assert {draw(policy_version=1, percent=percent).waits for _ in range(50)} == {waits}


@pytest.mark.parametrize(("percent", "number"), [(-1, 0), (101, 0), (10, SIDES), (10, -1)])
def test_a_draw_that_cannot_be_is_refused(percent: int, number: int) -> None:
    with pytest.raises(ValueError, match="no such draw"):
        Draw(policy_version=1, percent=percent, number=number)


def test_a_proposal_that_passes_goes_on_in_the_policys_name(place: Workplace) -> None:
    _policy(place)
    asked = proposal("r1", "r2")
    item_id = _approve(place, asked)
    assert state_of(place, item_id) is ItemState.NEW
    (claimed,) = take(place)
    assert claimed.approval_id is not None
    with place.database.read() as session:
        approved = approved_proposal(session, claimed.approval_id)
    assert (approved.proposal, approved.approved_by) == (asked, "policy:1")


def test_the_trail_tells_policy_and_draw_with_the_proposal_and_with_the_decision(place: Workplace) -> None:
    _policy(place)
    asked = proposal()
    item_id = _approve(place, asked)
    told = {body["type"]: body for body in events(place, item_id)}
    drawn = {"policy": 1, "percent": 10, "draw": 1000}
    assert drawn.items() <= told["decision.proposed"]["facts"].items()
    assert told["decision.proposed"]["facts"]["sampled"] is False
    assert drawn.items() <= told["decision.made"]["facts"].items()
    assert told["decision.made"]["decision"] == {"inputsDigest": asked.digest(), "humanReview": "policy"}
    assert told["decision.made"]["actor"] == {"kind": "system", "id": "policy:1", "established": "program"}
    assert "item.awaiting_approval" in told


def test_what_was_drawn_is_not_approved_by_the_policy(place: Workplace) -> None:
    _policy(place)
    with pytest.raises(ApprovalRefusedError):
        _approve(place, proposal(), WAITS)


@pytest.mark.parametrize("ruling", ["APPLY_REVIEW", "TASK", ""])
def test_a_row_that_needs_review_waits_for_a_person(place: Workplace, ruling: str) -> None:
    _policy(place)
    asked = proposal("r1", "r2")
    reviewed = replace(asked, rows=(asked.rows[0], replace(asked.rows[1], ruling=ruling)))
    assert not _may_pass(place, reviewed)
    with pytest.raises(ApprovalRefusedError):
        _approve(place, reviewed)


def test_a_proposal_that_needs_a_role_waits_for_a_person(place: Workplace) -> None:
    _policy(place)
    assert not _may_pass(place, proposal(needs_role="beskyttede_adresser"))


def test_a_protected_row_waits_for_a_person_also_when_the_robot_names_no_role(place: Workplace) -> None:
    _policy(place)
    asked = proposal()
    assert not _may_pass(place, replace(asked, rows=(replace(asked.rows[0], is_protected=True),)))


def test_a_proposal_without_rows_waits_for_a_person(place: Workplace) -> None:
    _policy(place)
    assert not _may_pass(place, replace(proposal(), rows=()))


@pytest.mark.parametrize("version", [None, 2])
def test_without_the_very_policy_in_force_a_person_decides(place: Workplace, version: int | None) -> None:
    _policy(place)
    assert _may_pass(place, proposal())
    assert not _may_pass(place, proposal(), version)


def test_a_policy_that_was_superseded_meanwhile_approves_nothing(place: Workplace) -> None:
    _policy(place)
    _policy(place)
    with pytest.raises(ApprovalRefusedError):
        _approve(place, proposal())


def test_another_robots_policy_approves_nothing(place: Workplace) -> None:
    _policy(place, robot="another")
    with pytest.raises(ApprovalRefusedError):
        _approve(place, proposal())


def test_a_refused_passage_leaves_the_item_as_it_was(place: Workplace) -> None:
    with pytest.raises(ApprovalRefusedError):
        _approve(place, proposal())
    assert [body["type"] for body in events(place)][-1] == "item.claimed"


def test_an_item_that_does_not_wait_for_it_is_not_approved(place: Workplace) -> None:
    claimed = add_and_take(place)
    with pytest.raises(UnknownItemError), place.database.write() as session:
        approve_by_policy(session, place, UUID(int=1), item_id=claimed.lease.item_id, draw=PASSES)
