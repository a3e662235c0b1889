"""What is known of an effect, and what a person says when nobody can look it up."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from casework import transitions
from casework.effects import Effect, Ending, begun_of, find, in_doubt_of, intend, settle
from casework.errors import KeyReusedError, LeaseLostError, ReasonMissingError, TransitionRefusedError, UnknownItemError
from casework.moves import Lease
from casework.states import EffectState, ItemState
from casework.workers import Worker
from casework.workplace import Workplace
from tests.casework.effect_makers import end_note, intend_note, note_request
from tests.concurrency import at_once
from tests.workbench import ACTING, ANNE, add_and_take, end, event_types, events, item, raw, reopen_item, rows, state_of


def _find(place: Workplace, key: str = "k1") -> Effect | None:
    with place.database.read() as session:
        return find(session, note_request(key))


def _known(place: Workplace, key: str = "k1") -> Effect:
    known = _find(place, key)
    assert known is not None
    return known


def _in_doubt(place: Workplace, worker: Worker, *keys: str) -> UUID:
    """An item in doubt over these effects."""
    claimed = add_and_take(place, worker=worker.id)
    for key in keys:
        effect = intend_note(place, claimed.lease, key)
        end_note(place, claimed.lease, effect, Ending(state=EffectState.IN_DOUBT))
    end(place, claimed, transitions.DOUBT)
    return claimed.lease.item_id


def _settle(
    place: Workplace,
    effect_id: UUID,
    *,
    happened: bool = True,
    saw: str = "Noten står der.",
    locks: Path = Path("nowhere"),
    owner_is_gone: str = "",
) -> None:
    settle(place, effect_id, happened=happened, saw=saw, actor=ANNE, locks=locks, owner_is_gone=owner_is_gone)


def test_an_intent_is_found_again_by_its_key(place: Workplace, worker: Worker) -> None:
    claimed = add_and_take(place, worker=worker.id)
    assert _find(place) is None
    effect = intend_note(place, claimed.lease)
    assert _find(place) == effect
    assert (effect.state, effect.owner, effect.calls) == (EffectState.INTENDED, worker.id, 1)


def test_a_key_with_another_digest_is_an_error(place: Workplace, worker: Worker) -> None:
    intend_note(place, add_and_take(place, worker=worker.id).lease)
    with pytest.raises(KeyReusedError), place.database.read() as session:
        find(session, replace(note_request(), digest="d2"))


def test_an_intent_that_is_rolled_back_leaves_no_event(place: Workplace, worker: Worker) -> None:
    claimed = add_and_take(place, worker=worker.id)

    def fail() -> None:
        with place.database.write() as session:
            intend(session, place, note_request(), lease=claimed.lease, acting=ACTING, before=None)
            raise RuntimeError("rolls back")

    with pytest.raises(RuntimeError):
        fail()
    assert _find(place) is None
    assert "effect.intended" not in event_types(place)


def test_without_the_lease_nobody_intends(place: Workplace, worker: Worker) -> None:
    claimed = add_and_take(place, worker=worker.id)
    for wrong in (replace(claimed.lease, token=2), replace(claimed.lease, owner=UUID(int=3))):
        with pytest.raises(LeaseLostError):
            intend_note(place, wrong)
    assert _find(place) is None


def test_the_right_to_call_is_given_to_one_of_two_who_saw_the_same(place: Workplace, worker: Worker) -> None:
    claimed = add_and_take(place, worker=worker.id)
    effect = intend_note(place, claimed.lease)
    assert intend_note(place, claimed.lease, before=effect).calls == 2
    with pytest.raises(LeaseLostError):
        intend_note(place, claimed.lease, before=effect)


def test_an_ending_other_than_done_counts_only_for_its_own_call(place: Workplace, worker: Worker) -> None:
    claimed = add_and_take(place, worker=worker.id)
    first = intend_note(place, claimed.lease)
    intend_note(place, claimed.lease, before=first)
    for state in (EffectState.NOT_DONE, EffectState.REFUSED, EffectState.IN_DOUBT):
        end_note(place, claimed.lease, first, Ending(state=state))
        assert _known(place).state is EffectState.INTENDED
    assert event_types(place).count("effect.not_done") == 0


def test_done_is_final(place: Workplace, worker: Worker) -> None:
    claimed = add_and_take(place, worker=worker.id)
    effect = intend_note(place, claimed.lease)
    end_note(place, claimed.lease, effect, Ending(state=EffectState.DONE, remote_id="r1"))
    for state in EffectState:
        if state is not EffectState.INTENDED:
            end_note(place, claimed.lease, effect, Ending(state=state, remote_id="r2"))
    assert (_known(place).state, _known(place).remote_id) == (EffectState.DONE, "r1")


@pytest.mark.parametrize("first_to_tell", [1, 2])
def test_a_second_done_stands_in_the_trail_as_late(place: Workplace, worker: Worker, first_to_tell: int) -> None:
    # Two calls truly happened, and the record must not show one, whichever told of its ending first.
    claimed = add_and_take(place, worker=worker.id)
    first = intend_note(place, claimed.lease)
    calls = {1: first, 2: intend_note(place, claimed.lease, before=first)}
    other = 3 - first_to_tell
    for call in (first_to_tell, other):
        end_note(place, claimed.lease, calls[call], Ending(state=EffectState.DONE, remote_id=f"r{call}"))
    told = [body["facts"] for body in events(place) if body["type"] == "effect.done"]
    assert [(facts["remote"], facts["call"], facts.get("late")) for facts in told] == [
        (f"r{first_to_tell}", first_to_tell, None),
        (f"r{other}", other, True),
    ]


@pytest.mark.parametrize("seen_by", ["looking", "a person"])
def test_a_call_that_somebody_saw_before_its_owner_told_of_it_is_told_once(
    place: Workplace, worker: Worker, seen_by: str
) -> None:
    claimed = add_and_take(place, worker=worker.id)
    effect = intend_note(place, claimed.lease)
    if seen_by == "looking":
        end_note(place, claimed.lease, effect, Ending(state=EffectState.DONE, remote_id="r1", found=True))
    else:
        end_note(place, claimed.lease, effect, Ending(state=EffectState.IN_DOUBT))
        _settle(place, effect.id)
    before = event_types(place)
    end_note(place, claimed.lease, effect, Ending(state=EffectState.DONE, remote_id="r1"))
    assert event_types(place) == before


def test_a_late_done_settles_the_item_that_waits_for_a_person(place: Workplace, worker: Worker) -> None:
    item_id = _in_doubt(place, worker, "k1")
    lease = Lease(item_id, worker.id, 1, 1)
    end_note(place, lease, _known(place), Ending(state=EffectState.DONE, remote_id="r1"))
    assert (_known(place).state, state_of(place, item_id)) == (EffectState.DONE, ItemState.NEW)
    assert event_types(place, item_id)[-2:] == ["effect.done", "effect.settled"]


def test_a_person_settles_what_happened(place: Workplace, worker: Worker) -> None:
    item_id = _in_doubt(place, worker, "k1")
    with place.database.read() as session:
        assert [row["target"] for row in in_doubt_of(session, item_id)] == ["sag-1"]
    _settle(place, _known(place).id)
    assert (_known(place).state, state_of(place, item_id)) == (EffectState.DONE, ItemState.NEW)
    assert item(place, item_id)["attempts"] == 0
    told = events(place, item_id)[-1]
    assert (told["type"], told["actor"]["id"], told["facts"]["happened"]) == ("effect.settled", "anne", True)


def test_what_a_person_did_not_see_may_be_intended_again(place: Workplace, worker: Worker, locks: Path) -> None:
    _in_doubt(place, worker, "k1")
    worker.stop()
    _settle(place, _known(place).id, happened=False, locks=locks)
    assert _known(place).state is EffectState.NOT_DONE


def test_nobody_says_that_it_did_not_happen_while_the_one_who_began_it_may_wake(
    place: Workplace, worker: Worker, locks: Path
) -> None:
    item_id = _in_doubt(place, worker, "k1")
    with pytest.raises(TransitionRefusedError, match="Stop den først"):
        _settle(place, _known(place).id, happened=False, locks=locks)
    assert (_known(place).state, state_of(place, item_id)) == (EffectState.IN_DOUBT, ItemState.IN_DOUBT)
    assert "effect.settled" not in event_types(place)


def test_what_happened_is_settled_also_while_the_one_who_began_it_lives(
    place: Workplace, worker: Worker, locks: Path
) -> None:
    _in_doubt(place, worker, "k1")
    _settle(place, _known(place).id, locks=locks)
    assert _known(place).state is EffectState.DONE


@pytest.mark.parametrize("arrow", [transitions.FAIL, transitions.CANCEL], ids=lambda arrow: arrow.name)
def test_settling_a_doubt_of_a_final_item_leaves_the_item_where_it_is(
    place: Workplace, worker: Worker, arrow: transitions.Transition
) -> None:
    claimed = add_and_take(place, worker=worker.id)
    item_id = claimed.lease.item_id
    end_note(place, claimed.lease, intend_note(place, claimed.lease), Ending(state=EffectState.IN_DOUBT))
    end(place, claimed, arrow)
    _settle(place, _known(place).id)
    assert (_known(place).state, state_of(place, item_id)) == (EffectState.DONE, arrow.target)
    assert event_types(place, item_id)[-1] == "effect.settled"


def test_the_item_goes_on_when_the_last_of_its_doubts_is_settled(place: Workplace, worker: Worker) -> None:
    item_id = _in_doubt(place, worker, "k1", "k2")
    _settle(place, _known(place, "k1").id)
    assert state_of(place, item_id) is ItemState.IN_DOUBT
    _settle(place, _known(place, "k2").id)
    assert state_of(place, item_id) is ItemState.NEW
    assert event_types(place, item_id).count("effect.settled") == 2


def test_two_who_settle_the_last_two_doubts_at_once_do_not_leave_the_item_behind(
    place: Workplace, worker: Worker
) -> None:
    item_id = _in_doubt(place, worker, "k1", "k2")
    one, two = _known(place, "k1").id, _known(place, "k2").id
    at_once(lambda: _settle(place, one), lambda: _settle(place, two))
    assert state_of(place, item_id) is ItemState.NEW


def test_settling_needs_what_was_seen_and_keeps_it_sealed(place: Workplace, worker: Worker) -> None:
    _in_doubt(place, worker, "k1")
    effect_id = _known(place).id
    with pytest.raises(ReasonMissingError):
        _settle(place, effect_id, saw=" ")
    _settle(place, effect_id, saw="Naboens note")
    assert "Naboens" not in str(rows(place, "SELECT * FROM effect"))


def test_an_effect_is_settled_once_and_only_when_in_doubt(place: Workplace, worker: Worker) -> None:
    _in_doubt(place, worker, "k1")
    effect_id = _known(place).id
    _settle(place, effect_id)
    with pytest.raises(TransitionRefusedError):
        _settle(place, effect_id, happened=False)
    with pytest.raises(UnknownItemError):
        _settle(place, UUID(int=4))


@pytest.mark.parametrize("happened", [True, False])
def test_a_person_settles_what_a_dead_worker_began(
    place: Workplace, worker: Worker, locks: Path, *, happened: bool
) -> None:
    claimed = add_and_take(place, worker=worker.id)
    intend_note(place, claimed.lease)
    end(place, claimed, transitions.FAIL)
    worker.stop()
    with place.database.read() as session:
        (begun,) = begun_of(session, claimed.lease.item_id)
    _settle(place, begun["id"], happened=happened, locks=locks)
    assert _known(place).state is (EffectState.DONE if happened else EffectState.NOT_DONE)
    told = events(place, claimed.lease.item_id)[-1]
    assert (told["type"], told["facts"]["happened"]) == ("effect.settled", happened)
    assert "owner_is_gone" not in told["facts"]


@pytest.mark.parametrize("happened", [True, False])
def test_what_a_living_worker_is_about_to_do_is_settled_by_nobody(
    place: Workplace, worker: Worker, locks: Path, *, happened: bool
) -> None:
    intend_note(place, add_and_take(place, worker=worker.id).lease)
    for word in ("", "Maskinen er brændt."):
        with pytest.raises(TransitionRefusedError, match="Stop den først"):
            _settle(place, _known(place).id, happened=happened, locks=locks, owner_is_gone=word)
    assert _known(place).state is EffectState.INTENDED
    assert "effect.settled" not in event_types(place)


def _vanish(place: Workplace, worker: Worker) -> None:
    """The worker's machine is gone, so that no lock can be tried."""
    raw(place, "UPDATE worker SET host = 'en-anden-maskine'")
    if not place.database.is_sqlite:
        # PostgreSQL knows that the connection is gone, and would prove the death; here it is played not to.
        assert worker._session_lock is not None
        worker._session_lock.invalidate()
        worker._session_lock.close()


def test_of_a_worker_that_cannot_be_judged_a_named_person_says_that_it_is_gone(
    place: Workplace, worker: Worker, locks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    intend_note(place, add_and_take(place, worker=worker.id).lease)
    _vanish(place, worker)
    monkeypatch.setattr("casework.workers.death_of", lambda *_args, **_options: None)
    with pytest.raises(TransitionRefusedError, match="kan ikke ses herfra"):
        _settle(place, _known(place).id, happened=False, locks=locks)
    _settle(place, _known(place).id, happened=False, locks=locks, owner_is_gone="Serveren er skrottet.")
    assert _known(place).state is EffectState.NOT_DONE
    told = events(place)[-1]
    assert (told["type"], told["actor"]["id"], told["facts"]["owner_is_gone"]) == ("effect.settled", "anne", True)
    assert "skrottet" not in str(told)


def test_what_another_worker_took_over_meanwhile_is_not_settled(
    place: Workplace, worker: Worker, locks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed = add_and_take(place, worker=worker.id)
    effect = intend_note(place, claimed.lease)

    def takes_over(*_args: object, **_options: object) -> None:
        intend_note(place, claimed.lease, before=effect)

    monkeypatch.setattr("casework.effects.require_gone", takes_over)
    with pytest.raises(TransitionRefusedError, match="En anden arbejder"):
        _settle(place, effect.id, locks=locks)
    assert _known(place).state is EffectState.INTENDED


def test_a_refused_effect_may_be_tried_again_after_reopening_and_a_done_one_may_not(
    place: Workplace, worker: Worker
) -> None:
    claimed = add_and_take(place, worker=worker.id)
    refused, done = intend_note(place, claimed.lease, "k1"), intend_note(place, claimed.lease, "k2")
    end_note(place, claimed.lease, refused, Ending(state=EffectState.REFUSED, error_code="case_closed"))
    end_note(place, claimed.lease, done, Ending(state=EffectState.DONE, remote_id="r1"))
    end(place, claimed, transitions.REJECT)
    reopen_item(place, claimed.lease.item_id, reason="Sagen er genåbnet.")
    assert (_known(place, "k1").state, _known(place, "k2").state) == (EffectState.NOT_DONE, EffectState.DONE)
    (told,) = [body for body in events(place, claimed.lease.item_id) if body["type"] == "effect.not_done"]
    assert (told["run"]["effect"], told["facts"]["error"], told["actor"]["id"]) == (
        str(refused.id),
        "case_closed",
        "anne",
    )
    assert "private" in told
