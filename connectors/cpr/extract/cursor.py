"""Where a reader stands among the delivered files.

``2026-11-20:3f9a01bc,77d0e2aa:17`` is: of the files produced on 20 November, 3f9a01bc was read to its end, and of
77d0e2aa the first 17 persons; ``all`` in the last place means that it, too, was read to its end. What must stay true: a
cursor names files by their content, so that neither a new name nor a second delivery of the same day can mislead it;
and it holds no CPR number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Self

#: Enough of a SHA-256 to tell apart the files of one day, and too short to hold ten digits in a row.
PREFIX: Final = 8
_ALL: Final = "all"
_SHAPE: Final = re.compile(
    rf"(?P<day>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}):(?P<files>[0-9a-f]+(?:,[0-9a-f]+)*):(?P<people>[0-9]+|{_ALL})"
)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The files of one day in the order in which they were read, and how far the last of them."""

    day: date
    files: tuple[str, ...]
    #: Persons of the last file that were handed out; None when it was read to its end.
    people: int | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ``ValueError`` for a text that is no cursor of ours."""
        match = _SHAPE.fullmatch(text)
        if match is None:
            raise ValueError
        people = match["people"]
        files = tuple(match["files"].split(","))
        return cls(date.fromisoformat(match["day"]), files, None if people == _ALL else int(people))

    def __str__(self) -> str:
        return f"{self.day.isoformat()}:{','.join(self.files)}:{_ALL if self.people is None else self.people}"

    @property
    def current(self) -> str:
        """The file that is read, or was read last."""
        return self.files[-1]

    def at(self, people: int | None) -> Self:
        """The same file, further on."""
        return replace(self, people=people)


def opened(before: Cursor | None, day: date, file: str) -> Cursor:
    """The cursor at the beginning of a file that follows ``before``."""
    earlier = before.files if before is not None and before.day == day else ()
    return Cursor(day, (*earlier, file), 0)
