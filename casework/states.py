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


class PrimaryResult(StrEnum):
    """What became of one row: one party on one case for one person."""

    AWAITING_APPROVAL = "awaiting_approval"
    APPLIED = "applied"
    #: Nothing had to be changed.
    NOOP = "noop"
    DEFERRED = "deferred"
    #: A person was asked to act, and nothing was changed.
    TASK = "task"
    #: Not ours to touch: closed, archived, no number.
    SKIPPED = "skipped"
    BLOCKED = "blocked"
    #: The approver left the row out.
    LEFT_OUT = "left_out"
    #: What would have been done in shadow mode.
    SHADOW = "shadow"
    ROLLED_BACK = "rolled_back"
    #: The row changed since it was proposed; it is ruled anew.
    OVERTAKEN = "overtaken"
    #: A person took the work over by hand, or the item was cancelled.
    TAKEN_OVER = "taken_over"


class PolicyState(StrEnum):
    """Where a policy is between being put forward and being replaced."""

    PROPOSED = "proposed"
    #: The one that the robot follows; at most one per robot.
    IN_FORCE = "in_force"
    #: Another one took its place.
    SUPERSEDED = "superseded"
    REJECTED = "rejected"


class SweepKind(StrEnum):
    """Why everybody is looked at."""

    #: To find what is outdated and propose changes.
    SWEEP = "sweep"
    #: To compare only (ADR-54): nothing is proposed.
    COMPARISON = "comparison"


class SweepState(StrEnum):
    """How far a sweep has come."""

    #: Begun and not finished; whoever holds its cursor may go on, also after a crash.
    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"


class AcceptanceKind(StrEnum):
    """What a second person may let a stopped intake go on over."""

    #: The source's numbers have a hole.
    GAP = "gap"
    #: More changes than the policy takes for ordinary (ADR-50).
    MASS_CHANGE = "mass_change"


class IncidentState(StrEnum):
    """How far people have come with an incident."""

    OPEN = "open"
    #: A named person looks after it.
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class RobotState(StrEnum):
    """Whether a robot may work."""

    ACTIVE = "active"
    #: Nothing new is claimed; what is begun is finished.
    PAUSED = "paused"
    #: What is begun is laid back between two steps as well, and nothing is collected.
    STOPPED = "stopped"


class NoticeKind(StrEnum):
    """What people are told of."""

    INCIDENT = "incident"
    #: Items that are due soon.
    DEADLINES = "deadlines"
    #: Proposals that have waited long.
    APPROVALS = "approvals"


class NoticeState(StrEnum):
    """How far a notice has come."""

    WAITING = "waiting"
    #: In somebody's hands; one that stays so was being sent when its process died, and is not sent again.
    SENDING = "sending"
    SENT = "sent"
    #: Refused too often.
    GIVEN_UP = "given_up"
