"""What must hold after every run, whatever was done to the worker.

    1. every item is in a state that is known, nobody holds a lease, and no run of a worker that is gone is open
    2. what the municipality received, on whichever case, is what our record says is done, row by row: no more, no less
    3. no write of a scenario was received more often than the scenario has it, and none on a case that it is not about
    4. one that was received less often was refused and is told of, or a person was asked about that very citizen
    5. each effect's events agree with its row, and each item's with its state (``histories.py``)
    6. the log is settled, signed, and has every event (``auditing.py``)

What must stay true: the ledger of the simulated municipality is the truth, and our own record is what is examined.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, func, or_, select

from audit.tables import AuditEventRow
from casework.operating_tables import IncidentItemRow
from casework.oversight_tables import WorkResultRow
from casework.states import EffectState, ItemState, PrimaryResult, SweepKind, SweepState
from casework.sweeps import latest_sweep
from casework.tables import EffectRow, IncidentRow, RunRow, WorkItemRow
from casework.transitions import FINAL
from flows.comparing import Comparison
from flows.sweeping import SweepReport
from tests.crash.auditing import audit_run
from tests.crash.histories import Body, judge_effect, judge_item
from tests.crash.nursery import load
from tests.crash.scenarios import ADDRESS, NOTE, TASK, Citizen, Ready, Scenario
from tests.crash.stage import Stage

_EVENT, _ITEM = AuditEventRow.__table__, WorkItemRow.__table__
_EFFECT, _INCIDENT = EffectRow.__table__, IncidentRow.__table__
_MET, _RESULT, _RUN = IncidentItemRow.__table__, WorkResultRow.__table__, RunRow.__table__

_ROUTES = {"update_party_contact": ADDRESS, "append_journal_note": NOTE, "create_reminder": TASK}
#: Somebody must act: the work list shows it with a code.
_ASKED = frozenset({ItemState.REJECTED, ItemState.FAILED, ItemState.IN_DOUBT})
#: The system said that the case takes no change: the row says so, and nobody has to act (ADR-34).
_TOLD = frozenset({"case_closed", "case_archived"})
#: Nobody knows what became of it.
_OPEN = frozenset({EffectState.INTENDED.value, EffectState.IN_DOUBT.value})
_ENDED = _ASKED | {ItemState.COMPLETED}

_Row = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a run ended. ``is_clean``: everything happened, and nobody was asked."""

    is_clean: bool
    is_asked: bool


@dataclass(frozen=True, slots=True)
class _Record:
    """Our own record of one run."""

    items: Sequence[RowMapping]
    effects: Sequence[RowMapping]
    events: Mapping[UUID, list[Body]]
    #: Items, and the codes of the open incidents that each is among.
    incidents: frozenset[tuple[UUID, str]]
    #: Runs that nobody has closed, and rows that wait for an answer though their item has ended.
    open_runs: int
    left_waiting: int


def judge(stage: Stage, scenario: Scenario, ready: Ready, when: str) -> Verdict:
    """Hold the ledger against the record.

    Raises:
        AssertionError: naming ``when`` and what does not hold.
    """
    record = _read(stage, ready)
    _judge_items(scenario, ready, record, when)
    if scenario.goes_through_all:
        _judge_sweep(stage, scenario, when)
    received = Counter(carried_out(stage.town.ledger(after=ready.newest_entry)))
    done = Counter(_row(effect) for effect in record.effects if effect["state"] == EffectState.DONE.value)
    open_rows = Counter(_row(effect) for effect in record.effects if effect["state"] in _OPEN)
    assert not done - received, f"{when}: done by our record and never received: {done - received}"
    unexplained = received - done - open_rows
    assert not unexplained, f"{when}: received, and not in our record: {unexplained}"
    asked = {item["id"] for item in _asked(record.items)}
    unasked = [_row(each) for each in record.effects if each["state"] in _OPEN and each["item_id"] not in asked]
    assert not unasked, f"{when}: an effect is open, and nobody was asked: {unasked}"
    strange = {row for row in received if row[1] not in {citizen["case"] for citizen in ready.citizens}}
    assert scenario.goes_through_all or not strange, f"{when}: written on a case that nobody asked about: {strange}"
    endings = [_judge_writes(scenario, citizen, received, record, when) for citizen in ready.citizens]
    for item in record.items:
        judge_item(item, record.events[item["id"]], when)
    for effect in record.effects:
        judge_effect(effect, record.events[effect["item_id"]], when)
    scenario.also(stage, ready.citizens, when)
    audit_run(stage, [item["id"] for item in record.items], when)
    is_asked = bool(asked) or any(each.is_asked for each in endings)
    return Verdict(is_clean=all(each.is_clean for each in endings) and not is_asked, is_asked=is_asked)


def _judge_writes(scenario: Scenario, citizen: Citizen, received: Counter[_Row], record: _Record, when: str) -> Verdict:
    """Hold what the citizen's case received against what the scenario has."""
    case = citizen["case"]
    counts = Counter(route for route, of, _ in received.elements() if of == case)
    # A reminder that is no part of the scenario is how a person is asked, once.
    asked_by_task = TASK not in scenario.effects and counts[TASK] == 1
    told = any(_row(effect)[1] == case for effect in record.effects if effect["error_code"] in _TOLD)
    is_known = bool(_asked(_items_of(citizen, record))) or asked_by_task or told
    is_whole = True
    for route in _ROUTES.values():
        wanted = scenario.effects.get(route, 0)
        most = wanted + asked_by_task if route == TASK else wanted
        assert counts[route] <= most, f"{when}: {route} was received {counts[route]} times"
        if counts[route] < wanted:
            is_whole = False
            assert is_known, f"{when}: {route} was received {counts[route]} times, and nobody knows. {_tell(record)}"
    return Verdict(is_clean=is_whole and not asked_by_task, is_asked=asked_by_task)


def _asked(items: Sequence[RowMapping]) -> list[RowMapping]:
    """Those about which a person was asked."""
    return [item for item in items if ItemState(item["state"]) in _ASKED]


def _items_of(citizen: Citizen, record: _Record) -> list[RowMapping]:
    """The items about this citizen or his case; no other item's question is one about him."""
    names = [str(citizen[name]).encode() for name in ("personnummer", "case", "number")]
    return [item for item in record.items if any(name in item["payload"] for name in names)]


def _read(stage: Stage, ready: Ready) -> _Record:
    with stage.recovery.composition.place.database.read() as session:
        query = select(_ITEM).where(or_(_ITEM.c.id > ready.newest_item, _ITEM.c.id.in_(ready.open_items)))
        items = session.execute(query).mappings().all()
        ids = [item["id"] for item in items]
        query = select(_EFFECT).where(_EFFECT.c.item_id.in_(ids), _EFFECT.c.id > ready.newest_effect)
        effects = session.execute(query).mappings().all()
        events: defaultdict[UUID, list[Body]] = defaultdict(list)
        bodies = select(_EVENT.c.item_id, _EVENT.c.body).where(_EVENT.c.item_id.in_([str(each) for each in ids]))
        for item, body in session.execute(bodies.order_by(_EVENT.c.id)):
            events[UUID(item)].append(json.loads(body))
        query = select(_MET.c.item_id, _INCIDENT.c.code).join(_INCIDENT, _INCIDENT.c.id == _MET.c.incident_id)
        incidents = frozenset(session.execute(query.where(_INCIDENT.c.closed_at.is_(None))).tuples())
        count = select(func.count())
        runs = session.execute(count.select_from(_RUN).where(_RUN.c.ended_at.is_(None))).scalar_one()
        ended = [item["id"] for item in items if ItemState(item["state"]) in FINAL]
        is_waiting = _RESULT.c.item_id.in_(ended) & (_RESULT.c.result == PrimaryResult.AWAITING_APPROVAL.value)
        waiting = session.execute(count.select_from(_RESULT).where(is_waiting)).scalar_one()
        return _Record(items, effects, events, incidents, runs, waiting)


def _judge_items(scenario: Scenario, ready: Ready, record: _Record, when: str) -> None:
    if scenario.items is not None:
        wanted = scenario.items * len(ready.citizens)
        assert len(record.items) == wanted, f"{when}: {len(record.items)} items instead of {wanted}"
    for item in record.items:
        state = ItemState(item["state"])
        assert state in _ENDED, f"{when}: the item is left {state}. {_tell(record)}"
        assert item["lease_owner"] is None, f"{when}: the item has ended, and somebody holds a lease on it"
        if state in _ASKED:
            assert item["outcome_code"], f"{when}: a person is asked, and not told what about"
        if state in {ItemState.FAILED, ItemState.IN_DOUBT}:
            is_incident = (item["id"], item["outcome_code"]) in record.incidents
            assert is_incident, f"{when}: {item['outcome_code']} is no incident that the item is among"
    assert not record.left_waiting, f"{when}: {record.left_waiting} rows of ended items still wait for an answer"
    assert not record.open_runs, f"{when}: {record.open_runs} runs are open, and everybody has gone home"


def _judge_sweep(stage: Stage, scenario: Scenario, when: str) -> None:
    with stage.recovery.composition.place.database.read() as session:
        kind = SweepKind.SWEEP if scenario.act == "sweep" else SweepKind.COMPARISON
        newest = latest_sweep(session, robot=load(scenario.robot).card.name, kind=kind)
    assert newest is not None, f"{when}: there is no sweep"
    assert newest.state is SweepState.FINISHED, f"{when}: the sweep is left {newest.state}"
    adds_up = SweepReport(newest, 0).adds_up if kind is SweepKind.SWEEP else Comparison(newest).adds_up
    assert adds_up, f"{when}: a party was counted twice, or not at all: {newest.counts}"


def carried_out(entries: Iterable[Mapping[str, Any]]) -> Iterator[_Row]:
    """The writes of cases that the ledger has as carried out, as often as they were.

    One that came again under its client id left one object. An address bears no id: written again it counts as written
    twice, although the same stood there, for in between a colleague may have written another.
    """
    for entry in entries:
        is_repetition = entry["replay"] and entry["clientId"]
        if entry["committed"] and not is_repetition and entry["route"] in _ROUTES.values():
            yield entry["route"], entry["case"], entry["clientId"] or entry["target"]


def _row(effect: RowMapping) -> _Row:
    case, _, party = effect["target"].partition("/")
    return _ROUTES[effect["operation"]], case, party or effect["remote_id"] or "unknown"


def _tell(record: _Record) -> str:
    items = [(item["state"], item["outcome_code"]) for item in record.items]
    effects = [(each["operation"], each["intent"], each["state"], each["error_code"]) for each in record.effects]
    kinds = [[each["type"] for each in events] for events in record.events.values()]
    return f"items {items}, effects {effects}, events {kinds}"
