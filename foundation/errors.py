"""The root of every error that Sagsgang raises itself.

    SagsgangError
    ├── ConfigurationError        a setting is missing or wrong
    ├── EnvironmentLockedError    the environment does not allow it
    ├── NotAllowedError           this actor may not do that
    └── DatabaseError             the database is not as it must be
        └── DiskFullError         there is no room to store anything

What must stay true: a message is a sentence in Danish that says what to do, and holds no personal data.
"""

from __future__ import annotations

from typing import ClassVar


class SagsgangError(Exception):
    """Something that a person can act on. ``code`` is stable; ``is_retryable`` tells whether waiting may help."""

    code: ClassVar[str] = "error"
    is_retryable: ClassVar[bool] = False


class ConfigurationError(SagsgangError):
    """A setting is missing or wrong; the message names it and says what it should be."""

    code = "configuration"


class NotAllowedError(SagsgangError):
    """This actor may not do that."""

    code = "not_allowed"


class DatabaseError(SagsgangError):
    """The database is not as it must be: wrong environment, missing triggers, old schema."""

    code = "database"


class DiskFullError(DatabaseError):
    """There is no room on the database's disk; what was being stored is rolled back whole."""

    code = "disk_full"
    is_retryable = True
