"""Signed notes (C2SP signed-note) and the keys that sign and verify them.

A note is text, a blank line, and one signature or more. What must stay true: the text of a note is used only after a
signature by a key that was known beforehand has been verified; a signature by somebody unknown is kept and proves
nothing; and whatever the specification does not allow is refused, because two readers must never read two things.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit.errors import NoteRefusedError

#: C2SP signed-note, "Signature types": Ed25519.
_ED25519 = b"\x01"
_KEY_BYTES = 32
_SIGNATURE_BYTES = 64
_ID_BYTES = 4
_DASH = "\u2014 "
_PRIVATE = "PRIVATE+KEY+"
#: The specification demands that at least 16 be accepted, and advises a limit.
MAX_SIGNATURES = 64
MAX_NOTE_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: whose it says it is, and the bytes."""

    name: str
    key_id: bytes
    data: bytes

    def to_line(self) -> str:
        """As it stands in a note, with its newline."""
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.data).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A note as it was read: nothing in it is verified yet."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def to_text(self) -> str:
        """The note as it is written."""
        return self.text + "\n" + "".join(signature.to_line() for signature in self.signatures)


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A key by which a signature is known: a name and an Ed25519 public key."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        _require_name(self.name)
        if len(self.public) != _KEY_BYTES:
            raise NoteRefusedError(f"an Ed25519 public key is {_KEY_BYTES} bytes, not {len(self.public)}")

    @property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256 over name, newline, signature type and public key."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:_ID_BYTES]

    @property
    def label(self) -> str:
        """Name and id: enough to tell keys apart, and no key."""
        return f"{self.name}+{self.key_id.hex()}"

    def to_text(self) -> str:
        """The vkey: name, id in hex, and the key, with a plus between."""
        return f"{self.label}+{base64.b64encode(_ED25519 + self.public).decode()}"

    @classmethod
    def from_text(cls, text: str) -> VerifierKey:
        """What ``to_text`` gives.

        Raises:
            NoteRefusedError: when it is not a vkey, is of another kind than Ed25519, or its id is not that of the key.
        """
        # The base64 may hold a plus, the name may not.
        parts = text.split("+", 2)
        if len(parts) != 3:  # noqa: PLR2004 - name, id and key.
            raise NoteRefusedError("a vkey is a name, an id and a key with a plus between")
        name, key_id, encoded = parts
        data = _decode(encoded, "a vkey's key")
        if data[:1] != _ED25519:
            raise NoteRefusedError("the vkey is of another kind than Ed25519")
        key = cls(name, data[1:])
        if key.key_id.hex() != key_id:
            raise NoteRefusedError("the vkey's id is not that of its name and key")
        return key

    def verify(self, text: str, signature: NoteSignature) -> None:
        """Refuse a signature that is not this key's over this text.

        Raises:
            NoteRefusedError: naming the key.
        """
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature.data, text.encode())
        except (InvalidSignature, ValueError):
            raise NoteRefusedError(f"the signature by {self.label} does not hold") from None


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A name and an Ed25519 private key. Never shown, never stored in the database."""

    name: str
    seed: bytes = field(repr=False)

    @classmethod
    def generate(cls, name: str) -> SigningKey:
        """A new key."""
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @property
    def verifier(self) -> VerifierKey:
        """The key that others verify with."""
        return VerifierKey(self.name, Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw())

    def to_text(self) -> str:
        """As it is kept in a file: the vkey's shape with the seed instead of the public key."""
        return f"{_PRIVATE}{self.verifier.label}+{base64.b64encode(_ED25519 + self.seed).decode()}"

    @classmethod
    def from_text(cls, text: str) -> SigningKey:
        """What ``to_text`` gives.

        Raises:
            NoteRefusedError: when it is not a private key of ours; the message holds no part of it.
        """
        parts = text.removeprefix(_PRIVATE).split("+", 2)
        if not text.startswith(_PRIVATE) or len(parts) != 3:  # noqa: PLR2004 - name, id and key.
            raise NoteRefusedError("a signing key begins with PRIVATE+KEY+ and has a name, an id and a key")
        data = _decode(parts[2], "a signing key")
        if data[:1] != _ED25519 or len(data) != 1 + _KEY_BYTES:
            raise NoteRefusedError("the signing key is of another kind than Ed25519")
        key = cls(parts[0], data[1:])
        if key.verifier.key_id.hex() != parts[1]:
            raise NoteRefusedError("the signing key's id is not that of its name and key")
        return key

    def sign(self, text: str) -> NoteSignature:
        """The signature over a note's text; the same each time (RFC 8032)."""
        require_text(text)
        verifier = self.verifier
        data = Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())
        return NoteSignature(self.name, verifier.key_id, data)


def sign_note(text: str, *keys: SigningKey) -> Note:
    """A note signed by these keys."""
    return Note(text, tuple(key.sign(text) for key in keys))


def parse_note(text: str) -> Note:
    """Read a note; nothing in it is verified yet.

    Raises:
        NoteRefusedError: for everything that C2SP signed-note does not allow.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_NOTE_BYTES:
        raise NoteRefusedError("the note is too long")
    # The text may have empty lines of its own; the last one divides it from the signatures.
    divided = text.rfind("\n\n")
    if divided < 0:
        raise NoteRefusedError("the note has no blank line before its signatures")
    body, block = text[: divided + 1], text[divided + 2 :]
    require_text(body)
    if not block.endswith("\n"):
        raise NoteRefusedError("the note has no signature, or does not end with a newline")
    lines = block[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteRefusedError(f"the note has more than {MAX_SIGNATURES} signatures")
    return Note(body, tuple(_parse_signature(line) for line in lines))


def open_note(text: str, known: Sequence[VerifierKey]) -> tuple[Note, tuple[VerifierKey, ...]]:
    """Read a note and verify it; returns it with the known keys that signed it, in the order of the lines.

    Raises:
        NoteRefusedError: when it is malformed, when a signature of a known key does not hold, when no known key has
            signed it, or when one has signed it twice.
    """
    note = parse_note(text)
    keys = {(key.name, key.key_id): key for key in known}
    signers: list[VerifierKey] = []
    for signature in note.signatures:
        key = keys.get((signature.name, signature.key_id))
        if key is None:
            continue
        if key in signers:
            raise NoteRefusedError(f"the note has two signatures by {key.label}")
        key.verify(note.text, signature)
        signers.append(key)
    if not signers:
        raise NoteRefusedError("no known key has signed the note")
    return note, tuple(signers)


def require_text(text: str) -> None:
    """Refuse a text that no note may have.

    Raises:
        NoteRefusedError: when it does not end with a newline, or holds a control character or half a character.
    """
    if not text.endswith("\n"):
        raise NoteRefusedError("a note's text ends with a newline")
    _require_characters(text)


def _parse_signature(line: str) -> NoteSignature:
    if not line.startswith(_DASH):
        raise NoteRefusedError("a signature line begins with a dash and a space")
    name, space, encoded = line[len(_DASH) :].partition(" ")
    _require_characters(name)
    _require_name(name)
    if not space:
        raise NoteRefusedError("a signature line is a dash, a name and a signature")
    data = _decode(encoded, "a signature")
    if len(data) <= _ID_BYTES:
        raise NoteRefusedError("a signature is an id of four bytes and at least one more")
    return NoteSignature(name, data[:_ID_BYTES], data[_ID_BYTES:])


def _require_name(name: str) -> None:
    if not name or "+" in name or any(character.isspace() for character in name):
        raise NoteRefusedError("a key's name is not empty and holds neither a space nor a plus")
    _require_characters(name)


def _require_characters(text: str) -> None:
    if any(character < " " and character != "\n" for character in text):
        raise NoteRefusedError("a note holds no control character but newlines")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise NoteRefusedError("a note is valid UTF-8")


def _decode(text: str, what: str) -> bytes:
    """Standard base64 (RFC 4648 section 4) and nothing that merely resembles it."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteRefusedError(f"{what} is not base64") from None
    if base64.b64encode(data).decode() != text:
        raise NoteRefusedError(f"{what} is not base64 as it is written")
    return data
