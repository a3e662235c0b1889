"""The robot dies at every point at which a process could die, and ends as if it never had."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.errors import OutcomeUnknown
from connectors.person_details import ContactAddress, Guardianship, GuardianshipKind
from connectors.records import CaseRef, PartyContact, PartyRef, PersonEvent, PersonSnapshot, PersonStatus
from foundation.addresses import CivilAddress
from foundation.cpr import Cpr
from robots.address_update.payload import for_rollback
from robots.address_update.plan import Plan
from robots.address_update.robot import AddressUpdate
from robots.twins.bench import Bench
from robots.twins.desk_memory import Crash

Scene = Callable[[], Bench]


@pytest.fixture(
    params=["move", "protected", "two cases", "an unmarking", "a handover and a guardian", "name and contact", "dead"]
)
def scene(
    request: pytest.FixtureRequest,
    event: PersonEvent,
    snapshot: PersonSnapshot,
    old_address: CivilAddress,
    new_address: CivilAddress,
) -> Scene:
    """Makes the same bench anew each time: what the robot finds stands in the parameter."""

    def make() -> Bench:
        robot = AddressUpdate()
        bench = Bench(robot, at=datetime(2026, 11, 22, 12, 0, tzinfo=UTC))
        bench.give_events(robot, [event])
        bench.people.put(snapshot)
        stage = bench.cases.stage
        stage.add_party(stage.add_case(), cpr=snapshot.cpr, address=old_address)
        if request.param == "protected":
            bench.people.protect(snapshot.cpr, is_protected=True)
        elif request.param == "two cases":
            second = stage.add_case()
            stage.add_party(second, cpr=Cpr("0709614673"), address=old_address)
            stage.add_party(second, cpr=snapshot.cpr)
        elif request.param == "an unmarking":
            # Two proposals, one after the other: the mark first, and then the address that waited for it.
            party = PartyRef(CaseRef("twin", "case-1"), "1")
            stage.edit_contact(party, PartyContact(old_address, is_protected=True))
        elif request.param == "a handover and a guardian":
            guardian = Guardianship(GuardianshipKind.FULL, Cpr("0904414131"))
            away = replace(new_address, municipality_code="0751")
            bench.people.put(replace(snapshot, address=away, guardianship=guardian))
            stage.add_document(CaseRef("twin", "case-1"), at=datetime(2026, 11, 20, 12, 0, tzinfo=UTC))
        elif request.param == "name and contact":
            contact = ContactAddress(("Prøvekontoret", "Prøvetorv 4"))
            bench.people.put(replace(snapshot, addressing_name="Nynavn Prøvesen", contact_address=contact))
        elif request.param == "dead":
            bench.people.put(replace(snapshot, status=PersonStatus.DEAD))
        return bench

    return make


def final_state(bench: Bench) -> dict[str, Any]:
    """All that is left in the world: cases, notes and reminders without their ids, and each effect with its count."""
    stage = bench.cases.stage
    return {
        "cases": dict(stage.cases),
        "notes": {case: [(n.title, n.text, n.at) for n in notes.values()] for case, notes in stage.notes.items()},
        "reminders": {case: list(reminders.values()) for case, reminders in stage.reminders.items()},
        "effects": Counter((entry.operation, entry.case, entry.target) for entry in bench.cases.ledger),
        "remembered": bench.memory.remembered,
        "results": bench.memory.results,
    }


def test_it_ends_as_if_it_never_died_wherever_it_dies(scene: Scene) -> None:
    whole = scene()
    outcome = whole.settle()
    points = len(whole.memory.points)
    assert points > 5
    for point in range(points):
        bench = scene()
        bench.memory.dies_after = point
        with pytest.raises(Crash):
            bench.settle()
        assert bench.settle() == outcome
        assert final_state(bench) == final_state(whole), whole.memory.points[point]


def test_time_that_passes_while_it_is_dead_changes_nothing_that_was_begun(scene: Scene) -> None:
    whole = scene()
    outcome = whole.settle()
    for point in range(len(whole.memory.points)):
        bench = scene()
        bench.memory.dies_after = point
        with pytest.raises(Crash):
            bench.settle()
        bench.clock.advance(90.0)
        assert bench.settle() == outcome
        assert final_state(bench)["effects"] == final_state(whole)["effects"]


def test_it_ends_as_if_it_never_died_when_it_dies_twice(scene: Scene) -> None:
    whole = scene()
    outcome = whole.settle()
    for point in range(len(whole.memory.points)):
        bench = scene()
        bench.memory.dies_after = point
        with pytest.raises(Crash):
            bench.settle()
        bench.memory.dies_after = len(bench.memory.points) + 2
        try:
            assert bench.settle() == outcome
        except Crash:
            assert bench.settle() == outcome
        assert final_state(bench) == final_state(whole)


@pytest.mark.parametrize("method", ["update_party_contact", "append_journal_note", "create_reminder"])
def test_an_answer_that_was_lost_leads_to_no_second_write(scene: Scene, method: str) -> None:
    whole = scene()
    outcome = whole.settle()
    bench = scene()
    bench.cases.fail_next(method, OutcomeUnknown("twin", method), after_effect=True)
    try:
        found = bench.settle()
    except OutcomeUnknown:
        found = bench.settle()
    assert found == outcome
    assert final_state(bench) == final_state(whole)


def test_a_rollback_ends_as_if_it_never_died(
    event: PersonEvent, snapshot: PersonSnapshot, old_address: CivilAddress
) -> None:
    def begun() -> Bench:
        robot = AddressUpdate()
        bench = Bench(robot, at=datetime(2026, 11, 22, 12, 0, tzinfo=UTC))
        bench.give_events(robot, [event])
        bench.people.put(snapshot)
        bench.people.protect(snapshot.cpr, is_protected=True)
        stage = bench.cases.stage
        stage.add_party(stage.add_case(), cpr=snapshot.cpr, address=old_address)
        rows = Plan.from_json(bench.proposal().plan).rows
        bench.settle()
        bench.people.protect(snapshot.cpr, is_protected=False)
        bench.give_work(
            for_rollback(rows, cpr=snapshot.cpr, reference="rollback:1", noticed_on=event.registered_at.date())
        )
        return bench

    whole = begun()
    outcome = whole.settle()
    for point in range(len(whole.memory.points)):
        bench = begun()
        bench.memory.dies_after = point
        with pytest.raises(Crash):
            bench.settle()
        assert bench.settle() == outcome
        assert final_state(bench) == final_state(whole), whole.memory.points[point]
        assert bench.memory.held == {"S2026-00001/1"}
