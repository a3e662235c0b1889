"""The write-once folder: every checkpoint as a file, outside the database, best on a disk that others administer.

What must stay true: a file in it is never written over, not even with what it already says, and never seen half
written; whoever may write there may add, and nothing more.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from audit.errors import SigningRefusedError

_NAME = re.compile(r"([0-9]{18})\.checkpoint")
#: Nobody may write, also not its owner.
_READ_ONLY = 0o444


@dataclass(frozen=True, slots=True)
class WriteOnceFolder:
    """A folder of checkpoints, one file for each size."""

    path: Path

    def put(self, size: int, note: str) -> None:
        """Write a checkpoint down, durably; nothing happens when the very same one is there.

        Raises:
            SigningRefusedError: when there is another one of this size, or the folder cannot be written to.
        """
        target = self.path / f"{size:018d}.checkpoint"
        data = note.encode()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                self._link(target, data)
            found = target.read_bytes()
        except OSError as error:
            raise SigningRefusedError(
                f"Kontrolpunktet for {size} hændelser kan ikke skrives i den skrivebeskyttede mappe "
                f"({error.strerror}). Kontrollér SAGSGANG_AUDIT_WRITE_ONCE_DIR; underskriften gentages næste gang."
            ) from None
        if found != data:
            raise SigningRefusedError(
                f"I den skrivebeskyttede mappe ligger et andet kontrolpunkt for {size} hændelser. Giv revisor besked."
            )

    def all(self) -> Iterator[tuple[int, str]]:
        """Each checkpoint with the size in its name, smallest first; one at a time."""
        for path in sorted(self.path.iterdir()) if self.path.is_dir() else ():
            found = _NAME.fullmatch(path.name)
            if found is not None:
                yield int(found.group(1)), path.read_bytes().decode("utf-8", "replace")

    def _link(self, target: Path, data: bytes) -> None:
        """Written whole under another name first, so that the name is taken once and by the whole file."""
        draft = self.path / f".{secrets.token_hex(8)}.draft"
        write_durably(draft, data, mode=_READ_ONLY)
        try:
            os.link(draft, target)
        except FileExistsError:
            pass  # Another signer was first; what it wrote is compared.
        except OSError:
            # A disk without hard links: the name is taken first, and the file may be seen unfinished for a moment.
            write_durably(target, data, mode=_READ_ONLY)
        finally:
            draft.unlink()
        sync_folder(self.path)


def write_durably(path: Path, data: bytes, *, mode: int) -> None:
    """Make a new file and have the disk keep it; raises ``FileExistsError`` where there is one."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(mode)


def sync_folder(path: Path) -> None:
    """Have the disk keep the folder's names; Windows keeps them without being told and cannot open a folder."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
