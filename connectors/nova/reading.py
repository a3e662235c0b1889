"""Everything that is read from Nova: cases, notes, documents, and which client uuids it holds.

What must stay true: an answer about another case than the one asked for is drift. That Nova picks one case by the uuid
in ``common`` is our reading of its API, and a Nova that reads it otherwise would answer with just any case.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from connectors import fields
from connectors.errors import Ambiguous, NotFound
from connectors.fields import Drift, Fields
from connectors.http import Call
from connectors.nova import documents, notes
from connectors.nova.cases import SYSTEM, case_from_wire, case_mask, case_uuid
from connectors.nova.wire import CASE_AREA, TASK_AREA, NovaWire
from connectors.records import Case, CaseDocument, CaseRef, JournalNote, Page
from foundation.cpr import Cpr

T = TypeVar("T")

#: Nova's own limit on rows per page.
MAX_PAGE: Final = 500
_CASES: Final = "api/Case/GetList"
_FIRST: Final = "cases[0]"
_NOTES_MASK: Final[Fields] = {
    "journalNotes": {
        "uuid": True,
        "journalNoteAttributes": {"journalNoteDate": True, "title": True, "format": True, "note": True},
    }
}
_NOTE_UUIDS_MASK: Final[Fields] = {"journalNotes": {"uuid": True}}


class NovaReading:
    """The readings of one Nova. Each may raise any ``ConnectorError`` but ``OutcomeUnknown``."""

    def __init__(self, wire: NovaWire, *, with_contact: bool, strips_note_spaces: bool) -> None:
        """Takes the calls, whether to ask for the assumed address fields, and how notes were written."""
        self._wire = wire
        self._mask = case_mask(with_contact=with_contact)
        self._strips = strips_note_spaces

    def search(self, party: Cpr, *, start: int, limit: int) -> Page[Case]:
        """One page of the cases with this party, from this row on."""
        wanted = {"caseParty": {"identificationType": "CprNummer", "identification": party.digits}}
        return self._page("search_cases", wanted, start, limit)

    def all_cases(self, *, start: int, limit: int) -> Page[Case]:
        """One page of all cases, from this row on."""
        return self._page("list_cases", {}, start, limit)

    def case_with_number(self, number: str) -> Case:
        """The case with this number; raises ``NotFound``, ``Ambiguous``."""
        operation, wanted = "find_case", number.strip()
        # Without a number there would be no filter, and just any case would come.
        found = self._numbered(operation, wanted) if wanted else ()
        if not found:
            raise NotFound(SYSTEM, operation, "case")
        if len(found) > 1:
            raise Ambiguous(SYSTEM, operation, "case")
        return found[0]

    def case(self, ref: CaseRef, operation: str) -> Case:
        """One case; raises ``NotFound``. ``operation`` names the errors."""
        return self._one(ref, operation, self._mask, lambda row: case_from_wire(row, _FIRST))

    def notes(self, ref: CaseRef) -> Sequence[JournalNote]:
        """All journal notes of a case, oldest first."""
        found = self._one(ref, "list_journal_notes", _NOTES_MASK, self._notes_of)
        return tuple(sorted(found, key=lambda note: note.at))

    def documents(self, ref: CaseRef) -> Sequence[CaseDocument]:
        """The documents of a case, oldest first."""
        found: list[CaseDocument] = []
        following: int | None = 1
        while following is not None:
            page, following = self._documents_from(following, ref)
            found += page
        return tuple(sorted(found, key=lambda document: document.at))

    def note_uuids(self, ref: CaseRef, operation: str) -> frozenset[str]:
        """The uuids of a case's notes, without their texts, so that a broken note is not in the way."""
        return self._one(ref, operation, _NOTE_UUIDS_MASK, _note_uuids)

    def has_task(self, ref: CaseRef, task: str, operation: str) -> bool:
        """Whether a task with this uuid stands on the case."""
        following: int | None = 1
        while following is not None:
            found, following = self._tasks_from(following, ref, operation)
            if task in found:
                return True
        return False

    def _page(self, operation: str, wanted: Fields, start: int, limit: int) -> Page[Case]:
        body = {**_paging(start, limit), **wanted, "caseGetOutput": self._mask}
        return self._wire.read(
            Call(SYSTEM, operation),
            _CASES,
            body,
            area=CASE_AREA,
            uuid_=str(uuid.uuid4()),
            parse=lambda answer: _page(answer, start),
        )

    def _numbered(self, operation: str, wanted: str) -> tuple[Case, ...]:
        body = {**_paging(1, 2), "caseAttributes": {"userFriendlyCaseNumber": wanted}, "caseGetOutput": self._mask}
        return self._wire.read(
            Call(SYSTEM, operation),
            _CASES,
            body,
            area=CASE_AREA,
            uuid_=str(uuid.uuid4()),
            parse=lambda answer: _with_number(answer, wanted),
        )

    def _documents_from(self, start: int, ref: CaseRef) -> tuple[list[CaseDocument], int | None]:
        return self._wire.read(
            Call(SYSTEM, "list_documents", missing="case"),
            "api/Document/GetList",
            {**_paging(start, MAX_PAGE), "caseUuid": ref.id, "getOutput": documents.MASK},
            area=CASE_AREA,
            uuid_=str(uuid.uuid4()),
            parse=lambda answer: _documents(answer, start),
        )

    def _tasks_from(self, start: int, ref: CaseRef, operation: str) -> tuple[frozenset[str], int | None]:
        body = {**_paging(start, MAX_PAGE), "caseUuid": ref.id}
        return self._wire.read(
            Call(SYSTEM, operation, missing="case"),
            "api/Task/GetList",
            body,
            area=TASK_AREA,
            uuid_=str(uuid.uuid4()),
            parse=lambda answer: _task_uuids(answer, start),
        )

    def _one(self, ref: CaseRef, operation: str, mask: Fields, parse: Callable[[Fields], T]) -> T:
        body = {**_paging(1, 1), "filterByUuid": True, "caseGetOutput": mask}
        found = self._wire.read(
            Call(SYSTEM, operation),
            _CASES,
            body,
            area=CASE_AREA,
            uuid_=ref.id,
            parse=lambda answer: [parse(row) for row in _only(answer, ref)],
        )
        if not found:
            raise NotFound(SYSTEM, operation, "case")
        return found[0]

    def _notes_of(self, case: Fields) -> list[JournalNote]:
        return [
            notes.from_wire(note, f"{_FIRST}.journalNotes[{at}]", strips_spaces=self._strips)
            for at, note in enumerate(notes.notes_of(case, _FIRST))
        ]


def _paging(start: int, limit: int) -> dict[str, object]:
    return {"paging": {"startRow": start, "numberOfRows": limit, "calculateTotalNumberOfRows": False}}


def _page(answer: object, start: int) -> Page[Case]:
    body = fields.record(answer, "body")
    found = fields.rows(body, "cases")
    following = _next_row(body, start, len(found))
    return Page(
        items=tuple(case_from_wire(case, f"cases[{at}]") for at, case in enumerate(found)),
        next_cursor=None if following is None else str(following),
    )


def _with_number(answer: object, wanted: str) -> tuple[Case, ...]:
    found = fields.rows(fields.record(answer, "body"), "cases")
    cases = tuple(case_from_wire(case, f"cases[{at}]") for at, case in enumerate(found))
    for at, case in enumerate(cases):
        if case.number.casefold() != wanted.casefold():
            raise Drift(f"cases[{at}].caseAttributes.userFriendlyCaseNumber")
    return cases


def _documents(answer: object, start: int) -> tuple[list[CaseDocument], int | None]:
    body = fields.record(answer, "body")
    found = fields.rows(body, "documents")
    page = [documents.from_wire(document, f"documents[{at}]") for at, document in enumerate(found)]
    # The public client of Nova sends no paging here and reads none back.
    following = None if body.get("pagingInformation") is None else _next_row(body, start, len(found))
    return page, following


def _next_row(body: Fields, start: int, count: int) -> int | None:
    paging = fields.child(body, "pagingInformation")
    if not fields.flag(paging, "hasMoreRows", "pagingInformation"):
        return None
    if count == 0:
        # An empty page that promises more would be asked for again for ever.
        raise Drift("pagingInformation.hasMoreRows")
    return start + count


def _only(answer: object, ref: CaseRef) -> list[Fields]:
    found = fields.rows(fields.record(answer, "body"), "cases")
    cases = [fields.record(case, _FIRST) for case in found]
    if len(cases) > 1 or any(case_uuid(case, _FIRST).lower() != ref.id.lower() for case in cases):
        raise Drift(f"{_FIRST}.common.uuid")
    return cases


def _note_uuids(case: Fields) -> frozenset[str]:
    path = f"{_FIRST}.journalNotes"
    return frozenset(
        fields.text(fields.record(note, f"{path}[{at}]"), "uuid", f"{path}[{at}]").lower()
        for at, note in enumerate(notes.notes_of(case, _FIRST))
    )


def _task_uuids(answer: object, start: int) -> tuple[frozenset[str], int | None]:
    body = fields.record(answer, "body")
    found = fields.rows(body, "taskList")
    uuids = frozenset(
        fields.text(fields.record(task, f"taskList[{at}]"), "uuid", f"taskList[{at}]").lower()
        for at, task in enumerate(found)
    )
    return uuids, _next_row(body, start, len(found))
