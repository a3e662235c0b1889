"""Exit codes, and which error ends a command with which.

What must stay true: the numbers are the ones in ``apps/README.md`` and never change their meaning, and every error
becomes one Danish sentence; a traceback is shown only with ``SAGSGANG_LOG_LEVEL=DEBUG``.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from foundation.errors import SagsgangError


class Exit(IntEnum):
    """What a script can tell from a command's end."""

    OK = 0
    FAILED = 1
    USAGE = 2
    #: Refused, and trying the same again is pointless.
    REJECTED = 3
    #: A person must look.
    NEEDS_PERSON = 4
    #: The record is not whole, or is not the one that was signed.
    RECORD_BROKEN = 5
    CONFIGURATION = 6
    #: Waiting may help.
    TEMPORARY = 75
    INTERRUPTED = 130


class UsageError(SagsgangError):
    """The command was written in a way that cannot be carried out."""

    code = "usage"


class Problem(NamedTuple):
    """An error as a command tells it."""

    exit: Exit
    code: str
    message: str


_EXITS: dict[str, Exit] = {
    "usage": Exit.USAGE,
    "invalid_cpr": Exit.USAGE,
    "unknown_robot": Exit.USAGE,
    "unknown_item": Exit.USAGE,
    "reason_missing": Exit.USAGE,
    "looking_refused": Exit.USAGE,
    "not_allowed": Exit.REJECTED,
    "approval_refused": Exit.REJECTED,
    "transition_refused": Exit.REJECTED,
    "pruning_refused": Exit.REJECTED,
    "export_refused": Exit.REJECTED,
    "already_running": Exit.TEMPORARY,
    "robot_rests": Exit.NEEDS_PERSON,
    "robot_paused": Exit.NEEDS_PERSON,
    "robot_stopped": Exit.NEEDS_PERSON,
    "robot_failing": Exit.NEEDS_PERSON,
    "asked_to_stop": Exit.INTERRUPTED,
    "event_gap": Exit.NEEDS_PERSON,
    "mass_change": Exit.NEEDS_PERSON,
    "effect_in_doubt": Exit.NEEDS_PERSON,
    "verification_failed": Exit.RECORD_BROKEN,
    "proof_refused": Exit.RECORD_BROKEN,
    "note_refused": Exit.RECORD_BROKEN,
    "signing_refused": Exit.RECORD_BROKEN,
    "leaf_refused": Exit.RECORD_BROKEN,
    "configuration": Exit.CONFIGURATION,
    "environment_locked": Exit.CONFIGURATION,
    "database": Exit.CONFIGURATION,
    "database_unreadable": Exit.CONFIGURATION,
    "database_damaged": Exit.CONFIGURATION,
    "database_refused": Exit.CONFIGURATION,
    "schema": Exit.CONFIGURATION,
    "unseal": Exit.CONFIGURATION,
}


def explain(error: Exception) -> Problem:
    """What to say of an error, and the exit code. Texts of errors that are not ours are never shown."""
    code = getattr(error, "code", None)
    if isinstance(error, SagsgangError):
        return Problem(exit_of(error.code, is_retryable=error.is_retryable), error.code, str(error))
    advice = getattr(error, "advice", None)
    if isinstance(code, str) and isinstance(advice, str):
        # An error of another system: its advice is our own sentence, its text is for the log.
        system = getattr(error, "system", "")
        is_retryable = getattr(error, "is_retryable", False) is True
        return Problem(exit_of(code, is_retryable=is_retryable), code, f"{advice} ({system}: {code})")
    if type(error).__module__.startswith(("sqlalchemy", "psycopg", "sqlite3")):
        from foundation.database_faults import REFUSED, fault_of  # noqa: PLC0415 - help must not wait for SQLAlchemy.

        fault = fault_of(error) or REFUSED
        return Problem(exit_of(fault.code, is_retryable=fault.is_retryable), fault.code, fault.message)
    if isinstance(error, OSError):
        message = f"En fil kan ikke læses eller skrives ({type(error).__name__}). Kontrollér rettigheder og diskplads."
        return Problem(Exit.FAILED, "file", message)
    message = (
        f"Kommandoen fejlede ({type(error).__name__}). Kør den igen med SAGSGANG_LOG_LEVEL=DEBUG, "
        "og giv fejlen til den, der står for Sagsgang."
    )
    return Problem(Exit.FAILED, "fault", message)


def exit_of(code: str, *, is_retryable: bool = False) -> Exit:
    """The exit code for an error's code."""
    return _EXITS.get(code, Exit.TEMPORARY if is_retryable else Exit.FAILED)
