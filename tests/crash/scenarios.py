"""The scenarios of the crash matrix: what robots do, each with what must have happened once it is over.

A robot joins by naming itself: one entry in ``SCENARIOS`` with its entry point (or ``module:Class``), a function that
gets everything ready for one run, and the writes that the municipality shall have received of each case in the end.
What must stay true: a scenario says what shall happen and never how the worker gets there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select

from casework.items import NewItem, enqueue
from casework.states import ItemState
from casework.tables import EffectRow, WorkItemRow
from flows.opened_run import acting_of
from flows.rolling_back import ask_for_rollback
from foundation.actor import resolve_actor
from foundation.clock import local_date
from foundation.identifiers import new_id
from tests.crash.stage import Stage
from tests.crash.tiny_robot import NotedCase, NoteTaker

ADDRESS, NOTE, TASK = "nova.case.update_party_address", "nova.case.update", "nova.task.import"

Citizen = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One piece of a robot's work, done by a worker that may be struck anywhere in it."""

    name: str
    #: Entry point, or ``module:Class``.
    robot: str = "address_update"
    #: Gets everything ready; returns the citizens whom the run is about.
    prepare: Callable[[Stage], list[Citizen]]
    act: Literal["run", "sweep"] = "run"
    #: How many writes each case receives by route, from the moment that all is ready to the end.
    effects: Mapping[str, int]
    #: Items per citizen in the end, the one that was ready counted; None where others may have one as well.
    items: int | None = 1
    #: Whether the next run may be about the same citizens.
    leaves_no_trace: bool = True


@dataclass(frozen=True, slots=True)
class Ready:
    """What a run is about, and where record and ledger stood when it began."""

    citizens: list[Citizen]
    #: The newest item and effect, and items that were not at their end.
    newest_item: UUID
    newest_effect: UUID
    open_items: frozenset[UUID]
    #: The newest ledger entry of each case.
    entries: Mapping[str, int]


def make_ready(stage: Stage, scenario: Scenario) -> Ready:
    """Prepare one run."""
    citizens = scenario.prepare(stage)
    cases = [citizen["case"] for citizen in citizens]
    item, effect = WorkItemRow.__table__, EffectRow.__table__
    ended = [each.value for each in (ItemState.COMPLETED, ItemState.REJECTED, ItemState.FAILED, ItemState.CANCELLED)]
    with stage.recovery.composition.place.database.read() as session:
        newest = [
            session.execute(select(table.c.id).order_by(table.c.id.desc()).limit(1)).scalar() or UUID(int=0)
            for table in (item, effect)
        ]
        # What another run left in doubt belongs to that one.
        is_open = item.c.state.not_in([*ended, ItemState.IN_DOUBT.value])
        still_open = frozenset(session.execute(select(item.c.id).where(is_open)).scalars())
    entries = {case: max((entry["number"] for entry in stage.town.ledger(case)), default=0) for case in cases}
    return Ready(citizens, newest[0], newest[1], still_open, entries)


def _moved(stage: Stage) -> list[Citizen]:
    citizen = stage.town.next_citizen()
    stage.town.order("/people/move", personnummer=citizen["personnummer"])
    return [citizen]


def _two_moved(stage: Stage) -> list[Citizen]:
    """Two citizens on one page of events, and one event told twice."""
    citizens = [stage.town.next_citizen(), stage.town.next_citizen()]
    events = [stage.town.order("/people/move", personnummer=each["personnummer"])["eventid"] for each in citizens]
    stage.town.order("/people/duplicate-event", eventid=events[0])
    return citizens


def _approved(happen: Callable[[Stage], list[Citizen]]) -> Callable[[Stage], list[Citizen]]:
    """The same with the proposal made and approved, but not carried out."""

    def prepare(stage: Stage) -> list[Citizen]:
        citizens = happen(stage)
        stage.recovery.run()
        stage.recovery.approve_all()
        return citizens

    return prepare


def _moved_and_protected(stage: Stage) -> list[Citizen]:
    citizens = _moved(stage)
    stage.town.order("/people/protect", personnummer=citizens[0]["personnummer"], protected=True)
    return citizens


def _no_longer_protected(stage: Stage) -> list[Citizen]:
    """The case shows a mark that CPR no longer knows of."""
    citizen = stage.town.next_citizen()
    stage.town.order("/parties/address", case=citizen["case"], index=citizen["party"], nameAddressProtected=True)
    for is_protected in (True, False):
        stage.town.order("/people/protect", personnummer=citizen["personnummer"], protected=is_protected)
    return [citizen]


def _with_contact_address(stage: Stage) -> list[Citizen]:
    citizen = stage.town.next_citizen()
    lines = ["Prøvegade 7", "8000 Aarhus C"]
    stage.town.order("/people/contact-address", personnummer=citizen["personnummer"], lines=lines)
    return [citizen]


def _asked_back(stage: Stage) -> list[Citizen]:
    """A change was written, and somebody has asked for it to be taken back, which is approved."""
    citizens = _approved(_moved)(stage)
    stage.recovery.run()
    item = WorkItemRow.__table__
    place = stage.recovery.composition.place
    with place.database.read() as session:
        newest = session.execute(select(item.c.id).order_by(item.c.id.desc()).limit(1)).scalar_one()
    asker = resolve_actor(stage.recovery.settings, chosen="bo")
    ask_for_rollback(place, newest, actor=asker, reason="Prøve: ændringen var en fejl.")
    stage.recovery.run()
    stage.recovery.approve_all()
    return citizens


def _moved_unheard(stage: Stage) -> list[Citizen]:
    """A citizen has moved, and CPR's event is left for nobody: only a sweep can find it."""
    citizens = _moved(stage)
    stage.recovery.skip_events()
    return citizens


def _case_to_note(stage: Stage) -> list[Citizen]:
    citizen = stage.town.next_citizen()
    place = stage.recovery.composition.place
    payload = NotedCase(
        system=stage.recovery.composition.systems.cases.system, case=citizen["case"], deadline=local_date(place.now())
    )
    acting = acting_of(NoteTaker(), resolve_actor(stage.recovery.settings, chosen="dorthe"))
    with place.database.write() as session:
        new = NewItem(f"note:{new_id()}", payload.model_dump_json().encode())
        enqueue(session, place, NoteTaker.card.name, [new], acting=acting, run_id=None)
    return [citizen]


_WRITTEN = {ADDRESS: 1, NOTE: 1}


SCENARIOS = (
    Scenario(name="propose", prepare=_moved, effects=_WRITTEN),
    Scenario(name="apply", prepare=_approved(_moved), effects=_WRITTEN),
    # The mark is set and read back before the address is written.
    Scenario(
        name="protect", prepare=_approved(_moved_and_protected), effects={ADDRESS: 2, NOTE: 1}, leaves_no_trace=False
    ),
    Scenario(name="unmark", prepare=_approved(_no_longer_protected), effects=_WRITTEN),
    Scenario(name="contact_address", prepare=_approved(_with_contact_address), effects=_WRITTEN, leaves_no_trace=False),
    Scenario(name="rollback", prepare=_asked_back, effects=_WRITTEN, leaves_no_trace=False),
    Scenario(name="collect", prepare=_two_moved, effects=_WRITTEN),
    Scenario(name="sweep", prepare=_moved_unheard, act="sweep", effects=_WRITTEN, items=None),
    Scenario(
        name="notes",
        robot="tests.crash.tiny_robot:NoteTaker",
        prepare=_case_to_note,
        effects={NOTE: 2, TASK: 1},
    ),
)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
