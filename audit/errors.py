"""What can go wrong in the audit room.

    AuditError
    └── EventNotAllowedError    the event cannot be written in canonical form

What must stay true: an event that cannot be written stops the change it tells of.
"""

from __future__ import annotations

from foundation.errors import SagsgangError


class AuditError(SagsgangError):
    """The audit trail refuses."""

    code = "audit"


class EventNotAllowedError(AuditError):
    """The event cannot be written in canonical form; a fault in the program."""

    code = "event_not_allowed"

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what}: {why}")
