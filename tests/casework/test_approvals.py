"""An answer is bound to exactly what was shown, and given by somebody who may."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import Session

from casework.approvals import (
    Answer,
    approve,
    approved_proposal,
    send_back,
    share_seconds,
    take_over,
    waiting,
    withdraw,
)
from casework.claiming import expire_approvals
from casework.errors import ApprovalRefusedError, ReasonMissingError, UnknownItemError
from casework.proposals import Proposal
from casework.states import ItemState
from casework.steps import discard_steps, finished_steps
from casework.tables import WorkItemRow
from casework.workplace import Workplace
from foundation.actor import Actor, Role
from tests.workbench import (
    ANNE,
    BO,
    ERIK,
    add_and_take,
    ask,
    cancel_item,
    event_types,
    events,
    person,
    proposal,
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
    work_out(place, item_id)
    assert expire_approvals(place) == 0
    place.clock.sleep(3600)
    assert expire_approvals(place) == 1
    assert (state_of(place, item_id), _states(place)) == (ItemState.NEW, ["expired"])
    with place.database.read() as session:
        assert finished_steps(session, item_id, robot_version="1.0") == {}


def test_a_proposal_that_is_asked_on_a_friday_can_be_answered_on_monday(place: Workplace) -> None:
    # From Monday noon to Friday at 15.00.
    place.clock.sleep(4 * 86_400 + 3 * 3600)
    claimed = add_and_take(place)
    asked = ask(place, claimed, valid_for=24 * 3600.0)
    place.clock.sleep(3 * 86_400 - 1)
    assert expire_approvals(place) == 0
    assert len(_approve(place, Answer(claimed.lease.item_id, asked.digest()))) == 1


def test_a_proposal_of_a_friday_runs_out_on_monday(place: Workplace) -> None:
    place.clock.sleep(4 * 86_400 + 3 * 3600)
    ask(place, add_and_take(place), valid_for=24 * 3600.0)
    place.clock.sleep(3 * 86_400)
    assert expire_approvals(place) == 1


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


@given(seconds=st.integers(0, 5000), count=st.integers(1, 60))
def test_no_second_is_lost_when_a_batch_is_shared(seconds: int, count: int) -> None:
    shares = share_seconds(seconds, count)
    assert (len(shares), sum(shares)) == (count, seconds)
    assert max(shares) - min(shares) <= 1


def test_a_batch_answered_in_fewer_seconds_than_it_has_lines_still_counts_them(place: Workplace) -> None:
    asked = [_asked(place, f"sag-{number}") for number in range(3)]
    answers = [Answer(item_id, one.digest()) for item_id, one in asked]
    approve(place, answers, actor=BO, person_seconds=2)
    told = [body["decision"]["personSeconds"] for body in events(place) if body["type"] == "decision.made"]
    assert sum(told) == 2


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


def test_the_trail_tells_which_rows_were_left_out(place: Workplace) -> None:
    item_id, asked = _asked(place, "sag-1", "r1", "r2", "r3")
    _approve(place, Answer(item_id, asked.digest(), frozenset({"r3", "r2"})), reason="Sagen lukkes.")
    (told,) = [body["facts"] for body in events(place, item_id) if body["type"] == "decision.made"]
    assert (told["left_out"], told["left_out_rows"]) == (2, "r2,r3")


def test_a_withdrawn_approval_is_void_and_keeps_who_gave_it_and_when(place: Workplace) -> None:
    item_id, asked = _asked(place)
    (approval_id,) = _approve(place, Answer(item_id, asked.digest()))
    (before,) = rows(place, "SELECT decided_by, decided_at FROM approval")
    place.clock.sleep(60)
    with place.database.write() as session:
        withdraw(session, approval_id)
    (after,) = rows(place, "SELECT state, decided_by, decided_at FROM approval")
    assert after == {"state": "voided", **before}
    with pytest.raises(UnknownItemError), place.database.write() as session:
        withdraw(session, approval_id)


def test_a_proposal_that_waits_is_not_withdrawn(place: Workplace) -> None:
    _asked(place)
    with place.database.read() as session:
        (one,) = waiting(session)
    with pytest.raises(UnknownItemError), place.database.write() as session:
        withdraw(session, one.id)
    assert _states(place) == ["waiting"]


def test_more_expired_proposals_than_a_portion_all_lapse(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("casework.claiming._PORTION", 2)
    for number in range(5):
        _asked(place, f"sag-{number}")
    place.clock.sleep(3600)
    assert expire_approvals(place) == 5
    assert _states(place) == ["expired"] * 5


def test_a_return_locks_the_item_before_its_steps(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    item_id, asked = _asked(place)
    seen: list[ItemState] = []

    def discarding(session: Session, place: Workplace, item_id: UUID) -> None:
        state = select(WorkItemRow.__table__.c.state).where(WorkItemRow.__table__.c.id == item_id)
        seen.append(ItemState(session.execute(state).scalar_one()))
        discard_steps(session, place, item_id)

    monkeypatch.setattr("casework.approvals.discard_steps", discarding)
    send_back(place, Answer(item_id, asked.digest()), actor=BO, person_seconds=5, reason="Forkert dato")
    assert seen == [ItemState.NEW]


def test_a_row_that_is_not_there_cannot_be_left_out(place: Workplace) -> None:
    item_id, asked = _asked(place)
    with pytest.raises(ApprovalRefusedError, match="r9"):
        _approve(place, Answer(item_id, asked.digest(), frozenset({"r9"})), reason="Fejl")
