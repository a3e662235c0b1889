"""The judge of the crash matrix, judged: each thing that it must find is put before it."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.simulated.faults import FaultKind
from tests.crash.histories import judge_effect, judge_item
from tests.crash.judging import carried_out
from tests.crash.scenarios import ADDRESS, NOTE
from tests.crash.trials import Fault, Trial

_ITEM: dict[str, Any] = {"state": "completed", "lease_token": 2}
_EFFECT: dict[str, Any] = {
    "id": "e", "operation": "append_journal_note", "intent": "note", "state": "done", "calls": 2, "remote_id": "r",
}  # fmt: skip


def _told(kind: str, run: str | None = None, **facts: object) -> dict[str, Any]:
    return {"type": kind, "run": {"run": run, "effect": "e"}, "facts": facts}


#: A worker dies after its call, and another takes over.
_LIFE = [
    _told("item.created"),
    _told("item.claimed", "one"),
    _told("effect.intended", "one", call=1),
    _told("item.lease_expired"),
    _told("item.claimed", "two"),
    _told("effect.intended", "two", call=2),
    _told("effect.done", "two", remote="r"),
    _told("item.completed", "two"),
]


def _judge(events: list[dict[str, Any]]) -> None:
    judge_item(_ITEM, events, "a run")
    judge_effect(_EFFECT, events, "a run")


def test_a_life_that_is_told_of_in_full_passes() -> None:
    _judge(_LIFE)


@pytest.mark.parametrize("missing", range(len(_LIFE)))
def test_no_event_may_be_missing(missing: int) -> None:
    with pytest.raises(AssertionError):
        _judge(_LIFE[:missing] + _LIFE[missing + 1 :])


@pytest.mark.parametrize("twice", range(len(_LIFE)))
def test_no_event_may_be_told_twice(twice: int) -> None:
    with pytest.raises(AssertionError):
        _judge(_LIFE[: twice + 1] + _LIFE[twice:])


def test_a_worker_that_wakes_late_may_tell_what_it_did() -> None:
    _judge([*_LIFE, _told("effect.done", "one", remote="r", late=True)])


def test_a_worker_that_wakes_late_may_do_nothing_else() -> None:
    with pytest.raises(AssertionError, match=r"record\.read by one whose item was claimed by another"):
        _judge([*_LIFE[:-1], _told("record.read", "one"), _LIFE[-1]])


def test_a_call_that_is_told_with_another_remote_id_than_the_row_has_is_found() -> None:
    with pytest.raises(AssertionError, match="is told as"):
        judge_effect(_EFFECT | {"remote_id": "other"}, _LIFE, "a run")


def test_a_row_that_says_another_thing_than_the_last_event_is_found() -> None:
    with pytest.raises(AssertionError, match="the effect is not_done"):
        judge_effect(_EFFECT | {"state": "not_done"}, _LIFE, "a run")


def _entry(route: str, client_id: str | None, *, committed: bool = True, replay: bool = False) -> dict[str, Any]:
    target = client_id or "1"
    return {
        "route": route, "case": "c", "clientId": client_id, "target": target, "committed": committed, "replay": replay,
    }  # fmt: skip


def test_an_address_that_is_written_again_counts_twice_although_it_stood_there() -> None:
    entries = [_entry(ADDRESS, None), _entry(ADDRESS, None, replay=True)]
    assert list(carried_out(entries)) == [(ADDRESS, "c", "1")] * 2


def test_a_note_that_is_sent_again_under_its_client_id_counts_once() -> None:
    entries = [_entry(NOTE, "n"), _entry(NOTE, "n", replay=True)]
    assert list(carried_out(entries)) == [(NOTE, "c", "n")]


def test_what_was_turned_away_does_not_count() -> None:
    assert not list(carried_out([_entry(ADDRESS, None, committed=False)]))


@pytest.mark.parametrize(("kind", "asks_nobody"), [("timeout_after_commit", True), ("closed", False)])
def test_a_person_may_be_asked_only_where_a_system_has_said_no(kind: str, asks_nobody: bool) -> None:  # noqa: FBT001 - pytest names it.
    assert Trial("apply", fault=Fault(ADDRESS, FaultKind(kind), 0)).asks_nobody is asks_nobody


def test_nobody_is_asked_because_a_worker_died() -> None:
    assert Trial("apply", "kill", 7).asks_nobody
