"""The tester's calls about cases: what caseworkers do, and everything that stands on a person's cases.

What must stay true: these edits are not in the ledger, which tells of what came through a dialect.
"""

from __future__ import annotations

from connectors.simulated.admin_bodies import CaseOrder, PartyEdit
from connectors.simulated.exchange import Call, JsonObject
from connectors.simulated.nova_case_changes import write_party
from connectors.simulated.nova_case_shape import shape_cases
from connectors.simulated.refusals import bad_request, not_found, read_body

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
    """A caseworker writes address or mark by hand."""
    edit = read_body(PartyEdit, call.body, strict=True)
    if edit.address is None and edit.name_address_protected is None:
        raise bad_request("MissingField", "address")
    store, case = call.world.store, str(edit.case)
    with store.transaction():
        write_party(store, case, edit.index, address=edit.address, is_protected=edit.name_address_protected)
    return {"case": case, "index": edit.index}


def tell_cases_of_person(call: Call) -> JsonObject:
    """The cases on which this person is a party, with parties, notes and tasks."""
    store = call.world.store
    rows = store.rows(
        "SELECT * FROM esdh_case WHERE uuid IN (SELECT case_uuid FROM party WHERE identification = ?) ORDER BY seq",
        (call.path["pnr"],),
    )
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
    if store.one("SELECT 1 FROM esdh_case WHERE uuid = ?", (case,)) is None:
        raise not_found("case")
    with store.transaction():
        store.run("UPDATE esdh_case SET progress = ?, active_code = ? WHERE uuid = ?", (progress, active_code, case))
    return {"case": case, "progressState": progress, "activeCode": active_code}


CASE_CALLS = [
    ("POST", "/cases/close", close_case),
    ("POST", "/cases/reopen", reopen_case),
    ("POST", "/cases/archive", archive_case),
    ("POST", "/parties/address", edit_party),
    ("GET", "/cases/by-person/{pnr}", tell_cases_of_person),
]
