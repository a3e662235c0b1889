"""The live desk remembers, makes keys that come out the same again, and lets nothing past the guard."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import select

from audit.reading import Selection, read_entries
from audit.vocabulary import EventType
from casework.claiming import ClaimedItem, claim
from casework.items import NewItem, enqueue
from casework.runs import open_run
from casework.tables import StepRow
from casework.workplace import Acting
from connectors.guarded import StepPlace
from flows.live_desk import LiveDesk, NestedStepError
from flows.work_loop import acting_of
from tests.flows.office import Office


def _sit_down(office: Office) -> tuple[LiveDesk, ClaimedItem, Acting]:
    place, card = office.composition.place, office.robot.card
    run_id, acting = open_run(
        place,
        robot=card.name,
        robot_version=card.version,
        starter=office.actor("dorthe"),
        acting=acting_of(office.robot, office.actor("dorthe")),
    )
    with place.database.write() as session:
        enqueue(session, place, card.name, [NewItem("one", b"{}")], acting=acting, run_id=run_id)
    (claimed,) = claim(
        place,
        card.name,
        worker=office.composition.worker.id,
        run_id=run_id,
        acting=acting,
        limit=1,
        lease_seconds=60,
    )
    return LiveDesk(office.composition, card, acting, claimed=claimed), claimed, acting


def test_steps_are_buffered_and_written_with_the_next_transaction(office: Office) -> None:
    desk, claimed, acting = _sit_down(office)
    assert desk.step("add", lambda: 1 + 1, returns=int) == 2
    assert _stored_steps(office) == 0
    with office.composition.place.database.write() as session:
        desk.worked.store(session)
    assert _stored_steps(office) == 1
    again = LiveDesk(office.composition, office.robot.card, acting, claimed=claimed)
    assert again.step("add", lambda: pytest.fail("it is done"), returns=int) == 2


def test_steps_do_not_nest(office: Office) -> None:
    desk, _, _ = _sit_down(office)
    with pytest.raises(NestedStepError):
        desk.step("outer", lambda: desk.step("inner", lambda: 1, returns=int), returns=int)


def test_what_is_remembered_about_a_citizen_outlives_the_item(office: Office) -> None:
    desk, claimed, acting = _sit_down(office)
    cpr, _, _ = office.settle_in()
    assert desk.recall(cpr) is None
    desk.remember(cpr, "seen")
    assert desk.recall(cpr) == "seen"
    with office.composition.place.database.write() as session:
        desk.worked.store(session)
    assert LiveDesk(office.composition, office.robot.card, acting, claimed=claimed).recall(cpr) == "seen"


def test_evidence_stands_in_the_trail_with_its_step(office: Office) -> None:
    desk, _, _ = _sit_down(office)

    def work() -> int:
        desk.evidence("seen", rule="ADR-01")
        return 1

    desk.step("look", work, returns=int, key="never told")
    with office.composition.place.database.write() as session:
        desk.worked.store(session)
    with office.composition.place.database.read() as session:
        (entry,) = read_entries(session, Selection(type=EventType.EVIDENCE_GIVEN))
    assert entry.body["facts"] == {"label": "seen", "rule": "ADR-01"}
    assert entry.body["run"]["step"] == "look"
    assert "never told" not in str(entry.body)


def test_a_desk_without_an_item_needs_a_writer(office: Office) -> None:
    acting = acting_of(office.robot, office.actor("dorthe"))
    with pytest.raises(ValueError, match="writer"):
        LiveDesk(office.composition, office.robot.card, acting, claimed=None)


def test_the_key_of_an_effect_is_the_same_when_the_step_is_run_again() -> None:
    item, approval = uuid4(), uuid4()
    keys = []
    for _ in range(2):
        where = StepPlace(item, approval)
        where.enter("write", "row-1")
        keys.append([where.key("nova", "append", "case-1", "note")[0] for _ in range(2)])
    assert keys[0] == keys[1]
    assert len(set(keys[0])) == 2


@pytest.mark.parametrize("changed", ["item", "step", "key", "system", "operation", "target", "intent", "approval"])
def test_each_part_of_its_identity_makes_another_key(changed: str) -> None:
    item, approval = uuid4(), uuid4()

    def key(*, is_changed: bool) -> str:
        def part(name: str, value: str) -> str:
            return f"{value}!" if is_changed and changed == name else value

        where = StepPlace(
            uuid4() if is_changed and changed == "item" else item,
            uuid4() if is_changed and changed == "approval" else approval,
        )
        where.enter(part("step", "write"), part("key", "row"))
        found, _ = where.key(
            part("system", "nova"), part("operation", "append"), part("target", "case"), part("intent", "note")
        )
        return found

    assert key(is_changed=False) != key(is_changed=True)


def _stored_steps(office: Office) -> int:
    with office.composition.place.database.read() as session:
        return len(session.execute(select(StepRow.__table__.c.id)).all())
