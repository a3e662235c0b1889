"""Verify a bundle from Sagsgang's audit trail, with Python 3.9 or later and nothing else.

    python3 -I verify_bundle.py BUNDLE --key VKEY

It is one file, for the receiver gets it, and the log's key, by another way than the bundle: a bundle that brought its
own verifier or its own key would prove nothing. It shows, in this order, and stops at the first thing that is wrong:

    1. the manifest is whole and readable
    2. every file is there with the size and digest that it should have, and no other file
    3. every checkpoint is signed by a key that the receiver brought (RFC 8032, C2SP signed-note)
    4. the tree computed from the tiles is the one that was signed (RFC 6962, C2SP tlog-tiles)
    5. every earlier checkpoint is the beginning of that same tree
    6. every entry gives its leaf of the tree
    7. every line of events.jsonl is an event of the tree, in order and as selected; the table repeats them
    8. every proof leads from its event to the checkpoint (C2SP tlog-proof); a whole log may be without, for then the
       tiles prove every event, and ``--proof EVENT`` writes the proof of one
    9. the counts are those of the manifest, and nothing is missing where everything was selected

What must stay true: nothing outside the bundle is read and nothing in it is believed before it is checked; whatever it
holds, memory and time are bounded by the limits below, and the end is a Danish sentence and an exit code: 0 all holds,
1 something is wrong, 2 wrong usage, 3 all holds but without a key from outside nobody knows whose log it is.
"""

from __future__ import annotations

import argparse
import base64
import csv
import hashlib
import json
import os
import re
import stat
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple, NoReturn

HOLDS, BROKEN, USAGE, UNPROVEN = range(4)
#: The limits: files in a bundle, bytes of a streamed file, of a small file, of a line and of a zip's directory.
MAX_FILES = 3_000_000
MAX_STREAM = 64 * 2**30
MAX_SMALL = 1_000_000
MAX_LINE = 65_536
MAX_ZIP_DIRECTORY = 32 * 2**20
MAX_DEPTH = 12
_CHUNK = 1 << 20
_CACHED = 64

_PLACE = r"(?:x[0-9]{3}/){0,5}[0-9]{3}"
#: Every name that a bundle may have, with its kind and the most bytes it may hold; no other name is ever opened.
_KINDS = (
    ("streams", re.compile(r"events\.(?:jsonl|csv)"), MAX_STREAM),
    ("single", re.compile(r"checkpoint|keys|policy|LAESMIG\.md|anchors/index\.jsonl"), MAX_SMALL),
    ("checkpoints", re.compile(r"checkpoints/[0-9]{18}\.checkpoint"), MAX_SMALL),
    ("anchors", re.compile(r"anchors/[0-9]{18}/[0-9]{1,6}"), MAX_SMALL),
    ("tiles", re.compile(rf"tile/[0-7]/{_PLACE}(?:\.p/[1-9][0-9]{{0,2}})?"), 8192),
    ("entries", re.compile(rf"tile/entries/({_PLACE})(?:\.p/([1-9][0-9]{{0,2}}))?"), 256 * (MAX_LINE + 1)),
    ("proofs", re.compile(r"proofs/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tlog-proof"), 100_000),
)
_OUTSIDE_LIST = frozenset({"manifest.json", "manifest.sha256", "files.jsonl"})
_ALWAYS = frozenset({"checkpoint", "keys", "policy", "LAESMIG.md", "events.jsonl", "events.csv"})
_EVENT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HEX = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")
#: The columns of the table that repeat an event, behind its place in the tree; the two after them are for the eye.
_COLUMNS = ("id", "ts", "type", "outcome", "actor.id", "actor.onBehalfOf", "process.key", "process.version", "run.run",
            "run.item", "case.ref", "subject.ref")  # fmt: skip
_SELECTED = {"robot": "process.key", "run": "run.run", "item": "run.item", "case": "case.ref"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class BrokenError(Exception):
    """The first thing that is wrong, as a Danish sentence."""


class UsageError(Exception):
    """What was asked for cannot be done."""


# Ed25519 (RFC 8032 section 5.1), verification only: nothing here is secret, so nothing need take constant time.

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)
#: Extended coordinates: X, Y, Z, T.
_Point = tuple[int, int, int, int]


def _decode_point(data: bytes) -> _Point | None:
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return (x, y, 1, x * y % _P)


def _add(left: _Point, right: _Point) -> _Point:
    a, b = (left[1] - left[0]) * (right[1] - right[0]) % _P, (left[1] + left[0]) * (right[1] + right[0]) % _P
    c, d = 2 * left[3] * right[3] * _D % _P, 2 * left[2] * right[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


_NEUTRAL: _Point = (0, 1, 1, 0)
_BASE = _decode_point((4 * pow(5, -1, _P) % _P).to_bytes(32, "little")) or _NEUTRAL


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this is the key's signature over the message."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, s = _decode_point(public), int.from_bytes(signature[32:], "little")
    if key is None or s >= _ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    h = int.from_bytes(digest, "little") % _ORDER
    minus_key: _Point = (_P - key[0], key[1], 1, _P - key[3])
    # [s]B - [h]A, both at once; a signature holds when that is the point it began with.
    table = (None, _BASE, minus_key, _add(_BASE, minus_key))
    point = _NEUTRAL
    for bit in range(max(s.bit_length(), h.bit_length()) - 1, -1, -1):
        point = _add(point, point)
        term = table[(s >> bit & 1) | (h >> bit & 1) << 1]
        if term is not None:
            point = _add(point, term)
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return bool((y | (x & 1) << 255).to_bytes(32, "little") == signature[:32])


# Notes, keys, checkpoints, proofs and policies (C2SP).


class Key(NamedTuple):
    """A vkey: 1 is an Ed25519 signature, 4 a witness's cosignature with a time."""

    name: str
    id: bytes
    kind: int
    public: bytes


class Note(NamedTuple):
    """A signed note, as read."""

    text: str
    signatures: list[tuple[str, bytes, bytes]]


class Checkpoint(NamedTuple):
    """A signed head of the tree."""

    origin: str
    size: int
    root: bytes
    note: Note


def parse_key(text: str) -> Key:
    """Read a vkey; raises ``BrokenError``."""
    parts = text.split("+", 2)
    if len(parts) == 3 and _is_name(parts[0]):
        data = _base64(parts[2])
        key = Key(parts[0], hashlib.sha256(parts[0].encode() + b"\n" + data).digest()[:4], data[:1][0], data[1:])
        if key.kind in (1, 4) and len(key.public) == 32 and key.id.hex() == parts[1]:
            return key
    raise BrokenError("En nøgle har ikke formen navn+nummer+nøgle, eller dens nummer passer ikke til den.")


def parse_note(data: bytes) -> Note:
    """Read a signed note; raises ``BrokenError`` for all that C2SP signed-note does not allow."""
    text = _utf8(data, "Et kontrolpunkt")
    body, gap, block = text.rpartition("\n\n")
    if not gap or not block.endswith("\n") or any(one < " " and one != "\n" for one in text):
        raise BrokenError("Et kontrolpunkt er ikke en underskrevet note.")
    lines = block[:-1].split("\n")
    if len(lines) > 64:
        raise BrokenError("Et kontrolpunkt har over 64 underskrifter.")
    signatures = []
    for line in lines:
        dash, name, *encoded = [*line.split(" "), "", ""][:3]
        found = _base64(encoded[0])
        if dash != "\u2014" or line.count(" ") != 2 or not _is_name(name) or len(found) < 5:
            raise BrokenError("En underskrift i et kontrolpunkt har ikke den rette form.")
        signatures.append((name, found[:4], found[4:]))
    return Note(body + "\n", signatures)


def parse_checkpoint(data: bytes) -> Checkpoint:
    """Read a checkpoint; raises ``BrokenError`` for all that C2SP tlog-checkpoint does not allow."""
    note = parse_note(data)
    lines = note.text[:-1].split("\n")
    if len(lines) < 3 or not all(lines) or not _NUMBER.fullmatch(lines[1]):
        raise BrokenError("Et kontrolpunkt har ikke linjerne navn, antal og rod.")
    root = _base64(lines[2])
    if len(root) != 32:
        raise BrokenError("Roden i et kontrolpunkt er ikke 32 bytes.")
    return Checkpoint(lines[0], int(lines[1]), root, note)


def signers(note: Note, keys: list[Key]) -> list[Key]:
    """The known keys that have signed; raises ``BrokenError`` when a known key's signature does not hold."""
    found = []
    for name, number, data in note.signatures:
        for key in keys:
            if (key.name, key.id) != (name, number):
                continue
            message, signature = note.text.encode(), data
            if key.kind == 4:
                time = int.from_bytes(data[:8], "big")
                message, signature = b"cosignature/v1\ntime %d\n" % time + message, data[8:]
            if key in found or not is_signed(key.public, message, signature):
                raise BrokenError(f"Underskriften af {_shown(name)}+{number.hex()} passer ikke til kontrolpunktet.")
            found.append(key)
    return found


def parse_proof(data: bytes) -> tuple[int, list[bytes], bytes]:
    """The index, the path and the checkpoint of a tlog-proof; raises ``BrokenError``."""
    head, gap, note = data.partition(b"\n\n")
    lines = _utf8(head, "Et bevis").split("\n")
    if len(lines) > 1 and lines[1].startswith("extra "):
        _base64(lines.pop(1)[6:])
    if not gap or lines[0] != "c2sp.org/tlog-proof@v1" or len(lines) < 2 or not lines[1].startswith("index "):
        raise BrokenError("Et bevis har ikke formen c2sp.org/tlog-proof@v1.")
    index, path = lines[1][6:], [_base64(line) for line in lines[2:]]
    if not _NUMBER.fullmatch(index) or len(path) > 64 or any(len(one) != 32 for one in path):
        raise BrokenError("Et bevis har ikke formen c2sp.org/tlog-proof@v1.")
    return int(index), path, note


def parse_policy(text: str) -> tuple[list[Key], Callable[[Note], bool]]:
    """The logs that a tlog-policy believes, and its rule of which witnesses must have cosigned; ``BrokenError``."""
    logs: list[Key] = []
    named: dict[str, Key | tuple[int, list[str]]] = {"none": (0, [])}
    members: set[str] = {"none"}
    quorum: list[str] = []
    for line in text.split("\n"):
        words = re.split(r"[ \t]+", line.strip(" \t"))
        word, count = words[0], len(words)
        if not word or word.startswith("#"):
            continue
        if word == "log" and count in (2, 3):
            logs.append(parse_key(words[1]))
        elif word == "witness" and count in (3, 4) and words[1] not in named:
            named[words[1]] = parse_key(words[2])
        elif word == "group" and count > 3 and words[1] not in named:
            least = {"all": str(count - 3), "any": "1"}.get(words[2], words[2])
            inside = set(words[3:])
            if len(inside) < count - 3 or inside & members or not inside <= set(named) or not _NUMBER.fullmatch(least):
                raise BrokenError("Politikken har en gruppe, der ikke er lovlig.")
            if not 1 <= int(least) <= count - 3:
                raise BrokenError("Politikken har en gruppe med et umuligt antal.")
            named[words[1]], members = (int(least), words[3:]), members | inside
        elif word == "quorum" and count == 2 and words[1] in named and not quorum:
            quorum.append(words[1])
        else:
            raise BrokenError("Politikken har en linje, der ikke er lovlig.")
    witnesses = [one for one in named.values() if isinstance(one, Key)]
    if len(quorum) != 1 or any(len({one.public for one in keys}) < len(keys) for keys in (logs, witnesses)):
        raise BrokenError("Politikken mangler sin quorum-linje eller har samme nøgle to gange.")

    def is_met(note: Note) -> bool:
        signed, holds = signers(note, witnesses), dict.fromkeys(named, False)
        for name, one in named.items():
            holds[name] = one in signed if isinstance(one, Key) else sum(holds[part] for part in one[1]) >= one[0]
        return holds[quorum[0]]

    return logs, is_met


# The tree (RFC 6962 section 2.1).


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def whole_root(row: list[bytes]) -> bytes:
    """The root over a power of two of hashes."""
    while len(row) > 1:
        row = [node_hash(row[place], row[place + 1]) for place in range(0, len(row), 2)]
    return row[0]


def tree_root(size: int, subtree: Callable[[int, int], bytes]) -> bytes:
    """The root of the first ``size`` leaves, from the roots of complete subtrees by height and index."""
    return range_root(0, size, subtree) if size else hashlib.sha256(b"").digest()


def range_root(start: int, end: int, subtree: Callable[[int, int], bytes]) -> bytes:
    """The root over the leaves of a range that is a node of a tree, and not empty."""
    parts = []
    while start < end:
        height = (end - start).bit_length() - 1
        parts.append(subtree(height, start >> height))
        start += 1 << height
    top = parts.pop()
    while parts:
        top = node_hash(parts.pop(), top)
    return top


def tree_path(index: int, size: int, subtree: Callable[[int, int], bytes]) -> list[bytes]:
    """The path from a leaf to the root of ``size`` leaves (RFC 6962 section 2.1.1), from its sibling upwards."""
    start, end, path = 0, size, []  # type: int, int, list[bytes]
    while end - start > 1:
        split = start + (1 << (end - start - 1).bit_length() - 1)
        left, right = (start, split), (split, end)
        (start, end), other = (left, right) if index < split else (right, left)
        path.append(range_root(other[0], other[1], subtree))
    return path[::-1]


def proves(leaf: bytes, index: int, size: int, path: list[bytes], root: bytes) -> bool:
    """Whether the path leads from the leaf at ``index`` to the root of ``size`` leaves (RFC 9162 section 2.1.3.2)."""
    place, last, top = index, size - 1, leaf
    if not 0 <= index < size:
        return False
    for part in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            top = node_hash(part, top)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            top = node_hash(top, part)
        place, last = place >> 1, last >> 1
    return last == 0 and top == root


class Tiles:
    """The tree of ``size`` leaves, from the bundle's tiles; read when asked for, and only a few kept."""

    def __init__(self, source: Source, size: int) -> None:
        self._source, self.size, self._kept = source, size, {}  # type: Source, int, dict[tuple[int, int], list[bytes]]

    def names(self) -> Iterator[tuple[int, int]]:
        """Level and index of every tile, the leaves first."""
        level, count = 0, self.size
        while count:
            for index in range((count + 255) >> 8):
                yield level, index
            level, count = level + 1, count >> 8

    def hashes(self, level: int, index: int) -> list[bytes]:
        """The hashes of one tile."""
        if (level, index) not in self._kept:
            width = min(256, (self.size >> 8 * level) - 256 * index)
            name = f"tile/{level}/{index_path(index)}" + ("" if width == 256 else f".p/{width}")
            data = self._source.read(name, 8192)
            if len(data) != 32 * width:
                raise BrokenError(f"Flisen {name} har {len(data)} bytes; den skal have {32 * width}.")
            if len(self._kept) >= _CACHED:
                self._kept.pop(next(iter(self._kept)))
            self._kept[level, index] = [data[start : start + 32] for start in range(0, len(data), 32)]
        return self._kept[level, index]

    def subtree(self, height: int, index: int) -> bytes:
        """The root of a complete subtree."""
        level, above = divmod(height, 8)
        tile, place = divmod(index << above, 256)
        return whole_root(self.hashes(level, tile)[place : place + (1 << above)])


def index_path(index: int) -> str:
    """The index as C2SP tlog-tiles writes it: x001/x234/067."""
    path = f"{index % 1000:03d}"
    while index >= 1000:
        index //= 1000
        path = f"x{index % 1000:03d}/{path}"
    return path


# The bundle, as a folder or as a zip file that is never unpacked.


class Source:
    """A folder. Links, devices and all that is no plain file are refused, not followed."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self) -> Iterator[str]:
        """Every file; raises ``BrokenError`` for what is none."""
        waiting, seen = [("", self._root)], 0
        while waiting:
            prefix, folder = waiting.pop()
            with os.scandir(folder) as found:
                for entry in found:
                    seen += 1
                    if seen > MAX_FILES or prefix.count("/") > MAX_DEPTH:
                        raise BrokenError("Udtrækket har for mange filer eller mapper.")
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append((f"{prefix}{entry.name}/", folder / entry.name))
                    elif entry.is_file(follow_symlinks=False):
                        yield prefix + entry.name
                    else:
                        raise BrokenError(f"{_shown(prefix + entry.name)} er ikke en almindelig fil.")

    def open(self, name: str) -> IO[bytes]:
        """A file, by a name that was found to be one of a bundle's."""
        path = self._root
        for part in name.split("/"):
            path = path / part
            if stat.S_ISLNK(path.lstat().st_mode):
                raise BrokenError(f"{_shown(name)} er en henvisning til en anden fil.")
        flags = (getattr(os, one, 0) for one in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
        file = os.fdopen(os.open(path, os.O_RDONLY | sum(flags)), "rb")
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            file.close()
            raise BrokenError(f"{_shown(name)} er ikke en almindelig fil.")
        return file

    def read(self, name: str, limit: int) -> bytes:
        """A small file, whole."""
        try:
            with self.open(name) as file:
                data = file.read(limit + 1)
        except (FileNotFoundError, NotADirectoryError, KeyError):
            raise BrokenError(f"Filen {_shown(name)} mangler.") from None
        if len(data) > limit:
            raise BrokenError(f"Filen {_shown(name)} er større end de {limit} bytes, den må være.")
        return data

    def lines(self, name: str, limit: int = MAX_LINE) -> Iterator[bytes]:
        """The lines of a file with their newlines, none of them longer than ``limit``."""
        with self.open(name) as file:
            for line in iter(lambda: file.readline(limit + 1), b""):
                if len(line) > limit:
                    raise BrokenError(f"En linje i {name} er for lang.")
                yield line


class Zipped(Source):
    """A zip file; a small one whose directory is read before Python's own reader may."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        size = path.stat().st_size
        with path.open("rb") as file:
            file.seek(max(0, size - 42))
            tail = file.read(42)
        directory = int.from_bytes(tail[-10:-6], "little")
        if tail[-22:-18] != b"PK\5\6" or tail[:4] == b"PK\6\7" or directory > min(size, MAX_ZIP_DIRECTORY):
            raise BrokenError(
                "Zip-filen er for stor eller har en form, der ikke læses her. Pak den ud, og prøv mappen."
            )
        self._zip = zipfile.ZipFile(path)
        found = self._zip.infolist()
        if len({one.filename for one in found}) < len(found):
            raise BrokenError("Zip-filen har to filer med samme navn.")
        for one in found:
            # Other packings cannot be unpacked a little at a time.
            if one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or one.flag_bits & 1:
                raise BrokenError(f"{_shown(one.filename)} er pakket på en måde, der ikke læses her.")

    def names(self) -> Iterator[str]:
        """Every file."""
        return (one.filename for one in self._zip.infolist() if not one.is_dir())

    def open(self, name: str) -> IO[bytes]:
        """A file, unpacked while it is read."""
        return self._zip.open(name)


# The obligations.


class Bundle:
    """One bundle under examination: a method for each obligation, to be called in order; each gives a sentence."""

    def __init__(self, source: Source, keys: list[Key], is_witnessed: Callable[[Note], bool]) -> None:
        self._source, self._keys, self._is_witnessed = source, keys, is_witnessed
        self._entries: list[str] = []
        self._checkpoints: list[str] = []
        self._kinds: Counter[str] = Counter()
        self._found: Counter[str] = Counter()

    def obligations(self) -> list[Callable[[], str]]:
        """What is to be shown, in order."""
        return [self.manifest, self.files, self.signatures, self.tree, self.history, self.entries, self.events,
                self.proofs, self.counts]  # fmt: skip

    def manifest(self) -> str:
        """1."""
        data = self._source.read("manifest.json", MAX_SMALL)
        if self._source.read("manifest.sha256", 200) != f"{hashlib.sha256(data).hexdigest()}  manifest.json\n".encode():
            raise BrokenError("manifest.json er ændret: filen manifest.sha256 passer ikke til den.")
        self._manifest = _document(data, "manifest.json")
        if self._manifest.get("format") != "sagsgang-audit-bundle/1":
            raise BrokenError("manifest.json er ikke et udtræk, som denne efterprøver kender.")
        self._counts = {name: _field(_field(self._manifest, "counts", dict), name, int)
                        for name in ("events", "entries", "proofs", "checkpoints", "tiles", "anchors")}  # fmt: skip
        self._origin, self._environment = (_field(self._manifest, name, str) for name in ("origin", "environment"))
        self._selection = _field(self._manifest, "selection", dict)
        is_text = all(isinstance(one, str) for one in self._selection.values())
        if not is_text or not set(self._selection) <= {*_SELECTED, "from", "to"}:
            raise BrokenError("Udvalget i manifest.json har et felt, som denne efterprøver ikke kender.")
        self._pruned = _field(_field(self._manifest, "pruned", dict), "below", int)
        return f"manifest.json er hel: udtræk af {_shown(self._origin)} (miljø: {_shown(self._environment)})."

    def files(self) -> str:
        """2."""
        told = _field(self._manifest, "files", dict)
        digest, listed, total = hashlib.sha256(), set(_OUTSIDE_LIST), 0
        for line in self._source.lines("files.jsonl", 1000):
            digest.update(line)
            one = _document(line, "files.jsonl")
            name, size, wanted = _field(one, "name", str), _field(one, "size", int), _field(one, "sha256", str)
            kind, limit = next(((kind, limit) for kind, form, limit in _KINDS if form.fullmatch(name)), ("", 0))
            if not kind or name in listed or len(listed) > MAX_FILES or not _HEX.fullmatch(wanted):
                raise BrokenError(f"files.jsonl nævner {_shown(name)}, som ikke må stå der, eller nævner den to gange.")
            if not 0 <= size <= limit:
                raise BrokenError(f"Filen {name} må ikke være så stor.")
            self._measure(name, size, wanted)
            listed.add(name)
            total += size
            self._kinds[kind] += 1
            if kind == "entries":
                self._entries.append(name)
            elif kind == "checkpoints":
                self._checkpoints.append(name)
        count = len(listed) - len(_OUTSIDE_LIST)
        if (count, total, digest.hexdigest()) != (told.get("count"), told.get("bytes"), told.get("sha256")):
            raise BrokenError("files.jsonl er ikke den liste over filer, som manifest.json nævner.")
        for name in self._source.names():
            if name not in listed:
                raise BrokenError(f"Filen {_shown(name)} hører ikke til udtrækket.")
        if not listed >= _ALWAYS:
            raise BrokenError(f"Filen {min(_ALWAYS - listed)} mangler.")
        return f"Alle {count} filer er der, uændrede ({total} bytes), og der er ingen andre."

    def _measure(self, name: str, size: int, wanted: str) -> None:
        digest, left = hashlib.sha256(), size
        try:
            with self._source.open(name) as file:
                while left >= 0:
                    chunk = file.read(min(_CHUNK, left + 1))
                    if not chunk:
                        break
                    left -= len(chunk)
                    digest.update(chunk)
        except (FileNotFoundError, NotADirectoryError, KeyError):
            raise BrokenError(f"Filen {name} mangler.") from None
        if left or digest.hexdigest() != wanted:
            raise BrokenError(f"Filen {name} er ændret: dens størrelse eller kontrolsum er en anden end den skal være.")

    def signatures(self) -> str:
        """3."""
        own = [parse_key(line) for line in _utf8(self._source.read("keys", MAX_SMALL), "keys").splitlines()]
        parse_policy(_utf8(self._source.read("policy", MAX_SMALL), "policy"))
        keys, used = self._keys or own, set()
        self._note = self._source.read("checkpoint", MAX_SMALL)
        self._checkpoint = parse_checkpoint(self._note)
        for name in ["checkpoint", *self._checkpoints]:
            checkpoint = parse_checkpoint(self._source.read(name, MAX_SMALL))
            by = [key for key in signers(checkpoint.note, keys) if key.name == checkpoint.origin and key.kind == 1]
            if not by:
                raise BrokenError(
                    f"{name} er ikke underskrevet med en nøgle, du har givet. Er nøglen skiftet undervejs, skal også "
                    "den gamle gives med --key; ellers er udtrækket ikke fra den log, du tror."
                )
            used |= {f"{key.name}+{key.id.hex()}" for key in by}
        if self._checkpoint.origin != self._origin or not self._is_witnessed(self._checkpoint.note):
            raise BrokenError(
                "Kontrolpunktet er fra en anden log, eller de vidner, politikken kræver, har ikke skrevet."
            )
        kind = "de nøgler, du gav" if self._keys else "udtrækkets EGNE nøgler, og det beviser intet"
        names = _shown(", ".join(sorted(used)))
        return f"{1 + len(self._checkpoints)} kontrolpunkter er underskrevet med {kind}: {names}."

    def tree(self) -> str:
        """4."""
        tiles = self._tiles = Tiles(self._source, self._checkpoint.size)
        count = 0
        for level, index in tiles.names():
            row, count = tiles.hashes(level, index), count + 1
            if len(row) == 256 and whole_root(row) != tiles.hashes(level + 1, index >> 8)[index & 255]:
                raise BrokenError(f"Flise {index} i lag {level} passer ikke med laget over den.")
        if tree_root(tiles.size, tiles.subtree) != self._checkpoint.root:
            raise BrokenError("Træet i udtrækket er ikke det, der er skrevet under på.")
        self._found["tiles"] = count
        return f"Træet med {tiles.size} blade er regnet efter og er det, der er skrevet under på."

    def history(self) -> str:
        """5."""
        for name in self._checkpoints:
            earlier = parse_checkpoint(self._source.read(name, MAX_SMALL))
            if earlier.size > self._tiles.size or int(name[12:30]) != earlier.size:
                raise BrokenError(
                    f"{name} er for {earlier.size} hændelser; det passer ikke med navnet eller med loggen."
                )
            if tree_root(earlier.size, self._tiles.subtree) != earlier.root:
                raise BrokenError(f"{name} er ikke begyndelsen af den samme log: loggen er ændret bagud eller delt.")
        if f"checkpoints/{self._tiles.size:018d}.checkpoint" not in self._checkpoints:
            raise BrokenError("Det nyeste kontrolpunkt mangler i mappen checkpoints.")
        self._found["checkpoints"] = len(self._checkpoints)
        return f"Alle {len(self._checkpoints)} kontrolpunkter er af den samme log, som kun er vokset."

    def entries(self) -> str:
        """6."""
        for name in self._entries:
            place, width = _KINDS[5][1].fullmatch(name).groups()  # type: ignore[union-attr]  # only such names are kept
            index = int(place.replace("x", "").replace("/", ""))
            if 256 * index >= self._tiles.size or index_path(index) != place:
                raise BrokenError(f"{name} ligger uden for loggen.")
            leaves, data, at = self._tiles.hashes(0, index), self._source.read(name, _KINDS[5][2]), 0
            if int(width or 256) != len(leaves):
                raise BrokenError(f"{name} har ikke den bredde, som loggen har dér.")
            for number, leaf in enumerate(leaves):
                end = at + 2 + int.from_bytes(data[at : at + 2], "big")
                if end > len(data) or leaf_hash(data[at + 2 : end]) != leaf:
                    raise BrokenError(f"Hændelse nr. {256 * index + number} i {name} giver ikke sit blad i træet.")
                at = end
            if at != len(data):
                raise BrokenError(f"{name} har mere end sine hændelser.")
            self._found["entries"] += len(leaves)
        return f"{self._found['entries']} poster i tile/entries giver hver sit blad i træet."

    def events(self) -> str:
        """7."""
        rows = csv.reader(_text_lines(self._source, "events.csv"), delimiter=";", strict=True)
        width = len(next(rows, []))
        self._first, self._last, self._tellings = -1, -1, set()  # type: int, int, set[object]
        for index, body, _leaf in self._walk():
            who = f"Hændelsen {_shown(_at(body, 'id'))} (nr. {index})"
            if _at(body, "env") != self._environment or not self._is_selected(body):
                raise BrokenError(f"{who} hører ikke til det udvalg og det miljø, som manifest.json nævner.")
            row = next(rows, [])
            if len(row) != width or row[: len(_COLUMNS) + 1] != [
                str(index),
                *(_cell(_at(body, one)) for one in _COLUMNS),
            ]:
                raise BrokenError(f"{who} står ikke sådan i events.csv.")
            self._first, self._last = index if self._first < 0 else self._first, index
            self._found["events"] += 1
            if _at(body, "type") == "retention.pruned":
                facts = body.get("facts")
                self._tellings.add(facts.get("below") if isinstance(facts, dict) else None)
        if next(rows, None) is not None:
            raise BrokenError("events.csv har flere rækker end events.jsonl.")
        return f"{self._found['events']} linjer i events.jsonl er hændelser i loggen, og tabellen gentager dem."

    def _walk(self) -> Iterator[tuple[int, dict[str, Any], bytes]]:
        """The lines with their places: the next leaf of the tree that a line gives."""
        place = 0
        for number, line in enumerate(self._source.lines("events.jsonl"), 1):
            leaf = leaf_hash(line[:-1])
            while (
                line[-1:] == b"\n"
                and place < self._tiles.size
                and self._tiles.hashes(0, place >> 8)[place & 255] != leaf
            ):
                place += 1
            if line[-1:] != b"\n" or place >= self._tiles.size:
                raise BrokenError(
                    f"Linje {number} i events.jsonl er ikke en hændelse i loggen, eller ikke på sin plads."
                )
            yield place, _document(line, f"Linje {number} i events.jsonl"), leaf
            place += 1

    def _is_selected(self, body: dict[str, Any]) -> bool:
        wanted = self._selection
        at = _at(body, "ts")
        return wanted.get("from", at) <= at and ("to" not in wanted or at < wanted["to"]) and all(
            _at(body, path) == wanted[name] for name, path in _SELECTED.items() if name in wanted
        )  # fmt: skip

    def proofs(self) -> str:
        """8."""
        if not self._selection and not self._counts["proofs"]:
            return "Hele loggen er her, og træet beviser hver hændelse; et bevis, der kan stå alene, laves med --proof."
        for place, body, leaf in self._walk():
            event = _at(body, "id")
            name = f"proofs/{event}.tlog-proof"
            if not _KINDS[6][1].fullmatch(name):
                raise BrokenError(f"Hændelse nr. {place} har et nummer, som ikke er et.")
            index, path, note = parse_proof(self._source.read(name, _KINDS[6][2]))
            if note != self._note or index != place or not proves(
                leaf, index, self._checkpoint.size, path, self._checkpoint.root
            ):  # fmt: skip
                raise BrokenError(f"Beviset for hændelsen {event} (nr. {place}) fører ikke til kontrolpunktet.")
            self._found["proofs"] += 1
        return f"{self._found['proofs']} beviser fører hver fra sin hændelse til kontrolpunktet."

    def prove(self, event: str) -> str:
        """The proof of one event, to stand alone; once the obligations hold."""
        for place, body, _leaf in self._walk():
            if _at(body, "id") == event:
                path = tree_path(place, self._tiles.size, self._tiles.subtree)
                lines = "".join(base64.b64encode(one).decode() + "\n" for one in path)
                return f"c2sp.org/tlog-proof@v1\nindex {place}\n{lines}\n{self._note.decode()}"
        raise UsageError("udtrækket har ingen hændelse med det nummer")

    def counts(self) -> str:
        """9."""
        self._found["anchors"] = self._kinds["anchors"]
        for name, wanted in self._counts.items():
            one_each = name in ("tiles", "checkpoints", "proofs", "anchors")
            if self._found[name] != wanted or (one_each and self._kinds[name] != wanted):
                raise BrokenError(f"manifest.json siger {wanted} {name}, men der er {self._found[name]}.")
        events, size = self._found["events"], self._checkpoint.size
        if _field(_field(self._manifest, "checkpoint", dict), "size", int) != size:
            raise BrokenError("manifest.json nævner et andet kontrolpunkt end udtrækkets.")
        if self._selection:
            return f"Antallene passer. Her er {events} udvalgte af {size}; at alle, der skulle med, er med, vises ikke."
        if events != size - self._pruned or (events and (self._first, self._last) != (self._pruned, size - 1)):
            raise BrokenError(
                f"Alt blev udtrukket, men der er kun {events} af loggens {size} hændelser; flere mangler."
            )
        if self._pruned and self._pruned not in self._tellings:
            raise BrokenError(
                f"De første {self._pruned} hændelser mangler, uden at loggen fortæller, at de er slettet."
            )
        gone = f" De første {self._pruned} er slettet, og loggen fortæller hvornår og hvorfor." if self._pruned else ""
        return f"Antallene passer, og udtrækket har alle hændelser til og med kontrolpunktet.{gone}"


# Small things.


def _base64(text: str) -> bytes:
    """Standard base64 with one spelling only; raises ``BrokenError``."""
    try:
        data = base64.b64decode(text.encode(), validate=True)
    except ValueError:
        raise BrokenError("Noget, der skal være base64, er det ikke.") from None
    if not data or base64.b64encode(data).decode() != text:
        raise BrokenError("Noget, der skal være base64, er skrevet på en anden måde end den ene lovlige.")
    return data


def _utf8(data: bytes, what: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise BrokenError(f"{what} er ikke UTF-8.") from None


def _is_name(text: str) -> bool:
    return bool(text) and "+" not in text and not any(one.isspace() or one < " " for one in text)


def _document(data: bytes, what: str) -> dict[str, Any]:
    """A JSON object, with each key once, whole numbers only and no more of them than a number has digits."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a key stands twice")
        return dict(pairs)

    def refuse(text: str) -> NoReturn:
        raise ValueError(text[:20])

    def whole(text: str) -> int:
        return int(text) if len(text) < 19 else refuse(text)

    try:
        found = json.loads(
            data.decode("utf-8"), object_pairs_hook=once, parse_constant=refuse, parse_float=refuse, parse_int=whole
        )
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BrokenError(f"{what} er ikke JSON af den slags, Sagsgang skriver.")
    return found


def _field(found: dict[str, Any], name: str, kind: type) -> Any:  # noqa: ANN401 - of the kind that was asked for.
    value = found.get(name)
    if type(value) is not kind:
        raise BrokenError(f"Feltet {name} mangler i manifestet eller har en forkert form.")
    return value


def _at(body: dict[str, Any], path: str) -> str:
    """A text of an event by its path; empty where there is none."""
    found: Any = body
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _text_lines(source: Source, name: str) -> Iterator[str]:
    for number, line in enumerate(source.lines(name, 4 * MAX_LINE)):
        text = _utf8(line, name)
        yield text[1:] if not number and text[:1] == "\ufeff" else text


def _shown(text: str) -> str:
    """Anything from the bundle, so that a terminal shows it and obeys nothing in it."""
    return "".join(one if one.isprintable() else "?" for one in text[:200])


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message)


def main(arguments: list[str]) -> int:
    """Verify; returns the exit code."""
    parser = _Parser(prog="verify_bundle.py", description="Efterprøv et udtræk af Sagsgangs log.")
    parser.add_argument("bundle", metavar="UDTRÆK", type=Path, help="mappen, eller en mindre zip-fil")
    parser.add_argument("--key", metavar="VKEY", action="append", default=[], help="loggens nøgle; kan gentages")
    parser.add_argument("--policy", metavar="FIL", type=Path, help="en tlog-policy, du har fået uden om udtrækket")
    parser.add_argument(
        "--proof", metavar="HÆNDELSE", type=_event, help="skriv også beviset for denne hændelse, hvor du står"
    )
    number = 0
    try:
        options = parser.parse_args(arguments)
        keys, is_witnessed = _trusted(options.key, options.policy)
        bundle = Bundle(_opened(options.bundle), keys, is_witnessed)
        for number, look in enumerate(bundle.obligations(), 1):
            sys.stdout.write(f"{number:>2}. ok: {look()}\n")
        if options.proof:
            name = f"{options.proof}.tlog-proof"
            _write_new(name, bundle.prove(options.proof))
            sys.stdout.write(f"Beviset er skrevet i filen {name}. Det gælder sammen med hændelsens linje og nøglen.\n")
    except UsageError as error:
        sys.stderr.write(f"Forkert brug: {error}. Hjælp: python3 -I verify_bundle.py --help\n")
        return USAGE
    except BrokenError as error:
        sys.stdout.write(f"{number:>2}. BRUDT: {error}\nUdtrækket holder IKKE.\n")
        return BROKEN
    except Exception as error:  # noqa: BLE001 - a hostile bundle ends in a sentence, whatever it has come to.
        sys.stdout.write(
            f"{number:>2}. BRUDT: Udtrækket kan ikke læses ({type(error).__name__}).\nUdtrækket holder IKKE.\n"
        )
        return BROKEN
    if not keys:
        sys.stdout.write(
            "\nIKKE EFTERPRØVET, HVIS LOG DET ER: du gav ingen nøgle med --key. Udtrækket hænger sammen, men enhver "
            "kan lave et udtræk med sin egen nøgle i. Få nøglen ad en anden vej end udtrækket, og prøv igen.\n"
        )
        return UNPROVEN
    sys.stdout.write("Udtrækket holder.\n")
    return HOLDS


def _event(text: str) -> str:
    if not _EVENT.fullmatch(text):
        raise UsageError("efter --proof skal stå en hændelses id, som det står i events.jsonl")
    return text


def _write_new(name: str, text: str) -> None:
    """A new file in the folder where the receiver stands, which must not be there yet."""
    try:
        with Path(name).open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError:
        raise UsageError(f"filen {name} er der allerede, eller her kan ikke skrives") from None


def _opened(path: Path) -> Source:
    if not path.exists():
        raise UsageError("udtrækket findes ikke")
    return Source(path) if path.is_dir() else Zipped(path)


def _trusted(texts: list[str], policy: Path | None) -> tuple[list[Key], Callable[[Note], bool]]:
    """The keys and the rule that the receiver brought."""
    try:
        keys = [parse_key(text) for text in texts]
        logs, rule = ([], lambda _note: True) if policy is None else parse_policy(policy.read_text(encoding="utf-8"))
    except (BrokenError, OSError, ValueError) as error:
        raise UsageError(f"nøglen eller politikken kan ikke bruges ({error})") from None
    return [*keys, *logs], rule


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        getattr(stream, "reconfigure", lambda **_: None)(errors="replace")
    sys.exit(main(sys.argv[1:]))
