"""A proposal is answered once, whatever happens at the same time, and what waits can be trusted."""

from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError

from casework.approvals import (
    Answer,
    approve,
    approved_proposal,
    may_answer,
    send_back,
    take_over,
    waiting,
)
from casework.errors import ApprovalRefusedError, ReasonMissingError, UnknownItemError
from casework.proposals import Proposal
from casework.states import ItemState
from casework.steps import finished_steps
from casework.workplace import Workplace
from foundation.actor import Actor, Role
from tests import workbench
from tests.concurrency import at_once
from tests.workbench import (
    BO,
    ERIK,
    add_and_take,
    ask,
    cancel_item,
    db_id,
    event_types,
    item,
    person,
    proposal,
    raw,
    rows,
    state_of,
    take,
    work_out,
)


def _asked(place: Workplace, reference: str = "sag-1", *row_ids: str) -> tuple[UUID, Proposal]:
    claimed = add_and_take(place, reference)
    return claimed.lease.item_id, ask(place, claimed, proposal(*row_ids))


def _approve(place: Workplace, *answers: Answer, actor: Actor = BO, reason: str = "") -> list[UUID]:
    return approve(place, answers, actor=actor, person_seconds=30, reason=reason)


def _states(place: Workplace) -> list[str]:
    return [row["state"] for row in rows(place, "SELECT state FROM approval ORDER BY id")]


def test_a_proposal_is_answered_once(place: Workplace) -> None:
    item_id, asked = _asked(place)
    answer = Answer(item_id, asked.digest())
    _approve(place, answer)
    with pytest.raises(UnknownItemError):
        _approve(place, answer, actor=ERIK)
    assert event_types(place, item_id).count("decision.made") == 1


def test_two_answers_at_once_are_one_answer(place: Workplace) -> None:
    item_id, asked = _asked(place)
    answer = Answer(item_id, asked.digest())

    def approving() -> str:
        try:
            _approve(place, answer)
        except UnknownItemError:
            return "refused"
        return "approved"

    assert sorted(at_once(approving, approving, approving)) == ["approved", "refused", "refused"]
    assert event_types(place, item_id).count("decision.made") == 1


def test_approving_and_cancelling_at_once_do_not_wait_for_each_other(place: Workplace) -> None:
    for number in range(6):
        item_id, asked = _asked(place, f"sag-{number}")

        def approving(item_id: UUID = item_id, asked: Proposal = asked) -> object:
            try:
                return _approve(place, Answer(item_id, asked.digest()))
            except UnknownItemError:
                return None

        def cancelling(item_id: UUID = item_id) -> object:
            return cancel_item(place, item_id)

        at_once(approving, cancelling)
        assert state_of(place, item_id) is ItemState.CANCELLED


def test_batches_that_overlap_do_not_wait_for_each_other(place: Workplace) -> None:
    for number in range(4):
        asked = [_asked(place, f"sag-{number}-{one}") for one in range(5)]
        answers = [Answer(item_id, one.digest()) for item_id, one in asked]

        def approving(mine: list[Answer]) -> int:
            try:
                return len(_approve(place, *mine))
            except UnknownItemError:
                return 0

        def forwards(mine: list[Answer] = answers) -> int:
            return approving(mine)

        def backwards(mine: list[Answer] = answers) -> int:
            return approving(mine[::-1])

        assert sorted(at_once(forwards, backwards)) == [0, 5]


def test_an_item_has_one_waiting_proposal_at_most(place: Workplace) -> None:
    item_id, asked = _asked(place)
    _approve(place, Answer(item_id, asked.digest()))
    (again,) = take(place)
    ask(place, again)
    with pytest.raises(IntegrityError):
        raw(place, "UPDATE approval SET state = 'waiting' WHERE item_id = :id", id=db_id(place, item_id))


def test_a_returned_proposal_is_worked_out_anew(place: Workplace) -> None:
    item_id, asked = _asked(place)
    work_out(place, item_id)
    send_back(place, Answer(item_id, asked.digest()), actor=BO, person_seconds=5, reason="Forkert dato")
    row = item(place, item_id)
    assert (row["state"], row["approval_id"], _states(place)) == ("new", None, ["returned"])
    with place.database.read() as session:
        assert finished_steps(session, item_id, robot_version="1.0") == {}


def test_a_refused_return_forgets_no_step(place: Workplace) -> None:
    item_id, _ = _asked(place)
    work_out(place, item_id)
    with pytest.raises(ApprovalRefusedError):
        send_back(place, Answer(item_id, "0" * 64), actor=BO, person_seconds=5, reason="Forkert")
    with place.database.read() as session:
        assert len(finished_steps(session, item_id, robot_version="1.0")) == 1


def test_taking_over_cancels_the_item(place: Workplace) -> None:
    item_id, asked = _asked(place)
    take_over(place, Answer(item_id, asked.digest()), actor=BO, person_seconds=5, reason="Gør det selv")
    row = item(place, item_id)
    assert (row["state"], row["outcome_code"], _states(place)) == ("cancelled", "taken_over", ["taken_over"])


@pytest.mark.parametrize("act", [send_back, take_over])
def test_returning_and_taking_over_need_a_reason(place: Workplace, act: object) -> None:
    item_id, asked = _asked(place)
    with pytest.raises(ReasonMissingError):
        act(place, Answer(item_id, asked.digest()), actor=BO, person_seconds=5, reason="\n")  # type: ignore[operator]  # one of two functions


def test_what_waits_is_shown_oldest_first_with_who_may_answer(place: Workplace) -> None:
    first, _ = _asked(place, "sag-1")
    second, _ = _asked(place, "sag-2")
    with place.database.read() as session:
        shown = waiting(session, robot=workbench.ROBOT)
    assert [one.item_id for one in shown] == [first, second]
    assert may_answer(shown[0], BO) is None
    assert "godkender" in str(may_answer(shown[0], person("dorthe", Role.DIGITAL_AGENT)))


def test_a_proposal_that_was_exchanged_in_the_database_is_neither_shown_nor_carried_out(place: Workplace) -> None:
    one, asked = _asked(place, "sag-1")
    two, other = _asked(place, "sag-2")
    (approval_id, _) = _approve(place, Answer(one, asked.digest()), Answer(two, other.digest()))
    raw(
        place,
        "UPDATE approval SET proposal = (SELECT a.proposal FROM approval a WHERE a.item_id = :two) "
        "WHERE item_id = :one",
        one=db_id(place, one),
        two=db_id(place, two),
    )
    with pytest.raises(ApprovalRefusedError), place.database.read() as session:
        approved_proposal(session, approval_id)


def test_a_proposal_cannot_be_read_in_the_database(place: Workplace) -> None:
    item_id, asked = _asked(place)
    send_back(place, Answer(item_id, asked.digest()), actor=BO, person_seconds=5, reason="Naboen ringede")
    assert "Efter 2" not in str(rows(place, "SELECT * FROM approval"))
    assert "ringede" not in str(rows(place, "SELECT * FROM approval"))
