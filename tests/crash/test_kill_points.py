"""One address change, with its worker killed or paused at every point.

A worker is raised that dies, or falls asleep, before or after one commit or one outside call. A colleague recovers.
Then what the municipality truly received is held against what our own record says.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import select

from audit.tables import AuditEventRow
from casework.states import ItemState
from casework.tables import EffectRow, WorkItemRow
from tests.crash.stage import Nursery, Recovery, Town

pytestmark = [pytest.mark.crash, pytest.mark.slow, pytest.mark.timeout(900)]

_EVENT = AuditEventRow.__table__
_ITEM = WorkItemRow.__table__
_EFFECT = EffectRow.__table__

_ROUTES = {"update_party_contact": "nova.case.update_party_address", "append_journal_note": "nova.case.update"}


@pytest.mark.parametrize("act", ["kill", "stop"])
@pytest.mark.parametrize("phase", ["propose", "apply"])
def test_every_effect_happens_once_wherever_the_worker_dies_or_sleeps(
    nursery: Nursery,
    town: Town,
    recovery: Recovery,
    worker_settings: dict[str, Any],
    act: str,
    phase: str,
) -> None:
    prepare = _to_propose if phase == "propose" else _to_apply
    citizen = prepare(town, recovery)
    assert nursery.run(worker_settings, act="count")["code"] == 0
    points = nursery.points()
    recovery.finish()
    _assert_once(town, recovery, citizen, "uninterrupted")
    for number, point in enumerate(points):
        citizen = prepare(town, recovery)
        report = nursery.run(worker_settings, act=act, point=number)
        assert report["end"] == ("killed" if act == "kill" else "stopped"), f"{number} {point}: {report}"
        assert nursery.points() == [point], f"{number}: the worker took another way than the one that counted"
        if act == "stop":
            if not _holds_the_only_write_lock(recovery, point):
                recovery.finish()
            assert nursery.wake(report["pid"])["end"] == "exited"
        recovery.finish()
        _assert_once(town, recovery, citizen, f"{act} at {number} {point}")


def _to_propose(town: Town, _recovery: Recovery) -> dict[str, Any]:
    """Somebody has moved, and nobody has looked yet."""
    citizen = town.next_citizen()
    town.move(citizen)
    return citizen


def _to_apply(town: Town, recovery: Recovery) -> dict[str, Any]:
    """Somebody has moved, and the proposal is approved."""
    citizen = _to_propose(town, recovery)
    recovery.run()
    recovery.approve_all()
    return citizen


def _holds_the_only_write_lock(recovery: Recovery, point: str) -> bool:
    """A process that sleeps within a write transaction on SQLite keeps everybody from writing until it wakes."""
    return point == "before commit" and recovery.composition.place.database.is_sqlite


def _assert_once(town: Town, recovery: Recovery, citizen: dict[str, Any], when: str) -> None:
    ledger = Counter(
        entry["route"] for entry in town.ledger(citizen["case"]) if entry["committed"] and not entry["replay"]
    )
    assert ledger == dict.fromkeys(_ROUTES.values(), 1), f"{when}: the municipality received {ledger}"
    with recovery.composition.place.database.read() as session:
        states = Counter(session.execute(select(_ITEM.c.state)).scalars())
        assert set(states) == {ItemState.COMPLETED.value}, f"{when}: {states}"
        newest = session.execute(select(_ITEM.c.id).order_by(_ITEM.c.id.desc()).limit(1)).scalar_one()
        effects = session.execute(select(_EFFECT).where(_EFFECT.c.item_id == newest)).mappings().all()
        bodies = session.execute(select(_EVENT.c.body).where(_EVENT.c.item_id == str(newest))).scalars()
        events = [json.loads(body) for body in bodies]
    assert {effect["target"].split("/")[0] for effect in effects} == {citizen["case"]}, when
    recorded = Counter(_ROUTES[effect["operation"]] for effect in effects if effect["state"] == "done")
    assert recorded == ledger, f"{when}: our record says {recorded}"
    kinds = Counter(each["type"] for each in events)
    # A worker that wakes after another made the same call to a system that makes two into one tells of it as late.
    done = [each for each in events if each["type"] == "effect.done" and not each["facts"].get("late")]
    assert len(done) == sum(ledger.values()), f"{when}: {kinds}"
    assert kinds["item.completed"] == kinds["item.created"] == 1, f"{when}: {kinds}"
    assert kinds["effect.in_doubt"] == 0, f"{when}: {kinds}"
