"""Obligations 4 to 6: the signed checkpoints, against the tree and against what lies outside the database.

What must stay true: a checkpoint counts only under a key that was known beforehand, and a copy outside the database
that the database does not have is as bad as one it has and the copies lack.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text
from sqlmodel import Session

from audit.checkpoints import Checkpoint, open_checkpoint, parse_checkpoint
from audit.errors import NoteRefusedError, ProofRefusedError
from audit.notes import VerifierKey, parse_note
from audit.obligations.finding import BrokenError
from audit.tiles import StoredTree
from audit.write_once import WriteOnceFolder

_PORTION = 1000


@dataclass(frozen=True, slots=True)
class Stored:
    """A checkpoint of the database. ``size`` is the column, which may say another thing than the note."""

    size: int
    note: str
    signed_by: str


def stored_checkpoints(connection: Connection) -> Iterator[Stored]:
    """All checkpoints, smallest first, a portion at a time."""
    query = text("SELECT size, note, signed_by FROM audit_checkpoint WHERE size > :after ORDER BY size LIMIT :count")
    after = -1
    while True:
        rows = connection.execute(query, {"after": after, "count": _PORTION}).all()
        for row in rows:
            yield Stored(row.size, row.note, row.signed_by)
        if len(rows) < _PORTION:
            return
        after = rows[-1].size


def examine_signatures(connection: Connection, keys: Sequence[VerifierKey]) -> str:
    """4. Every checkpoint is signed by a known key."""
    count, used = 0, set()
    for one in stored_checkpoints(connection):
        try:
            checkpoint, signers = open_checkpoint(one.note, keys)
        except NoteRefusedError as error:
            raise BrokenError(f"Kontrolpunktet for {one.size} hændelser er ikke ægte: {error}.") from None
        if checkpoint.size != one.size or one.signed_by not in {key.label for key in signers}:
            raise BrokenError(f"Kolonnerne ved siden af kontrolpunktet for {one.size} hændelser gentager det ikke.")
        count += 1
        used |= {key.label for key in signers}
    if not count:
        return "Der er endnu ingen kontrolpunkter."
    return f"{count} kontrolpunkter er skrevet under med kendte nøgler: {', '.join(sorted(used))}."


def examine_consistency(session: Session) -> str:
    """5. Every checkpoint is the tree as it was at that size, so that each goes on from the one before."""
    tree, count, last = StoredTree(session), 0, 0
    connection = session.connection()
    size = connection.execute(text("SELECT COALESCE(max(seq) + 1, 0) FROM audit_leaf")).scalar_one()
    for one in stored_checkpoints(connection):
        try:
            checkpoint = parse_checkpoint(parse_note(one.note).text)
            if checkpoint.size > size:
                raise BrokenError(
                    f"Der er skrevet under på {checkpoint.size} hændelser, men loggen har kun {size}: der er slettet i "
                    "den, eller den er gendannet fra en ældre kopi."
                )
            if tree.root(checkpoint.size) != checkpoint.root:
                raise BrokenError(
                    f"Loggens første {checkpoint.size} hændelser er ikke dem, der blev skrevet under på: noget mellem "
                    f"nr. {last} og nr. {checkpoint.size - 1} er ændret."
                )
        except (NoteRefusedError, ProofRefusedError) as error:
            raise BrokenError(f"Kontrolpunktet for {one.size} hændelser kan ikke efterprøves: {error}.") from None
        count, last = count + 1, checkpoint.size
    return f"Loggen fortsætter gennem alle {count} kontrolpunkter uden at være ændret bagud."


def examine_copies(
    connection: Connection, copies: WriteOnceFolder | None, last_signed: Checkpoint | None, *, origin: str
) -> str:
    """6. The copies outside the database are the database's checkpoints, and the newest is what was signed last."""
    if last_signed is not None:
        _require_newest(connection, last_signed)
    if copies is None:
        return "Det nyeste kontrolpunkt er det, underskriveren husker. Der er ingen mappe med kopier at se efter i."
    count, earlier = 0, 0
    ours = stored_checkpoints(connection)
    expected = next(ours, None)
    for size, note in copies.all():
        if expected is not None and expected.size < size:
            raise _missing(expected)
        if expected is None or expected.size > size:
            if note.split("\n", 1)[0] != origin:
                earlier += 1
                continue
            raise BrokenError(
                f"Den skrivebeskyttede mappe har et kontrolpunkt for {size} hændelser, som databasen ikke har: "
                "databasen er sat tilbage, eller kontrolpunkter er fjernet."
            )
        if expected.note != note:
            raise BrokenError(f"Kontrolpunktet for {size} hændelser er et andet i den skrivebeskyttede mappe.")
        count, expected = count + 1, next(ours, None)
    if expected is not None:
        raise _missing(expected)
    more = f" {earlier} er fra en log med et tidligere navn." if earlier else ""
    return f"Den skrivebeskyttede mappe har de samme {count} kontrolpunkter som databasen.{more}"


def _require_newest(connection: Connection, last_signed: Checkpoint) -> None:
    """The signer's memory is the database's newest checkpoint."""
    query = text("SELECT size, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1")
    newest = connection.execute(query).one_or_none()
    if newest is None or not newest.note.startswith(last_signed.to_text()):
        raise BrokenError(
            f"Underskriveren har skrevet under på {last_signed.size} hændelser, men databasens nyeste kontrolpunkt "
            f"er for {0 if newest is None else newest.size}: databasen er sat tilbage, eller kontrolpunkter er fjernet."
        )


def _missing(checkpoint: Stored) -> BrokenError:
    return BrokenError(f"Kontrolpunktet for {checkpoint.size} hændelser mangler i den skrivebeskyttede mappe.")
