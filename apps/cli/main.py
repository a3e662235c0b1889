"""The command ``sagsgang``: from arguments to an exit code.

What must stay true: help needs nothing but argparse (docs/adr/0011); each command ends with one of the documented
exit codes; and an error is one Danish sentence, never a traceback unless somebody asked for one.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TextIO

from apps.cli.exits import Exit, Problem, UsageError, explain
from apps.cli.parsing import parse

if TYPE_CHECKING:
    from argparse import Namespace

    from apps.cli.arguments import Command
    from apps.cli.invocation import Invocation
    from apps.cli.screens import Screen


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        _let_any_letter_through(stream)
    try:
        command, options, parser = parse(arguments)
    except SystemExit:
        # argparse has printed the help that was asked for.
        return Exit.OK
    except UsageError as error:
        return _end_early(error, as_json="--json" in arguments)
    if command is None:
        if options.word is None:
            parser.print_help()
            return Exit.OK
        return _end_early(UsageError(f"Skriv, hvad der skal ske. Se: sagsgang {options.word} --help"), options.as_json)
    return _call(command, options)


def _call(command: Command, options: Namespace) -> int:
    from apps.cli.screens import Screen  # noqa: PLC0415 - help must not wait for rich.

    screen = Screen(as_json=options.as_json)
    try:
        from apps.cli.invocation import Invocation  # noqa: PLC0415 - help must not wait for the house.

        return int(_function(command.target)(Invocation(options, screen)))
    except KeyboardInterrupt:
        return _tell(screen, Problem(Exit.INTERRUPTED, "interrupted", "Afbrudt."))
    except BrokenPipeError:
        # Whoever read the output has seen enough; nothing more can be said, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    except Exception as error:  # noqa: BLE001 - this is where every error ends, as a sentence and an exit code.
        if os.environ.get("SAGSGANG_LOG_LEVEL", "").upper() == "DEBUG":
            _log_fault(error)
        return _tell(screen, explain(error))


def _function(target: str) -> Callable[[Invocation], int]:
    module, _, name = target.partition(":")
    function: Callable[[Invocation], int] = getattr(importlib.import_module(module), name)
    return function


def _tell(screen: Screen, problem: Problem) -> int:
    screen.say(problem.message)
    if not screen.has_answered:
        screen.answer({"error": {"code": problem.code, "message": problem.message, "exit": int(problem.exit)}})
    return problem.exit


def _end_early(error: UsageError, as_json: bool) -> int:  # noqa: FBT001 - one caller, which has a boolean.
    from apps.cli.screens import Screen  # noqa: PLC0415 - help must not wait for rich.

    return _tell(Screen(as_json=as_json), explain(error))


def _log_fault(error: Exception) -> None:
    """The traceback through the masked log; its text may hold anything."""
    from foundation.logs import get_logger  # noqa: PLC0415 - help must not wait for structlog.

    get_logger(__name__).error("command.failed", kind=type(error).__name__, exc_info=error)


def _let_any_letter_through(stream: TextIO) -> None:
    """A terminal that cannot show a letter gets a question mark instead of a crash."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
