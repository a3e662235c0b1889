"""The policy that was put in force, read from the JSON in which it was proposed.

What must stay true: a policy that cannot be read stops the work; the robot never goes on under one that it only half
understands, and never falls back on another.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import ValidationError

from foundation.errors import SagsgangError
from robots.address_update.policy import Policy


class BrokenPolicyError(SagsgangError):
    """The policy in force is not one that this version of the robot understands."""

    code: ClassVar[str] = "broken_policy"


def read_policy(text: str | None, *, otherwise: Policy) -> Policy:
    """The policy in ``text``, or ``otherwise`` where none was ever put in force.

    Raises:
        BrokenPolicyError: naming the fields that are wrong, and what to do.
    """
    if text is None:
        return otherwise
    try:
        return Policy.model_validate_json(text)
    except ValidationError as error:
        fields = sorted({str(each["loc"][0]) for each in error.errors(include_input=False) if each["loc"]})
        where = f"felterne {', '.join(fields)}" if fields else "filen"
        message = (
            f"Robottens politik kan ikke læses; se på {where}. Foreslå en rettet politik med sagsgang policy propose, "
            "lad en anden sætte den i kraft, og genåbn opgaven."
        )
        raise BrokenPolicyError(message) from None
