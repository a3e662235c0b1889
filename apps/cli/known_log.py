"""What somebody knows of the log from outside the database: its name, its keys, its copies, and what was signed last.

Whoever runs the log reads that in the signer's folder. An auditor should not be able to: the private key lies there.
He brings the keys in a file (``--keys``) that he was handed when the log began, and reads the write-once folder. What
must stay true: no key is ever taken from the database, and what cannot be read is said and never taken for empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from apps.cli.exits import UsageError
from audit.checkpoints import Checkpoint
from audit.errors import NoteRefusedError
from audit.notes import VerifierKey
from audit.signer import Signer, open_signer
from audit.write_once import WriteOnceFolder
from foundation.environment import Environment
from foundation.errors import ConfigurationError
from foundation.settings import Settings

_NO_KEYS = (
    "Loggens nøgler i SAGSGANG_AUDIT_SIGNER_DIR kan ikke læses her, og det skal en revisor heller ikke kunne. Få "
    "nøglerne (linjerne fra sagsgang audit keys) af den, der fører tilsyn med loggen, gem dem i en fil, og giv den med "
    "--keys FIL."
)
_NO_COPIES = (
    "Kopierne af kontrolpunkterne i SAGSGANG_AUDIT_WRITE_ONCE_DIR kan ikke læses. Bed om læseadgang til mappen: uden "
    "den kan ingen se, om databasen er sat tilbage."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLog:
    """The log as it is known beforehand. ``signer`` is None for one who has not its folder, and so cannot sign."""

    origin: str
    keys: tuple[VerifierKey, ...]
    copies: WriteOnceFolder | None
    last_signed: Checkpoint | None
    signer: Signer | None


def know_log(settings: Settings, keys_file: Path | None) -> KnownLog:
    """What can be known here.

    Args:
        settings: where the signer's folder and the copies are.
        keys_file: the keys, one a line, had from somewhere else; None for those of the signer's folder.

    Raises:
        ConfigurationError: no keys, or copies that cannot be read, with what to do.
        SigningRefusedError: what the signer remembers was changed.
        UsageError: the file holds no keys.
    """
    brought = None if keys_file is None else _read_keys(keys_file)
    signer, known, last = _ask_signer(settings)
    keys = brought or known
    if not keys:
        raise ConfigurationError(_NO_KEYS)
    # A log's keys bear its name; the newest stands last.
    origin = signer.origin if signer is not None else settings.audit_origin or keys[-1].name
    copies = signer.copies if signer is not None else _named_copies(settings.audit_write_once_dir)
    _require_readable(copies)
    return KnownLog(origin=origin, keys=keys, copies=copies, last_signed=last, signer=signer)


def _named_copies(folder: Path | None) -> WriteOnceFolder | None:
    return None if folder is None else WriteOnceFolder(folder)


def _ask_signer(settings: Settings) -> tuple[Signer | None, tuple[VerifierKey, ...], Checkpoint | None]:
    is_set = settings.audit_signer_dir is not None and settings.audit_origin
    if settings.environment is not Environment.SIMULATED and not is_set:
        return None, (), None
    try:
        signer = open_signer(settings)
        keys, last = signer.known_keys(), signer.folder.last_signed()
    except PermissionError:
        return None, (), None
    return signer, keys, None if last is None else last[0]


def _require_readable(copies: WriteOnceFolder | None) -> None:
    try:
        if copies is not None:
            next(copies.all(), None)
    except PermissionError:
        raise ConfigurationError(_NO_COPIES) from None


def _read_keys(path: Path) -> tuple[VerifierKey, ...]:
    message = "Filen efter --keys kan ikke læses. Den skal have én nøgle på hver linje, som audit keys viser dem."
    try:
        keys = tuple(VerifierKey.from_text(line) for line in path.read_text(encoding="utf-8").split())
    except (OSError, UnicodeDecodeError, NoteRefusedError):
        raise UsageError(message) from None
    if not keys:
        raise UsageError(message)
    return keys
