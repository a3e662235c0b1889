"""Nova's documents as ours."""

from datetime import UTC, datetime

import pytest

from connectors.fields import Drift
from connectors.nova import documents
from connectors.records import CaseDocument, DocumentDirection

LETTER: dict[str, object] = {
    "documentUuid": "d1",
    "title": "Afgørelse",
    "documentType": "Udgående",
    "documentDate": "2026-11-20T09:30:00+01:00",
}


def test_a_letter_is_read_with_its_direction_and_its_time_in_utc() -> None:
    at = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
    assert documents.from_wire(LETTER, "documents[0]") == CaseDocument(
        "d1", "Afgørelse", DocumentDirection.OUTGOING, at
    )


def test_a_time_without_a_zone_is_danish() -> None:
    document = documents.from_wire(LETTER | {"documentDate": "2026-07-01T12:00:00"}, "documents[0]")
    assert document.at == datetime(2026, 7, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("documentType", "Udgaaende"),
        ("documentType", None),
        ("documentDate", "2026-02-30T00:00:00"),
        ("documentDate", "i går"),
        ("documentDate", None),
        ("documentUuid", 5),
        ("title", "Afgørelse\u202e"),
    ],
)
def test_what_does_not_match_the_contract_is_told_by_its_path(field: str, value: object) -> None:
    with pytest.raises(Drift) as raised:
        documents.from_wire(LETTER | {field: value}, "documents[3]")
    assert raised.value.path == f"documents[3].{field}"
    assert raised.value.__context__ is None
