"""``sagsgang simulator``: the simulated municipality in the foreground, and a night in one that runs.

What must stay true: only in ``simulated``, and always another process.
"""

from __future__ import annotations

from apps.cli.exits import Exit
from apps.cli.invocation import Invocation
from apps.cli.municipality import SimulatorError, Tester, require_simulated, serving

#: The settings that lead to a municipality on another port than the usual one.
_ADDRESSES = ("nova_url", "nova_token_url", "cpr_url", "dar_url")


def serve(call: Invocation) -> int:
    """Run it until Ctrl-C."""
    options, screen = call.options, call.screen
    require_simulated(call.settings)
    store = options.store or call.settings.data_dir / "simulated"
    screen.say("Starter prøvekommunen …")
    size = {"port": options.port, "seed": options.seed, "citizens": options.citizens, "cases": options.cases}
    with serving(store, **size) as (served, child):
        # Ctrl-C is how it is meant to end, also while the first lines are still being written.
        try:
            screen.heading(f"Prøvekommunen svarer på {served.url}")
            pages = ("Folkeregister (side)", f"{served.url}/__admin/")
            screen.facts([("Nova", f"{served.url}/nova"), ("CPR", f"{served.url}/cpr"), pages, ("Gemt i", store)])
            if not call.settings.nova_url.startswith(f"{served.url}/"):
                screen.line("Sagsgang taler med en anden adresse. Sæt disse i det vindue, hvor du kører kommandoerne:")
                screen.lines(f"  SAGSGANG_{name.upper()}={served.settings()[name]}" for name in _ADDRESSES)
            screen.advise(call.command("simulator", "night"), call.command("run", "address_update", "--dry-run"))
            screen.say("Ctrl-C stopper den.")
            screen.answer({"url": served.url, "store": store, "citizens": options.citizens, "cases": options.cases})
            screen.flush()
            child.wait()
        except KeyboardInterrupt:
            screen.say("Prøvekommunen stopper.")
            return Exit.OK
    message = "Prøvekommunen stoppede af sig selv."
    raise SimulatorError(message)


def night(call: Invocation) -> int:
    """Let citizens move in the municipality that the settings point at."""
    options, screen = call.options, call.screen
    with Tester.of(call.settings) as tester:
        told = tester.tell("/nights", moves=options.moves, seed=options.seed)
    screen.heading(f"{told['persons']} borgere er flyttet; CPR har {told['events']} nye hændelser.")
    if told["persons"] < options.moves:
        screen.line("Det er færre end ønsket: flere borgere med rigtige adresser på deres sager var der ikke.")
    screen.advise(call.command("run", "address_update"))
    # The numbers of those who moved are left out: nothing here needs them.
    screen.answer({"events": told["events"], "persons": told["persons"]})
    return Exit.OK
