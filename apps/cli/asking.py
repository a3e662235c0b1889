"""Asking the person in front of the screen: for a citizen's number, and whether he means it.

What must stay true: a number is typed unseen or comes through standard input, and is repeated nowhere; and without a
terminal nothing that cannot be undone is done unless it was said beforehand.
"""

from __future__ import annotations

import sys
from getpass import getpass

from apps.cli.exits import UsageError
from apps.cli.invocation import Invocation
from foundation.cpr import Cpr


def ask_number() -> Cpr:
    """The citizen's number, from a person who types it unseen, or the first line of standard input.

    A command line would keep it in the shell's history.

    Raises:
        InvalidCpr: it is none.
    """
    # Asked of the keyboard and not of the screen: with the output in a pipe the number would be seen as it is typed.
    if sys.stdin.isatty():
        return Cpr.parse(getpass("Personnummer (vises ikke): "))
    return Cpr.parse(sys.stdin.readline())


def confirm(call: Invocation, question: str, *, word: str) -> None:
    """Go on only when the person types ``word``, or said ``--yes``.

    Raises:
        UsageError: he did neither.
    """
    if call.options.yes:
        return
    if call.screen.is_terminal and call.screen.ask(f"{question} Skriv {word} for at fortsætte: ") == word:
        return
    message = f"{question} Intet er gjort. Skriv {word}, når der spørges, eller brug --yes."
    raise UsageError(message)
