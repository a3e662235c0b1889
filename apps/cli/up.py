"""``sagsgang up``: everything on this machine, until Ctrl-C.

What must stay true: it says what runs where, and when it ends nothing of it is left running.
"""

from __future__ import annotations

import threading

from apps.cli.exits import Exit
from apps.cli.invocation import Invocation
from flows.local_stack import run_local_stack


def run(call: Invocation) -> int:
    """Run the local stack; one Ctrl-C is the way it is meant to end, with 0. A second one interrupts: 130."""
    screen = call.screen
    settings = call.settings
    screen.heading("Sagsgang på denne maskine. Ctrl-C stopper det hele.")
    screen.line("Når arbejderen er klar, kan du gå videre i et andet vindue.")
    screen.advise(call.command("doctor"), call.command("simulator", "night"), call.command("approvals"))
    told: list[dict[str, str]] = []

    def tell(part: str, what: str) -> None:
        told.append({"part": part, "told": what})
        screen.say(f"{part:<10} {what}")

    in_order = run_local_stack(settings, tell=tell, stop=threading.Event())
    if not in_order:
        seconds = f"{settings.lease_seconds:g}".replace(".", ",")
        screen.say(f"Afbrudt straks. Opgaver, der var i gang, kommer tilbage af sig selv inden {seconds} sekunder.")
    screen.answer({"told": told, "in_order": in_order})
    return Exit.OK if in_order else Exit.INTERRUPTED
