"""The folder that a bundle is written into.

A file is not forced onto the disk by itself, which would make a million of them take hours: the list and the manifest
come last, and whatever a power failure takes makes the bundle one that does not verify. What must stay true: it is for
its owner alone, no file in it is ever written over, and each is listed with the size and digest of the bytes that were
written, not of those that are there afterwards.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from audit.errors import ExportRefusedError

LIST = "files.jsonl"
_FOLDER_MODE = 0o700
_FILE_MODE = 0o600
#: A file that must not be there yet; Windows would otherwise change line ends.
_NEW = os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


class BundleFile:
    """One file being written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        """Add bytes."""
        self._file.write(data)
        self._digest.update(data)
        self.size += len(data)

    def close(self) -> None:
        """Nothing more is written."""
        self._file.close()

    @property
    def digest(self) -> str:
        """SHA-256 in hex of what was written."""
        return self._digest.hexdigest()


class BundleFolder:
    """A new folder, and the list of what was put into it."""

    def __init__(self, path: Path) -> None:
        """Make it, or take an empty one.

        Raises:
            ExportRefusedError: when there is something already.
        """
        self.path = path
        require_free(path)
        path.mkdir(parents=True, exist_ok=True, mode=_FOLDER_MODE)
        path.chmod(_FOLDER_MODE)
        self.count = self.bytes = 0
        self._folders: set[str] = set()
        self._list = BundleFile(self._open(LIST))

    def put(self, name: str, data: bytes) -> None:
        """Write a file at once."""
        number = self._create(name)
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(number, left) :]
        finally:
            os.close(number)
        self._note(name, len(data), hashlib.sha256(data).hexdigest())

    @contextmanager
    def writing(self, name: str) -> Iterator[BundleFile]:
        """Write a file little by little; it is listed when it is done."""
        with self._open(name) as raw:
            file = BundleFile(raw)
            yield file
        self._note(name, file.size, file.digest)

    def close(self) -> None:
        """Close the list; a bundle that is not sealed has no manifest and does not verify."""
        self._list.close()

    def seal(self, manifest: dict[str, object]) -> None:
        """Close the list and write the manifest, with the list's digest in it: last, so that half a bundle has none."""
        self.close()
        listed = {"name": LIST, "count": self.count, "bytes": self.bytes, "sha256": self._list.digest}
        data = json.dumps({**manifest, "files": listed}, sort_keys=True, ensure_ascii=False, indent=1).encode() + b"\n"
        with self._open("manifest.json") as file:
            file.write(data)
        with self._open("manifest.sha256") as file:
            file.write(f"{hashlib.sha256(data).hexdigest()}  manifest.json\n".encode())

    def _note(self, name: str, size: int, digest: str) -> None:
        self.count += 1
        self.bytes += size
        self._list.write(f'{{"name": {json.dumps(name)}, "sha256": "{digest}", "size": {size}}}\n'.encode())

    def _open(self, name: str) -> BinaryIO:
        return os.fdopen(self._create(name), "wb")

    def _create(self, name: str) -> int:
        """The descriptor of a new file."""
        self._make_folder(name.rpartition("/")[0])
        # Not joined by pathlib, which takes as long as making the file.
        return os.open(f"{self.path}/{name}", os.O_WRONLY | _NEW, _FILE_MODE)

    def _make_folder(self, name: str) -> None:
        """One at a time: the folders above a new one would otherwise get whatever rights the umask leaves."""
        if name and name not in self._folders:
            self._make_folder(name.rpartition("/")[0])
            (self.path / name).mkdir(mode=_FOLDER_MODE)
            self._folders.add(name)


def require_free(path: Path) -> None:
    """Refuse a place that something would be written over at.

    Raises:
        ExportRefusedError: when it is anything but nothing or an empty folder.
    """
    if path.is_symlink() or (path.exists() and (not path.is_dir() or any(path.iterdir()))):
        raise ExportRefusedError("Mappen er der allerede og er ikke tom. Vælg en ny; et udtræk skrives aldrig over.")


def zip_folder(folder: Path) -> Path:
    """Put a bundle into a zip file beside it; returns its path.

    Raises:
        ExportRefusedError: when there is such a file.
    """
    target = folder.with_name(f"{folder.name}.zip")
    try:
        number = os.open(target, os.O_RDWR | _NEW, _FILE_MODE)
    except FileExistsError:
        raise ExportRefusedError(
            "Zip-filen er der allerede. Vælg en anden mappe; et udtræk skrives aldrig over."
        ) from None
    with os.fdopen(number, "w+b") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed:
        for root, folders, names in os.walk(folder):
            folders.sort()
            for name in sorted(names):
                packed.write(Path(root, name), Path(root, name).relative_to(folder).as_posix())
    return target
