"""The states that things in casework can be in.

What must stay true: a state is a word of the glossary, stored as it stands here and never renamed.
"""

from __future__ import annotations

from enum import StrEnum


class ItemState(StrEnum):
    """Where a work item is in its life."""

    NEW = "new"
    IN_PROGRESS = "in_progress"
    AWAITING_APPROVAL = "awaiting_approval"
    DEFERRED = "deferred"
    IN_DOUBT = "in_doubt"
    COMPLETED = "completed"
    REJECTED = "rejected"
    FAILED = "failed"
    CANCELLED = "cancelled"


class EffectState(StrEnum):
    """What is known of an effect."""

    #: Somebody has the right to call, or had it when he died.
    INTENDED = "intended"
    DONE = "done"
    #: The other system said no for good.
    REFUSED = "refused"
    #: Known not to have happened; may be intended again.
    NOT_DONE = "not_done"
    #: Nobody can look it up: a person must say.
    IN_DOUBT = "in_doubt"


class ApprovalState(StrEnum):
    """What became of a proposal."""

    WAITING = "waiting"
    APPROVED = "approved"
    RETURNED = "returned"
    TAKEN_OVER = "taken_over"
    EXPIRED = "expired"
    #: The item was cancelled, or the approval was withdrawn before it was used.
    VOIDED = "voided"
