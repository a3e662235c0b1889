"""Sealing of personal data at rest: AES-256-GCM with a key that never lies in the database.

What must stay true: a sealed value cannot be read, altered or moved to another column without the key, and a key that
is no longer the newest still opens what it sealed.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from foundation.environment import Environment
from foundation.errors import ConfigurationError, SagsgangError
from foundation.settings import Settings

_KEY_BYTES = 32
_NONCE_BYTES = 12
_ID_BYTES = 4
#: First byte of every sealed value, so that the format can change.
_FORMAT = b"\x01"
_KEY_ADVICE = "SAGSGANG_SEAL_KEY skal være 32 byte skrevet i hex (64 tegn). Lav en med: openssl rand -hex 32"


class UnsealError(SagsgangError):
    """A sealed value does not open: wrong key, or somebody altered it."""

    code = "unseal"


class OtherKeyError(UnsealError):
    """A sealed value names a key that is not on the ring: of the value itself nothing is known."""


class KeyRing:
    """The key that seals, and older ones that still open.

    A sealed value is: format (1 byte), key id (4), nonce (12), ciphertext with tag.
    """

    def __init__(self, newest: bytes, *older: bytes) -> None:
        """Make a ring of 32-byte keys; the last one given also names people in look-ups, so keep it last."""
        keys = (newest, *older)
        if any(len(key) != _KEY_BYTES for key in keys):
            raise ConfigurationError(_KEY_ADVICE)
        self._ciphers = {_key_id(key): AESGCM(key) for key in keys}
        self._newest_id = _key_id(newest)
        self._lookup_key = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=b"sagsgang lookup").derive(
            keys[-1]
        )

    def seal(self, clear: bytes, *, place: str) -> bytes:
        """Seal ``clear`` for the column ``place`` (``table.column``), where alone it opens again."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self._newest_id].encrypt(nonce, clear, place.encode())
        return _FORMAT + self._newest_id + nonce + sealed

    def unseal(self, sealed: bytes, *, place: str) -> bytes:
        """The clear bytes again.

        Raises:
            OtherKeyError: the key is not on the ring.
            UnsealError: the value was altered or moved.
        """
        cipher = self._ciphers.get(sealed[1 : 1 + _ID_BYTES])
        if sealed[:1] != _FORMAT or cipher is None:
            message = f"En forseglet værdi i {place} hører til en anden nøgle. Kontrollér SAGSGANG_SEAL_KEY."
            raise OtherKeyError(message)
        body = sealed[1 + _ID_BYTES :]
        try:
            return cipher.decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError):
            # ValueError: what is left of it is too short to hold a nonce.
            message = f"En forseglet værdi i {place} kan ikke åbnes: den er ændret eller flyttet."
            raise UnsealError(message) from None

    def lookup_token(self, value: str, *, purpose: str) -> str:
        """A keyed digest in hex by which a sealed value can be found again, different for each purpose."""
        return hmac.new(self._lookup_key, f"{purpose}\0{value}".encode(), hashlib.sha256).hexdigest()


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"sagsgang key id" + key).digest()[:_ID_BYTES]


def open_key_ring(settings: Settings) -> KeyRing:
    """The key ring from the settings; in ``simulated`` a key is made in the data folder when there is none.

    Several keys stand after each other with a comma between, newest first.

    Raises:
        ConfigurationError: when the key is missing or not 32 bytes in hex.
    """
    text = settings.seal_key.get_secret_value()
    if not text and settings.environment is Environment.SIMULATED:
        text = _own_key(settings.data_dir / "keys" / "seal.key")
    try:
        keys = [bytes.fromhex(part) for part in text.replace(",", " ").split()]
    except ValueError:
        raise ConfigurationError(_KEY_ADVICE) from None
    if not keys:
        raise ConfigurationError(_KEY_ADVICE)
    return KeyRing(*keys)


def _own_key(path: Path) -> str:
    """Make the key once, also when two processes start at the same instant: the link is the atomic act."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(f".{os.getpid()}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_KEY_BYTES))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # The other process was first; its key is the key.
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip()
