"""A note in the ESDH, intended and ended as the guard does it."""

from __future__ import annotations

from uuid import UUID

from audit.events import CaseEventRef
from casework.effects import Effect, EffectRequest, Ending, finish, intend
from casework.moves import Lease
from casework.workplace import Workplace
from tests.workbench import ACTING


def note_request(key: str = "k1", *, approval: UUID | None = None) -> EffectRequest:
    """A note on a case; another key is another note."""
    return EffectRequest(
        key=key,
        step="skriv",
        system="esdh",
        operation="append_journal_note",
        target="sag-1",
        intent="note",
        occurrence=1,
        approval_id=approval,
        digest=f"d-{key}",
        case=CaseEventRef("esdh", "sag-1"),
    )


def intend_note(
    place: Workplace, lease: Lease, key: str = "k1", *, before: Effect | None = None, approval: UUID | None = None
) -> Effect:
    """Take the right to write the note."""
    request = note_request(key, approval=approval)
    with place.database.write() as session:
        return intend(session, place, request, lease=lease, acting=ACTING, before=before)


def end_note(place: Workplace, lease: Lease, effect: Effect, ending: Ending) -> None:
    """Write down what became of the note."""
    with place.database.write() as session:
        finish(session, place, note_request(effect.key), effect, ending, lease=lease, acting=ACTING)
