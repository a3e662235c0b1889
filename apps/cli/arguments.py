"""What the grammar is made of: a command, its arguments, and the words to write them with.

What must stay true: this module imports nothing that help could wait for (docs/adr/0011).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

_LAST_PORT: Final = 65_535


class Argument(NamedTuple):
    """One argument, as ``add_argument`` takes it."""

    names: tuple[str, ...]
    options: Mapping[str, Any]


class Command(NamedTuple):
    """One command: its words, one Danish line, and where its function stands (``module:function``)."""

    words: tuple[str, ...]
    summary: str
    target: str
    arguments: tuple[Argument, ...] = ()


def argument(*names: str, text: str, **options: object) -> Argument:
    """An argument with its Danish help."""
    return Argument(names, {"help": text, **options})


def flag(name: str, text: str, **options: object) -> Argument:
    """A switch."""
    return argument(name, text=text, action="store_true", **options)


def count(text: str) -> int:
    """A whole number of at least 1."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def port(text: str) -> int:
    """The number of a TCP port; 0 takes a free one."""
    number = int(text)
    if not 0 <= number <= _LAST_PORT:
        raise ValueError(text)
    return number


def limit(default: int | None, text: str) -> Argument:
    """How many at most."""
    return argument("--limit", metavar="ANTAL", type=count, default=default, text=text)
