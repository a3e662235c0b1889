"""What must hold after every run, whatever was done to the worker.

    1. every item is in a state that is known, and nobody holds a lease
    2. what the municipality received is what our record says is done, row by row: no more, no less
    3. no write of a scenario was received more often than the scenario has it
    4. one that was received less often was refused and is told of, or a person was asked
    5. each effect's events agree with its row, and each item's with its state
    6. the log is settled, signed, and has every event (``auditing.py``)

What must stay true: the ledger of the simulated municipality is the truth, and our own record is what is examined.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, or_, select

from audit.tables import AuditEventRow
from casework.states import EffectState, ItemState, SweepKind, SweepState
from casework.sweeps import latest_sweep
from casework.tables import EffectRow, IncidentRow, WorkItemRow
from flows.comparing import Comparison
from flows.sweeping import SweepReport
from tests.crash.auditing import audit_run
from tests.crash.nursery import load
from tests.crash.scenarios import ADDRESS, NOTE, TASK, Ready, Scenario
from tests.crash.stage import Stage

_EVENT, _ITEM = AuditEventRow.__table__, WorkItemRow.__table__
_EFFECT, _INCIDENT = EffectRow.__table__, IncidentRow.__table__

_ROUTES = {"update_party_contact": ADDRESS, "append_journal_note": NOTE, "create_reminder": TASK}
#: Somebody must act: the work list shows it with a code.
_ASKED = frozenset({ItemState.REJECTED, ItemState.FAILED, ItemState.IN_DOUBT})
#: The system said that the case takes no change: the row says so, and nobody has to act (ADR-34).
_TOLD = frozenset({"case_closed", "case_archived"})
_LAST_EVENT = {
    ItemState.COMPLETED: "item.completed",
    ItemState.REJECTED: "item.rejected",
    ItemState.FAILED: "item.failed",
    ItemState.IN_DOUBT: "item.in_doubt",
}

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
    events: Mapping[UUID, list[dict[str, Any]]]
    incidents: frozenset[str]


def judge(stage: Stage, scenario: Scenario, ready: Ready, when: str) -> Verdict:
    """Hold the ledger against the record.

    Raises:
        AssertionError: naming ``when`` and what does not hold.
    """
    record = _read(stage, ready)
    asked = _judge_items(scenario, ready, record, when)
    if scenario.goes_through_all:
        _judge_sweep(stage, scenario, when)
    received = Counter(
        row for citizen in ready.citizens for row in _received(stage, citizen["case"], ready.entries[citizen["case"]])
    )
    done = Counter(_row(effect) for effect in record.effects if effect["state"] == EffectState.DONE.value)
    open_rows = Counter(_row(effect) for effect in record.effects if effect["state"] in {"in_doubt", "intended"})
    assert not done - received, f"{when}: done by our record and never received: {done - received}"
    unexplained = received - done - open_rows
    assert not unexplained, f"{when}: received, and not in our record: {unexplained}"
    assert not open_rows or asked, f"{when}: an effect is open, and nobody was asked: {open_rows}"
    told = {_row(effect)[:2] for effect in record.effects if effect["error_code"] in _TOLD}
    is_whole = True
    for citizen in ready.citizens:
        case = citizen["case"]
        counts = Counter(route for route, of, _ in received.elements() if of == case)
        asked_by_task = counts[TASK] > scenario.effects.get(TASK, 0)
        for route, wanted in scenario.effects.items():
            assert counts[route] <= wanted, f"{when}: {route} was received {counts[route]} times"
            if counts[route] < wanted:
                is_whole = False
                is_known = asked or asked_by_task or any(of == case for _, of in told)
                assert is_known, (
                    f"{when}: {route} was received {counts[route]} times, and nobody knows. {_tell(record)}"
                )
        asked = asked or asked_by_task
    _judge_events(record, when)
    scenario.also(stage, ready.citizens, when)
    audit_run(stage, [item["id"] for item in record.items], when)
    return Verdict(is_clean=is_whole and not asked, is_asked=asked)


def _read(stage: Stage, ready: Ready) -> _Record:
    with stage.recovery.composition.place.database.read() as session:
        query = select(_ITEM).where(or_(_ITEM.c.id > ready.newest_item, _ITEM.c.id.in_(ready.open_items)))
        items = session.execute(query).mappings().all()
        ids = [item["id"] for item in items]
        query = select(_EFFECT).where(_EFFECT.c.item_id.in_(ids), _EFFECT.c.id > ready.newest_effect)
        cases = {citizen["case"] for citizen in ready.citizens}
        effects = [row for row in session.execute(query).mappings() if row["target"].split("/")[0] in cases]
        events: defaultdict[UUID, list[dict[str, Any]]] = defaultdict(list)
        bodies = select(_EVENT.c.item_id, _EVENT.c.body).where(_EVENT.c.item_id.in_([str(each) for each in ids]))
        for item, body in session.execute(bodies.order_by(_EVENT.c.id)):
            events[UUID(item)].append(json.loads(body))
        codes = session.execute(select(_INCIDENT.c.code).where(_INCIDENT.c.closed_at.is_(None))).scalars()
        return _Record(items, effects, events, frozenset(codes))


def _judge_items(scenario: Scenario, ready: Ready, record: _Record, when: str) -> bool:
    if scenario.items is not None:
        wanted = scenario.items * len(ready.citizens)
        assert len(record.items) == wanted, f"{when}: {len(record.items)} items instead of {wanted}"
    asked = False
    for item in record.items:
        state = ItemState(item["state"])
        assert state in _LAST_EVENT, f"{when}: the item is left {state}. {_tell(record)}"
        assert item["lease_owner"] is None, f"{when}: the item has ended, and somebody holds a lease on it"
        if state in _ASKED:
            asked = True
            assert item["outcome_code"], f"{when}: a person is asked, and not told what about"
        if state in {ItemState.FAILED, ItemState.IN_DOUBT}:
            assert item["outcome_code"] in record.incidents, f"{when}: {item['outcome_code']} is no incident"
    return asked


def _judge_sweep(stage: Stage, scenario: Scenario, when: str) -> None:
    with stage.recovery.composition.place.database.read() as session:
        kind = SweepKind.SWEEP if scenario.act == "sweep" else SweepKind.COMPARISON
        newest = latest_sweep(session, robot=load(scenario.robot).card.name, kind=kind)
    assert newest is not None, f"{when}: there is no sweep"
    assert newest.state is SweepState.FINISHED, f"{when}: the sweep is left {newest.state}"
    adds_up = SweepReport(newest, 0).adds_up if kind is SweepKind.SWEEP else Comparison(newest).adds_up
    assert adds_up, f"{when}: a party was counted twice, or not at all: {newest.counts}"


def _judge_events(record: _Record, when: str) -> None:
    for item in record.items:
        kinds = Counter(each["type"] for each in record.events[item["id"]])
        last = _LAST_EVENT[ItemState(item["state"])]
        assert kinds["item.created"] == 1, f"{when}: {kinds}"
        assert kinds[last] == 1, f"{when}: {kinds}"
        own = [effect for effect in record.effects if effect["item_id"] == item["id"]]
        if not own:
            # Nothing was asked for, or it is about somebody whom a sweep found as well.
            continue
        done = sum(effect["state"] == EffectState.DONE.value for effect in own)
        # A worker that wakes after another made the same call to a system that makes two into one tells of it as late.
        told = [
            each
            for each in record.events[item["id"]]
            if each["type"] == "effect.done" and not each["facts"].get("late")
        ]
        late = [
            each for each in record.events[item["id"]] if each["type"] == "effect.done" and each["facts"].get("late")
        ]
        assert len(told) <= done <= len(told) + len(late), f"{when}: {done} effects are done, the trail says {kinds}"
        calls = sum(effect["calls"] for effect in own)
        assert kinds["effect.intended"] == calls, f"{when}: {calls} rights to call, the trail says {kinds}"


def _received(stage: Stage, case: str, after: int) -> list[_Row]:
    """The writes that were carried out; one that the system knew for a repetition changed nothing."""
    return [
        (entry["route"], case, entry["clientId"] or entry["target"])
        for entry in stage.town.ledger(case, after=after)
        if entry["committed"] and not entry["replay"]
    ]


def _row(effect: RowMapping) -> _Row:
    case, _, party = effect["target"].partition("/")
    return _ROUTES[effect["operation"]], case, party or effect["remote_id"] or "unknown"


def _tell(record: _Record) -> str:
    items = [(item["state"], item["outcome_code"]) for item in record.items]
    effects = [(each["operation"], each["intent"], each["state"], each["error_code"]) for each in record.effects]
    kinds = [[each["type"] for each in events] for events in record.events.values()]
    return f"items {items}, effects {effects}, events {kinds}"
