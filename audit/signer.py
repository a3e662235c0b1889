"""The signer: says which tree this is, and never says two things that do not fit together.

The order in which a checkpoint comes about, so that a crash at any step is made good by signing again:

    1. the tree is committed and on the disk, and what was signed last is shown to be its beginning
    2. the signer remembers the new checkpoint, outside the database
    3. it is stored in the database
    4. it is copied to the write-once folder

What is remembered but not stored or copied is stored and copied first of all the next time. What must stay true: no
checkpoint is signed that does not go on from the last one (C2SP tlog-checkpoint), so that a database restored from a
backup, or forked, is met by a refusal and a sentence instead of a signature.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlmodel import Session

from audit.checkpoints import Checkpoint, open_checkpoint, sign_checkpoint
from audit.errors import ProofRefusedError, SigningRefusedError
from audit.events import ActorRef, Event, PrivateDetail
from audit.merkle import verify_consistency
from audit.notes import VerifierKey
from audit.recording import record
from audit.sequencer import drain, read_head
from audit.signer_folder import SignerFolder
from audit.tables import AuditCheckpointRow
from audit.tiles import StoredTree
from audit.vocabulary import EventType, RetentionClass
from audit.write_once import WriteOnceFolder
from foundation.database import Database
from foundation.environment import Environment
from foundation.errors import ConfigurationError
from foundation.settings import Settings

_CHECKPOINT = AuditCheckpointRow.__table__
_WHAT_TO_DO = (
    "Der skrives ikke under. Gendan den nyeste database, eller begynd en ny log med et andet navn "
    "(SAGSGANG_AUDIT_ORIGIN), og giv revisor besked. Fremgangsmåden står i docs/audit-verification.md."
)


@dataclass(frozen=True, slots=True)
class Signer:
    """A key with a memory, and the folder that its checkpoints go to."""

    folder: SignerFolder
    copies: WriteOnceFolder

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.folder.origin

    def known_keys(self) -> tuple[VerifierKey, ...]:
        """Every key that has signed this log."""
        return self.folder.known_keys()

    def sign(self, database: Database, *, now: datetime) -> str | None:
        """Sign the tree as it is; returns the newest checkpoint's note, or None for a tree without leaves.

        Nothing new is signed when the tree has not grown.

        Raises:
            SigningRefusedError: the tree does not go on from what was signed last, or the signer has lost its memory.
            ConfigurationError: there is no key.
        """
        with self.folder.locked():
            return self._sign(database, now)

    def refuses(self, database: Database) -> bool:
        """Whether the tree does not go on from what was signed last, so that ``sign`` would refuse."""
        last = self.folder.last_signed()
        try:
            with database.read() as session:
                _look(session, self.origin, last[0] if last is not None else None)
        except SigningRefusedError:
            return True
        return False

    def rotate(
        self,
        database: Database,
        *,
        actor: ActorRef,
        now: Callable[[], datetime],
        environment: str,
        reason: str = "",
    ) -> str:
        """Exchange the key; returns the new key's vkey.

        The exchange is an event, and the old key signs once more, over the tree that holds it: whoever believed the old
        key can believe the new one. After a crash it is simply done again with the same new key. The reason is sealed.

        Raises:
            SigningRefusedError: see ``sign``; the old key stays then.
        """
        with self.folder.locked():
            old, new = self.folder.signing_key(), self.folder.prepare_next_key()
            facts = {"before": old.verifier.label, "key": new.verifier.to_text()}
            private = PrivateDetail(reason.encode(), RetentionClass.DECISION) if reason else None
            with database.write() as session:
                event = Event(type=EventType.KEY_ROTATED, actor=actor, facts=facts, private=private)
                record(session, event, at=now(), environment=environment)
            drain(database, now=now, environment=environment)
            self._sign(database, now())
            self.folder.take_next_key()
            return new.verifier.to_text()

    def _sign(self, database: Database, now: datetime) -> str | None:
        key = self.folder.signing_key()
        last = self.folder.last_signed()
        with database.read() as session:
            found = _look(session, self.origin, last[0] if last is not None else None)
            if last is None:
                self._require_nothing_signed(session)
        if last is not None:
            # What was remembered and perhaps not stored or copied.
            self._store(database, last[0], last[1], now)
            self.copies.put(last[0].size, last[1])
            if last[0].size == found.size:
                return last[1]
        if found.size == 0:
            return None
        note = sign_checkpoint(found, key).to_text()
        self.folder.remember(note)
        self._store(database, found, note, now)
        self.copies.put(found.size, note)
        return note

    def _store(self, database: Database, checkpoint: Checkpoint, note: str, now: datetime) -> None:
        signers = open_checkpoint(note, self.known_keys(), origin=self.origin)[1]
        with database.write() as session:
            known = session.execute(select(_CHECKPOINT.c.note).where(_CHECKPOINT.c.size == checkpoint.size))
            stored = known.scalar_one_or_none()
            if stored is None:
                values = {"size": checkpoint.size, "note": note, "signed_by": signers[0].label, "at": now}
                session.execute(insert(_CHECKPOINT).values(**values))
            elif stored != note:
                raise SigningRefusedError(
                    f"Databasen har et andet kontrolpunkt for {checkpoint.size} hændelser end det, underskriveren "
                    f"husker. {_WHAT_TO_DO}"
                )

    def _require_nothing_signed(self, session: Session) -> None:
        """A signer without a memory may begin a log, and may not go on with one."""
        notes = session.execute(select(_CHECKPOINT.c.note)).scalars().all()
        copies = [note for _size, note in self.copies.all()]
        if any(note.split("\n", 1)[0] == self.origin for note in (*notes, *copies)):
            raise SigningRefusedError(
                "Underskriveren husker ikke, hvad den sidst skrev under på, men loggen har kontrolpunkter. Gendan "
                f"mappen SAGSGANG_AUDIT_SIGNER_DIR. {_WHAT_TO_DO}"
            )


def _look(session: Session, origin: str, last: Checkpoint | None) -> Checkpoint:
    """The tree's head as it would be signed, when it goes on from ``last``."""
    head = read_head(session).tree
    stored = StoredTree(session)
    try:
        root = head.root()
        # A tree is consistent with itself: this shows that the tiles give the stored head.
        verify_consistency(head.size, head.size, [], older_root=stored.root(head.size), newer_root=root)
        if last is not None and head.size < last.size:
            raise SigningRefusedError(
                f"Loggen har {head.size} hændelser, men der er skrevet under på {last.size}: databasen er sat tilbage, "
                f"sandsynligvis gendannet fra en sikkerhedskopi. {_WHAT_TO_DO}"
            )
        if last is not None:
            proof = stored.prove_consistency(last.size, head.size)
            verify_consistency(last.size, head.size, proof, older_root=last.root, newer_root=root)
    except ProofRefusedError as error:
        raise SigningRefusedError(
            f"Loggen fortsætter ikke fra det, der sidst blev skrevet under på ({error}): den er ændret eller delt. "
            f"{_WHAT_TO_DO}"
        ) from None
    return Checkpoint(origin, head.size, root)


def open_signer(settings: Settings) -> Signer:
    """The signer that the settings name; in ``simulated`` the first key is made when there is none.

    Raises:
        ConfigurationError: outside ``simulated``, when its folder or the log's name is not set.
    """
    signer = find_signer(settings)
    if settings.environment is Environment.SIMULATED:
        signer.folder.create_key()
    return signer


def find_signer(settings: Settings) -> Signer:
    """The signer that the settings name, as it is; nothing is made, so that it may have no key yet.

    Raises:
        ConfigurationError: see ``open_signer``.
    """
    is_simulated = settings.environment is Environment.SIMULATED
    for name, value in (("AUDIT_SIGNER_DIR", settings.audit_signer_dir), ("AUDIT_ORIGIN", settings.audit_origin)):
        if not value and not is_simulated:
            raise ConfigurationError(f"SAGSGANG_{name} mangler. Loggen kan ikke skrives under.")
    folder = SignerFolder(
        settings.audit_signer_dir or settings.data_dir / "signer",
        settings.audit_origin or f"sagsgang.invalid/{settings.environment.value}",
    )
    return Signer(folder, WriteOnceFolder(settings.audit_write_once_dir or settings.data_dir / "checkpoints"))
