"""From a command line to a command and its options, in Danish.

What must stay true: nothing is imported here that help could wait for, and what a person typed is never repeated
back: it may be a CPR number in the wrong place.
"""

from __future__ import annotations

import re
from argparse import SUPPRESS, ArgumentParser, HelpFormatter, Namespace, _ArgumentGroup
from collections.abc import Iterable, Sequence
from typing import NoReturn

from apps.cli.arguments import Argument, Command
from apps.cli.exits import UsageError
from apps.cli.grammar import COMMANDS, EVERYWHERE, GROUPS

_DESCRIPTION = "Sagsgang: robotten foreslår, et menneske beslutter, loggen beviser."
_SEE_HELP = "Se hjælpen med --help."
_DEFAULTS = {group.word: group.default for group in GROUPS if group.default is not None}
#: What is meant by a second word that is none of the group's own, and those that are.
_FOR_NAME = {group.word: group.for_name for group in GROUPS if group.for_name is not None}
_SECOND_WORDS = {command.words for command in COMMANDS if len(command.words) > 1}
#: Each global option, and whether a value follows it.
_GLOBAL = {name: "action" not in each.options for each in EVERYWHERE for name in each.names}
_HELP = frozenset({"-h", "--help"})
#: argparse's own sentences, as far as a person meets them.
_SENTENCES = (
    (re.compile(r"the following arguments are required: (?P<what>.+)"), "Der mangler: {what}."),
    (re.compile(r"argument KOMMANDO: invalid choice"), "Den kommando findes ikke."),
    (re.compile(r"argument (?P<what>[^:]+): invalid choice"), "{what} er noget, der ikke findes."),
    (re.compile(r"argument (?P<what>[^:]+): invalid port value"), "{what} skal være et tal fra 1 til 65535."),
    (re.compile(r"argument (?P<what>[^:]+): invalid (?:int|count)? ?value"), "{what} skal være et helt tal over nul."),
    (re.compile(r"argument (?P<what>[^:]+): expected one argument"), "{what} mangler en værdi."),
    (re.compile(r"argument (?P<what>[^:]+): expected at least one"), "{what} mangler en værdi."),
    (re.compile(r"argument (?P<what>[^:]+): expected (?P<count>\d+) arg"), "{what} skal have {count} værdier."),
)


class DanishFormatter(HelpFormatter):
    """Help whose headings are Danish."""

    def add_usage(self, usage, actions, groups, prefix=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201  # argparse's own signature, whose types are private.
        """The line that tells how the command is written."""
        return super().add_usage(usage, actions, groups, "Brug: " if prefix is None else prefix)


class Parser(ArgumentParser):
    """A parser that raises instead of ending the process, and says it in Danish."""

    def error(self, message: str) -> NoReturn:
        """Raise ``UsageError`` with a Danish sentence."""
        raise UsageError(f"{_in_danish(message)} {_SEE_HELP}")


def parse(argv: Sequence[str]) -> tuple[Command | None, Namespace, Parser]:
    """The command that is meant, its options, and the parser whose help fits.

    The command is None when only a group, or nothing, was named. Raises ``UsageError``.
    """
    root, by_words = _parsers()
    options, unknown = root.parse_known_args(_with_defaults(argv))
    words = tuple(word for word in (options.word, getattr(options, "subword", None)) if word)
    command = next((each for each in COMMANDS if each.words == words), None)
    parser = by_words.get(words, root)
    if unknown:
        raise UsageError(f"Der er skrevet noget, som kommandoen ikke kender. {_known(command)}{_SEE_HELP}")
    return command, options, parser


def _known(command: Command | None) -> str:
    """What could have been meant, because what was typed is not repeated."""
    names = [name for each in command.arguments for name in each.names if name.startswith("--")] if command else []
    return f"Den kender {', '.join(names)} og det, der er fælles. " if names else ""


def _with_defaults(argv: Sequence[str]) -> list[str]:
    """``sagsgang items --state new`` means ``sagsgang items list --state new``."""
    words = list(argv)
    at = _past_global_options(words, 0)
    group = words[at] if at < len(words) else ""
    if group in _DEFAULTS:
        following = _past_global_options(words, at + 1)
        # Another option, or nothing, where the second word would stand: the default is meant.
        if following == len(words) or (words[following].startswith("-") and words[following] not in _HELP):
            words.insert(at + 1, _DEFAULTS[group])
        elif group in _FOR_NAME and (group, words[following]) not in _SECOND_WORDS | {(group, each) for each in _HELP}:
            words.insert(at + 1, _FOR_NAME[group])
    return words


def _past_global_options(words: Sequence[str], at: int) -> int:
    """Where the first word after ``at`` stands that is no global option."""
    while at < len(words) and words[at] in _GLOBAL:
        at += 2 if _GLOBAL[words[at]] else 1
    return min(at, len(words))


def _parsers() -> tuple[Parser, dict[tuple[str, ...], Parser]]:
    root = _parser("sagsgang", _DESCRIPTION, is_root=True)
    top = root.add_subparsers(title="Kommandoer", metavar="KOMMANDO", dest="word", parser_class=Parser)
    made: dict[tuple[str, ...], Parser] = {}
    inner = {}
    groups = {group.word: group for group in GROUPS}
    for command in COMMANDS:
        first = command.words[0]
        if len(command.words) == 1:
            made[command.words] = _leaf(top.add_parser, command)
            continue
        if first not in inner:
            summary = groups[first].summary
            made[first,] = parser = _filled(top.add_parser, first, summary)
            inner[first] = parser.add_subparsers(title="Kommandoer", metavar="KOMMANDO", dest="subword")
        made[command.words] = _leaf(inner[first].add_parser, command)
    return root, made


def _leaf(add, command: Command) -> Parser:  # type: ignore[no-untyped-def]  # noqa: ANN001  # The type of argparse's sub-parsers is private.
    parser = _filled(add, command.words[-1], command.summary)
    wanted = parser.add_argument_group("Argumenter")
    _add(wanted, command.arguments)
    return parser


def _filled(add, word: str, summary: str) -> Parser:  # type: ignore[no-untyped-def]  # noqa: ANN001  # As above.
    parser: Parser = add(
        word,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        add_help=False,
        formatter_class=DanishFormatter,
        allow_abbrev=False,
    )
    _add_everywhere(parser, is_root=False)
    return parser


def _parser(name: str, description: str, *, is_root: bool) -> Parser:
    parser = Parser(
        prog=name,
        description=description,
        epilog="Hver kommando har sin egen hjælp: sagsgang KOMMANDO --help",
        add_help=False,
        formatter_class=DanishFormatter,
        allow_abbrev=False,
    )
    _add_everywhere(parser, is_root=is_root)
    return parser


def _add_everywhere(parser: Parser, *, is_root: bool) -> None:
    shared = parser.add_argument_group("Fælles for alle kommandoer")
    shared.add_argument("-h", "--help", action="help", help="vis denne hjælp")
    # Only the root sets defaults: a sub-parser's default would undo what stood before the command.
    keep = {} if is_root else {"default": SUPPRESS}
    _add(shared, [Argument(each.names, {**each.options, **keep}) for each in EVERYWHERE])


def _add(group: _ArgumentGroup, arguments: Iterable[Argument]) -> None:
    for each in arguments:
        group.add_argument(*each.names, **each.options)


def _in_danish(message: str) -> str:
    for pattern, sentence in _SENTENCES:
        found = pattern.search(message)
        if found is not None:
            return sentence.format(**found.groupdict())
    return "Kommandoen kan ikke forstås."
