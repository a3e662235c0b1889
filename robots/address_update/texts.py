"""Every Danish text that the robot leaves in other systems or shows an approver.

What must stay true: a text about a protected person, or a person in a protected household, never holds an address; and
a day is written in one way only.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from connectors.records import PartyContact, UncertainDate
from foundation.addresses import CivilAddress, lines
from robots.address_update.reasons import Reason

NOTE_TITLE: Final = "Adresse opdateret fra CPR"
#: Neutral, because a title is read by more people than the note.
MARKED_NOTE_TITLE: Final = "Oplysninger opdateret fra CPR"
REMINDER_TITLE: Final = "CPR-oplysning skal vurderes af en medarbejder"
NO_ADDRESS: Final = "Ingen adresse på sagen"
_PROTECTION: Final = "Navne- og adressebeskyttelse"


def danish_day(day: date) -> str:
    """A day as people read it: ``22.11.2026``."""
    return day.strftime("%d.%m.%Y")


def effect_text(moved_in: UncertainDate) -> str:
    """From when the address counts: ``22.11.2026``, with a word when CPR is not sure."""
    if moved_in.day is None:
        return "ukendt dato"
    return danish_day(moved_in.day) + (" (usikker dato i CPR)" if moved_in.is_uncertain else "")


def protection_line(*, is_protected: bool) -> str:
    """The line that shows the protection mark."""
    return f"{_PROTECTION}: {'ja' if is_protected else 'nej'}"


def before_lines(contact: PartyContact, *, with_address: bool, with_mark: bool) -> tuple[str, ...]:
    """What stands on the case, as far as it is to change."""
    address = ((lines(contact.address) if contact.address else ()) or (NO_ADDRESS,)) if with_address else ()
    return (*address, protection_line(is_protected=contact.is_protected is True)) if with_mark else address


def after_lines(address: CivilAddress | None, *, marks_protected: bool) -> tuple[str, ...]:
    """What would stand there, as far as it changes."""
    shown = lines(address) if address else ()
    return (*shown, protection_line(is_protected=True)) if marks_protected else shown


def proposal_title(*, rows: int, cases: int) -> str:
    """One sentence above the proposal."""
    changes = "1 ændring" if rows == 1 else f"{rows} ændringer"
    return f"Opdatér adresse fra CPR: {changes} på {'1 sag' if cases == 1 else f'{cases} sager'}."


def note_text(
    *,
    addresses: Sequence[CivilAddress],
    reasons: Sequence[Reason],
    moved_in: UncertainDate,
    event_ids: Sequence[str],
    robot: str,
    is_protected: bool,
) -> str:
    """The text of the journal note.

    ``addresses`` are those that were written; empty when only the protection mark was set. When ``is_protected``,
    none of them is told, and the note says where to look instead.
    """
    parts: list[str] = []
    if addresses:
        parts.append(f"Adressen gælder fra {effect_text(moved_in)}.")
        if is_protected:
            parts.append("Adressen gengives ikke her. Se den på sagens part.")
        else:
            parts.append(f"Ny adresse: {'; '.join(dict.fromkeys(', '.join(lines(each)) for each in addresses))}.")
    parts.extend(dict.fromkeys(_MENTIONS[reason] for reason in reasons if reason in _MENTIONS))
    parts.append("Ændringen er godkendt af en medarbejder med rollen godkender.")
    parts.append(f"Udført af robotten {robot}. CPR-hændelse: {', '.join(event_ids)}.")
    return "\n".join(parts)


def reminder_text(sentences: Sequence[str]) -> str:
    """The text of a reminder: why a person must look, each reason once."""
    return "\n".join((*dict.fromkeys(sentences), "Opgaven er oprettet, fordi CPR har meldt en ændring."))


_MENTIONS: Final[dict[Reason, str]] = {
    Reason.CARE_OF: "Kun c/o-navnet er ændret.",
    Reason.LOCALITY: "Kun lokalitet eller bynavn er ændret.",
    Reason.CODES_DIFFER: "Kun adressens koder er ændret; der er ikke tale om en flytning.",
    Reason.PROTECTION_ON: "Parten er markeret efter oplysningen i CPR.",
    Reason.PROTECTED_MOVE: "Parten er markeret efter oplysningen i CPR.",
}
