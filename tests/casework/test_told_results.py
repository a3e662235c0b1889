"""What a row came to stands in its event, and is read from the events as it is written in the table."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from audit.events import ActorRef, Event
from audit.vocabulary import ActorKind, EventType
from casework.results import RowResult
from casework.states import PrimaryResult
from casework.told_results import CAME_TO, as_told, results_after, with_results

ACTOR = ActorRef(ActorKind.ROBOT, "prøverobot", "os_account", "anne")
BEGUN: list[dict[str, Any]] = [
    {"type": "item.created", "ts": "2026-03-02T11:00:00.000000Z"},
    {"type": "item.claimed", "ts": "2026-03-02T11:00:01.000000Z"},
]


def _noted(facts: dict[str, str]) -> Event:
    return Event(type=EventType.EVIDENCE_GIVEN, actor=ACTOR, facts=dict(facts))


def _result(row: str, result: PrimaryResult = PrimaryResult.APPLIED) -> RowResult:
    return RowResult(row=row, result=result, rule="ADR-01", reason="moved", tasks=2)


def _told(row: str, came_to: str, second: int) -> dict[str, Any]:
    facts = {"row": row, CAME_TO: came_to}
    return {"type": "evidence.given", "ts": f"2026-03-02T11:00:{second:02d}.000000Z", "facts": facts}


def _ended(kind: str, second: int) -> dict[str, Any]:
    return {"type": kind, "ts": f"2026-03-02T11:00:{second:02d}.000000Z"}


def test_the_last_event_that_names_the_row_tells_what_it_came_to() -> None:
    noted = [_noted({"row": "S1/1", "label": label}) for label in ("ruling", "row")]
    first, last = with_results(noted, {"S1/1": _result("S1/1")}, _noted)
    assert CAME_TO not in first.facts
    assert last.facts == {"row": "S1/1", "label": "row", CAME_TO: "applied ADR-01 moved 2"}


@given(st.sets(st.sampled_from("abcde")), st.lists(st.sampled_from("abcdexy"), max_size=8))
def test_every_result_is_told_once_and_no_event_is_lost(rows: set[str], noted: list[str]) -> None:
    told = with_results([_noted({"row": row}) for row in noted], {row: _result(row) for row in rows}, _noted)
    assert sorted(str(event.facts["row"]) for event in told if CAME_TO in event.facts) == sorted(rows)
    assert [event.facts["row"] for event in told[: len(noted)]] == noted
    assert len(told) == len(noted) + len(rows - set(noted))


def test_of_several_words_about_a_row_the_last_counts() -> None:
    events = [*BEGUN, _told("r", "deferred ADR-01 moved 0", 2), _told("r", "applied ADR-01 moved 0", 3)]
    assert results_after(events, "r") == frozenset({"applied ADR-01 moved 0"})
    assert results_after(events, "another") is None


def test_a_row_that_waits_takes_its_result_from_how_its_item_ends() -> None:
    waiting = as_told("awaiting_approval", "ADR-01", "moved", 1)
    events = [*BEGUN, _told("r", waiting, 2)]
    assert results_after(events, "r") == frozenset({waiting})
    assert results_after([*events, _ended("item.cancelled", 3)], "r") == frozenset({"taken_over ADR-01 moved 1"})
    assert results_after([*events, _ended("item.failed", 3)], "r") == frozenset({"blocked ADR-01 moved 1"})


def test_where_clocks_put_moves_in_another_order_each_of_the_last_moment_is_possible() -> None:
    events = [BEGUN[0], _ended("item.completed", 4), _told("r", "a b c 0", 2), _told("r", "d e f 0", 3)]
    assert results_after(events, "r") == frozenset({"a b c 0", "d e f 0"})
