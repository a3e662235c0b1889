"""What can be ordered to go wrong with the next call, in words that suit a server and a twin alike."""

from enum import StrEnum


class Trouble(StrEnum):
    """The next call of a method meets this."""

    LOST_BEFORE = "lost before it took effect"
    LOST_AFTER = "lost after it took effect"
    BROKEN_BEFORE = "broken with nothing done"
    BROKEN_AFTER = "broken with everything done"
    THROTTLED = "throttled for seven seconds"
    UNAVAILABLE = "unavailable"
    CONFLICT = "conflict"
    CLOSED = "closed"
    OUTDATED = "precondition failed"
    LOCKED = "locked for seven seconds"
    ARCHIVED = "locked by the archive"
    FORBIDDEN = "forbidden"
    GARBLED = "garbled answer"
    WRONG_SHAPE = "answer of a shape that nobody knows"


#: Seconds that a throttled call, or one that meets a lock, is asked to wait.
RETRY_AFTER = 7
