"""The drop folder: which files CPR's server mirrored into it, and what each of them is.

What must stay true: a file that is still on its way, hidden, or beside the data is never taken for a delivery; and
what was found out about a file holds only as long as the file has not changed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from connectors.cpr.extract.checking import Delivery, Header, check, read_header
from connectors.cpr.extract.cursor import PREFIX

T = TypeVar("T")

#: Endings of files that are beside the data (SF6002 puts ``.metadata`` there) or on their way.
_NOT_DATA: Final = (".metadata", ".part", ".partial", ".filepart", ".tmp", ".temp", ".uploading", ".crdownload")
_HIDDEN: Final = (".", "~")

#: Size, time of change and number of a file: another of these is another file.
Signature = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class DropFile:
    """One file of the folder with its record 000."""

    path: Path
    signature: Signature
    header: Header


class DropFolder:
    """Remembers what it read of each file. Not shared between threads without a lock."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._headers: dict[tuple[Path, Signature], Header] = {}
        self._deliveries: dict[tuple[Path, Signature], Delivery] = {}
        self._names: dict[tuple[Path, Signature], str] = {}

    def files(self) -> list[DropFile]:
        """The data files, oldest production first; of one day in the order in which they came.

        Raises ``OSError`` and ``DeliveryBroken``.
        """
        found = []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                if _is_data(entry.name) and entry.is_file():
                    status = entry.stat()
                    found.append((self._folder / entry.name, (status.st_size, status.st_mtime_ns, status.st_ino)))
        self._headers = {key: self._headers.get(key) or read_header(key[0]) for key in found}
        self._deliveries = {key: seen for key, seen in self._deliveries.items() if key in self._headers}
        self._names = {key: name for key, name in self._names.items() if key in self._headers}
        files = [DropFile(path, signature, header) for (path, signature), header in self._headers.items()]
        return sorted(files, key=lambda file: (file.header.produced, file.signature[1], file.path.name))

    def name(self, file: DropFile) -> str:
        """How cursors and events name the file: by its content, whether that is whole or not. Raises ``OSError``."""
        return _kept(self._names, (file.path, file.signature), lambda: _digest(file.path)[:PREFIX])

    def delivery(self, file: DropFile) -> Delivery:
        """The file, checked as a whole; raises ``OSError`` and ``DeliveryBroken``."""
        return _kept(self._deliveries, (file.path, file.signature), lambda: check(file.path))


def _digest(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _is_data(name: str) -> bool:
    return not name.startswith(_HIDDEN) and not name.lower().endswith(_NOT_DATA)


def _kept(known: dict[tuple[Path, Signature], T], key: tuple[Path, Signature], find: Callable[[], T]) -> T:
    if key not in known:
        known[key] = find()
    return known[key]
