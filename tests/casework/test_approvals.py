"""An answer is bound to exactly what was shown, and given by somebody who may."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
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
from casework.claiming import expire_approvals
from casework.errors import ApprovalRefusedError, ReasonMissingError, UnknownItemError
from casework.proposals import Proposal
from casework.states import ItemState
from casework.steps import finished_steps, store_steps
from casework.workplace import Workplace
from foundation.actor import Actor, Role
from tests import workbench
from tests.concurrency import at_once
from tests.workbench import (
    ANNE,
    BO,
    ERIK,
    add_and_take,
    ask,
    cancel_item,
    db_id,
    event_types,
    events,
    item,
    person,
    proposal,
    raw,
    rows,
    state_of,
    take,
)


def _asked(place: Workplace, reference: str = "sag-1", *row_ids: str) -> tuple[UUID, Proposal]:
    claimed = add_and_take(place, reference)
    return claimed.lease.item_id, ask(place, claimed, proposal(*row_ids))


def _approve(place: Workplace, *answers: Answer, actor: Actor = BO, reason: str = "") -> list[UUID]:
    return approve(place, answers, actor=actor, person_seconds=30, reason=reason)


def _states(place: Workplace) -> list[str]:
    return [row["state"] for row in rows(place, "SELECT state FROM approval ORDER BY id")]


def test_an_approved_item_goes_on_with_its_approval(place: Workplace) -> None:
    item_id, asked = _asked(place)
    (approval_id,) = _approve(place, Answer(item_id, asked.digest()))
    (claimed,) = take(place)
    assert claimed.approval_id == approval_id
    with place.database.read() as session:
        approved = approved_proposal(session, approval_id)
    assert (approved.proposal, approved.approved_by, approved.excluded_rows) == (asked, "bo", frozenset())


def test_an_approval_writes_one_event_with_digest_person_and_time_spent(place: Workplace) -> None:
    item_id, asked = _asked(place)
    _approve(place, Answer(item_id, asked.digest()))
    told = [body for body in events(place, item_id) if body["type"] == "decision.made"]
    assert [body["decision"] for body in told] == [
        {"inputsDigest": asked.digest(), "humanReview": "approved", "personSeconds": 30}
    ]
    assert told[0]["actor"]["id"] == "bo"


def test_the_digest_of_something_else_approves_nothing(place: Workplace) -> None:
    item_id, _ = _asked(place)
    with pytest.raises(ApprovalRefusedError):
        _approve(place, Answer(item_id, proposal().digest()))
    assert state_of(place, item_id) is ItemState.AWAITING_APPROVAL


def test_two_equal_proposals_have_different_digests() -> None:
    assert proposal().digest() != proposal().digest()


@given(st.text(min_size=1, max_size=20), st.sampled_from(["title", "plan", "about", "needs_role", "nonce"]))
def test_every_part_of_a_proposal_is_in_its_digest(text: str, part: str) -> None:
    made = proposal()
    changes: dict[str, Any] = {part: f"{getattr(made, part)}{text}"}
    changed = replace(made, **changes)
    assert changed.digest() != made.digest()
    assert Proposal.from_json(changed.to_json()).digest() == changed.digest()


def test_the_runs_starter_cannot_answer(place: Workplace) -> None:
    claimed = add_and_take(place)
    asked = ask(place, claimed, barred=frozenset({"bo"}))
    with pytest.raises(ApprovalRefusedError, match="bo"):
        _approve(place, Answer(claimed.lease.item_id, asked.digest()))
    _approve(place, Answer(claimed.lease.item_id, asked.digest()), actor=ERIK)


def test_an_author_cannot_answer_by_any_of_the_three_answers(place: Workplace) -> None:
    claimed = add_and_take(place)
    asked = ask(place, claimed, barred=frozenset({"anne", "bo"}))
    answer = Answer(claimed.lease.item_id, asked.digest())
    with pytest.raises(ApprovalRefusedError):
        _approve(place, answer)
    with pytest.raises(ApprovalRefusedError):
        send_back(place, answer, actor=BO, person_seconds=1, reason="Nej")
    with pytest.raises(ApprovalRefusedError):
        take_over(place, answer, actor=BO, person_seconds=1, reason="Nej")
    assert _states(place) == ["waiting"]


def test_somebody_with_a_comma_in_his_id_is_barred_too(place: Workplace) -> None:
    odd = person("bo, nat", Role.GODKENDER)
    claimed = add_and_take(place)
    asked = ask(place, claimed, barred=frozenset({odd.id}))
    with pytest.raises(ApprovalRefusedError):
        _approve(place, Answer(claimed.lease.item_id, asked.digest()), actor=odd)


@pytest.mark.parametrize("actor", [ANNE, person("carla", Role.REVISOR), person("ingen")], ids=lambda actor: actor.id)
def test_without_the_role_nobody_answers(place: Workplace, actor: Actor) -> None:
    claimed = add_and_take(place)
    asked = ask(place, claimed, barred=frozenset())
    with pytest.raises(ApprovalRefusedError, match="godkender"):
        _approve(place, Answer(claimed.lease.item_id, asked.digest()), actor=actor)


def test_a_proposal_may_need_a_second_role(place: Workplace) -> None:
    claimed = add_and_take(place)
    asked = ask(place, claimed, proposal(needs_role="beskyttede_adresser"))
    answer = Answer(claimed.lease.item_id, asked.digest())
    with pytest.raises(ApprovalRefusedError, match="beskyttede_adresser"):
        _approve(place, answer)
    assert len(_approve(place, answer, actor=ERIK)) == 1


def test_an_expired_proposal_cannot_be_approved(place: Workplace) -> None:
    item_id, asked = _asked(place)
    place.clock.sleep(3600)
    with pytest.raises(ApprovalRefusedError, match="udløbet"):
        _approve(place, Answer(item_id, asked.digest()))


def test_an_expired_proposal_is_planned_anew(place: Workplace) -> None:
    item_id, _ = _asked(place)
    with place.database.write() as session:
        store_steps(session, item_id, {("læs", ""): b"1"}, robot_version="1.0", at=place.now())
    assert expire_approvals(place) == 0
    place.clock.sleep(3600)
    assert expire_approvals(place) == 1
    assert (state_of(place, item_id), _states(place)) == (ItemState.NEW, ["expired"])
    with place.database.read() as session:
        assert finished_steps(session, item_id, robot_version="1.0") == {}


def test_a_batch_is_approved_together(place: Workplace) -> None:
    asked = [_asked(place, f"sag-{number}") for number in range(3)]
    ids = _approve(place, *(Answer(item_id, one.digest()) for item_id, one in asked))
    batches = {row["batch_id"] for row in rows(place, "SELECT batch_id FROM approval")}
    assert len(batches) == 1
    with place.database.read() as session:
        assert [approved_proposal(session, known).proposal for known in ids] == [one for _, one in asked]


def test_one_wrong_line_in_a_batch_approves_nothing(place: Workplace) -> None:
    asked = [_asked(place, f"sag-{number}") for number in range(3)]
    before = event_types(place)
    answers = [Answer(item_id, one.digest()) for item_id, one in asked]
    with pytest.raises(ApprovalRefusedError):
        _approve(place, *answers[:2], Answer(asked[2][0], "0" * 64))
    assert _states(place) == ["waiting"] * 3
    assert event_types(place) == before


def test_the_same_item_twice_in_a_batch_approves_nothing(place: Workplace) -> None:
    item_id, asked = _asked(place)
    with pytest.raises(UnknownItemError):
        _approve(place, *[Answer(item_id, asked.digest())] * 2)
    assert _states(place) == ["waiting"]


def test_voiding_one_of_a_batch_leaves_the_others(place: Workplace) -> None:
    asked = [_asked(place, f"sag-{number}") for number in range(3)]
    _approve(place, *(Answer(item_id, one.digest()) for item_id, one in asked))
    cancel_item(place, asked[1][0])
    assert [state_of(place, item_id) for item_id, _ in asked] == [ItemState.NEW, ItemState.CANCELLED, ItemState.NEW]


def test_the_time_spent_on_a_batch_is_shared(place: Workplace) -> None:
    asked = [_asked(place, f"sag-{number}") for number in range(3)]
    _approve(place, *(Answer(item_id, one.digest()) for item_id, one in asked))
    told = [body["decision"]["personSeconds"] for body in events(place) if body["type"] == "decision.made"]
    assert told == [10, 10, 10]


def test_leaving_a_row_out_needs_a_reason(place: Workplace) -> None:
    item_id, asked = _asked(place, "sag-1", "r1", "r2")
    answer = Answer(item_id, asked.digest(), frozenset({"r2"}))
    with pytest.raises(ReasonMissingError):
        _approve(place, answer, reason=" ")
    assert len(_approve(place, answer, reason="Sagen lukkes.")) == 1


@pytest.mark.parametrize("left_out", ["r2", "sag,2", 'r"2', "æ,ø"])
def test_a_row_that_was_left_out_is_not_carried_out(place: Workplace, left_out: str) -> None:
    item_id, asked = _asked(place, "sag-1", "r1", left_out)
    answer = Answer(item_id, asked.digest(), frozenset({left_out}))
    (approval_id,) = _approve(place, answer, reason="Sagen lukkes.")
    with place.database.read() as session:
        assert [row.id for row in approved_proposal(session, approval_id).approved_rows()] == ["r1"]


def test_a_row_that_is_not_there_cannot_be_left_out(place: Workplace) -> None:
    item_id, asked = _asked(place)
    with pytest.raises(ApprovalRefusedError, match="r9"):
        _approve(place, Answer(item_id, asked.digest(), frozenset({"r9"})), reason="Fejl")


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
    with place.database.write() as session:
        store_steps(session, item_id, {("læs", ""): b"1"}, robot_version="1.0", at=place.now())
    send_back(place, Answer(item_id, asked.digest()), actor=BO, person_seconds=5, reason="Forkert dato")
    row = item(place, item_id)
    assert (row["state"], row["approval_id"], _states(place)) == ("new", None, ["returned"])
    with place.database.read() as session:
        assert finished_steps(session, item_id, robot_version="1.0") == {}


def test_a_refused_return_forgets_no_step(place: Workplace) -> None:
    item_id, _ = _asked(place)
    with place.database.write() as session:
        store_steps(session, item_id, {("læs", ""): b"1"}, robot_version="1.0", at=place.now())
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
