"""What the signer keeps outside the database: its key, the keys it has had, and the checkpoint it signed last.

    signing.key       the private key (never leaves this folder)
    next.key          while a key is being exchanged
    known-keys        the vkey of every key that has signed, one a line; hand this file to the auditor
    last-signed-…     the last checkpoint, word for word, one for each log name

What must stay true: the last checkpoint is on the disk before anybody else can see it, and is only ever replaced by a
later one, so that a database that was set back or forked is recognised by one who does not trust the database.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from audit.checkpoints import Checkpoint, open_checkpoint
from audit.errors import NoteRefusedError, SigningRefusedError
from audit.notes import SigningKey, VerifierKey
from audit.write_once import sync_folder, write_durably
from foundation.errors import ConfigurationError

_PRIVATE = 0o600
#: Seconds to wait for another signer of the same folder; one signature takes milliseconds.
_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class SignerFolder:
    """The signer's own folder. ``origin`` is the log's name, and the name of its keys."""

    path: Path
    origin: str

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One signer at a time.

        Raises:
            SigningRefusedError: when another one does not finish.
        """
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            with FileLock(self.path / "lock", timeout=_PATIENCE):
                yield
        except Timeout:
            raise SigningRefusedError("En anden underskriver er i gang og bliver ikke færdig. Prøv igen.") from None

    def create_key(self) -> SigningKey:
        """Make the first key, unless there is one."""
        with self.locked():
            if not self._key.exists():
                self._begin(SigningKey.generate(self.origin))
        return self.signing_key()

    def has_key(self) -> bool:
        """Whether there is a key that signs."""
        return self._key.exists()

    def signing_key(self) -> SigningKey:
        """The key that signs now.

        Raises:
            ConfigurationError: when there is none, or it is none of ours.
        """
        try:
            return SigningKey.from_text(self._key.read_text(encoding="utf-8").strip())
        except FileNotFoundError:
            raise ConfigurationError(
                "Loggens underskriftsnøgle mangler i SAGSGANG_AUDIT_SIGNER_DIR. Gendan mappen, eller lav en nøgle."
            ) from None
        except NoteRefusedError:
            raise ConfigurationError(
                "Filen signing.key i SAGSGANG_AUDIT_SIGNER_DIR er ikke en underskriftsnøgle. Gendan mappen."
            ) from None

    def known_keys(self) -> tuple[VerifierKey, ...]:
        """Every key that has signed, oldest first.

        Raises:
            ConfigurationError: when a line is no key.
        """
        path = self.path / "known-keys"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        try:
            return tuple(VerifierKey.from_text(line) for line in lines if line)
        except NoteRefusedError:
            raise ConfigurationError("En linje i known-keys i SAGSGANG_AUDIT_SIGNER_DIR er ikke en nøgle.") from None

    def last_signed(self) -> tuple[Checkpoint, str] | None:
        """The last checkpoint that was signed, with its note; None when nothing was.

        Raises:
            SigningRefusedError: when the file is not a checkpoint of this log by one of our keys.
        """
        try:
            note = self._state.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        try:
            return open_checkpoint(note, self.known_keys(), origin=self.origin)[0], note
        except NoteRefusedError:
            raise SigningRefusedError(
                f"Filen {self._state.name}, hvor underskriveren husker sit seneste kontrolpunkt, er ændret. "
                "Læg det nyeste kontrolpunkt fra den skrivebeskyttede mappe i dens sted, og giv revisor besked."
            ) from None

    def remember(self, note: str) -> None:
        """Keep this as the last checkpoint, durably and at once."""
        _replace(self._state, note)

    def prepare_next_key(self) -> SigningKey:
        """The key that will sign; the same one again after a crash. It is listed before it signs anything."""
        path = self.path / "next.key"
        if not path.exists():
            _replace(path, SigningKey.generate(self.origin).to_text() + "\n")
        key = SigningKey.from_text(path.read_text(encoding="utf-8").strip())
        self._list(key.verifier)
        return key

    def take_next_key(self) -> None:
        """From now on the next key signs; the old private key is gone."""
        (self.path / "next.key").replace(self._key)
        sync_folder(self.path)

    @property
    def _key(self) -> Path:
        return self.path / "signing.key"

    @property
    def _state(self) -> Path:
        return self.path / f"last-signed-{hashlib.sha256(self.origin.encode()).hexdigest()[:12]}"

    def _begin(self, key: SigningKey) -> None:
        # Listed first: a key that is listed and never signs does no harm.
        self._list(key.verifier)
        _replace(self._key, key.to_text() + "\n")

    def _list(self, key: VerifierKey) -> None:
        known = self.known_keys()
        if key not in known:
            _replace(self.path / "known-keys", "".join(f"{one.to_text()}\n" for one in (*known, key)))


def _replace(path: Path, text: str) -> None:
    """The new text or the old one, whatever happens meanwhile."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    write_durably(draft, text.encode(), mode=_PRIVATE)
    draft.replace(path)
    sync_folder(path.parent)
