"""What a person needs in order to say whether a change has happened: where to look, and what to look for.

What must stay true: addresses are shown to those alone who see them in proposals, and that somebody looked is recorded
before it is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.exc import NoResultFound

from apps.cli.finding import short
from apps.cli.screens import Screen
from apps.cli.seeing import hidden_from, row_document, seen_lines
from audit.events import Event
from audit.vocabulary import EventType
from casework.approvals import approved_proposal
from casework.proposals import ProposalRow
from casework.workplace import Workplace, as_person
from foundation.actor import Actor


def approved_rows(place: Workplace, actor: Actor, item_id: UUID, doubtful: Sequence[RowMapping]) -> list[ProposalRow]:
    """What a person approved of the changes in doubt, with before and after; recorded as read by this person.

    Args:
        place: the workplace.
        actor: who is to see it.
        item_id: the item.
        doubtful: its effects of which nobody knows whether they happened.
    """
    approvals = sorted({effect["approval_id"] for effect in doubtful if effect["approval_id"] is not None}, key=str)
    rows: list[ProposalRow] = []
    with place.database.read() as session:
        for approval_id in approvals:
            try:
                rows += approved_proposal(session, approval_id).approved_rows()
            except NoResultFound:
                # Withdrawn since: what it said counts no more.
                continue
    if rows:
        acting = as_person(actor)
        facts: dict[str, str | int] = {"what": "proposal", "masked": any(hidden_from(row, actor) for row in rows)}
        event = Event(type=EventType.RECORD_READ, actor=acting.actor, run=acting.run(item=item_id), facts=facts)
        with place.database.write() as session:
            place.record(session, event)
    return rows


def show(screen: Screen, actor: Actor, doubtful: Sequence[RowMapping], rows: Sequence[ProposalRow]) -> None:
    """Where to look, and what stands there if the change has happened, and if not."""
    screen.line()
    for effect in doubtful:
        screen.line(f"Se efter i {effect['system']}: ændring {short(effect['id'])} er på {effect['target']}.")
    shown = [(row.id, *("\n".join(seen_lines(row, lines, actor)) for lines in (row.before, row.after))) for row in rows]
    if shown:
        screen.table(("Linje", "Er det ikke sket, står der", "Er det sket, står der"), shown)


def document(actor: Actor, rows: Sequence[ProposalRow]) -> list[dict[str, object]]:
    """The same for ``--json``."""
    return [row_document(row, actor) for row in rows]
