"""What can be ordered to go wrong with the next call, in words that suit a server and a twin alike."""

from enum import StrEnum


class Trouble(StrEnum):
    """The next call of a method meets this."""

    LOST_BEFORE = "lost before it took effect"
    LOST_AFTER = "lost after it took effect"
    THROTTLED = "throttled for seven seconds"
    UNAVAILABLE = "unavailable"
    CONFLICT = "conflict"
    CLOSED = "closed"
    GARBLED = "garbled answer"


#: Seconds that a throttled call is asked to wait.
RETRY_AFTER = 7
