"""What the casework room refuses.

    CaseworkError
    ├── TransitionRefusedError    the item is not where this transition begins
    ├── RobotRestsError           the robot is paused or stopped
    ├── AlreadyRunningError       as many runs of the robot go on as may
    ├── LeaseLostError            another worker has, or may have, the item
    │   └── WorkerLostError       others may take this whole worker for dead; it must stop
    ├── UnknownItemError          there is no such item, approval, effect or incident
    ├── ApprovalRefusedError      this person, or this digest, cannot answer this proposal
    ├── KeyReusedError            one key, two different requests
    ├── ReasonMissingError        a named person must say why
    └── SchemaNotCurrentError     the database is older or newer than the program, or lacks triggers

What must stay true: a refusal leaves everything as it was, and its message is a Danish sentence that says what to do.
"""

from __future__ import annotations

from foundation.errors import SagsgangError


class CaseworkError(SagsgangError):
    """The casework room refuses."""

    code = "casework"


class TransitionRefusedError(CaseworkError):
    """The item is not where this transition begins."""

    code = "transition_refused"


class RobotRestsError(CaseworkError):
    """The robot is paused or stopped."""

    code = "robot_rests"


class AlreadyRunningError(CaseworkError):
    """As many runs of the robot go on as may; theirs is the work."""

    code = "already_running"
    is_retryable = True


class LeaseLostError(CaseworkError):
    """The worker's lease is over: its late answer is refused, and another goes on."""

    code = "lease_lost"


class WorkerLostError(LeaseLostError):
    """Others may take this worker for dead: none of its items is safe in its hands."""

    code = "worker_lost"


class UnknownItemError(CaseworkError):
    """There is no such thing."""

    code = "unknown_item"


class ApprovalRefusedError(CaseworkError):
    """This person cannot give this answer to this proposal."""

    code = "approval_refused"


class KeyReusedError(CaseworkError):
    """The same key was used for another request; a fault in the robot, and never silently obeyed."""

    code = "key_reused"


class ReasonMissingError(CaseworkError):
    """A named person must give a reason."""

    code = "reason_missing"


class SchemaNotCurrentError(CaseworkError):
    """The database does not fit the program."""

    code = "schema"
