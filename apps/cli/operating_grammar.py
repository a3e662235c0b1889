"""The commands that keep the work going: robots, incidents, notices and Prefect's pools.

What must stay true: as in ``apps.cli.grammar``, nothing is imported here that help could wait for.
"""

from __future__ import annotations

from apps.cli.arguments import Command, argument, count, flag

_REASON = argument("--reason", metavar="TEKST", text="begrundelse; gemmes forseglet i loggen")
_NAME = argument("name", metavar="ROBOT", text="robottens navn")
_INCIDENT = argument("incident", metavar="HÆNDELSE", text="hændelsens nummer, eller dets begyndelse eller slutning")
_POOL = argument("pool", metavar="PULJE", text="arbejdspuljens navn i Prefect")

OPERATING_COMMANDS = (
    Command(("robots", "list"), "robotterne, og hvilke der er på pause", "apps.cli.robots:show_list"),
    Command(("robots", "show"), "hele robotkortet", "apps.cli.robots:show_card", (_NAME,)),
    Command(
        ("robots", "pause"),
        "tag intet nyt; det, der er begyndt, bliver færdigt",
        "apps.cli.pausing:pause",
        (_NAME, _REASON),
    ),
    Command(
        ("robots", "stop"),
        "stop helt: også begyndte opgaver lægges tilbage mellem to trin",
        "apps.cli.pausing:stop",
        (_NAME, _REASON),
    ),
    Command(("robots", "resume"), "sæt robotten i drift igen", "apps.cli.pausing:resume", (_NAME, _REASON)),
    Command(("incidents", "list"), "åbne driftshændelser", "apps.cli.incidents:show_list"),
    Command(
        ("incidents", "show"),
        "én driftshændelse med dens opgaver og linjerne fra kørslens log",
        "apps.cli.incidents:show_one",
        (_INCIDENT, argument("--lines", metavar="ANTAL", type=count, default=40, text="højst så mange linjer (40)")),
    ),
    Command(
        ("incidents", "acknowledge"),
        "tag dig af en driftshændelse",
        "apps.cli.incidents:acknowledge",
        (_INCIDENT, argument("--note", metavar="TEKST", text="hvad du gør ved den; gemmes forseglet")),
    ),
    Command(
        ("incidents", "retry"),
        "sæt alle driftshændelsens opgaver i gang igen",
        "apps.cli.incidents:retry",
        (_INCIDENT, _REASON),
    ),
    Command(("incidents", "close"), "luk en driftshændelse", "apps.cli.incidents:close", (_INCIDENT, _REASON)),
    Command(
        ("notices", "send"),
        "send besked om driftshændelser, frister og ventende forslag",
        "apps.cli.notices:send",
    ),
    Command(
        ("pool", "drain"),
        "lad en arbejdspulje i Prefect køre tom, før dens arbejdere stoppes",
        "apps.cli.pools:drain",
        (
            _POOL,
            argument("--wait", metavar="SEKUNDER", type=count, default=600, text="vent højst så længe (600)"),
            flag("--no-wait", "vent ikke på det, der kører"),
        ),
    ),
    Command(("pool", "resume"), "lad arbejdspuljen starte kørsler igen", "apps.cli.pools:resume", (_POOL,)),
)
