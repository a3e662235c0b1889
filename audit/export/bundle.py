"""Writing a bundle: the signed tree, the selected events with their proofs, and what a receiver needs to read them.

The tiles hold hashes only and are always all there, so that the receiver computes the whole tree himself. A bundle of
entries (256 of them, C2SP tlog-tiles) is written only when every event of it was selected, so that nobody gets an
event because it stood beside another. Each event of a selection has its proof in a file of its own. A whole log has
none: a million small files are a burden to whoever receives them and say nothing that the tiles do not, so there the
verifier makes the proof that somebody asks for (``--proof``). What must stay true: events are written byte for byte as
they were frozen, and the memory needed is the same for ten events and ten million.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from sqlalchemy import func, select, text
from sqlmodel import Session

from audit.checkpoints import open_checkpoint
from audit.driver_sql import as_time, as_uuid
from audit.errors import ExportRefusedError
from audit.export.folder import BundleFile, BundleFolder
from audit.export.proofs import ProofsInOrder
from audit.export.receiver import Contents, Source, receiver_text
from audit.export.selection import Choice, Selected, read_selected
from audit.export.table import COLUMNS, table_row
from audit.notes import VerifierKey
from audit.obligations.anchors import stored_checkpoints
from audit.tables import AuditAnchorRow, AuditCheckpointRow, AuditLeafRow, AuditPendingRow
from audit.tiles import TILE_WIDTH, StoredTree, index_path, tiles_of
from foundation.spreadsheets import write_table

FORMAT = "sagsgang-audit-bundle/1"
_ANCHOR = AuditAnchorRow.__table__
_CHECKPOINT = AuditCheckpointRow.__table__
_LEAF = AuditLeafRow.__table__
_PENDING = AuditPendingRow.__table__


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written. ``events``: how many; ``size``: leaves under the checkpoint; ``files``, ``bytes``: in all."""

    events: int
    size: int
    files: int
    bytes: int


def write_bundle(session: Session, path: Path, choice: Choice, source: Source) -> Exported:
    """Write a bundle under the newest checkpoint.

    Args:
        session: a session of ``Database.read``, which sees one state of the database.
        path: the folder, which must be new or empty.
        choice: which events.
        source: whose log it is.

    Returns:
        What was written.

    Raises:
        ExportRefusedError: when nothing is signed, no signed event fits, or the folder is in use.
        NoteRefusedError: when the newest checkpoint is not signed by one of the keys.
    """
    newest = session.execute(select(_CHECKPOINT.c.note, _CHECKPOINT.c.at).order_by(_CHECKPOINT.c.size.desc()).limit(1))
    row = newest.one_or_none()
    if row is None:
        raise ExportRefusedError("Loggen er ikke skrevet under endnu, så et udtræk ville intet bevise.")
    checkpoint = open_checkpoint(row.note, source.keys, origin=source.origin)[0]
    with closing(read_selected(session, choice, size=checkpoint.size)) as chosen:
        first = next(chosen, None)
        if first is None:
            message = "Ingen hændelser, som er skrevet under, passer til udvalget. Der er intet at udlevere."
            raise ExportRefusedError(message)
        with closing(BundleFolder(path)) as folder:
            tree, manifest = StoredTree(session), choice.to_manifest()
            prover = ProofsInOrder(tree, checkpoint.size, row.note) if manifest else None
            counts = _write_events(folder, chain([first], chosen), checkpoint.size, prover)
            counts["tiles"] = _write_tiles(folder, tree, checkpoint.size)
            counts["checkpoints"] = _write_checkpoints(folder, session)
            counts["anchors"] = _write_anchors(folder, session)
            folder.put("checkpoint", row.note.encode())
            folder.put("keys", "".join(f"{key.to_text()}\n" for key in source.keys).encode())
            folder.put("policy", _policy(source.keys).encode())
            below, told = _pruned(session)
            contents = Contents(
                checkpoint=checkpoint,
                selection=manifest,
                counts=counts,
                pruned_below=below,
                pruned_told=told,
                open_since=row.at,
                open_events=_count_open(session, checkpoint.size),
            )
            folder.put("LAESMIG.md", receiver_text(source, contents).encode())
            folder.seal(_manifest(source, contents))
    return Exported(events=counts["events"], size=checkpoint.size, files=folder.count + 3, bytes=folder.bytes)


def _manifest(source: Source, contents: Contents) -> dict[str, object]:
    checkpoint = contents.checkpoint
    return {
        "format": FORMAT,
        "origin": source.origin,
        "environment": source.environment,
        "made_at": source.at.isoformat(),
        "checkpoint": {"size": checkpoint.size, "root": base64.b64encode(checkpoint.root).decode()},
        "selection": dict(contents.selection),
        "counts": dict(contents.counts),
        "pruned": {"below": contents.pruned_below, "told": list(contents.pruned_told)},
        # What no checkpoint covers: nothing outside the database would show a change of it.
        "unanchored": {"since": contents.open_since.isoformat(), "events": contents.open_events},
    }


def _write_events(
    folder: BundleFolder, events: Iterator[Selected], size: int, prover: ProofsInOrder | None
) -> dict[str, int]:
    """The lines, the table, the entries and, with a prover, the proofs, in one walk."""
    entries = _Entries(folder, size)
    with folder.writing("events.jsonl") as lines, folder.writing("events.csv") as table:

        def rows() -> Iterator[list[str]]:
            for place, event, body in events:
                lines.write(body + b"\n")
                entries.add(place, body)
                if prover is not None:
                    folder.put(f"proofs/{event}.tlog-proof", prover.text(place).encode())
                yield table_row(place, body)

        table.write(b"\xef\xbb\xbf")
        write_table(_Encoded(table), COLUMNS, rows())
    entries.flush()
    return {
        "events": entries.events,
        "proofs": 0 if prover is None else entries.events,
        "entries": entries.written,
    }


class _Encoded:
    """Text as UTF-8 into a file of a bundle."""

    def __init__(self, file: BundleFile) -> None:
        self._file = file

    def write(self, text: str, /) -> None:
        self._file.write(text.encode())


class _Entries:
    """Collects the bodies of one bundle of entries, and writes it when none is missing."""

    def __init__(self, folder: BundleFolder, size: int) -> None:
        self._folder, self._size = folder, size
        self._index, self._bodies = -1, list[bytes]()
        self.events = self.written = 0

    def add(self, place: int, body: bytes) -> None:
        if place // TILE_WIDTH != self._index:
            self.flush()
            self._index = place // TILE_WIDTH
        self._bodies.append(body)
        self.events += 1

    def flush(self) -> None:
        width = min(TILE_WIDTH, self._size - self._index * TILE_WIDTH)
        if self._bodies and len(self._bodies) == width:
            name = f"tile/entries/{index_path(self._index)}" + ("" if width == TILE_WIDTH else f".p/{width}")
            self._folder.put(name, b"".join(len(one).to_bytes(2) + one for one in self._bodies))
            self.written += width
        self._bodies = []


def _write_tiles(folder: BundleFolder, tree: StoredTree, size: int) -> int:
    names = tiles_of(size)
    for name in names:
        folder.put(name.path, tree.read_tile(name))
    return len(names)


def _write_checkpoints(folder: BundleFolder, session: Session) -> int:
    count = 0
    for one in stored_checkpoints(session.connection()):
        folder.put(f"checkpoints/{one.size:018d}.checkpoint", one.note.encode())
        count += 1
    return count


def _write_anchors(folder: BundleFolder, session: Session) -> int:
    """What others say about checkpoints; a list says who, for a name of theirs is no name of a file."""
    count = 0
    found = session.connection().execute(select(_ANCHOR).order_by(_ANCHOR.c.size, _ANCHOR.c.kind, _ANCHOR.c.name))
    with folder.writing("anchors/index.jsonl") as index:
        for row in found:
            name = f"anchors/{row.size:018d}/{count}"
            folder.put(name, bytes(row.data))
            told = {"file": name, "size": row.size, "kind": row.kind, "name": row.name, "at": row.at.isoformat()}
            index.write(json.dumps(told, sort_keys=True, ensure_ascii=False).encode() + b"\n")
            count += 1
    return count


def _policy(keys: Sequence[VerifierKey]) -> str:
    """A tlog-policy (C2SP): which logs are believed, and that no witness is demanded."""
    return "# En politik i udtrækket selv beviser intet: brug den, du har fået ad en anden vej.\n" + "".join(
        [*(f"log {key.to_text()}\n" for key in keys), "quorum none\n"]
    )


def _count_open(session: Session, size: int) -> int:
    """How many events no checkpoint covers."""
    leaves: int = session.execute(select(func.count()).select_from(_LEAF).where(_LEAF.c.seq >= size)).scalar_one()
    waiting: int = session.execute(select(func.count()).select_from(_PENDING)).scalar_one()
    return leaves + waiting


def _pruned(session: Session) -> tuple[int, list[dict[str, object]]]:
    """How far the bodies are pruned, and what the log tells of it."""
    rows = session.connection().execute(
        text(
            "SELECT p.below, p.event_id, p.at, e.body FROM audit_pruned p LEFT JOIN audit_event e ON e.id = p.event_id "
            "ORDER BY p.below"
        )
    )
    told: list[dict[str, object]] = []
    below = 0
    for row in rows:
        below = row.below
        # The event of an old pruning may have been pruned itself.
        facts = {} if row.body is None else json.loads(row.body).get("facts", {})
        told.append(
            {
                "below": below,
                "event": str(as_uuid(row.event_id)),
                "at": as_time(row.at).isoformat(),
                "reason": facts.get("reason"),
            }
        )
    return below, told
