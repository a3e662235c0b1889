"""One person or one case now: work that somebody asks for, beside the nightly events and the sweep.

What must stay true: it becomes work items like all other work, so that rules, approval, guard and record are the same;
and the number of a person is never part of a reference, a message or a log line.
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from casework.items import NewItem, enqueue
from casework.policies import policy_in_force
from casework.workplace import Acting
from connectors.guard import Write
from connectors.guarded import GuardedCases, StepPlace
from connectors.records import Case, WriteReceipt
from flows.composition import Composition
from flows.opened_run import acting_of
from foundation.actor import Actor
from foundation.clock import local_date
from foundation.cpr import Cpr
from foundation.cpr_environment import require_allowed_here
from foundation.environment import Environment
from foundation.identifiers import new_id
from robots.survey import SweepRobot

#: What somebody waits for comes before what came in by night.
_PRIORITY = -10


class _NoWrites:
    """Takes the guard's place: whoever only asks has nothing to write."""

    def write(self, write: Write) -> WriteReceipt:
        """Refuse; a fault in the program."""
        raise RuntimeError(f"asking for work wrote {write.request.operation}")


def ask_for_person(composition: Composition, robot: SweepRobot, starter: Actor, cpr: Cpr) -> int:
    """Make a work item for this person; returns how many were made, which is one.

    Raises:
        NotAllowedError: the starter may not start this robot.
        TestNumberRefused, RealNumberRefused: the number does not belong in this environment.
    """
    starter.require(robot.card.may_start, f"starte {robot.card.name}")
    require_allowed_here(cpr, is_production=composition.place.environment is Environment.PRODUCTION)
    return _enqueue(composition, robot, acting_of(robot, starter), [cpr], source="person")


def ask_for_case(composition: Composition, robot: SweepRobot, starter: Actor, number: str) -> int:
    """Make a work item for each person on this case whom the robot keeps up to date; returns how many were made.

    Raises:
        NotAllowedError: the starter may not start this robot.
        NotFound, Ambiguous: there is no such case, or several.
        ConnectorError: the case system does not answer.
    """
    starter.require(robot.card.may_start, f"starte {robot.card.name}")
    acting = acting_of(robot, starter)
    case = _find(composition, robot, acting, number)
    with composition.place.database.read() as session:
        policy = policy_in_force(session, robot=robot.card.name)
    people = robot.to_look_up(case, policy.body if policy is not None else None)
    return _enqueue(composition, robot, acting, list(people), source="case")


def _find(composition: Composition, robot: SweepRobot, acting: Acting, number: str) -> Case:
    reader = composition.reader(robot.card.name, acting)
    where = StepPlace(UUID(int=0), None)
    return GuardedCases(composition.systems.cases, reader, _NoWrites(), where).find_case(number)


def _enqueue(
    composition: Composition,
    robot: SweepRobot,
    acting: Acting,
    people: list[Cpr],
    *,
    source: Literal["person", "case"],
) -> int:
    place = composition.place
    today = local_date(place.now())
    asked = new_id()
    new = []
    for position, cpr in enumerate(people, start=1):
        reference = f"{source}:{asked}:{position}"
        item = robot.item_for(cpr, source=source, reference=reference, noticed_on=today)
        new.append(NewItem(item.reference, item.payload.model_dump_json().encode(), _PRIORITY, item.due_at))
    with place.database.write() as session:
        enqueue(session, place, robot.card.name, new, acting=acting, run_id=None)
    return len(new)
