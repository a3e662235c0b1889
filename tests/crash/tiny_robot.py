"""Robots of the crash tests' own: two notes in one step and a reminder; and an ``address_update`` that is careful.

It shows that a robot joins the matrix by naming itself, and that the same write twice in one step is two. What must
stay true: it does nothing that a robot of a municipality could not do.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from connectors.records import CaseRef, NewJournalNote, NewReminder
from robots.address_update.policy import Policy
from robots.address_update.robot import AddressUpdate
from robots.card import Card
from robots.desk import Desk
from robots.outcome import Completed, Outcome
from robots.robot import WorkItem


class NotedCase(BaseModel):
    """The case to write on."""

    model_config = ConfigDict(frozen=True)

    system: str
    case: str
    deadline: date


class NoteTaker:
    """Writes the same note twice on a case, and asks a person to look."""

    card: ClassVar[Card] = Card(
        name="note_taker",
        version="1.0.0",
        title="Prøverobot, der skriver to notater og en erindring",
        owner="Prøve",
        purpose="Viser, at intet sker to gange.",
        legal_basis="Prøve",
        kle="27.00.00",
        data_categories=("ingen",),
        may_start=frozenset({"sagsbehandler", "digital_agent"}),
        may_approve=frozenset(),
        minutes_per_item=1.0,
    )
    payload_type: ClassVar[type[BaseModel]] = NotedCase

    def handle(self, item: WorkItem, desk: Desk) -> Outcome:
        """Write both notes in one step, and the reminder in another."""
        work = item.payload
        assert isinstance(work, NotedCase)
        case = CaseRef(work.system, work.case)
        at = desk.step("begin", desk.now, returns=type(desk.now()))
        note = NewJournalNote(title="Prøve", text="Det samme notat to gange.", at=at)

        def write() -> bool:
            for _ in range(2):
                desk.cases.append_journal_note(case, note, intent="note")
            return True

        desk.step("notes", write, returns=bool)
        reminder = NewReminder("Prøve", "Se på sagen.", work.deadline)
        desk.step("remind", lambda: desk.cases.create_reminder(case, reminder, intent="look").remote_id, returns=str)
        return Completed("noted")


def careful() -> AddressUpdate:
    """Takes two citizens with news for unusually many, and forgets tomorrow who has no open case."""
    return AddressUpdate(Policy(mass_people=1, unsubscribe_days=0))
