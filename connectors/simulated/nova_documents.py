"""Nova's documents on cases: the list without the files.

What must stay true: a case lists exactly as many documents as ``numberOfDocuments`` says, oldest first.
"""

from __future__ import annotations

from connectors.simulated.exchange import Call, JsonObject
from connectors.simulated.field_mask import KNOWN_OF_DOCUMENTS, check_mask, prune
from connectors.simulated.nova_bodies import DocumentQuery, Paging
from connectors.simulated.refusals import read_body

INSERT_DOCUMENT = "INSERT INTO document (uuid, case_uuid, title, document_type, document_date) VALUES (?, ?, ?, ?, ?)"
_ALL = Paging(startRow=1, numberOfRows=500)


def list_documents(call: Call) -> JsonObject:
    """``PUT api/Document/GetList``: one page of the documents of a case; an unknown case has none."""
    store, settings = call.world.store, call.world.settings
    query = read_body(DocumentQuery, call.body, strict=settings.strict)
    check_mask(query.get_output, strict=settings.strict, known=KNOWN_OF_DOCUMENTS, path="getOutput")
    case, paging = str(query.case_uuid), query.paging or _ALL
    found = store.rows(
        "SELECT * FROM document WHERE case_uuid = ? ORDER BY document_date, seq LIMIT ? OFFSET ?",
        (case, paging.number_of_rows + 1, paging.start_row - 1),
    )
    rows = found[: paging.number_of_rows]
    information: dict[str, object] = {"numberOfRows": len(rows), "hasMoreRows": len(found) > len(rows)}
    if paging.calculate_total_number_of_rows:
        information["totalNumberOfRows"] = store.count("SELECT count(*) FROM document WHERE case_uuid = ?", (case,))
    mask = {**query.get_output, "documentUuid": True}
    documents = [
        {
            "documentUuid": row["uuid"],
            "title": row["title"],
            "documentType": row["document_type"],
            "documentDate": row["document_date"],
        }
        for row in rows
    ]
    return {"pagingInformation": information, "documents": [prune(document, mask) for document in documents]}
