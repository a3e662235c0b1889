"""Every command with its arguments, as data.

What must stay true: this module imports nothing but argparse's kin, so that help is there at once; what a command
does is found by name when it is called (docs/adr/0011).
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from apps.cli.arguments import Argument, Command, argument, count, flag, limit, port
from apps.cli.audit_grammar import AUDIT_COMMANDS
from apps.cli.operating_grammar import OPERATING_COMMANDS


class Group(NamedTuple):
    """Commands under one word; ``default`` is meant when none is named, ``for_name`` when something else is."""

    word: str
    summary: str
    default: str | None
    for_name: str | None = None


_ITEM = argument("item", metavar="OPGAVE", text="opgavens nummer, eller dets begyndelse eller slutning")
_REASON = argument("--reason", metavar="TEKST", text="begrundelse; gemmes forseglet i loggen")
_ROBOT = argument("--robot", metavar="ROBOT", text="kun denne robots")
_NAME = argument("name", metavar="ROBOT", text="robottens navn")
_POLICY = argument("policy", metavar="POLITIK", text="politikkens nummer, eller dets begyndelse eller slutning")
_SEED = argument("--seed", metavar="TAL", type=int, default=1, text="samme tal giver samme forløb (1)")


def _sizes(citizens: int, cases: int) -> tuple[Argument, ...]:
    return (
        argument("--citizens", metavar="ANTAL", type=count, default=citizens, text=f"antal borgere ({citizens})"),
        argument("--cases", metavar="ANTAL", type=count, default=cases, text=f"antal sager ({cases})"),
    )


_WITHOUT_PREFECT = flag("--without-prefect", "kør direkte i denne proces i stedet for gennem Prefect")

GROUPS = (
    Group("robots", "robotterne, deres kort, og om de må arbejde", "list", "show"),
    Group("items", "se, annullér, genåbn og afgør opgaver", "list"),
    Group("approvals", "se og besvar robotternes forslag", "list"),
    Group("policy", "hvor langt en robot må gå selv", None),
    Group("holds", "linjer, robotten lader være efter en tilbageførsel", "list"),
    Group("intake", "hentning, der er standset", None),
    Group("incidents", "se, tag dig af, gentag og luk driftshændelser", "list"),
    Group("notices", "beskeder til mennesker", None),
    Group("pool", "Prefects arbejdspuljer", None),
    Group("audit", "læs, kontrollér og bevis loggen", None),
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
            argument("--changes", metavar="ANTAL", type=count, default=300, text="hvor mange der flytter (300)"),
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
        ("run",),
        "kør en robot: hent nyt, og behandl det, der venter",
        "apps.cli.run:run",
        (
            argument("name", metavar="ROBOT", text="robottens navn"),
            flag("--person", "kun én borger nu; nummeret spørges der om, eller det læses fra standard-input"),
            argument("--case", metavar="SAG", text="kun parterne på denne sag nu, for eksempel S2026-12345"),
            flag("--dry-run", "prøvekørsel: vis planen, skriv intet i andre systemer"),
            limit(None, "højst så mange opgaver"),
            _WITHOUT_PREFECT,
            argument("--csv", metavar="FIL", type=Path, text="skriv prøvekørslens plan som CSV til Excel"),
            argument("--html", metavar="FIL", type=Path, text="skriv prøvekørslens plan som HTML"),
        ),
    ),
    Command(
        ("sweep",),
        "sammenlign alle parter på åbne sager med CPR, og lav opgaver til dem, der afviger",
        "apps.cli.sweep:run",
        (
            _NAME,
            argument("--pages", metavar="ANTAL", type=count, text="stop efter så mange sider; kan fortsættes"),
        ),
    ),
    Command(
        ("reconcile",),
        "afstem: går tallene op, og står det i fagsystemet",
        "apps.cli.reconcile:run",
        (
            _NAME,
            flag("--books-only", "kun regnskabet; spørg ingen andre systemer"),
            argument("--days", metavar="DAGE", type=count, default=7, text="efterse notater så mange dage tilbage (7)"),
        ),
    ),
    Command(
        ("rollback",),
        "bed om at føre det tilbage, en opgave har skrevet",
        "apps.cli.holds:roll_back",
        (_ITEM, argument("--row", metavar="LINJE", action="append", default=[], text="kun denne linje"), _REASON),
    ),
    Command(("holds", "list"), "linjer, robotten lader være", "apps.cli.holds:show_list", (_ROBOT,)),
    Command(
        ("holds", "release"),
        "lad robotten holde linjen ajour igen",
        "apps.cli.holds:release",
        (_NAME, argument("row", metavar="LINJE", text="linjen, som holds viser den"), _REASON),
    ),
    Command(("policy", "show"), "robottens politikker", "apps.cli.policy:show", (_NAME,)),
    Command(
        ("policy", "propose"),
        "foreslå en politik",
        "apps.cli.policy:propose",
        (_NAME, argument("file", metavar="FIL", type=Path, text="politikken som JSON"), _REASON),
    ),
    Command(("policy", "approve"), "sæt en politik i kraft", "apps.cli.policy:approve", (_POLICY, _REASON)),
    Command(("policy", "reject"), "afvis en politik", "apps.cli.policy:reject", (_POLICY, _REASON)),
    Command(
        ("intake", "accept"),
        "lad en standset hentning fortsætte én gang",
        "apps.cli.policy:accept_intake",
        (
            _NAME,
            argument("what", metavar="HVAD", choices=("gap", "mass_change"), text="gap eller mass_change"),
            argument("mark", metavar="MÆRKE", text="som driftshændelsen viser det"),
            _REASON,
        ),
    ),
    Command(
        ("items", "list"),
        "opgaverne, de nyeste først",
        "apps.cli.items:show_list",
        (
            _ROBOT,
            argument("--state", metavar="TILSTAND", text="kun i denne tilstand, for eksempel in_doubt"),
            flag("--due", "kun dem med en frist, der ikke er færdige; nærmeste frist først"),
            limit(50, "højst så mange (50)"),
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
            argument(
                "--owner-is-gone",
                metavar="TEKST",
                default="",
                text="hvordan du ved, at arbejderen, der begyndte, er væk for altid",
            ),
        ),
    ),
    Command(
        ("approvals", "list"),
        "forslagene, der venter, de ældste først",
        "apps.cli.approvals:show_list",
        (_ROBOT, limit(50, "højst så mange (50)")),
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
    *OPERATING_COMMANDS,
    *AUDIT_COMMANDS,
    Command(
        ("audit", "export"),
        "udlevér et udtræk af loggen, som modtageren selv kan efterprøve; det bliver skrevet i loggen",
        "apps.cli.export:write",
        (
            argument("folder", metavar="MAPPE", type=Path, text="en ny eller tom mappe"),
            argument("--from", metavar="DAG", dest="start", text="første dag, for eksempel 2026-01-31"),
            argument("--to", metavar="DAG", dest="end", text="sidste dag, med"),
            argument("--case", metavar="SAG", text="kun denne sag (systemets eget nummer)"),
            _ROBOT,
            argument("--run", metavar="KØRSEL", text="kun denne kørsel"),
            argument("--item", metavar="OPGAVE", text="kun denne opgave"),
            argument(
                "--keys", metavar="FIL", type=Path, text="loggens nøgler, når underskriverens mappe ikke kan læses her"
            ),
            flag("--zip", "også som zip-fil ved siden af mappen"),
        ),
    ),
    Command(
        ("audit", "verifier"),
        "skriv programmet, der efterprøver et udtræk uden Sagsgang",
        "apps.cli.export:hand_out_verifier",
        (argument("file", metavar="FIL", type=Path, text="hvor det skrives, for eksempel verify_bundle.py"),),
    ),
    Command(
        ("simulator", "serve"),
        "kør prøvekommunen her, til Ctrl-C",
        "apps.cli.simulator:serve",
        (
            argument("--port", metavar="PORT", type=port, default=8810, text="port på 127.0.0.1 (8810)"),
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
