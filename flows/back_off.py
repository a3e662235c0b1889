"""How long an item waits before its next attempt.

What must stay true: never shorter than the other system asked for, growing with each attempt up to an hour, and
different for items that failed together, so that they do not all come back together.
"""

from __future__ import annotations

#: Seconds before the first retry; doubles with each, up to an hour.
FIRST_PAUSE = 30.0
LONGEST_PAUSE = 3600.0


def seconds_before(attempt: int, *, at_least: float, chance: float) -> float:
    """Seconds before the attempt after this one.

    Args:
        attempt: the number of the attempt that failed, from 1.
        at_least: what the system asked for (``Retry-After``), in seconds; 0 when it did not.
        chance: a number from 0 to 1, drawn anew for each item.

    Returns:
        At least half of the pause for this attempt and at most all of it; where the system asked for more, what it
        asked for and up to half of the pause besides.
    """
    # The exponent is bounded, because a float is.
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(attempt - 1, 16))
    return max(pause * (0.5 + chance / 2), at_least + pause * chance / 2 if at_least else 0.0)
