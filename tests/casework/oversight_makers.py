"""Rows of what people decided and robots came to, made as people and robots make them."""

from collections.abc import Callable
from uuid import UUID

from audit.events import Event
from audit.vocabulary import EventType
from casework import incidents
from casework.acceptances import accept, use_acceptance
from casework.holds import place_hold, release_hold
from casework.pausing import set_state
from casework.policies import propose_policy, put_in_force, reject_policy
from casework.results import PrimaryResult, RowResult, store_results
from casework.states import AcceptanceKind, ItemState, RobotState, SweepKind
from casework.sweeps import advance, finish_sweep, start_sweep, stop_sweep
from casework.told_results import with_results
from casework.workplace import Workplace, as_person
from foundation.actor import Role
from foundation.clock import ManualClock
from tests.workbench import ACTING, BO, ROBOT, WORKER, bring_to, person

DORTHE = person("dorthe", Role.DIGITAL_AGENT)
FRIDA = person("frida", Role.ROBOTEJER)


def _policies(place: Workplace) -> None:
    """One superseded, one in force, one rejected, one that waits."""
    for number, decide in enumerate((put_in_force, put_in_force, reject_policy, None)):
        _advance(place)
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
            place_hold(session, place, robot=ROBOT, row=row, acting=ACTING, reason="Fordi.", item_id=WORKER)
    release_hold(place, robot=ROBOT, row="S1/1", actor=BO, reason="Set efter.")


def _sweeps(place: Workplace) -> None:
    """One finished, one stopped, one running."""
    kinds = list(SweepKind)
    for number, end in enumerate(("finish", "stop", None)):
        sweep = start_sweep(place, robot=ROBOT, kind=kinds[number % len(kinds)], acting=ACTING)
        with place.database.write() as session:
            advance(session, place, sweep.id, before_cursor=None, cursor="a", counts={"cases": 7})
            if end == "finish":
                finish_sweep(session, place, sweep.id, acting=ACTING)
            elif end == "stop":
                stop_sweep(session, place, sweep.id, acting=as_person(BO), reason="Ikke i nat.")


def _acceptances(place: Workplace) -> None:
    """One used, one not."""
    for what, mark in ((AcceptanceKind.GAP, "sf6002:1"), (AcceptanceKind.MASS_CHANGE, "sf6002:2")):
        accept(place, robot=ROBOT, what=what, mark=mark, actor=BO, reason="Hændelserne er sendt.")
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
    """Two rows of an item, as the desk stores them: one that the robot noted something of, one that it did not."""
    item_id = bring_to(place, ItemState.IN_PROGRESS)
    results = {
        row: RowResult(row=row, result=result, rule="ADR-01", reason="moved")
        for row, result in (("S1/1", PrimaryResult.APPLIED), ("S1/2", PrimaryResult.LEFT_OUT))
    }
    with place.database.write() as session:
        store_results(session, item_id, robot=ROBOT, results=results.values(), at=place.now())
        noted = [_noted(item_id, {"label": "row", "row": "S1/1"})]
        place.record(session, *with_results(noted, results, lambda facts: _noted(item_id, facts)))


def _noted(item_id: UUID, facts: dict[str, str]) -> Event:
    return Event(
        type=EventType.EVIDENCE_GIVEN,
        actor=ACTING.actor,
        process=ACTING.process,
        run=ACTING.run(item=item_id),
        facts=dict(facts),
    )


def _robot_states(place: Workplace) -> None:
    """One paused, one stopped, one in use again."""
    for robot, states in (
        ("a", (RobotState.PAUSED,)),
        ("b", (RobotState.STOPPED,)),
        ("c", (RobotState.PAUSED, RobotState.ACTIVE)),
    ):
        for state in states:
            _advance(place)
            set_state(place, robot, state, actor=DORTHE, reason="Fordi.")


def _advance(place: Workplace) -> None:
    """Let an hour go by, so that no two decisions are of one moment."""
    if isinstance(place.clock, ManualClock):
        place.clock.advance(3600)


MAKERS: dict[str, Callable[[Workplace], None]] = {
    "policy": _policies,
    "hold": _holds,
    "sweep": _sweeps,
    "acceptance": _acceptances,
    "incident": _incidents,
    "work_result": _results,
    "robot_state": _robot_states,
}
