"""Checkpoints: the head of the tree as a signed note (C2SP tlog-checkpoint).

What must stay true: a checkpoint is three lines, of which each has one spelling only, so that the same head is always
the same bytes and a signature over it can be made anywhere and by anybody.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from audit.errors import NoteRefusedError
from audit.merkle import HASH_BYTES
from audit.notes import Note, SigningKey, VerifierKey, open_note, require_text, sign_note

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_LEAST_LINES = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint says: which log, how many leaves, which root."""

    origin: str
    size: int
    root: bytes
    #: Lines that others may add and nobody can check; ours have none.
    extensions: tuple[str, ...] = ()

    def to_text(self) -> str:
        """The text that is signed.

        Raises:
            NoteRefusedError: when a line is empty or the size or root cannot be.
        """
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions)
        text = "".join(f"{line}\n" for line in lines)
        if parse_checkpoint(text) != self:
            raise NoteRefusedError("a line of the checkpoint holds a newline")
        return text


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint's text.

    Raises:
        NoteRefusedError: for everything that C2SP tlog-checkpoint does not allow.
    """
    require_text(text)
    lines = text[:-1].split("\n")
    if len(lines) < _LEAST_LINES or not all(lines):
        raise NoteRefusedError("a checkpoint is three lines or more, none of them empty")
    origin, size, root, *extensions = lines
    if _SIZE.fullmatch(size) is None:
        raise NoteRefusedError("a checkpoint's size is a number without leading zeros")
    try:
        data = base64.b64decode(root, validate=True)
    except (binascii.Error, ValueError):
        raise NoteRefusedError("a checkpoint's root is not base64") from None
    if len(data) != HASH_BYTES or base64.b64encode(data).decode() != root:
        raise NoteRefusedError(f"a checkpoint's root is a hash of {HASH_BYTES} bytes in base64")
    return Checkpoint(origin, int(size), data, tuple(extensions))


def sign_checkpoint(checkpoint: Checkpoint, *keys: SigningKey) -> Note:
    """The checkpoint as a signed note."""
    return sign_note(checkpoint.to_text(), *keys)


def open_checkpoint(
    note: str, known: Sequence[VerifierKey], *, origin: str | None = None
) -> tuple[Checkpoint, tuple[VerifierKey, ...]]:
    """Verify a note and read its checkpoint; returns it with the known keys that signed it.

    Args:
        note: the signed note.
        known: the keys that are believed.
        origin: the log that it must be of; None for any.

    Raises:
        NoteRefusedError: when it is malformed, of another log, or not signed by a known key.
    """
    opened, signers = open_note(note, known)
    checkpoint = parse_checkpoint(opened.text)
    if origin is not None and checkpoint.origin != origin:
        raise NoteRefusedError("the checkpoint is of another log")
    return checkpoint, signers
