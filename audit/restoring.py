"""After a database was restored from a backup: the log begins again under a new name, and says so itself.

The signer refuses to go on, because what it signed last is not in the restored tree, and it must: nobody can tell a
restored backup from a record that somebody cut. So a named person takes it on himself, with a reason, and the log goes
on under a new name. What must stay true: the old log's checkpoints, its copies and the signer's memory of it are left
as they are, so that what was lost can always be counted; and the event that tells of it is under the first signature.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from audit.errors import SigningRefusedError
from audit.events import ActorRef, Event, PrivateDetail, Scalar
from audit.notes import VerifierKey
from audit.obligations.anchors import stored_checkpoints
from audit.recording import record
from audit.sequencer import drain, read_head
from audit.signer import Signer, open_signer
from audit.signer_folder import SignerFolder
from audit.vocabulary import EventType, RetentionClass
from foundation.database import Database
from foundation.environment import Environment
from foundation.errors import ConfigurationError
from foundation.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """How a log began again."""

    event_id: UUID
    #: What the old log had signed, and what the restored database has: the difference is lost.
    signed: int
    found: int
    #: The first checkpoint under the new name.
    note: str


def begin_again(
    database: Database,
    *,
    before: Signer,
    after: Signer,
    actor: ActorRef,
    reason: str,
    now: Callable[[], datetime],
    environment: str,
) -> Restored:
    """Let the log go on under a new name after a restore, and sign it.

    Args:
        database: the restored database.
        before: the signer that refuses, with the old name and the old folder of copies.
        after: the same signer's folder with the new name, and a new, empty folder of copies.
        actor: the person who takes it on himself.
        reason: what happened and what was done about what is lost; free text, sealed.
        now: tells the time.
        environment: the environment's name.

    Returns:
        How many events were signed, how many were found, and the first checkpoint.

    Raises:
        SigningRefusedError: without a reason; when the old log goes on as it should; or when the new name or the new
            folder has been used before.
    """
    if not reason.strip():
        raise SigningRefusedError("Skriv, hvad der er sket, og hvad der er gjort ved det, der mangler.")
    last = before.folder.last_signed()
    if last is None or not before.refuses(database):
        raise SigningRefusedError(
            "Loggen fortsætter, hvor der sidst blev skrevet under. Der er intet at begynde forfra på; brug det gamle "
            "navn i SAGSGANG_AUDIT_ORIGIN."
        )
    _require_unused(before, after)
    with database.write() as session:
        found = read_head(session).tree.size
        facts: dict[str, Scalar] = {
            "before": before.origin,
            "origin": after.origin,
            "signed": last[0].size,
            "signedRoot": last[0].root.hex(),
            "found": found,
        }
        private = PrivateDetail(reason.encode(), RetentionClass.DECISION)
        told = Event(type=EventType.LOG_RESTORED, actor=actor, facts=facts, private=private)
        event_id = record(session, told, at=now(), environment=environment)
    drain(database, now=now, environment=environment)
    with database.read() as session:
        kept = list(stored_checkpoints(session.connection()))
    for one in kept:
        # What the restored database still has must be found in its folder of copies, too.
        after.copies.put(one.size, one.note)
    note = after.sign(database, now=now())
    if note is None:
        raise SigningRefusedError("Loggen har ingen hændelser at skrive under på.")
    return Restored(event_id=event_id, signed=last[0].size, found=found, note=note)


def create_first_key(settings: Settings) -> VerifierKey:
    """Make the log's first key where none is made by itself: everywhere but in ``simulated``.

    Returns:
        The public key; it belongs with the auditor before anything is signed.

    Raises:
        ConfigurationError: when the folder or the log's name is not set, or there is a key already.
    """
    if settings.environment is Environment.SIMULATED:
        raise ConfigurationError("I simulated laves nøglen af sig selv. Der er intet at gøre.")
    signer = open_signer(settings)
    if signer.folder.has_key():
        raise ConfigurationError(
            "Der er allerede en underskriftsnøgle i SAGSGANG_AUDIT_SIGNER_DIR. Skal den skiftes, så brug: "
            "sagsgang audit keys --rotate"
        )
    return signer.folder.create_key().verifier


def _require_unused(before: Signer, after: Signer) -> None:
    if after.origin == before.origin or SignerFolder(after.folder.path, after.origin).last_signed() is not None:
        raise SigningRefusedError(
            "Loggen skal have et nyt navn, som ikke har været brugt. Sæt SAGSGANG_AUDIT_ORIGIN til for eksempel det "
            "gamle navn med årstal og løbenummer."
        )
    if any(True for _ in after.copies.all()):
        raise SigningRefusedError(
            "Den skrivebeskyttede mappe er ikke tom. Lad den gamle ligge som bevis, og sæt "
            "SAGSGANG_AUDIT_WRITE_ONCE_DIR til en ny mappe."
        )
