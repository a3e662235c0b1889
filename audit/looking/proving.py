"""The proof that one event is in the log, as a text that is verified without us (C2SP tlog-proof).

What must stay true: a proof is verified here before anybody is shown it, from the event's own bytes and under a key
that was known beforehand; and an event that nothing proves yet is said to be just that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Text, cast, func, or_, select
from sqlmodel import Session

from audit.checkpoints import Checkpoint, open_checkpoint
from audit.errors import LookingRefusedError, NotYetProvenError, ProofRefusedError
from audit.events import leaf_hash
from audit.export.proofs import proof_text
from audit.merkle import verify_inclusion
from audit.notes import VerifierKey
from audit.reading import Entry, as_entry
from audit.tables import AuditCheckpointRow, AuditEventRow, AuditLeafRow
from audit.tiles import StoredTree

_EVENT = AuditEventRow.__table__
_LEAF = AuditLeafRow.__table__
_CHECKPOINT = AuditCheckpointRow.__table__
#: Characters of an event's number that are enough to be meant.
_FEWEST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A proof that holds."""

    entry: Entry
    body: bytes
    seq: int
    checkpoint: Checkpoint
    signed_by: tuple[str, ...]
    #: The whole ``.tlog-proof``.
    text: str


def prove(session: Session, event_id: UUID, keys: Sequence[VerifierKey], *, origin: str) -> Proof:
    """The proof that this event is in the newest checkpoint's tree, verified.

    Args:
        session: a session of ``Database.read``.
        event_id: the event.
        keys: the keys that are believed; from outside the database.
        origin: the log's name.

    Raises:
        LookingRefusedError: there is no such event, or it was pruned.
        NotYetProvenError: it waits for the tree, or for a signature.
        NoteRefusedError: no known key has signed the checkpoint.
        ProofRefusedError: the event's bytes are not those in the tree, or the tree is not the one that was signed.
    """
    row = session.execute(select(_EVENT.c.id, _EVENT.c.at, _EVENT.c.body).where(_EVENT.c.id == event_id)).one_or_none()
    if row is None:
        raise LookingRefusedError("Hændelsen findes ikke, eller dens indhold er slettet efter reglerne.")
    seq = session.execute(select(_LEAF.c.seq).where(_LEAF.c.event_id == event_id)).scalar_one_or_none()
    if seq is None:
        raise NotYetProvenError(
            "Hændelsen er skrevet, men endnu ikke indlemmet i loggens træ. Indlem den med: sagsgang audit sequence"
        )
    query = select(_CHECKPOINT.c.note).where(_CHECKPOINT.c.size > seq).order_by(_CHECKPOINT.c.size.desc()).limit(1)
    note = session.execute(query).scalar_one_or_none()
    if note is None:
        raise NotYetProvenError(
            f"Hændelsen er nr. {seq} i loggens træ, men intet kontrolpunkt dækker den endnu. "
            "Lav ét med: sagsgang audit checkpoint"
        )
    checkpoint, signers = open_checkpoint(note, keys, origin=origin)
    body = bytes(row.body)
    hashes = StoredTree(session).prove_inclusion(seq, checkpoint.size)
    try:
        verify_inclusion(leaf_hash(body), seq, checkpoint.size, hashes, checkpoint.root)
    except ProofRefusedError as error:
        raise ProofRefusedError(
            f"Hændelsen kan ikke bevises: dens indhold er ikke det, der blev skrevet under på ({error}). "
            "Se, hvad der er galt: sagsgang audit verify"
        ) from None
    return Proof(
        entry=as_entry(row),
        body=body,
        seq=seq,
        checkpoint=checkpoint,
        signed_by=tuple(key.label for key in signers),
        text=proof_text(seq, hashes, note),
    )


def find_event(session: Session, text: str) -> UUID:
    """The event whose number is, begins or ends with ``text``.

    Raises:
        LookingRefusedError: there is none, more than one, or ``text`` is no part of a number.
    """
    digits = text.strip().lower().replace("-", "")
    if len(digits) < _FEWEST or not set(digits) <= set("0123456789abcdef"):
        raise LookingRefusedError(f"Det er ikke nummeret på en hændelse. Skriv mindst {_FEWEST} tegn af det.")
    if len(digits) == _WHOLE:
        return UUID(digits)
    # SQLite keeps the bare hex digits, PostgreSQL writes its uuids with hyphens.
    number = func.replace(cast(_EVENT.c.id, Text), "-", "")
    query = select(_EVENT.c.id).where(or_(number.like(f"{digits}%"), number.like(f"%{digits}"))).limit(2)
    found = list(session.execute(query).scalars())
    if len(found) != 1:
        how = "Flere end én hændelse passer" if found else "Ingen hændelse passer"
        raise LookingRefusedError(f"{how} til det nummer. Skriv mere af det, eller se dem: sagsgang audit show --json")
    only: UUID = found[0]
    return only


_WHOLE = 32
