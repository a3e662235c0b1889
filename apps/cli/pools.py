"""``sagsgang pool``: let a work pool of Prefect run empty, and fill again.

What must stay true: 0 from ``drain`` means that nothing of the pool runs, so that its workers can be stopped.
"""

from __future__ import annotations

from apps.cli.exits import Exit
from apps.cli.invocation import Invocation
from flows.draining import drain_pool, resume_pool

#: As for pausing a robot: those who mend runs and those who run the house.
_MAY = frozenset({"digital_agent", "administrator"})


def drain(call: Invocation) -> int:
    """Pause the pool and wait for what runs; 75 when something still does."""
    options, screen = call.options, call.screen
    call.actor.require(_MAY, "tømme en arbejdspulje")
    wait = 0.0 if options.no_wait else float(options.wait)

    def tell(going: int) -> None:
        screen.say(f"  {going} kørsler er i gang")

    drained = drain_pool(call.settings, options.pool, wait_seconds=wait, tell=tell)
    screen.heading(f"Arbejdspuljen {options.pool} starter intet nyt; {drained.going} kørsler er i gang.")
    if drained.going:
        screen.advise(call.command("pool", "drain", options.pool))
    else:
        screen.line("Dens arbejdere kan stoppes nu.")
        screen.advise(call.command("pool", "resume", options.pool))
    screen.answer({"pool": drained.pool, "paused": drained.is_paused, "going": drained.going})
    return Exit.TEMPORARY if drained.going else Exit.OK


def resume(call: Invocation) -> int:
    """Let the pool start runs again."""
    call.actor.require(_MAY, "åbne en arbejdspulje")
    resumed = resume_pool(call.settings, call.options.pool)
    call.screen.heading(f"Arbejdspuljen {call.options.pool} starter kørsler igen.")
    call.screen.answer({"pool": resumed.pool, "paused": resumed.is_paused, "going": resumed.going})
    return Exit.OK
