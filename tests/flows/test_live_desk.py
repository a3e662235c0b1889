"""The live desk remembers, makes keys that come out the same again, and lets nothing past the guard."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import select

from audit.reading import Selection, read_entries
from audit.vocabulary import EventType
from casework.claiming import ClaimedItem, claim
from casework.holds import list_holds, release_hold
from casework.items import NewItem, enqueue
from casework.results import PrimaryResult, RowResult, results_of
from casework.runs import open_run
from casework.tables import StepRow
from casework.workplace import Acting
from connectors.errors import NotFound
from connectors.guarded import StepPlace
from flows.dry_run import PlannedWrites
from flows.live_desk import LiveDesk, NestedStepError
from flows.opened_run import acting_of
from robots.twins.address_register import TwinAddressRegister
from tests.flows.office import NEW, Office


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


def _row(row: str, result: PrimaryResult) -> RowResult:
    return RowResult(row=row, result=result, rule="ADR-01", reason="moved")


def _store(office: Office, desk: LiveDesk) -> None:
    with office.composition.place.database.write() as session:
        desk.worked.store(session)


def _results(office: Office, claimed: ClaimedItem) -> dict[str, PrimaryResult]:
    with office.composition.place.database.read() as session:
        return {each.row: each.result for each in results_of(session, claimed.lease.item_id)}


def test_what_became_of_a_row_is_written_with_the_next_transaction_over_what_was_said_before(office: Office) -> None:
    desk, claimed, _ = _sit_down(office)
    desk.result(_row("S1/1", PrimaryResult.AWAITING_APPROVAL))
    desk.result(_row("S1/2", PrimaryResult.NOOP))
    assert _results(office, claimed) == {}
    _store(office, desk)
    desk.result(_row("S1/1", PrimaryResult.APPLIED))
    _store(office, desk)
    assert _results(office, claimed) == {"S1/1": PrimaryResult.APPLIED, "S1/2": PrimaryResult.NOOP}


def test_what_is_rolled_back_is_still_to_be_stored(office: Office) -> None:
    desk, claimed, _ = _sit_down(office)
    desk.result(_row("S1/1", PrimaryResult.NOOP))
    desk.hold("S1/1")

    def fail() -> None:
        with office.composition.place.database.write() as session:
            desk.worked.store(session)
            raise RuntimeError("rolls back")

    with pytest.raises(RuntimeError):
        fail()
    assert _results(office, claimed) == {}
    _store(office, desk)
    assert desk.is_held("S1/1")
    assert _results(office, claimed) == {"S1/1": PrimaryResult.NOOP}


def test_a_row_that_is_put_on_hold_stays_so_until_a_person_releases_it(office: Office) -> None:
    desk, claimed, acting = _sit_down(office)
    name = office.robot.card.name
    assert not desk.is_held("S1/1")
    desk.hold("S1/1")
    assert desk.is_held("S1/1")
    _store(office, desk)
    again = LiveDesk(office.composition, office.robot.card, acting, claimed=claimed)
    assert again.is_held("S1/1")
    with office.composition.place.database.read() as session:
        (held,) = list_holds(session, robot=name)
    assert (held.row, held.placed_by, held.item_id) == ("S1/1", "dorthe", claimed.lease.item_id)
    release_hold(office.composition.place, robot=name, row="S1/1", actor=office.actor("bo"), reason="Afklaret.")
    assert not again.is_held("S1/1")


def test_the_policy_is_the_one_in_force_when_the_desk_was_made(office: Office) -> None:
    desk, claimed, acting = _sit_down(office)
    assert (desk.policy, desk.policy_version) == (None, None)
    office.put_policy_in_force('{"a":1}')
    assert (desk.policy, desk.policy_version) == (None, None)
    again = LiveDesk(office.composition, office.robot.card, acting, claimed=claimed)
    assert (again.policy, again.policy_version) == ('{"a":1}', 1)


def test_a_dry_run_reads_the_policy_too(office: Office) -> None:
    office.put_policy_in_force('{"a":1}')
    acting = acting_of(office.robot, office.actor("dorthe"))
    desk = LiveDesk(office.composition, office.robot.card, acting, claimed=None, writer=PlannedWrites())
    assert desk.policy == '{"a":1}'


def test_a_case_that_is_found_by_its_number_is_told_as_a_search_and_as_read(office: Office) -> None:
    desk, _, _ = _sit_down(office)
    _, ref, _ = office.settle_in()
    number = office.cases.get_case(ref).number
    assert desk.cases.find_case(number).ref == ref
    with office.composition.place.database.read() as session:
        (searched,) = read_entries(session, Selection(type=EventType.RECORD_SEARCHED))
        (read,) = read_entries(session, Selection(type=EventType.RECORD_READ))
    assert searched.body["facts"] == {"what": "case number"}
    assert read.body["case"]["ref"] == ref.id


def test_what_was_typed_instead_of_a_case_number_stands_nowhere(office: Office) -> None:
    desk, _, _ = _sit_down(office)
    with pytest.raises(NotFound):
        desk.cases.find_case("1012620000")
    with office.composition.place.database.read() as session:
        (searched,) = read_entries(session, Selection(type=EventType.RECORD_SEARCHED))
        assert read_entries(session, Selection(type=EventType.RECORD_READ)) == []
    assert "1012620000" not in str(searched.body)


def test_reading_the_documents_of_a_case_is_told(office: Office) -> None:
    desk, _, _ = _sit_down(office)
    _, ref, _ = office.settle_in()
    assert desk.cases.list_documents(ref) == ()
    with office.composition.place.database.read() as session:
        (read,) = read_entries(session, Selection(type=EventType.RECORD_READ))
    assert (read.body["case"]["ref"], read.body["facts"]) == (ref.id, {"what": "documents"})


def test_places_are_asked_about_without_a_trace(office: Office) -> None:
    register = TwinAddressRegister()
    place = register.add_place(NEW)
    office.composition.systems = replace(office.composition.systems, addresses=register)
    desk, _, _ = _sit_down(office)
    with office.composition.place.database.read() as session:
        before = len(read_entries(session, Selection()))
    assert desk.addresses is not None
    assert desk.addresses.get(place.id) == place
    assert desk.addresses.wash("Ukendt Prøvevej 3").certain is None
    assert [method for method, _ in register.questions] == ["get", "wash"]
    with office.composition.place.database.read() as session:
        assert len(read_entries(session, Selection())) == before


def test_a_municipality_without_an_address_register_has_none_on_its_desks(office: Office) -> None:
    desk, _, _ = _sit_down(office)
    assert desk.addresses is None


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
