"""The draw: whether a proposal that a policy lets pass waits for a person all the same.

What must stay true: the number is drawn at random by nobody's hand, and it is recorded together with what it was
measured by, so that an auditor can count whether as many waited as the policy says.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

#: A draw is one of so many numbers, so that a hundredth of a per cent can be told apart.
SIDES: Final = 10_000
_HUNDRED: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """One draw under one version of a robot's policy."""

    policy_version: int
    #: Per hundred of the proposals that wait.
    percent: int
    #: From 0 to 9,999.
    number: int

    def __post_init__(self) -> None:
        if not (0 <= self.percent <= _HUNDRED and 0 <= self.number < SIDES):
            raise ValueError(f"no such draw: {self.number} of {SIDES} at {self.percent} %")

    @property
    def waits(self) -> bool:
        """Whether the proposal is one of the sample that waits for a person."""
        return self.number < self.percent * (SIDES // _HUNDRED)

    def facts(self) -> dict[str, int]:
        """As it stands in events."""
        return {"policy": self.policy_version, "percent": self.percent, "draw": self.number}


def draw(*, policy_version: int, percent: int) -> Draw:
    """Draw.

    Raises:
        ValueError: ``percent`` is not between 0 and 100.
    """
    return Draw(policy_version=policy_version, percent=percent, number=secrets.randbelow(SIDES))
