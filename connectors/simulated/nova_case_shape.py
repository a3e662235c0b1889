"""How a case looks in Nova's answers.

What must stay true: a case without journal notes has no ``journalNotes`` key at all, as in the real Nova.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections import defaultdict
from collections.abc import Container, Sequence

from connectors.simulated.municipality import CASEWORKERS
from connectors.simulated.seed_people import NAMESPACE
from connectors.simulated.spelling import as_told
from connectors.simulated.store import Store, from_json

_WORKERS = [
    {"kspIdentity": {"novaUserId": str(uuid.uuid5(NAMESPACE, racf)), "racfId": racf, "fullName": name}}
    for racf, name in CASEWORKERS
]


def shape_cases(
    store: Store, rows: Sequence[sqlite3.Row], *, wanted: Container[str], with_assumed: bool
) -> list[dict[str, object]]:
    """Cases with the parts that are ``wanted`` (``caseParties``, ``journalNotes``, ``numberOfJournalNotes``).

    ``with_assumed`` tells whether parties carry address, contact address and protection mark.
    """
    uuids = [row["uuid"] for row in rows]
    has_notes = "journalNotes" in wanted or "numberOfJournalNotes" in wanted
    parties = _grouped(store, "party", "position", uuids) if "caseParties" in wanted else {}
    notes = _grouped(store, "note", "seq", uuids) if has_notes else {}
    shaped = []
    for row in rows:
        case = _case(row)
        case["caseParties"] = [_party(party, with_assumed=with_assumed) for party in parties.get(row["uuid"], [])]
        own_notes = notes.get(row["uuid"], [])
        case["numberOfJournalNotes"] = len(own_notes)
        if own_notes:
            case["journalNotes"] = [_note(note) for note in own_notes]
        shaped.append(case)
    return shaped


def _grouped(store: Store, table: str, order: str, uuids: list[str]) -> dict[str, list[sqlite3.Row]]:
    marks = ",".join("?" * len(uuids))
    found: dict[str, list[sqlite3.Row]] = defaultdict(list)
    # The table and its order are names of this module's own; the values are bound.
    sql = f"SELECT * FROM {table} WHERE case_uuid IN ({marks}) ORDER BY {order}"  # noqa: S608 - see above.
    for row in store.rows(sql, uuids):
        found[row["case_uuid"]].append(row)
    return found


def _case(row: sqlite3.Row) -> dict[str, object]:
    return {
        "common": {"uuid": row["uuid"]},
        "caseAttributes": {
            "title": row["title"],
            "caseDate": row["case_day"],
            "userFriendlyCaseNumber": row["number"],
        },
        "state": {"activeCode": row["active_code"], "progressState": row["progress"]},
        "caseClassification": {"kleNumber": {"code": row["kle"]}, "proceedingFacet": {"code": row["facet"]}},
        "sensitivity": {"sensitivity": row["sensitivity"]},
        "caseworker": _WORKERS[row["caseworker"]],
        "numberOfDocuments": row["documents"],
    }


def _party(row: sqlite3.Row, *, with_assumed: bool) -> dict[str, object]:
    party: dict[str, object] = {
        "index": row["position"],
        "identificationType": row["identification_type"],
        "identification": row["identification"],
        "participantRole": row["role"],
        "name": row["name"],
    }
    if with_assumed:
        for field, column in (("address", "address"), ("contactAddress", "contact_address")):
            party[field] = None if row[column] is None else as_told(from_json(row[column]))
        party["nameAddressProtected"] = bool(row["protected"])
    return party


def _note(row: sqlite3.Row) -> dict[str, object]:
    return {
        "uuid": row["uuid"],
        "approved": bool(row["approved"]),
        "journalNoteAttributes": {
            "journalNoteDate": row["note_date"],
            "title": row["title"],
            "journalNoteType": "Bruger",
            "format": "Text",
            "note": row["body"],
        },
        "createdTime": row["created_at"],
    }
