"""Every command with its arguments, as data.

What must stay true: this module imports nothing but argparse's kin, so that help is there at once; what a command
does is found by name when it is called (docs/adr/0011).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple


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


class Group(NamedTuple):
    """Commands under one word; ``default`` is meant when none is named."""

    word: str
    summary: str
    default: str | None


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


_ITEM = argument("item", metavar="OPGAVE", text="opgavens nummer, eller dets begyndelse eller slutning")
_REASON = argument("--reason", metavar="TEKST", text="begrundelse; gemmes forseglet i loggen")
_ROBOT = argument("--robot", metavar="ROBOT", text="kun denne robots")
_SEED = argument("--seed", metavar="TAL", type=int, default=1, text="samme tal giver samme forløb (1)")


def _limit(default: int | None, text: str) -> Argument:
    return argument("--limit", metavar="ANTAL", type=count, default=default, text=text)


def _sizes(citizens: int, cases: int) -> tuple[Argument, ...]:
    return (
        argument("--citizens", metavar="ANTAL", type=count, default=citizens, text=f"antal borgere ({citizens})"),
        argument("--cases", metavar="ANTAL", type=count, default=cases, text=f"antal sager ({cases})"),
    )


_WITHOUT_PREFECT = flag("--without-prefect", "kør direkte i denne proces i stedet for gennem Prefect")

GROUPS = (
    Group("items", "se, annullér, genåbn og afgør opgaver", "list"),
    Group("approvals", "se og besvar robotternes forslag", "list"),
    Group("incidents", "se og luk driftshændelser", "list"),
    Group("audit", "læs i loggen", None),
    Group("simulator", "prøvekommunen på denne maskine", "serve"),
    Group("database", "databasen", None),
)

#: Global options; every command takes them.
EVERYWHERE = (
    flag("--json", "svar med ét JSON-dokument", dest="as_json", default=False),
    argument("--as", metavar="NAVN", dest="chosen", default=None, text="handl som en prøveperson (kun i simulated)"),
    argument(
        "--data-dir",
        metavar="MAPPE",
        dest="data_dir",
        type=Path,
        default=None,
        text="mappe i stedet for SAGSGANG_DATA_DIR",
    ),
)

COMMANDS = (
    Command(
        ("demo",),
        "en nat i prøvekommunen, fra hændelse til journalnotat og bevis",
        "apps.cli.demo.story:run",
        (
            argument("--changes", metavar="ANTAL", type=count, default=30, text="hvor mange der flytter (30)"),
            _SEED,
            *_sizes(2000, 5000),
            flag("--keep", "flyt en tidligere demo til side i stedet for at slette den"),
            _WITHOUT_PREFECT,
        ),
    ),
    Command(("up",), "start det hele på denne maskine; Ctrl-C stopper", "apps.cli.up:run"),
    Command(
        ("doctor",),
        "undersøg, hvad der mangler, og hvad der retter det",
        "apps.cli.doctor:run",
        (
            argument(
                "--inside",
                metavar="VÆRT",
                action="append",
                default=[],
                text="en vært i et lukket net, hvor Prefect må være; kan gentages",
            ),
        ),
    ),
    Command(
        ("robots",),
        "robotterne; med et navn hele robotkortet",
        "apps.cli.robots:run",
        (argument("name", metavar="ROBOT", nargs="?", text="robottens navn"),),
    ),
    Command(
        ("run",),
        "kør en robot: hent nyt, og behandl det, der venter",
        "apps.cli.run:run",
        (
            argument("name", metavar="ROBOT", text="robottens navn"),
            flag("--dry-run", "prøvekørsel: vis planen, skriv intet i andre systemer"),
            _limit(None, "højst så mange opgaver"),
            flag("--accept-gap", "gå videre over et hul i hændelserne, når de manglende er håndteret"),
            _WITHOUT_PREFECT,
            argument("--csv", metavar="FIL", type=Path, text="skriv prøvekørslens plan som CSV til Excel"),
            argument("--html", metavar="FIL", type=Path, text="skriv prøvekørslens plan som HTML"),
        ),
    ),
    Command(
        ("items", "list"),
        "opgaverne, de nyeste først",
        "apps.cli.items:show_list",
        (
            _ROBOT,
            argument("--state", metavar="TILSTAND", text="kun i denne tilstand, for eksempel in_doubt"),
            _limit(50, "højst så mange (50)"),
        ),
    ),
    Command(("items", "show"), "én opgave med dens ændringer i andre systemer", "apps.cli.items:show_one", (_ITEM,)),
    Command(("items", "cancel"), "annullér en opgave", "apps.cli.items:cancel", (_ITEM, _REASON)),
    Command(("items", "reopen"), "genåbn en afsluttet opgave", "apps.cli.items:reopen", (_ITEM, _REASON)),
    Command(
        ("items", "settle"),
        "sig, om en uvis ændring er sket",
        "apps.cli.items:settle",
        (
            argument("effect", metavar="ÆNDRING", text="ændringens nummer, eller dets begyndelse eller slutning"),
            flag("--happened", "ændringen er sket"),
            flag("--not-happened", "ændringen er ikke sket"),
            argument("--saw", metavar="TEKST", default="", text="hvad du så i fagsystemet"),
        ),
    ),
    Command(
        ("approvals", "list"),
        "forslagene, der venter, de ældste først",
        "apps.cli.approvals:show_list",
        (_ROBOT, _limit(50, "højst så mange (50)")),
    ),
    Command(("approvals", "show"), "ét forslag, med før og efter", "apps.cli.approvals:show_one", (_ITEM,)),
    Command(
        ("approvals", "approve"),
        "godkend forslag",
        "apps.cli.approving:approve",
        (
            argument(
                "items",
                metavar="OPGAVE@KONTROLSUM",
                nargs="*",
                text="opgave og begyndelsen af kontrolsummen, som approvals show viser",
            ),
            flag("--all-ordinary", "alle forslag, der ikke skal ses på enkeltvis, og som du må godkende"),
            argument("--leave-out", metavar="LINJE", action="append", default=[], text="udelad en linje; kan gentages"),
            _REASON,
            flag("--yes", "spørg ikke; kræves uden terminal"),
        ),
    ),
    Command(
        ("approvals", "return"),
        "send et forslag tilbage; robotten laver et nyt",
        "apps.cli.approving:send_back",
        (_ITEM, _REASON),
    ),
    Command(
        ("approvals", "take-over"),
        "overtag en opgave manuelt",
        "apps.cli.approving:take_over",
        (_ITEM, _REASON),
    ),
    Command(("incidents", "list"), "åbne driftshændelser", "apps.cli.incidents:show_list"),
    Command(
        ("incidents", "close"),
        "luk en driftshændelse",
        "apps.cli.incidents:close",
        (argument("incident", metavar="HÆNDELSE", text="hændelsens nummer"), _REASON),
    ),
    Command(
        ("audit", "show"),
        "loggen som liste; læsningen bliver selv skrevet i loggen",
        "apps.cli.trail:show",
        (
            argument("--run", metavar="KØRSEL", text="kun denne kørsel"),
            argument("--item", metavar="OPGAVE", text="kun denne opgave"),
            argument("--case", metavar="SAG", text="kun denne sag (systemets eget nummer)"),
            _ROBOT,
            argument("--type", metavar="TYPE", text="kun denne slags, for eksempel effect.done"),
            _limit(100, "højst så mange, de nyeste (100)"),
        ),
    ),
    Command(
        ("simulator", "serve"),
        "kør prøvekommunen her, til Ctrl-C",
        "apps.cli.simulator:serve",
        (
            argument("--port", metavar="PORT", type=int, default=8810, text="port på 127.0.0.1 (8810)"),
            _SEED,
            *_sizes(2000, 5000),
            argument("--store", metavar="MAPPE", type=Path, text="hvor den gemmes (data-mappen/simulated)"),
        ),
    ),
    Command(
        ("simulator", "night"),
        "lad borgere flytte i en prøvekommune, der kører",
        "apps.cli.simulator:night",
        (
            argument("--moves", metavar="ANTAL", type=count, default=10, text="hvor mange der flytter (10)"),
            _SEED,
        ),
    ),
    Command(("database", "upgrade"), "bring databasen på programmets revision", "apps.cli.database:upgrade_schema"),
    Command(("deployments",), "hvornår og hvor robotterne kører af sig selv", "apps.cli.deployments:run"),
    Command(("version",), "versionen", "apps.cli.version:run"),
)
