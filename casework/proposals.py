"""A proposal: exactly what a robot wants to do, as a person sees it, bound by a digest.

What must stay true: the digest covers every byte that the approver saw and everything that will be done, and it can
not be guessed back to an address, because a random nonce is part of it.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """One change on one case, with before and after, as the approver reads it.

    Personal data stands here in clear, because a person must see what he approves; the store seals it, and screens
    mask it for those who lack the role in ``needs_role`` of the proposal.
    """

    #: Unique within the proposal; names the row when it is left out of an approval.
    id: str
    #: What a person calls the case, for example ``S2022-12345``.
    case_number: str
    #: The rule that led here, for example ``ADR-01``.
    rule: str
    #: What the rules returned: ``APPLY`` or ``APPLY_REVIEW``.
    ruling: str
    #: Why, in one Danish sentence without personal data.
    reason: str
    #: Address lines as they stand on the case, and as they would stand.
    before: tuple[str, ...]
    after: tuple[str, ...]
    #: Whether before and after hold a protected address.
    is_protected: bool = False
    #: What the ruling rests on: pairs of a Danish label and a value without personal data.
    evidence: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a robot asks a person to approve."""

    #: One Danish sentence without personal data.
    title: str
    rows: tuple[ProposalRow, ...]
    #: What the robot itself needs to carry it out, as JSON text of the robot's own making; never shown, always sealed.
    plan: str
    #: The role an approver must hold besides that of approver, or None.
    needs_role: str | None = None
    #: Shown above the rows, for example the citizen's masked number.
    about: str = ""
    #: Made random so that the digest of a guessable address cannot be guessed.
    nonce: str = field(default_factory=lambda: secrets.token_hex(16))

    def digest(self) -> str:
        """SHA-256 in hex over the canonical JSON of the whole proposal."""
        return hashlib.sha256(self.to_json()).hexdigest()

    def to_json(self) -> bytes:
        """The bytes that are sealed, stored and digested."""
        return _ADAPTER.dump_json(self)

    @staticmethod
    def from_json(data: bytes) -> Proposal:
        """The proposal again from its stored bytes."""
        return _ADAPTER.validate_json(data)


@dataclass(frozen=True, slots=True)
class ApprovedProposal:
    """A proposal that a person approved, with what he left out."""

    approval_id: str
    proposal: Proposal
    #: Ids of rows that the approver left out.
    excluded_rows: frozenset[str]
    approved_by: str
    approved_at: datetime

    def approved_rows(self) -> tuple[ProposalRow, ...]:
        """The rows that may be carried out."""
        return tuple(row for row in self.proposal.rows if row.id not in self.excluded_rows)


_ADAPTER: TypeAdapter[Proposal] = TypeAdapter(Proposal)
