"""The tester's calls about cases: what caseworkers do, and everything that stands on a person's cases.

What must stay true: these edits are not in the ledger, which tells of what came through a dialect.
"""

from __future__ import annotations

import hashlib
import sqlite3
import uuid
from datetime import UTC

from connectors.simulated.admin_bodies import CaseOrder, DocumentOrder, PartyEdit
from connectors.simulated.exchange import Call, JsonObject
from connectors.simulated.nova_case_changes import NewContact, write_party
from connectors.simulated.nova_case_shape import shape_cases
from connectors.simulated.nova_documents import INSERT_DOCUMENT
from connectors.simulated.refusals import not_found, read_body
from connectors.simulated.store import Store, to_json

_EVERYTHING = frozenset({"caseParties", "journalNotes", "numberOfJournalNotes"})


def close_case(call: Call) -> JsonObject:
    """Close the case."""
    return _put_state(call, "Afsluttet", "Aktiv")


def reopen_case(call: Call) -> JsonObject:
    """Open the case again, from the archive as well."""
    return _put_state(call, "Oplyst", "Aktiv")


def archive_case(call: Call) -> JsonObject:
    """Close the case and hand it to the archive."""
    return _put_state(call, "Afsluttet", "Arkiveret")


def edit_party(call: Call) -> JsonObject:
    """A caseworker writes address, contact address, mark or name by hand; also on a case that is closed."""
    edit = read_body(PartyEdit, call.body, strict=True)
    contact = NewContact(edit.address, edit.contact_address, edit.name_address_protected, edit.name)
    contact.demand_something()
    store, case = call.world.store, str(edit.case)
    with store.transaction():
        write_party(store, case, edit.index, contact)
    return {"case": case, "index": edit.index}


def add_document(call: Call) -> JsonObject:
    """A letter that somebody sent, received or wrote on a case at a time of the tester's choice."""
    order, store = read_body(DocumentOrder, call.body, strict=True), call.world.store
    case, uuid_ = str(order.case), str(uuid.uuid4())
    _demand_case(store, case)
    with store.transaction():
        store.run(
            INSERT_DOCUMENT,
            (uuid_, case, order.title, order.document_type, order.document_date.astimezone(UTC).isoformat()),
        )
        store.run("UPDATE esdh_case SET documents = documents + 1 WHERE uuid = ?", (case,))
    return {"case": case, "documentUuid": uuid_}


def tell_cases_of_person(call: Call) -> JsonObject:
    """The cases on which this person is a party, with parties, notes and tasks."""
    store = call.world.store
    rows = store.rows(
        "SELECT * FROM esdh_case WHERE uuid IN (SELECT case_uuid FROM party WHERE identification = ?) ORDER BY seq",
        (call.path["pnr"],),
    )
    return _tell(store, rows)


def tell_case_by_number(call: Call) -> JsonObject:
    """The case that people call by this number, with parties, notes and tasks."""
    store = call.world.store
    rows = store.rows("SELECT * FROM esdh_case WHERE number = ?", (call.path["number"],))
    if not rows:
        raise not_found("case")
    return _tell(store, rows)


def tell_closed(call: Call) -> JsonObject:
    """A digest of everything that stands on each case that is closed now, so that a later change can be seen."""
    store = call.world.store
    rows = store.rows("SELECT uuid FROM esdh_case WHERE progress = 'Afsluttet' OR active_code = 'Arkiveret'")
    return {"closed": {row["uuid"]: _digest(store, row["uuid"]) for row in rows}}


def _digest(store: Store, case: str) -> str:
    digest = hashlib.sha256()
    for table, column in (("esdh_case", "uuid"), ("party", "case_uuid"), ("note", "case_uuid"), ("task", "case_uuid")):
        for row in store.rows(f"SELECT * FROM {table} WHERE {column} = ? ORDER BY 1, 2", (case,)):
            digest.update(to_json(dict(row)).encode())
    return digest.hexdigest()


def _tell(store: Store, rows: list[sqlite3.Row]) -> JsonObject:
    cases = shape_cases(store, rows, wanted=_EVERYTHING, with_assumed=True)
    tasks = (
        "SELECT uuid, title, description, status_code AS statusCode, deadline FROM task"
        " WHERE case_uuid = ? ORDER BY seq"
    )
    for case, row in zip(cases, rows, strict=True):
        case.setdefault("journalNotes", [])
        case["tasks"] = [dict(task) for task in store.rows(tasks, (row["uuid"],))]
    return {"cases": cases}


def _put_state(call: Call, progress: str, active_code: str) -> JsonObject:
    store, case = call.world.store, str(read_body(CaseOrder, call.body, strict=True).case)
    _demand_case(store, case)
    with store.transaction():
        store.run("UPDATE esdh_case SET progress = ?, active_code = ? WHERE uuid = ?", (progress, active_code, case))
    return {"case": case, "progressState": progress, "activeCode": active_code}


def _demand_case(store: Store, case: str) -> None:
    if store.one("SELECT 1 FROM esdh_case WHERE uuid = ?", (case,)) is None:
        raise not_found("case")


CASE_CALLS = [
    ("POST", "/cases/close", close_case),
    ("POST", "/cases/reopen", reopen_case),
    ("POST", "/cases/archive", archive_case),
    ("POST", "/cases/document", add_document),
    ("POST", "/parties/address", edit_party),
    ("GET", "/cases/by-person/{pnr}", tell_cases_of_person),
    ("GET", "/cases/by-number/{number}", tell_case_by_number),
    ("GET", "/cases/closed", tell_closed),
]
