"""A stopped intake goes on once, and only when a second person lets it."""

import pytest

from casework.acceptances import accept, use_acceptance
from casework.errors import ReasonMissingError
from casework.states import AcceptanceKind
from casework.workplace import Workplace
from foundation.actor import Actor, Role
from foundation.errors import NotAllowedError
from tests.concurrency import at_once
from tests.workbench import ACTING, ANNE, BO, ROBOT, RUN, events, person, rows

GAP = AcceptanceKind.GAP
MARK = "sf6002:4711"
DORTHE = person("dorthe", Role.DIGITAL_AGENT)


def _accept(
    place: Workplace, *, actor: Actor = BO, what: AcceptanceKind = GAP, reason: str = "Hændelserne er sendt."
) -> None:
    accept(place, robot=ROBOT, what=what, mark=MARK, actor=actor, reason=reason)


def _use(place: Workplace, *, starter: str = "dorthe", mark: str = MARK, robot: str = ROBOT) -> bool:
    with place.database.write() as session:
        return use_acceptance(session, place, robot=robot, what=GAP, mark=mark, starter=starter, acting=ACTING)


def test_without_an_acceptance_nothing_goes_on(place: Workplace) -> None:
    assert not _use(place)
    assert events(place) == []


def test_an_acceptance_is_used_once(place: Workplace) -> None:
    _accept(place)
    assert _use(place)
    assert not _use(place)


def test_two_runs_at_once_use_one_acceptance_once(place: Workplace) -> None:
    _accept(place)
    assert sorted(at_once(lambda: _use(place), lambda: _use(place))) == [False, True]


def test_nobody_lets_his_own_run_go_on(place: Workplace) -> None:
    _accept(place, actor=DORTHE)
    assert not _use(place, starter="dorthe")
    assert _use(place, starter="anne")


@pytest.mark.parametrize("other", [{"mark": "sf6002:4712"}, {"robot": "another"}], ids=["mark", "robot"])
def test_an_acceptance_is_for_one_robot_and_one_mark(place: Workplace, other: dict[str, str]) -> None:
    _accept(place)
    assert not _use(place, **other)


def test_an_acceptance_of_a_mass_change_is_none_of_a_gap(place: Workplace) -> None:
    _accept(place, what=AcceptanceKind.MASS_CHANGE)
    assert not _use(place)


def test_an_acceptance_that_is_rolled_back_is_not_used(place: Workplace) -> None:
    _accept(place)

    def fail() -> None:
        with place.database.write() as session:
            assert use_acceptance(session, place, robot=ROBOT, what=GAP, mark=MARK, starter="dorthe", acting=ACTING)
            raise RuntimeError("the intake failed")

    with pytest.raises(RuntimeError):
        fail()
    assert _use(place)


def test_accepting_needs_a_role_and_a_reason(place: Workplace) -> None:
    with pytest.raises(NotAllowedError, match="godkender"):
        _accept(place, actor=ANNE)
    with pytest.raises(ReasonMissingError):
        _accept(place, reason=" ")


def test_the_trail_tells_who_accepted_and_which_run_went_on(place: Workplace) -> None:
    _accept(place, reason="Naboen ringede.")
    _use(place)
    accepted, used = events(place)
    assert (accepted["type"], accepted["actor"]["id"]) == ("intake.accepted", "bo")
    assert (used["type"], used["run"]["run"], used["facts"]["accepted_by"]) == ("intake.went_on", str(RUN), "bo")
    assert "Naboen" not in str(rows(place, "SELECT * FROM acceptance"))
