"""A change of roles in the file is found by whoever comes next, once, and told as it was found."""

import json
from typing import Any

import pytest
from sqlalchemy import text

from audit.events import ActorRef
from audit.tables import RARE
from audit.vocabulary import FREQUENT, ActorKind, EventType
from casework.known_roles import known_roles, note_roles, read_standings
from casework.workplace import Workplace
from foundation.actor import Standing
from foundation.clock import ManualClock
from tests.concurrency import at_once
from tests.workbench import events

FINDER = ActorRef(ActorKind.PERSON, "anne", "os_account")
GITTE = Standing(frozenset({"administrator"}), frozenset({"gitte"}))
BO = Standing(frozenset({"godkender"}), frozenset({"bo"}))
BO_WITH_MORE = Standing(frozenset({"godkender", "robotejer"}), frozenset({"bo"}))


def _told(place: Workplace) -> list[dict[str, Any]]:
    return [body for body in events(place) if body["type"] == "roles.changed"]


def test_the_first_look_records_everybody(place: Workplace) -> None:
    assert note_roles(place, {"bo": BO, "gitte": GITTE}, finder=FINDER) == 2
    (body,) = events(place)
    assert body["actor"]["id"] == "anne"
    assert body["facts"]["before"] == "{}"
    assert json.loads(body["facts"]["after"]) == {
        "bo": [["godkender"], ["bo"]],
        "gitte": [["administrator"], ["gitte"]],
    }


def test_what_is_known_is_not_recorded_again(place: Workplace) -> None:
    note_roles(place, {"bo": BO}, finder=FINDER)
    assert note_roles(place, {"bo": BO}, finder=FINDER) == 0
    assert len(_told(place)) == 1


def test_a_change_tells_before_and_after_of_those_whom_it_touches_alone(place: Workplace) -> None:
    note_roles(place, {"bo": BO, "gitte": GITTE}, finder=FINDER)
    note_roles(place, {"bo": BO_WITH_MORE, "gitte": GITTE}, finder=FINDER)
    facts = events(place)[-1]["facts"]
    assert read_standings(facts["before"]) == {"bo": BO}
    assert read_standings(facts["after"]) == {"bo": BO_WITH_MORE}
    assert facts["people"] == 1


@pytest.mark.parametrize(
    "then",
    [
        {"gitte": GITTE},
        {"gitte": GITTE, "bo": Standing(BO.roles, frozenset({"bo", "eva"}))},
        {"gitte": GITTE, "bo": BO_WITH_MORE},
        {"gitte": GITTE, "bo": BO, "ny": BO},
        {},
    ],
)
def test_what_the_trail_knows_is_what_the_file_last_said(place: Workplace, then: dict[str, Standing]) -> None:
    note_roles(place, {"bo": BO, "gitte": GITTE}, finder=FINDER)
    note_roles(place, then, finder=FINDER)
    with place.database.read() as session:
        assert known_roles(session) == then


def test_many_who_find_a_change_at_once_record_it_once(place: Workplace) -> None:
    note_roles(place, {"bo": BO}, finder=FINDER)
    at_once(*(lambda: note_roles(place, {"bo": BO_WITH_MORE}, finder=FINDER) for _ in range(4)))
    assert len(_told(place)) == 2


def test_a_municipality_of_many_people_fits_into_events(place: Workplace) -> None:
    everybody = {f"medarbejder-{number:04}": BO for number in range(950)}
    assert note_roles(place, everybody, finder=FINDER) == 950
    assert len(_told(place)) == 10
    with place.database.read() as session:
        assert known_roles(session) == everybody


def test_an_edit_put_back_before_anybody_looks_is_not_seen(place: Workplace) -> None:
    note_roles(place, {"bo": BO}, finder=FINDER)
    note_roles(place, {"bo": BO}, finder=FINDER)
    assert [body["facts"]["people"] for body in events(place)] == [1]


def test_it_is_found_by_the_index_of_what_is_rare(place: Workplace) -> None:
    note_roles(place, {"bo": BO}, finder=FINDER)
    query = f"SELECT body FROM audit_event WHERE type = 'roles.changed' AND {RARE}"  # noqa: S608 - our own words.
    with place.database.read() as session:
        if not place.database.is_sqlite:
            # Of a few rows PostgreSQL rightly reads all.
            session.execute(text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN" if place.database.is_sqlite else "EXPLAIN"
        plan = [str(step[-1]) for step in session.execute(text(f"{explain} {query}"))]
    assert "ix_audit_event_rare" in " ".join(plan)


def test_the_types_that_are_frequent_are_those_that_the_index_leaves_out() -> None:
    assert f"type NOT IN ({', '.join(repr(kind.value) for kind in EventType if kind in FREQUENT)})" == RARE


def test_a_change_taken_back_when_it_was_seen_is_told_too(place: Workplace, clock: ManualClock) -> None:
    note_roles(place, {"bo": BO}, finder=FINDER)
    clock.advance(3600)
    note_roles(place, {"bo": BO_WITH_MORE}, finder=FINDER)
    note_roles(place, {"bo": BO}, finder=FINDER)
    assert len(_told(place)) == 3
    with place.database.read() as session:
        assert known_roles(session) == {"bo": BO}
