"""A policy is put forward by one person and put in force by another, and the record tells both."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from casework.errors import ApprovalRefusedError, ReasonMissingError, TransitionRefusedError, UnknownItemError
from casework.policies import (
    PolicyView,
    list_policies,
    policy_in_force,
    propose_policy,
    put_in_force,
    reject_policy,
)
from casework.states import PolicyState
from casework.workplace import Workplace
from foundation.actor import Actor, Role
from foundation.errors import NotAllowedError
from tests.concurrency import at_once
from tests.workbench import ANNE, BO, ROBOT, db_id, event_types, events, person, raw, rows

DORTHE = person("dorthe", Role.DIGITAL_AGENT)
FRIDA = person("frida", Role.ROBOTEJER)
GERDA = person("gerda", Role.ROBOTEJER)


def _any(_body: str) -> None:
    """A robot that understands everything."""


def _propose(place: Workplace, body: str = '{"a":1}', *, actor: Actor = DORTHE, robot: str = ROBOT) -> PolicyView:
    return propose_policy(place, robot=robot, body=body, actor=actor, reason="Vi begynder forsigtigt.", validate=_any)


def _put(place: Workplace, policy: PolicyView, *, actor: Actor = FRIDA) -> PolicyView:
    return put_in_force(place, policy.id, actor=actor, reason="Enig.", validate=_any)


def _in_force(place: Workplace, robot: str = ROBOT) -> PolicyView | None:
    with place.database.read() as session:
        return policy_in_force(session, robot=robot)


def test_without_a_decision_no_policy_is_in_force(place: Workplace) -> None:
    assert _in_force(place) is None
    _propose(place)
    assert _in_force(place) is None


def test_a_policy_that_was_put_in_force_is_the_one_the_robot_follows(place: Workplace) -> None:
    policy = _put(place, _propose(place))
    assert _in_force(place) == policy
    assert (policy.version, policy.body, policy.proposed_by, policy.decided_by) == (1, '{"a":1}', "dorthe", "frida")
    assert _in_force(place, "another") is None


def test_the_next_policy_supersedes_the_one_in_force(place: Workplace) -> None:
    first = _put(place, _propose(place))
    second = _put(place, _propose(place, '{"a":2}'))
    assert _in_force(place) == second
    with place.database.read() as session:
        known = {policy.id: policy for policy in list_policies(session, robot=ROBOT)}
    assert known[first.id].state is PolicyState.SUPERSEDED
    assert [policy.version for policy in known.values()] == [2, 1]


def test_versions_are_counted_per_robot(place: Workplace) -> None:
    assert [_propose(place).version, _propose(place).version, _propose(place, robot="another").version] == [1, 2, 1]
    with place.database.read() as session:
        assert len(list_policies(session)) == 3


def test_a_rejected_policy_leaves_the_one_in_force(place: Workplace) -> None:
    first = _put(place, _propose(place))
    second = reject_policy(place, _propose(place).id, actor=FRIDA, reason="For vidt.")
    assert (second.state, _in_force(place)) == (PolicyState.REJECTED, first)


def test_nobody_decides_on_his_own_proposal(place: Workplace) -> None:
    policy = _propose(place, actor=FRIDA)
    with pytest.raises(ApprovalRefusedError, match="frida"):
        _put(place, policy)
    with pytest.raises(ApprovalRefusedError, match="frida"):
        reject_policy(place, policy.id, actor=FRIDA, reason="Fortrudt.")
    assert _put(place, policy, actor=GERDA).state is PolicyState.IN_FORCE


@pytest.mark.parametrize("actor", [ANNE, BO, person("carla", Role.REVISOR)], ids=lambda actor: actor.id)
def test_without_the_role_nobody_proposes(place: Workplace, actor: Actor) -> None:
    with pytest.raises(NotAllowedError, match="robotejer"):
        _propose(place, actor=actor)


@pytest.mark.parametrize("actor", [ANNE, BO, person("else", Role.DIGITAL_AGENT)], ids=lambda actor: actor.id)
def test_only_the_robots_owner_decides(place: Workplace, actor: Actor) -> None:
    policy = _propose(place)
    with pytest.raises(NotAllowedError, match="robotejer"):
        _put(place, policy, actor=actor)
    with pytest.raises(NotAllowedError, match="robotejer"):
        reject_policy(place, policy.id, actor=actor, reason="Nej.")
    assert _in_force(place) is None


def test_a_policy_is_decided_once(place: Workplace) -> None:
    policy = _put(place, _propose(place))
    with pytest.raises(TransitionRefusedError, match="in_force"):
        reject_policy(place, policy.id, actor=FRIDA, reason="Fortrudt.")
    with pytest.raises(UnknownItemError):
        put_in_force(place, uuid4(), actor=FRIDA, reason="Enig.", validate=_any)


def test_a_text_that_the_robot_does_not_understand_is_no_policy(place: Workplace) -> None:
    def refuse(body: str) -> None:
        raise ValueError(f"not mine: {len(body)}")

    with pytest.raises(ValueError, match="not mine"):
        propose_policy(place, robot=ROBOT, body="{}", actor=DORTHE, reason="Prøv.", validate=refuse)
    policy = _propose(place)
    with pytest.raises(ValueError, match="not mine"):
        put_in_force(place, policy.id, actor=FRIDA, reason="Enig.", validate=refuse)
    assert _in_force(place) is None


@pytest.mark.parametrize("reason", ["", " \n"], ids=["none", "blank"])
def test_each_act_needs_a_reason(place: Workplace, reason: str) -> None:
    policy = _propose(place)
    with pytest.raises(ReasonMissingError):
        propose_policy(place, robot=ROBOT, body="{}", actor=DORTHE, reason=reason, validate=_any)
    with pytest.raises(ReasonMissingError):
        put_in_force(place, policy.id, actor=FRIDA, reason=reason, validate=_any)
    with pytest.raises(ReasonMissingError):
        reject_policy(place, policy.id, actor=FRIDA, reason=reason)


def test_the_record_tells_the_digests_before_and_after_and_not_the_reason(place: Workplace) -> None:
    first = _put(place, _propose(place))
    second = _put(place, _propose(place, '{"a":2}'))
    told = events(place)
    assert [body["type"] for body in told] == ["policy.proposed", "policy.put_in_force"] * 2
    assert [body["change"].get("before") for body in told] == [None, None, first.digest(), first.digest()]
    assert [body["change"]["after"] for body in told[2:]] == [second.digest()] * 2
    assert [body["actor"]["id"] for body in told] == ["dorthe", "frida"] * 2
    assert "forsigtigt" not in str(told) + str(rows(place, "SELECT * FROM policy"))


def test_two_who_put_two_policies_in_force_at_once_leave_one_in_force(place: Workplace) -> None:
    _put(place, _propose(place))
    proposals = [_propose(place, f'{{"a":{number}}}') for number in range(3)]

    def putting(policy: PolicyView) -> str:
        try:
            return _put(place, policy).state.value
        except TransitionRefusedError:
            return "refused"

    at_once(*(lambda one=one: putting(one) for one in proposals))
    assert len(rows(place, "SELECT 1 FROM policy WHERE state = 'in_force'")) == 1


def test_two_who_propose_at_once_get_two_versions(place: Workplace) -> None:
    def proposing() -> int:
        try:
            return _propose(place).version
        except TransitionRefusedError:
            return 0

    versions = [version for version in at_once(*[proposing] * 3) if version]
    assert len(set(versions)) == len(versions) > 0
    assert event_types(place).count("policy.proposed") == len(versions)


@pytest.mark.parametrize(
    "act",
    [
        "UPDATE policy SET body = '{}' WHERE id = :id",
        "UPDATE policy SET proposed_by = 'anne' WHERE id = :id",
        "UPDATE policy SET decided_by = 'anne' WHERE id = :id",
        "UPDATE policy SET state = 'proposed', decided_by = NULL, decided_at = NULL WHERE id = :id",
        "DELETE FROM policy WHERE id = :id",
    ],
)
def test_the_database_refuses_to_change_a_policy(place: Workplace, act: str) -> None:
    policy = _put(place, _propose(place))
    with pytest.raises(DBAPIError, match="policy: "):
        raw(place, act, id=db_id(place, policy.id))
    assert _in_force(place) == policy


_INSERT = (
    "INSERT INTO policy (id, robot, version, body, state, proposed_by, proposed_at, reason) "
    "SELECT :id, robot, 7, body, 'in_force', proposed_by, proposed_at, reason FROM policy"
)


def test_the_database_refuses_a_policy_that_nobody_put_forward(place: Workplace) -> None:
    _propose(place)
    with pytest.raises(DBAPIError, match="begins as proposed"):
        raw(place, _INSERT, id=db_id(place, uuid4()))


def test_the_database_refuses_a_policy_written_over_another(place: Workplace) -> None:
    policy = _put(place, _propose(place))
    statement = _INSERT.replace("'in_force'", "'proposed'")
    verb = "INSERT OR REPLACE" if place.database.is_sqlite else "INSERT"
    with pytest.raises(DBAPIError, match="begins as proposed"):
        raw(place, statement.replace("INSERT", verb, 1), id=db_id(place, policy.id))
    assert _in_force(place) == policy


def _decide_raw(place: Workplace, policy_id: UUID, who: str) -> None:
    raw(
        place,
        "UPDATE policy SET state = 'in_force', decided_by = :who, decided_at = proposed_at WHERE id = :id",
        who=who,
        id=db_id(place, policy_id),
    )


def test_the_database_refuses_that_one_person_has_all_four_eyes(place: Workplace) -> None:
    policy = _propose(place)
    with pytest.raises(IntegrityError):
        _decide_raw(place, policy.id, "dorthe")
    assert _in_force(place) is None


def test_the_database_refuses_two_policies_in_force(place: Workplace) -> None:
    _put(place, _propose(place))
    second = _propose(place)
    with pytest.raises(IntegrityError):
        _decide_raw(place, second.id, "frida")
