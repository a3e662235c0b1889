"""The Danish texts that the robot shows an approver, and the words that its notes and reminders share.

What must stay true: a day is written in one way only, and what is said of an occasion holds no number and no name.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from connectors.person_details import UncertainDate
from connectors.records import PartyContact, PartyRole
from foundation.addresses import CivilAddress, lines
from robots.address_update.payload import Source
from robots.address_update.plan import PlannedRow

NO_ADDRESS: Final = "Ingen adresse på sagen"
_PROTECTION: Final = "Navne- og adressebeskyttelse"
_OCCASIONS: Final[dict[Source, str]] = {
    "event": "CPR har meldt en ændring",
    "sweep": "en gennemgang af åbne sager",
    "person": "et opslag på personen",
    "case": "et opslag på sagen",
    "rollback": "en tilbageførsel",
}


def danish_day(day: date) -> str:
    """A day as people read it: ``22.11.2026``."""
    return day.strftime("%d.%m.%Y")


def effect_text(moved_in: UncertainDate) -> str:
    """From when the address counts: ``22.11.2026``, with a word when CPR is not sure."""
    if moved_in.day is None:
        return "ukendt dato"
    return danish_day(moved_in.day) + (" (usikker dato i CPR)" if moved_in.is_uncertain else "")


def occasion(source: Source, event_ids: Sequence[str]) -> tuple[str, str]:
    """What made the work item, as label and value: the events of CPR, or what somebody asked for."""
    return ("CPR-hændelse", ", ".join(event_ids)) if event_ids else ("Anledning", _OCCASIONS[source])


def role_text(role: PartyRole) -> str:
    """The party's role (ADR-41)."""
    return "Primær part" if role is PartyRole.PRIMARY else "Sekundær part"


def protection_line(*, is_protected: bool) -> str:
    """The line that shows the protection mark."""
    return f"{_PROTECTION}: {'ja' if is_protected else 'nej'}"


def before_lines(row: PlannedRow) -> tuple[str, ...]:
    """What stands on the case, as far as it is to change."""
    change, shown = row.change, row.before
    address = (_lines(shown.address) or (NO_ADDRESS,)) if change.address is not None else ()
    name = (f"Navn: {row.name_before or ''}",) if change.name is not None else ()
    return (*address, *_contact(change.contact_address, shown.contact_address), *name, *_mark(row, row.before))


def after_lines(row: PlannedRow) -> tuple[str, ...]:
    """What would stand there, as far as it changes."""
    change, then = row.change, row.after
    address = (_lines(change.address) or (NO_ADDRESS,)) if change.address is not None else ()
    name = (f"Navn: {change.name}",) if change.name is not None else ()
    return (*address, *_contact(change.contact_address, then.contact_address), *name, *_mark(row, then))


def proposal_title(*, rows: int, cases: int, is_rollback: bool = False) -> str:
    """One sentence above the proposal."""
    changes = "1 ændring" if rows == 1 else f"{rows} ændringer"
    what = "Før adresseændring tilbage" if is_rollback else "Opdatér adresse fra CPR"
    return f"{what}: {changes} på {'1 sag' if cases == 1 else f'{cases} sager'}."


def _lines(address: CivilAddress | None) -> tuple[str, ...]:
    return lines(address) if address is not None else ()


def _contact(changed: CivilAddress | None, shown: CivilAddress | None) -> tuple[str, ...]:
    if changed is None:
        return ()
    return (f"Kontaktadresse: {', '.join(_lines(shown)) or 'ingen'}",)


def _mark(row: PlannedRow, contact: PartyContact) -> tuple[str, ...]:
    changes_mark = row.change.marks_protected or row.change.unmarks_protected
    return (protection_line(is_protected=contact.is_protected is True),) if changes_mark else ()
