"""``sagsgang up``: everything on this machine, until Ctrl-C.

What must stay true: it says what runs where, and when it ends nothing of it is left running.
"""

from __future__ import annotations

import threading

from apps.cli.exits import Exit
from apps.cli.invocation import Invocation
from flows.local_stack import run_local_stack


def run(call: Invocation) -> int:
    """Run the local stack; Ctrl-C is the way it is meant to end, so it ends with 0."""
    screen = call.screen
    settings = call.settings
    screen.heading("Sagsgang på denne maskine. Ctrl-C stopper det hele.")
    screen.advise(call.command("doctor"), call.command("simulator", "night"), call.command("approvals"))
    told: list[dict[str, str]] = []

    def tell(part: str, what: str) -> None:
        told.append({"part": part, "told": what})
        screen.say(f"{part:<10} {what}")

    run_local_stack(settings, tell=tell, stop=threading.Event())
    screen.answer({"told": told})
    return Exit.OK
