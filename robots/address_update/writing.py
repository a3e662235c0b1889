"""Writing one planned row on its case, in the order that protects the person, and seeing that it stands.

    1. set the protection mark, and read it back               only then may a protected address be written (ADR-11)
    2. write address, contact address and name in one call, and read them back
    3. take the mark away, and read that back                   a row of its own: nothing else changes with it (ADR-12)

What must stay true: between two writes the case never shows a protected address without its mark.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from connectors.errors import NotFound, NotYetVisible, SchemaDrift
from connectors.records import Case, CaseParty, PartyContact, PartyContactChange
from foundation.addresses import is_same_address
from robots.address_update.plan import PlannedRow
from robots.desk import Desk


def write_row(row: PlannedRow, desk: Desk) -> None:
    """Write what the row says, and read each write back.

    Raises:
        VersionConflict: something else stands there.
        CaseClosed, CaseArchived: the case takes no change any more.
        NotYetVisible: a write was taken and cannot be read yet; the row goes on from there when tried again.
        SchemaDrift: what was read back is not what was written.
    """
    change = row.change
    if change.marks_protected:
        _write(row, PartyContactChange(before=row.before, is_protected=True), desk, "protection")
        # After a crash the address may stand there already, so only the mark is looked at.
        _read_back(row, desk, is_there=lambda party: party.contact.is_protected is True)
    if change.address is not None or change.contact_address is not None or change.name is not None:
        written = PartyContactChange(
            before=row.marked,
            address=change.address,
            contact_address=change.contact_address,
            name=change.name,
            name_before=row.name_before if change.name is not None else None,
        )
        _write(row, written, desk, "address")
        _read_back(row, desk, is_there=lambda party: _shows(row, row.written, party))
    if change.unmarks_protected:
        _write(row, PartyContactChange(before=row.written, is_protected=False), desk, "unmark")
        _read_back(row, desk, is_there=lambda party: party.contact.is_protected is False)


def read_case(row: PlannedRow, desk: Desk) -> Case | None:
    """The row's case as it is now, or None when there is none any more."""
    try:
        return desk.cases.get_case(row.case)
    except NotYetVisible:
        raise
    except NotFound:
        return None


def is_as_planned(row: PlannedRow, party: CaseParty) -> bool:
    """Whether the case shows what stood there, or what our own writes of this row leave there on their way."""
    is_known = party.contact in (row.before, row.marked) or any(
        is_same_contact(stage, party.contact) for stage in (row.written, row.after)
    )
    return is_known and (row.change.name is None or party.name in {row.name_before, row.change.name})


def is_done(row: PlannedRow, party: CaseParty) -> bool:
    """Whether the case shows exactly what the row leaves there."""
    return _shows(row, row.after, party)


def is_same_contact(wanted: PartyContact, found: PartyContact) -> bool:
    """Whether mark, residence and contact address are the same, however they are spelled."""
    return (
        found.is_protected == wanted.is_protected
        and is_same_address(found.address, wanted.address)
        and is_same_address(found.contact_address, wanted.contact_address)
    )


def _write(
    row: PlannedRow,
    change: PartyContactChange,
    desk: Desk,
    intent: Literal["protection", "address", "unmark"],
) -> None:
    desk.cases.update_party_contact(row.party, change, intent=intent)


def _shows(row: PlannedRow, wanted: PartyContact, party: CaseParty) -> bool:
    return is_same_contact(wanted, party.contact) and (row.change.name is None or party.name == row.change.name)


def _read_back(row: PlannedRow, desk: Desk, *, is_there: Callable[[CaseParty], bool]) -> None:
    """See that the write stands; raises ``NotYetVisible`` or ``SchemaDrift`` when it does not."""
    case = read_case(row, desk)
    party = case.party(row.party) if case is not None else None
    if party is not None and is_there(party):
        return
    if party is not None and is_as_planned(row, party):
        raise NotYetVisible(desk.cases.system, "get_case", "party_contact")
    raise SchemaDrift(desk.cases.system, "get_case", "party_contact")
