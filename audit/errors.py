"""What can go wrong in the audit room.

    AuditError
    ├── EventNotAllowedError    the event cannot be written in canonical form
    ├── LeafRefusedError        an event's bytes do not give the leaf that its writer stored; it is in quarantine
    ├── ProofRefusedError       a proof does not prove what it says
    ├── NoteRefusedError        a signed note is malformed, or its signature is wrong or by nobody we know
    ├── SigningRefusedError     the log is not the one that was signed last: restored, forked or changed
    ├── PruningRefusedError     what is asked to be pruned may not be
    ├── LookingRefusedError     what is asked to be looked at, drawn or reported cannot be
    ├── ExportRefusedError      there is nothing to hand out, or something in the way of it
    ├── NotYetProvenError       the event waits for the tree or for a signature; ask again later
    └── VerificationError       the record is not whole; ``diagnostics()`` tells everything that was looked at

What must stay true: an event that cannot be written stops the change it tells of, and nothing is signed in doubt.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from foundation.errors import SagsgangError


class AuditError(SagsgangError):
    """The audit trail refuses."""

    code = "audit"


class EventNotAllowedError(AuditError):
    """The event cannot be written in canonical form; a fault in the program."""

    code = "event_not_allowed"

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what}: {why}")


class LeafRefusedError(AuditError):
    """Events whose bytes do not give the leaf that their writer stored; ``events`` names them."""

    code = "leaf_refused"

    def __init__(self, events: Sequence[UUID]) -> None:
        self.events = tuple(events)
        names = ", ".join(str(event) for event in events[:5])
        more = f" og {len(events) - 5} til" if len(events) > 5 else ""  # noqa: PLR2004 - five names can be read at a glance.
        super().__init__(
            f"Loggen har sat hændelsen {names}{more} i karantæne: dens indhold passer ikke med det blad, der blev "
            "skrevet samtidig. Alt andet er indlemmet. Giv revisor besked; hændelsen må ikke slettes."
        )


class ProofRefusedError(AuditError):
    """A proof does not prove what it says; the message tells how."""

    code = "proof_refused"


class NoteRefusedError(AuditError):
    """A signed note or a key is malformed, or no signature of a known key holds."""

    code = "note_refused"


class SigningRefusedError(AuditError):
    """The log is not the one that was signed last; nothing is signed before a person has looked."""

    code = "signing_refused"


class PruningRefusedError(AuditError):
    """What is asked to be pruned may not be."""

    code = "pruning_refused"


class LookingRefusedError(AuditError):
    """What is asked to be looked at, drawn or reported cannot be."""

    code = "looking_refused"


class NotYetProvenError(AuditError):
    """The event waits for the tree or for a signature; ask again later."""

    code = "not_yet_proven"
    is_retryable = True


class ExportRefusedError(AuditError):
    """There is nothing to hand out, or something in the way of it."""

    code = "export_refused"


class VerificationError(AuditError):
    """The record is not whole. The message is the first broken obligation's sentence."""

    code = "verification_failed"

    def __init__(self, sentence: str, lines: Sequence[str]) -> None:
        super().__init__(sentence)
        self._lines = tuple(lines)

    def diagnostics(self) -> str:
        """Everything that was looked at, one line each, for people."""
        return "\n".join(self._lines)
