"""Nova's documents on a case, without their files.

What must stay true: which way a document went is one of Nova's three words for it, anything else is drift, because the
rules ask whether a letter was sent.
"""

from __future__ import annotations

from datetime import UTC
from typing import Final

from connectors import fields
from connectors.fields import Drift
from connectors.records import CaseDocument, DocumentDirection

#: What the public client of Nova calls ``getOutput``; the uuid comes along by itself.
MASK: Final[dict[str, object]] = {"title": True, "documentType": True, "documentDate": True}
_DIRECTIONS: Final = {
    "Indgående": DocumentDirection.INCOMING,
    "Udgående": DocumentDirection.OUTGOING,
    "Internt": DocumentDirection.INTERNAL,
}


def from_wire(value: object, path: str) -> CaseDocument:
    """One element of ``documents``."""
    document = fields.record(value, path)
    direction = _DIRECTIONS.get(fields.text(document, "documentType", path))
    if direction is None:
        raise Drift(f"{path}.documentType")
    return CaseDocument(
        id=fields.line(document, "documentUuid", path),
        title=fields.heading(document, "title", path),
        direction=direction,
        at=fields.instant(document, "documentDate", path).astimezone(UTC),
    )
