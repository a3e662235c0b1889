"""Nova's changes to cases: journal notes, and the assumed call that writes a party's contact.

What must stay true: a closed or archived case takes nothing, a note uuid stands for one note for ever, and what a call
leaves out of a contact is left alone.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from connectors.simulated.exchange import Call, JsonObject
from connectors.simulated.ledger import Aim, dig_index, dig_uuid, loose_json
from connectors.simulated.nova_bodies import CaseUpdate, NewNote, PartyAddress, PartyAddressUpdate
from connectors.simulated.refusals import Refusal, bad_request, conflict, not_found, read_body
from connectors.simulated.settings import Settings
from connectors.simulated.spelling import is_blank
from connectors.simulated.store import Store, Value, to_json
from connectors.simulated.world import now


def demand_open(store: Store, case: str) -> None:
    """Raise 404 for an unknown case, 409 for one that takes no change."""
    row = store.one("SELECT progress, active_code FROM esdh_case WHERE uuid = ?", (case,))
    if row is None:
        raise not_found("case")
    if row["active_code"] == "Arkiveret":
        raise conflict("CaseArchived")
    if row["progress"] == "Afsluttet":
        raise conflict("CaseClosed")


def aim_notes(raw: bytes) -> Sequence[Aim]:
    """One aim for each note in the body; one without a target where there is none to be read."""
    body = loose_json(raw)
    notes = body.get("journalNotes") if isinstance(body, dict) else None
    case, transaction = dig_uuid(body, "common", "uuid"), dig_uuid(body, "common", "transactionId")
    uuids = [dig_uuid(note, "uuid") for note in notes] if isinstance(notes, list) and notes else [None]
    return [Aim("add_journal_note", case, uuid, uuid, transaction) for uuid in uuids]


def add_notes(call: Call) -> tuple[JsonObject, Sequence[bool]]:
    """``PATCH api/Case/Update``: add the notes, all or none."""
    settings, store = call.world.settings, call.world.store
    update = read_body(CaseUpdate, call.body, strict=settings.strict)
    case = str(update.common.uuid)
    demand_open(store, case)
    return {}, [_add_note(store, case, note, settings) for note in update.journal_notes]


def _add_note(store: Store, case: str, note: NewNote, settings: Settings) -> bool:
    attributes, uuid = note.journal_note_attributes, str(note.uuid)
    known = store.one("SELECT case_uuid FROM note WHERE uuid = ?", (uuid,))
    if known is not None and (settings.repeat_mode == "conflict" or known["case_uuid"] != case):
        raise conflict("AlreadyExists", is_replay=True)
    body = _as_nova_keeps_it(attributes.note, settings)
    at = attributes.journal_note_date.isoformat()
    if known is not None:
        store.run(
            "UPDATE note SET approved = ?, note_date = ?, title = ?, body = ? WHERE uuid = ?",
            (int(note.approved), at, attributes.title, body, uuid),
        )
        return True
    store.run(
        "INSERT INTO note (uuid, case_uuid, approved, note_date, title, body, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (uuid, case, int(note.approved), at, attributes.title, body, now()),
    )
    return False


def _as_nova_keeps_it(note: str, settings: Settings) -> str:
    """The note with those of Nova's faults that are switched on."""
    if settings.quirk_letters:
        note = base64.b64encode(base64.b64decode(note).decode().encode("latin-1", "replace")).decode()
    if settings.quirk_base64 and note.endswith("="):
        note = note[:-4]
    return note


def aim_party(raw: bytes) -> Sequence[Aim]:
    """The party that the body names."""
    body = loose_json(raw)
    case, transaction = dig_uuid(body, "common", "uuid"), dig_uuid(body, "common", "transactionId")
    return [Aim("update_party_address", case, dig_index(body, "caseParty", "index"), None, transaction)]


def update_party(call: Call) -> tuple[JsonObject, Sequence[bool]]:
    """Assumed, ``PATCH api/Case/UpdatePartyAddress``: write address, protection mark or both; 404 when switched off."""
    settings, store = call.world.settings, call.world.store
    if not settings.assumed_address_write:
        raise Refusal(404, {"errorCode": "NotFound"})
    update = read_body(PartyAddressUpdate, call.body, strict=settings.strict)
    contact = NewContact(update.address, update.contact_address, update.name_address_protected, update.name)
    case, index = str(update.common.uuid), update.case_party.index
    contact.demand_something()
    demand_open(store, case)
    is_changed = write_party(store, case, index, contact)
    return {"caseUuid": case, "index": index, "changedTime": now()}, [not is_changed]


@dataclass(frozen=True, slots=True)
class NewContact:
    """What is to be written on a party; None leaves alone, and an address without a part takes away."""

    address: PartyAddress | None = None
    contact_address: PartyAddress | None = None
    is_protected: bool | None = None
    name: str | None = None

    def demand_something(self) -> None:
        """Raise a 400 ``Refusal`` where nothing is named."""
        if (self.address, self.contact_address, self.is_protected, self.name) == (None, None, None, None):
            raise bad_request("MissingField", "address")

    def columns(self) -> dict[str, Value]:
        """The columns of ``party`` that change, with their values."""
        columns: dict[str, Value] = {}
        if self.address is not None:
            columns["address"] = _kept(self.address)
        if self.contact_address is not None:
            columns["contact_address"] = _kept(self.contact_address)
        if self.is_protected is not None:
            columns["protected"] = int(self.is_protected)
        if self.name is not None:
            columns["name"] = self.name
        return columns


def _kept(address: PartyAddress) -> str | None:
    body = address.model_dump(by_alias=True)
    return None if is_blank(body) else to_json(body)


def write_party(store: Store, case: str, index: str, contact: NewContact) -> bool:
    """Put the contact on a party; returns whether that changed anything.

    Raises a 404 ``Refusal`` where the case has no such party.
    """
    party = "SELECT address, contact_address, protected, name FROM party WHERE case_uuid = ? AND position = ?"
    before = store.one(party, (case, index))
    if before is None:
        raise not_found("party")
    columns = contact.columns()
    changes = ", ".join(f"{column} = ?" for column in columns)
    sql = f"UPDATE party SET {changes} WHERE case_uuid = ? AND position = ?"  # noqa: S608 - own column names.
    store.run(sql, [*columns.values(), case, index])
    return store.one(party, (case, index)) != before
