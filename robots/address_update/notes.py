"""The journal note that the robot leaves on a case after writing on it.

What must stay true: a note about a protected person, or a person in a protected household, never holds an address; no
note holds a name; and the sentence about who decided is true, also where a policy decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from connectors.person_details import UncertainDate
from foundation.addresses import CivilAddress, lines
from robots.address_update import texts
from robots.address_update.payload import Source
from robots.address_update.plan import PlannedRow
from robots.address_update.reasons import Reason

NOTE_TITLE: Final = "Adresse opdateret fra CPR"
#: Neutral, because a title is read by more people than the note.
OTHER_TITLE: Final = "Oplysninger opdateret fra CPR"
ROLLBACK_TITLE: Final = "Adresseændring tilbageført: fejl"

#: How the approval names whoever approved where a policy let the change through (``casework.policies``).
_BY_POLICY: Final = "policy:"
#: The row of the rules in which the place got another name and nobody moved.
_RENAMED: Final = "ADR-45"
#: What the note says in its own words already.
_SAID: Final = frozenset({Reason.UNCERTAIN_DATE, Reason.NAME_TOO})

_OWN_WORDS: Final[dict[Reason, str]] = {
    Reason.CARE_OF: "Kun c/o-navnet er ændret.",
    Reason.LOCALITY: "Kun lokalitet eller bynavn er ændret.",
}


def title(rows: Sequence[PlannedRow]) -> str:
    """The title of the note about these rows."""
    return NOTE_TITLE if any(row.change.address is not None for row in rows) else OTHER_TITLE


def text(
    rows: Sequence[PlannedRow],
    *,
    moved_in: UncertainDate,
    approved_by: str,
    robot: str,
    source: Source,
    event_ids: Sequence[str],
) -> str:
    """The text of the note about these rows, all of one person and one case."""
    is_masked = any(row.is_protected for row in rows)
    parts = [*_about_addresses(rows, moved_in, is_masked=is_masked), *_about_contact(rows, is_masked=is_masked)]
    if any(row.change.name is not None for row in rows):
        parts.append("Partens navn er opdateret efter CPR.")
    if any(row.change.marks_protected for row in rows):
        parts.append("Parten er markeret med navne- og adressebeskyttelse efter oplysningen i CPR.")
    if any(row.change.unmarks_protected for row in rows):
        parts.append("Markeringen af navne- og adressebeskyttelse er fjernet, fordi CPR ikke længere har den.")
    parts.extend(dict.fromkeys(each.sentence for row in rows for each in row.mentions if each not in _SAID))
    return "\n".join((*parts, *_ending(approved_by, robot, source, event_ids)))


def rollback_text(
    rows: Sequence[PlannedRow], *, approved_by: str, robot: str, source: Source, event_ids: Sequence[str]
) -> str:
    """The text of the note after rows were taken back; it repeats no address, for the case shows it."""
    parts = [
        "En tidligere ændring fra robotten var en fejl. Partens oplysninger er ført tilbage til det, der stod før."
    ]
    if any(row.change.marks_protected or row.change.unmarks_protected for row in rows):
        parts.append("Markeringen af navne- og adressebeskyttelse er også ført tilbage.")
    parts.append("Robotten ændrer ikke parten igen, før en medarbejder ophæver spærringen.")
    return "\n".join((*parts, *_ending(approved_by, robot, source, event_ids)))


def _about_addresses(rows: Sequence[PlannedRow], moved_in: UncertainDate, *, is_masked: bool) -> list[str]:
    written = [row for row in rows if row.change.address is not None]
    if not written:
        return []
    is_renamed = all(row.reason.rule == _RENAMED for row in written)
    parts = ["Stedet er det samme; kun dets navn, postnummer eller koder er ændret." if is_renamed else ""]
    if not is_renamed:
        parts.append(f"Adressen gælder fra {texts.effect_text(moved_in)}.")
    if is_masked:
        parts.append("Adressen gengives ikke her. Se den på sagens part.")
    else:
        new = dict.fromkeys(_in_a_line(row.change.address) for row in written)
        parts.append(f"{'Adressen skrives' if is_renamed else 'Ny adresse'}: {'; '.join(new)}.")
    parts.extend(dict.fromkeys(_OWN_WORDS[row.reason] for row in written if row.reason in _OWN_WORDS))
    return [part for part in parts if part]


def _about_contact(rows: Sequence[PlannedRow], *, is_masked: bool) -> list[str]:
    written = [row.change.contact_address for row in rows if row.change.contact_address is not None]
    if not written:
        return []
    if is_masked:
        return ["Kontaktadressen er opdateret fra CPR. Den gengives ikke her."]
    new = "; ".join(dict.fromkeys(_in_a_line(address) for address in written))
    return [f"Kontaktadressen er opdateret fra CPR: {new or 'ingen'}."]


def _in_a_line(address: CivilAddress | None) -> str:
    return ", ".join(lines(address)) if address is not None else ""


def _ending(approved_by: str, robot: str, source: Source, event_ids: Sequence[str]) -> tuple[str, str]:
    label, value = texts.occasion(source, event_ids)
    return (_decided(approved_by), f"Udført af robotten {robot}. {label}: {value}.")


def _decided(approved_by: str) -> str:
    """Who decided; the approver's name stands in the trail and not on the case."""
    if approved_by.startswith(_BY_POLICY):
        version = approved_by.rpartition(":")[2]
        return f"Ændringen er udført efter den godkendte politik, version {version}, uden særskilt godkendelse."
    return "Ændringen er godkendt af en medarbejder med rollen godkender."
