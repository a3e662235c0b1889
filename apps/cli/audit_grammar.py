"""The commands of the record with their arguments, as data.

What must stay true: as in ``apps.cli.grammar``, nothing is imported that help could wait for; and a citizen's number is
never an argument, for what stands on a command line stays in the shell's history.
"""

from __future__ import annotations

from pathlib import Path

from apps.cli.arguments import Argument, Command, argument, count, flag, limit

_PERIOD = argument(
    "--period",
    metavar=("FRA", "TIL"),
    nargs=2,
    required=True,
    text="første og sidste dag, begge med, for eksempel 2026-01-01 2026-01-31",
)
_PURPOSE = argument("--purpose", metavar="TEKST", text="hvorfor; gemmes forseglet i loggen")
_YES = flag("--yes", "spørg ikke; kræves uden terminal")


def _file(name: str, text: str) -> Argument:
    return argument(name, metavar="FIL", type=Path, text=text)


AUDIT_COMMANDS = (
    Command(
        ("audit", "show"),
        "loggen som liste, optælling og tidslinje; læsningen bliver selv skrevet i loggen",
        "apps.cli.trail:show",
        (
            argument("--run", metavar="KØRSEL", text="kun denne kørsel"),
            argument("--item", metavar="OPGAVE", text="kun denne opgave"),
            argument("--case", metavar="SAG", text="kun denne sag (systemets eget nummer)"),
            argument("--robot", metavar="ROBOT", text="kun denne robots"),
            argument("--type", metavar="TYPE", text="kun denne slags, for eksempel effect.done"),
            argument("--result", "--outcome", metavar="UDFALD", text="kun ok, refused, failed eller unknown"),
            argument("--day", metavar="DAG", text="kun denne dag, for eksempel 2026-01-31"),
            flag("--timeline", "hele forløbet af én kørsel, opgave eller sag, i loggens rækkefølge"),
            limit(100, "højst så mange, de nyeste; i en tidslinje de første (100)"),
        ),
    ),
    Command(
        ("audit", "person"),
        "hvad der er slået op og ændret om én borger; nummeret spørges der om, eller det læses fra standard-input",
        "apps.cli.audit_person:run",
        (
            _PURPOSE,
            argument("--from-year", metavar="ÅR", type=count, text="fra og med dette år (sidste år)"),
            argument("--to-year", metavar="ÅR", type=count, text="til og med dette år (i år)"),
            flag("--with-employees", "nævn medarbejdere; kræver rollen revisor og et formål"),
            _file("--csv", "skriv det som CSV til Excel"),
            _file("--html", "skriv det som brev i HTML"),
            _file("--text", "skriv det som brev i ren tekst"),
            limit(1000, "højst så mange linjer, de ældste (1000)"),
        ),
    ),
    Command(
        ("audit", "sample"),
        "træk en tilfældig stikprøve til logkontrollen",
        "apps.cli.audit_sample:draw_sample",
        (
            _PERIOD,
            argument("--size", metavar="ANTAL", type=count, required=True, text="hvor mange hændelser"),
            argument("--seed", metavar="TEKST", text="dit eget frø, mindst otte tegn"),
            flag("--checkpoint", "tag frøet fra det første kontrolpunkt efter perioden"),
            argument("--type", metavar="TYPE", action="append", default=[], text="kun denne slags; kan gentages"),
            _PURPOSE,
            _file("--csv", "skriv skemaet til kontrollen som CSV til Excel"),
        ),
    ),
    Command(
        ("audit", "finding"),
        "skriv logkontrollens resultat i loggen",
        "apps.cli.audit_sample:tell_finding",
        (
            argument("sample", metavar="STIKPRØVE", text="stikprøvens nummer, eller dets begyndelse eller slutning"),
            _file("--form", "det udfyldte skema (CSV)"),
            flag("--all-justified", "alle hændelser i stikprøven var berettigede"),
        ),
    ),
    Command(
        ("audit", "prove"),
        "beviset for, at én hændelse står i loggen",
        "apps.cli.audit_prove:run",
        (
            argument("event", metavar="HÆNDELSE", text="hændelsens nummer, eller dets begyndelse eller slutning"),
            _file("--out", "skriv beviset i en fil, for eksempel bevis.tlog-proof"),
        ),
    ),
    Command(
        ("audit", "report"),
        "rapport for en periode: regnskab, stillingtagen, driftshændelser og kontrol",
        "apps.cli.audit_report:run",
        (_PERIOD, _file("--html", "skriv rapporten som HTML")),
    ),
    Command(
        ("audit", "verify"),
        "efterprøv hele loggen; slutter med 5, når noget er brudt",
        "apps.cli.audit_verify:verify_log",
        (
            flag("--hash-only", "kun blade, træ, underskrifter og kopier: hurtigt"),
            _file("--keys", "efterprøv mod nøglerne i denne fil, som du har fået et andet sted fra"),
        ),
    ),
    Command(
        ("audit", "clock"),
        "skriv i loggen, hvorfor uret var stillet tilbage før en hændelse",
        "apps.cli.audit_verify:explain_clock",
        (
            argument("event", metavar="HÆNDELSE", text="hændelsens nummer, som audit verify nævner det"),
            argument("--reason", metavar="TEKST", text="hvad du har fundet; gemmes forseglet i loggen"),
        ),
    ),
    Command(("audit", "sequence"), "indlem det, der venter, i loggens træ", "apps.cli.audit_verify:sequence"),
    Command(("audit", "checkpoint"), "indlem, og skriv under på loggen nu", "apps.cli.audit_verify:sign_now"),
    Command(
        ("audit", "keys"),
        "nøglerne, som loggen efterprøves med; eller skift nøgle",
        "apps.cli.audit_keep:show_keys",
        (
            flag("--rotate", "skift underskriftsnøgle"),
            argument("--reason", metavar="TEKST", text="begrundelse for skiftet; gemmes forseglet i loggen"),
            _YES,
        ),
    ),
    Command(("audit", "first-key"), "lav loggens første underskriftsnøgle", "apps.cli.audit_begin:first_key"),
    Command(
        ("audit", "begin-again"),
        "lad loggen fortsætte under et nyt navn, efter at en sikkerhedskopi er gendannet",
        "apps.cli.audit_begin:restart",
        (
            argument("--origin", metavar="NAVN", required=True, text="loggens nye navn"),
            argument("--copies", metavar="MAPPE", type=Path, required=True, text="en ny, tom mappe til kontrolpunkter"),
            argument("--reason", metavar="TEKST", text="hvad der er sket; gemmes forseglet i loggen"),
            _YES,
        ),
    ),
    Command(
        ("audit", "erase-person"),
        "slet koblingen mellem loggen og én borger; nummeret spørges der om, eller det læses fra standard-input",
        "apps.cli.audit_keep:erase_person",
        (argument("--reason", metavar="TEKST", text="begrundelse; gemmes forseglet i loggen"), _YES),
    ),
    Command(
        ("audit", "prune"),
        "slet gamle lukkede oplysninger eller gamle hændelser efter kommunens regler",
        "apps.cli.audit_keep:prune",
        (
            argument("--before", metavar="ÅR", type=count, required=True, text="det første år, der beholdes"),
            argument(
                "--class",
                metavar="KLASSE",
                dest="retention",
                required=True,
                choices=("events", "decision", "lookup"),
                text="events, decision eller lookup",
            ),
            argument("--reason", metavar="REGEL", text="reglen, der slettes efter; står læseligt i loggen"),
            _YES,
        ),
    ),
)
