"""One item that somebody has damaged in the database keeps no other from being worked on."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel

from casework.approvals import Answer, approve, waiting
from casework.incidents import open_incidents
from casework.items import NewItem, enqueue
from casework.states import ItemState
from casework.workplace import as_person
from flows.ending import Result
from flows.work_loop import WorkLoop
from robots.address_update.card import CARD
from robots.card import Card
from robots.desk import Desk
from robots.outcome import Completed, NeedsApproval, Outcome
from robots.robot import WorkItem
from tests.flows.office import Office
from tests.workbench import proposal, raw


class Nothing(BaseModel):
    """A payload without content."""


class Asker:
    """Asks once, and then does it."""

    card: Card = CARD
    payload_type: type[BaseModel] = Nothing

    def handle(self, _item: WorkItem, desk: Desk) -> Outcome:
        desk.step("looked", lambda: 1, returns=int)
        return Completed("fine") if desk.approval is not None else NeedsApproval(proposal(), valid_for=3600.0)


def _enqueue(office: Office, *references: str) -> list[UUID]:
    items = [NewItem(reference, b"{}") for reference in references]
    place = office.composition.place
    with place.database.write() as session:
        ids = enqueue(session, place, CARD.name, items, acting=as_person(office.actor("anne")), run_id=None)
    return [ids[reference] for reference in references]


def _work(office: Office) -> dict[Result, int]:
    return dict(WorkLoop(office.composition, Asker(), office.actor("dorthe")).run().counts)


def _states(office: Office) -> list[ItemState]:
    return [item.state for item in office.items()]


def _codes(office: Office) -> list[str]:
    with office.composition.place.database.read() as session:
        return [incident.code for incident in open_incidents(session)]


def _has_failed_alone(office: Office, code: str) -> bool:
    """Whether the first of two failed with this code and its incident, and the other is done."""
    return _states(office) == [ItemState.FAILED, ItemState.COMPLETED] and _codes(office) == [code]


def _approve_all(office: Office) -> None:
    place = office.composition.place
    with place.database.read() as session:
        answers = [Answer(each.item_id, each.digest) for each in waiting(session)]
    approve(place, answers, actor=office.actor("bo"), person_seconds=3)


def test_an_item_whose_payload_was_exchanged_fails_and_the_others_go_on(office: Office) -> None:
    _enqueue(office, "sag-1", "sag-2", "sag-3")
    raw(
        office.composition.place,
        "UPDATE work_item SET payload = :x WHERE reference = 'sag-1'",
        x=_sealed_elsewhere(office),
    )
    assert _work(office) == {Result.AWAITING_APPROVAL: 2}
    assert _states(office) == [ItemState.FAILED, ItemState.AWAITING_APPROVAL, ItemState.AWAITING_APPROVAL]
    assert _codes(office) == ["unseal"]


def test_an_item_whose_proposal_was_exchanged_after_the_approval_fails_and_the_others_go_on(office: Office) -> None:
    _enqueue(office, "sag-1", "sag-2")
    _work(office)
    _approve_all(office)
    raw(
        office.composition.place,
        "UPDATE approval SET digest = 'x' WHERE item_id = (SELECT id FROM work_item WHERE reference = 'sag-1')",
    )
    assert _work(office) == {Result.FAILED: 1, Result.COMPLETED: 1}
    assert _has_failed_alone(office, "approval_refused")


def test_an_item_whose_steps_were_damaged_fails_and_the_others_go_on(office: Office) -> None:
    _enqueue(office, "sag-1", "sag-2")
    _work(office)
    _approve_all(office)
    raw(
        office.composition.place,
        "UPDATE step SET result = :x WHERE item_id = (SELECT id FROM work_item WHERE reference = 'sag-1')",
        x=_sealed_elsewhere(office),
    )
    assert _work(office) == {Result.FAILED: 1, Result.COMPLETED: 1}
    assert _has_failed_alone(office, "unseal")


def _sealed_elsewhere(office: Office) -> bytes:
    return office.composition.place.database.ring.seal(b"{}", place="another.column")
