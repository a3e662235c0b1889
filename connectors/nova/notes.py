"""Journal notes as Nova holds them: text in base64, with a client's uuid.

What must stay true: what was written is read back letter by letter. Nova is known to corrupt a note whose base64 ends
with ``=`` (``integration.md`` A.1, quirk 1), so the text is lengthened with spaces until there is none. Letters are
never transliterated.
"""

from __future__ import annotations

import base64
import binascii

from connectors import fields
from connectors.fields import Drift, Fields
from connectors.records import JournalNote, NewJournalNote

#: Bytes that base64 turns into a group without padding.
_GROUP = 3


def encode_text(text: str, *, pads_with_spaces: bool) -> str:
    """The text as base64 of UTF-8, with trailing spaces where padding is to be avoided.

    Raises:
        UnicodeEncodeError: half a surrogate pair, which is not text.
    """
    data = text.encode()
    if pads_with_spaces:
        data += b" " * (-len(data) % _GROUP)
    return base64.b64encode(data).decode("ascii")


def decode_text(written: str, path: str, *, strips_spaces: bool) -> str:
    """The text of a note; bytes that are not UTF-8 (another client's) show as replacement characters.

    Raises:
        Drift: it is not base64.
    """
    try:
        data = base64.b64decode(written, validate=True)
    except (binascii.Error, ValueError):
        drift = Drift(path)
    else:
        text = data.decode(errors="replace")
        return text.rstrip(" ") if strips_spaces else text
    raise drift


def to_wire(note: NewJournalNote, uuid_: str, *, pads_with_spaces: bool) -> dict[str, object]:
    """The note as an element of ``journalNotes`` in ``Case/Update``."""
    return {
        "uuid": uuid_,
        "approved": True,
        "journalNoteAttributes": {
            "journalNoteDate": note.at.isoformat(),
            "title": note.title,
            "journalNoteType": "Bruger",
            "format": "Text",
            "note": encode_text(note.text, pads_with_spaces=pads_with_spaces),
        },
    }


def from_wire(value: object, path: str, *, strips_spaces: bool) -> JournalNote:
    """A note of a case."""
    note = fields.record(value, path)
    attributes = fields.child(note, "journalNoteAttributes", path)
    inner = fields.join(path, "journalNoteAttributes")
    return JournalNote(
        id=fields.line(note, "uuid", path),
        title=fields.heading(attributes, "title", inner),
        text=decode_text(fields.text(attributes, "note", inner), f"{inner}.note", strips_spaces=strips_spaces),
        at=fields.instant(attributes, "journalNoteDate", inner),
    )


def notes_of(case: Fields, path: str) -> list[object]:
    """The notes of a case; Nova leaves the key out when there are none."""
    return [] if case.get("journalNotes") is None else fields.rows(case, "journalNotes", path)
