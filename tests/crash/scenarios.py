"""The scenarios of the crash matrix: what robots do, each with what must have happened once it is over.

A robot joins by naming itself: one entry in ``SCENARIOS`` with its entry point (or ``module:Class``), a function that
gets everything ready for one run, and the writes that the municipality shall have received of each case in the end.
What must stay true: a scenario says what shall happen and never how the worker gets there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select, update

from casework.acceptances import accept
from casework.items import NewItem, enqueue
from casework.oversight_tables import SubscriptionRow
from casework.states import AcceptanceKind, ItemState
from casework.tables import EffectRow, WorkItemRow
from flows.opened_run import acting_of
from flows.rolling_back import ask_for_rollback
from foundation.actor import resolve_actor
from foundation.clock import local_date
from foundation.identifiers import new_id
from tests.crash.stage import LONG_AGO, Stage
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
    #: What the worker does: a run, or what goes through all cases, or what a citizen or a case is asked for with.
    act: Literal["run", "sweep", "compare", "person", "case"] = "run"
    #: Settings of this scenario's workers; ``{folder}`` is a folder of its own.
    settings: Mapping[str, Any] = field(default_factory=dict)
    #: How many writes each case receives by route, from the moment that all is ready to the end.
    effects: Mapping[str, int]
    #: Items per citizen in the end, the one that was ready counted; None where others may have one as well.
    items: int | None = 1
    #: Whether the next run may be about the same citizens.
    leaves_no_trace: bool = True
    #: What else must hold in the end.
    also: Callable[[Stage, list[Citizen], str], None] = lambda _stage, _citizens, _when: None

    @property
    def goes_through_all(self) -> bool:
        """Whether the worker goes through all cases, which wants a small municipality."""
        return self.act in {"sweep", "compare"}

    def about(self, citizens: list[Citizen]) -> str:
        """Whom or what somebody asks for; empty where nobody does."""
        key = {"person": "personnummer", "case": "number"}.get(self.act)
        return "" if key is None else str(citizens[0][key])


@dataclass(frozen=True, slots=True)
class Ready:
    """What a run is about, and where record and ledger stood when it began."""

    citizens: list[Citizen]
    #: The newest item and effect, and items that were not at their end.
    newest_item: UUID
    newest_effect: UUID
    open_items: frozenset[UUID]
    #: The newest ledger entry.
    newest_entry: int


def make_ready(stage: Stage, scenario: Scenario) -> Ready:
    """Prepare one run."""
    citizens = scenario.prepare(stage)
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
    return Ready(citizens, newest[0], newest[1], still_open, stage.town.newest_entry())


def has_new_item(stage: Stage, ready: Ready) -> bool:
    """Whether anything came of what somebody asked for."""
    item = WorkItemRow.__table__
    with stage.recovery.composition.place.database.read() as session:
        query = select(item.c.id).where(item.c.id > ready.newest_item).limit(1)
        return session.execute(query).one_or_none() is not None


def _moved(stage: Stage) -> list[Citizen]:
    citizen = stage.town.next_citizen()
    stage.town.move(citizen)
    return [citizen]


def _two_moved(stage: Stage) -> list[Citizen]:
    """Two citizens on one page of events, and one event told twice."""
    citizens = [stage.town.next_citizen(), stage.town.next_citizen()]
    events = [stage.town.move(each)["eventid"] for each in citizens]
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


def _moved_long_ago(stage: Stage) -> list[Citizen]:
    """A move that is told of late: letters may have gone to the former address."""
    citizen = stage.town.next_citizen()
    stage.town.move(citizen, days_ago=10)
    return [citizen]


def _buried(stage: Stage) -> list[Citizen]:
    """Nothing that a robot settles: a caseworker is reminded."""
    citizen = stage.town.next_citizen()
    stage.town.order("/people/bury", personnummer=citizen["personnummer"])
    return [citizen]


def _accepted(happen: Callable[[Stage], list[Citizen]], what: AcceptanceKind) -> Callable[[Stage], list[Citizen]]:
    """The intake has stopped, and a second person lets it go on."""

    def prepare(stage: Stage) -> list[Citizen]:
        citizens = happen(stage)
        place, mark = stage.recovery.composition.place, stage.recovery.mark()
        stage.recovery.run(_CAREFUL)
        assert stage.recovery.mark() == mark, "the intake did not stop"
        actor = resolve_actor(stage.recovery.settings, chosen="erik")
        accept(place, robot="address_update", what=what, mark=mark, actor=actor, reason="Prøve: undersøgt.")
        return citizens

    return prepare


def _moved_after_a_gap(stage: Stage) -> list[Citizen]:
    """Something was heard of a citizen, then CPR's events were lost, then he moved."""
    citizens = _moved_unheard(stage)
    stage.town.order("/people/lose-events", count=3)
    stage.town.move(citizens[0])
    return citizens


def _moved_where_no_id_tells(stage: Stage) -> list[Citizen]:
    """CPR has no id of the new address, and a road code that the register does not know: the text is looked up."""
    citizen = stage.town.next_citizen()
    address = stage.town.move(citizen)["address"]
    stage.recovery.skip_events()
    stage.town.move(citizen, address=address | {"addressUuid": "", "roadCode": "8998"})
    return [citizen]


def _moved_in_a_file(stage: Stage) -> list[Citizen]:
    """A citizen has moved, and stands alone in the file that CPR has laid in the folder."""
    folder = stage.recovery.settings.cpr_extract_dir
    assert isinstance(folder, Path)
    stage.town.deliver(folder)
    for old in folder.iterdir():
        old.unlink()
    citizens = _moved(stage)
    stage.recovery.put_bookmark(f"{LONG_AGO}:00000000:all")
    stage.town.deliver(folder)
    return citizens


def _closed_and_reopened(stage: Stage) -> list[Citizen]:
    """One citizen has had no open case for long, another has one again: CPR tells of the first and not of the other."""
    closed, reopened = stage.town.next_citizen(), stage.town.next_citizen()
    for citizen in [*stage.town.citizens, closed]:
        stage.town.order("/cases/reopen", case=citizen["case"])
    stage.town.order("/cases/close", case=reopened["case"])
    # As it stood: everybody on an open case is subscribed to, and nobody else.
    for _ in range(2):
        _let_days_pass(stage)
        stage.recovery.go_through(_CAREFUL)
    for path, citizen in (("/cases/close", closed), ("/cases/reopen", reopened)):
        stage.town.order(path, case=citizen["case"])
    _let_days_pass(stage)
    return [closed, reopened]


def _let_days_pass(stage: Stage) -> None:
    """Since everybody was last seen on an open case."""
    subscription, place = SubscriptionRow.__table__, stage.recovery.composition.place
    with place.database.write() as session:
        session.execute(update(subscription).values(last_open_at=place.now() - timedelta(days=30)))


def _is_told_of_open_cases_only(stage: Stage, citizens: list[Citizen], when: str) -> None:
    closed, reopened = (citizen["personnummer"] for citizen in citizens)
    told = stage.town.subscriptions()
    assert closed not in told, f"{when}: somebody without an open case is told of"
    assert reopened in told, f"{when}: somebody with an open case is not told of"
    others = {citizen["personnummer"] for citizen in stage.town.citizens}
    assert others <= told, f"{when}: others are no longer told of"


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
_NOTHING = {ADDRESS: 0, NOTE: 0, TASK: 0}
#: The same robot, which takes two citizens with news for unusually many.
_CAREFUL = "tests.crash.tiny_robot:careful"


SCENARIOS = (
    Scenario(name="propose", prepare=_moved, effects=_WRITTEN),
    Scenario(name="apply", prepare=_approved(_moved), effects=_WRITTEN),
    # What was sent since is looked for, and told of in the note.
    Scenario(name="late_move", prepare=_moved_long_ago, effects=_WRITTEN),
    # Who has an address without an id is looked up in other ways the next time.
    Scenario(name="no_id", prepare=_moved_where_no_id_tells, effects=_WRITTEN, leaves_no_trace=False),
    # The mark is set and read back before the address is written.
    Scenario(
        name="protect", prepare=_approved(_moved_and_protected), effects={ADDRESS: 2, NOTE: 1}, leaves_no_trace=False
    ),
    Scenario(name="unmark", prepare=_approved(_no_longer_protected), effects=_WRITTEN),
    Scenario(name="contact_address", prepare=_approved(_with_contact_address), effects=_WRITTEN, leaves_no_trace=False),
    Scenario(name="remind", prepare=_buried, effects={TASK: 1, ADDRESS: 0}, leaves_no_trace=False),
    Scenario(name="rollback", prepare=_asked_back, effects=_WRITTEN, leaves_no_trace=False),
    Scenario(name="collect", prepare=_two_moved, effects=_WRITTEN),
    Scenario(
        name="extract", prepare=_moved_in_a_file, settings={"cpr_extract_dir": "{folder}/extracts"}, effects=_WRITTEN
    ),
    Scenario(
        name="mass_change",
        robot=_CAREFUL,
        prepare=_accepted(_two_moved, AcceptanceKind.MASS_CHANGE),
        effects=_WRITTEN,
    ),
    Scenario(name="gap", robot=_CAREFUL, prepare=_accepted(_moved_after_a_gap, AcceptanceKind.GAP), effects=_WRITTEN),
    # Who is asked for twice has two items, the second of which finds nothing to do.
    Scenario(name="person", prepare=_moved_unheard, act="person", effects=_WRITTEN, items=None),
    Scenario(name="case", prepare=_moved_unheard, act="case", effects=_WRITTEN, items=None),
    Scenario(name="sweep", prepare=_moved_unheard, act="sweep", effects=_WRITTEN, items=None),
    Scenario(
        name="subscribe",
        robot=_CAREFUL,
        prepare=_closed_and_reopened,
        act="sweep",
        settings={"cpr_subscriptions": True},
        effects=_NOTHING,
        items=None,
        also=_is_told_of_open_cases_only,
    ),
    Scenario(name="compare", prepare=_moved_unheard, act="compare", effects=_NOTHING, items=0),
    Scenario(
        name="notes",
        robot="tests.crash.tiny_robot:NoteTaker",
        prepare=_case_to_note,
        effects={NOTE: 2, TASK: 1},
    ),
)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
