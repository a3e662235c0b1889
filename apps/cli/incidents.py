"""``sagsgang incidents``: what a person must look at.

What must stay true: closing one is an act of a named person with a reason.
"""

from __future__ import annotations

from apps.cli.exits import Exit
from apps.cli.finding import find_incident, short
from apps.cli.invocation import Invocation
from casework.incidents import close as close_incident
from casework.incidents import open_incidents
from casework.workplace import as_person
from foundation.clock import danish_time

_CLOSES = frozenset({"digital_agent", "administrator"})


def show_list(call: Invocation) -> int:
    """The open incidents, oldest first."""
    screen = call.screen
    with call.workplace() as place, place.database.read() as session:
        found = open_incidents(session)
    screen.heading(f"Åbne driftshændelser ({len(found)})")
    rows = [
        (
            short(one.id),
            one.robot,
            one.system,
            one.code,
            one.occurrences,
            danish_time(one.latest_at),
            short(one.item_id) if one.item_id else "",
            one.message,
        )
        for one in found
    ]
    columns = ("Hændelse", "Robot", "System", "Kode", "#Gange", "Senest", "Opgave", "Hvad")
    screen.table(columns, rows, empty="Ingen åbne driftshændelser.")
    if found:
        screen.advise(call.command("incidents", "close", short(found[0].id), "--reason", "…"))
    screen.answer(
        {
            "incidents": [
                {
                    "id": one.id,
                    "robot": one.robot,
                    "system": one.system,
                    "code": one.code,
                    "message": one.message,
                    "occurrences": one.occurrences,
                    "item": one.item_id,
                    "opened_at": one.opened_at.isoformat(),
                    "latest_at": one.latest_at.isoformat(),
                }
                for one in found
            ]
        }
    )
    return Exit.OK


def close(call: Invocation) -> int:
    """Close one, with a reason."""
    actor = call.actor
    actor.require(_CLOSES, "lukke driftshændelser")
    with call.workplace() as place:
        with place.database.read() as session:
            incident_id = find_incident(session, call.options.incident)
        with place.database.write() as session:
            close_incident(session, place, incident_id, acting=as_person(actor), reason=call.options.reason or "")
    call.screen.heading(f"Driftshændelse {short(incident_id)} er lukket af {actor.id}.")
    call.screen.advise(call.command("incidents"))
    call.screen.answer({"incident": incident_id, "actor": actor.id})
    return Exit.OK
