"""``sagsgang rollback`` and ``sagsgang holds``: taking back what was a mistake, and what it leaves behind.

What must stay true: every act has a named person and a reason, and the row that was taken back is left alone until a
person releases it.
"""

from __future__ import annotations

from apps.cli.exits import Exit
from apps.cli.finding import find_item, short
from apps.cli.invocation import Invocation
from casework.holds import list_holds, release_hold
from flows.rolling_back import ask_for_rollback
from foundation.clock import danish_time


def roll_back(call: Invocation) -> int:
    """Ask for a rollback; the robot proposes it at its next run."""
    options, screen = call.options, call.screen
    with call.workplace() as place:
        with place.database.read() as session:
            item_id = find_item(session, options.item)
        made = ask_for_rollback(
            place, item_id, actor=call.actor, reason=options.reason or "", rows=frozenset(options.row)
        )
    screen.heading(f"Opgave {short(made)} fører det tilbage, som opgave {short(item_id)} skrev.")
    screen.line("Robotten foreslår tilbageførslen ved næste kørsel; en anden end dig skal godkende den.")
    screen.advise(call.command("items", "show", short(made)))
    screen.answer({"item": made, "of": item_id, "actor": call.actor.id})
    return Exit.OK


def show_list(call: Invocation) -> int:
    """The rows on hold."""
    screen = call.screen
    with call.workplace() as place, place.database.read() as session:
        holds = list_holds(session, robot=call.options.robot)
    screen.heading(f"Spærrede linjer ({len(holds)})")
    rows = [(hold.row, hold.robot, hold.placed_by, danish_time(hold.placed_at)) for hold in holds]
    screen.table(("Linje", "Robot", "Spærret af", "Siden"), rows, empty="Ingen linjer er spærret.")
    if holds:
        screen.advise(call.command("holds", "release", holds[0].robot, holds[0].row, "--reason", "…"))
    screen.answer({"holds": [{"row": hold.row, "robot": hold.robot, "placed_by": hold.placed_by} for hold in holds]})
    return Exit.OK


def release(call: Invocation) -> int:
    """Let the robot keep the row up to date again."""
    options = call.options
    with call.workplace() as place:
        release_hold(place, robot=options.name, row=options.row, actor=call.actor, reason=options.reason or "")
    call.screen.heading(f"Linjen {options.row} er ikke længere spærret.")
    call.screen.advise(call.command("sweep", options.name))
    call.screen.answer({"row": options.row, "actor": call.actor.id})
    return Exit.OK
