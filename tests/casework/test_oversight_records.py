"""What people decided about a robot's work is held against the events: what was done by hand is found."""

from collections.abc import Callable
from uuid import UUID

import pytest

from audit.events import Event
from audit.obligations.business import EventTold
from audit.obligations.finding import Verdict
from audit.vocabulary import EventType
from casework import incidents
from casework.acceptances import accept, use_acceptance
from casework.holds import place_hold, release_hold
from casework.oversight_records import OVERSIGHT_RECORDS
from casework.policies import propose_policy, put_in_force, reject_policy
from casework.results import PrimaryResult, RowResult, store_results
from casework.states import AcceptanceKind, ItemState, SweepKind
from casework.sweeps import advance, finish_sweep, start_sweep, stop_sweep
from casework.workplace import Workplace, as_person
from foundation.actor import Role
from tests.casework.verifying import broken, eleventh
from tests.workbench import ACTING, BO, ROBOT, bring_to, person, raw, rows

DORTHE = person("dorthe", Role.DIGITAL_AGENT)
FRIDA = person("frida", Role.ROBOTEJER)


def _policies(place: Workplace) -> None:
    """One superseded, one in force, one rejected, one that waits."""
    for number, decide in enumerate((put_in_force, put_in_force, reject_policy, None)):
        policy = propose_policy(
            place, robot=ROBOT, body=f'{{"a":{number}}}', actor=DORTHE, reason="Fordi.", validate=str
        )
        if decide is put_in_force:
            put_in_force(place, policy.id, actor=FRIDA, reason="Enig.", validate=str)
        elif decide is reject_policy:
            reject_policy(place, policy.id, actor=FRIDA, reason="Uenig.")


def _holds(place: Workplace) -> None:
    """One released, one open."""
    with place.database.write() as session:
        for row in ("S1/1", "S1/2"):
            place_hold(session, place, robot=ROBOT, row=row, acting=ACTING, reason="Fordi.")
    release_hold(place, robot=ROBOT, row="S1/1", actor=BO, reason="Set efter.")


def _sweeps(place: Workplace) -> None:
    """One finished, one stopped, one running."""
    for end in ("finish", "stop", None):
        sweep = start_sweep(place, robot=ROBOT, kind=SweepKind.SWEEP, acting=ACTING)
        with place.database.write() as session:
            advance(session, place, sweep.id, before_cursor=None, cursor="a", counts={"cases": 7})
            if end == "finish":
                finish_sweep(session, place, sweep.id, acting=ACTING)
            elif end == "stop":
                stop_sweep(session, place, sweep.id, acting=as_person(BO), reason="Ikke i nat.")


def _acceptances(place: Workplace) -> None:
    """One used, one not."""
    for mark in ("sf6002:1", "sf6002:2"):
        accept(place, robot=ROBOT, what=AcceptanceKind.GAP, mark=mark, actor=BO, reason="Hændelserne er sendt.")
    with place.database.write() as session:
        use_acceptance(
            session,
            place,
            robot=ROBOT,
            what=AcceptanceKind.GAP,
            mark="sf6002:1",
            starter="dorthe",
            acting=ACTING,
        )


def _incidents(place: Workplace) -> None:
    """One open, one acknowledged, one closed."""
    with place.database.write() as session:
        for code in ("timeout", "closed", "taken"):
            made = incidents.report(session, place, robot=ROBOT, system="esdh", code=code, message="Svarer ikke.")
            if code == "closed":
                incidents.close(session, place, made, acting=as_person(BO), reason="Rettet.")
            elif code == "taken":
                incidents.acknowledge(session, place, made, acting=as_person(BO), note="Jeg ringer.")


def _results(place: Workplace) -> None:
    """One row, of an item, with the evidence that the robot gives."""
    item_id = bring_to(place, ItemState.IN_PROGRESS)
    with place.database.write() as session:
        result = RowResult(row="S1/1", result=PrimaryResult.APPLIED, rule="ADR-01", reason="moved")
        store_results(session, item_id, robot=ROBOT, results=[result], at=place.now())
        facts = {"label": "row", "row": "S1/1"}
        told = Event(type=EventType.EVIDENCE_GIVEN, actor=ACTING.actor, run=ACTING.run(item=item_id), facts=facts)
        place.record(session, told)


MAKERS: dict[str, Callable[[Workplace], None]] = {
    "policy": _policies,
    "hold": _holds,
    "sweep": _sweeps,
    "acceptance": _acceptances,
    "incident": _incidents,
    "work_result": _results,
}


@pytest.mark.parametrize("table", MAKERS)
def test_rows_that_came_about_honestly_raise_no_alarm(place: Workplace, table: str) -> None:
    MAKERS[table](place)
    assert eleventh(place).verdict is Verdict.HOLDS


@pytest.mark.parametrize("table", MAKERS)
def test_rows_that_are_gone_are_found(place: Workplace, table: str) -> None:
    MAKERS[table](place)
    for trigger in _triggers_of(place, table):
        raw(place, trigger)
    raw(place, f"DELETE FROM {table}")  # noqa: S608 - names of our own tables.
    assert "findes ikke" in broken(place)


@pytest.mark.parametrize("table", MAKERS)
def test_rows_whose_events_were_never_written_are_found(place: Workplace, table: str) -> None:
    MAKERS[table](place)
    with place.database.read() as session:
        (records,) = [one for one in OVERSIGHT_RECORDS if getattr(one, "table").name == table]  # noqa: B009 - not part of the port.
        assert list(records.rows_without_event(session, since=None)) == []
    for trigger in _triggers_of(place, table):
        raw(place, trigger)
    raw(place, _MADE_BY_HAND[table])
    with place.database.read() as session:
        assert len(list(records.rows_without_event(session, since=None))) == 1


#: A row that says something else than its event, or has none.
_MADE_BY_HAND = {
    "policy": "UPDATE policy SET decided_by = 'gerda' WHERE state = 'in_force'",
    "hold": "UPDATE hold SET released_by = 'erik' WHERE released_at IS NOT NULL",
    "sweep": "UPDATE sweep SET counts = '{\"cases\": 8}' WHERE state = 'finished'",
    "acceptance": "UPDATE acceptance SET accepted_by = 'erik' WHERE used_at IS NULL",
    "incident": "UPDATE incident SET closed_at = opened_at, closed_by = 'erik' WHERE code = 'timeout'",
    "work_result": "UPDATE work_result SET row = 'S9/9'",
}


def test_a_released_hold_opened_again_by_hand_is_not_found_by_its_release(place: Workplace) -> None:
    _holds(place)
    raw(place, "UPDATE hold SET released_at = placed_at, released_by = 'bo' WHERE released_at IS NULL")
    assert "Rækker på hold" in broken(place)


def test_an_event_about_a_row_that_never_was_is_named(place: Workplace) -> None:
    body = {"type": "policy.proposed", "facts": {"policy": str(UUID(int=1))}}
    told = EventTold(UUID(int=7), body)
    with place.database.read() as session:
        assert list(OVERSIGHT_RECORDS[0].events_without_row(session, [told])) == [UUID(int=7)]


def _triggers_of(place: Workplace, table: str) -> list[str]:
    """What takes away the triggers that hinder deleting, as one does who owns the database."""
    if place.database.is_sqlite:
        found = rows(place, "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :t", t=table)
        return [f"DROP TRIGGER {row['name']}" for row in found]
    return [f"ALTER TABLE {table} DISABLE TRIGGER USER"]
