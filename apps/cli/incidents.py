"""``sagsgang incidents``: what a person must look at.

What must stay true: taking one on, setting its items going and closing it are acts of a named person with a reason;
and no line of a log is shown past the mask.
"""

from __future__ import annotations

from dataclasses import asdict

from apps.cli.exits import Exit
from apps.cli.finding import find_incident, short
from apps.cli.invocation import Invocation
from apps.cli.words import INCIDENT_STATES, ITEM_STATES
from casework.incidents import IncidentItem, IncidentView, count_items, get_incident, items_of, note_of, open_incidents
from casework.incidents import acknowledge as take_on
from casework.incidents import close as close_incident
from casework.retrying import retry as retry_items
from casework.runs import runs_between
from casework.states import IncidentState, ItemState
from casework.workplace import Workplace, as_person
from flows.log_excerpts import LogLine, lines_about
from flows.opened_run import log_folder
from foundation.clock import danish_time

_CLOSES = frozenset({"digital_agent", "administrator"})
#: Items on the screen, and runs whose logs are read.
_MOST_ITEMS, _MOST_RUNS = 50, 5
#: Items in these states go on only when a person does something about them.
_STUCK = frozenset({ItemState.IN_DOUBT, ItemState.FAILED})


def show_list(call: Invocation) -> int:
    """The open incidents, oldest first."""
    screen = call.screen
    with call.workplace() as place, place.database.read() as session:
        found = open_incidents(session)
        items = count_items(session, [one.id for one in found])
    screen.heading(f"Åbne driftshændelser ({len(found)})")
    rows = [
        (
            short(one.id),
            one.robot,
            one.system,
            one.code,
            one.occurrences,
            danish_time(one.latest_at),
            items.get(one.id, 0),
            INCIDENT_STATES[one.state] + (f" ({one.acknowledged_by})" if one.acknowledged_by else ""),
            one.message,
        )
        for one in found
    ]
    columns = ("Hændelse", "Robot", "System", "Kode", "#Gange", "Senest", "Opgaver", "Tilstand", "Hvad")
    screen.table(columns, rows, empty="Ingen åbne driftshændelser.")
    if found:
        screen.advise(call.command("incidents", "show", short(found[0].id)))
    screen.answer({"incidents": [_document(one, items.get(one.id, 0)) for one in found]})
    return Exit.OK


def show_one(call: Invocation) -> int:
    """One incident: what failed, since when, which items, and the lines of the log around it."""
    screen = call.screen
    with call.workplace() as place:
        with place.database.read() as session:
            one = get_incident(session, find_incident(session, call.options.incident))
            note = note_of(session, one.id)
            items = items_of(session, one.id)
        lines = _lines(call, place, one, items)
    screen.heading(f"Driftshændelse {short(one.id)}")
    by = f" ({one.acknowledged_by})" if one.acknowledged_by else ""
    screen.facts(
        [
            ("Nummer", one.id),
            ("Robot", one.robot),
            ("System", one.system),
            ("Kode", one.code),
            ("Hvad", one.message),
            ("Tilstand", INCIDENT_STATES[one.state] + by),
            ("Bemærkning", note),
            ("Først", danish_time(one.opened_at)),
            ("Senest", danish_time(one.latest_at)),
            ("Gange", one.occurrences),
        ]
    )
    screen.line()
    shown = [(short(item.id), ITEM_STATES[item.state], danish_time(item.latest_at)) for item in items[:_MOST_ITEMS]]
    screen.table(("Opgave", "Tilstand nu", "Ramt senest"), shown, empty="Den rammer ingen bestemt opgave.")
    if len(items) > _MOST_ITEMS:
        screen.line(f"… og {len(items) - _MOST_ITEMS} opgaver mere (--json viser dem alle).")
    screen.line()
    told = [(line.at[:19].replace("T", " "), line.level, line.event, line.more) for line in lines]
    screen.table(("Tid (UTC)", "Niveau", "Hvad", "Mere"), told, empty="Kørslens log siger intet mere om det.")
    if one.state is not IncidentState.CLOSED:
        number = short(one.id)
        # What nobody knows is answered on the item, and neither retrying nor closing answers it.
        doubtful = [short(item.id) for item in items if item.state is ItemState.IN_DOUBT][:1]
        screen.advise(
            *(call.command("items", "show", item) for item in doubtful),
            call.command("incidents", "acknowledge", number, "--note", "…"),
            call.command("incidents", "retry", number, "--reason", "…"),
            call.command("incidents", "close", number, "--reason", "…"),
        )
    screen.answer(
        {
            **_document(one, len(items)),
            "note": note,
            "met": [{"item": item.id, "state": item.state.value, "at": item.latest_at.isoformat()} for item in items],
            "log": [asdict(line) for line in lines],
        }
    )
    return Exit.OK


def acknowledge(call: Invocation) -> int:
    """Take one on, with a note."""
    actor = call.actor
    actor.require(_CLOSES, "tage sig af driftshændelser")
    with call.workplace() as place:
        with place.database.read() as session:
            incident_id = find_incident(session, call.options.incident)
        with place.database.write() as session:
            take_on(session, place, incident_id, acting=as_person(actor), note=call.options.note or "")
    call.screen.heading(f"{actor.id} tager sig af driftshændelse {short(incident_id)}.")
    call.screen.advise(call.command("incidents", "show", short(incident_id)))
    call.screen.answer({"incident": incident_id, "actor": actor.id, "state": IncidentState.ACKNOWLEDGED.value})
    return Exit.OK


def retry(call: Invocation) -> int:
    """Set all its items going again; 4 when some could not be, which are named."""
    actor, screen = call.actor, call.screen
    actor.require(_CLOSES, "sætte driftshændelsers opgaver i gang igen")
    with call.workplace() as place:
        with place.database.read() as session:
            one = get_incident(session, find_incident(session, call.options.incident))
        done = retry_items(place, one.id, acting=as_person(actor), reason=call.options.reason or "")
    screen.heading(f"{done.reopened} opgaver er genåbnet og {done.woken} vækket; {len(done.left)} er, som de var.")
    screen.table(("Opgave", "Hvorfor"), [(short(left.id), left.why) for left in done.left[:_MOST_ITEMS]])
    screen.advise(call.command("run", one.robot), call.command("incidents", "close", short(one.id), "--reason", "…"))
    screen.answer(
        {
            "incident": one.id,
            "actor": actor.id,
            "reopened": done.reopened,
            "woken": done.woken,
            "left": [{"item": left.id, "why": left.why} for left in done.left],
        }
    )
    return Exit.NEEDS_PERSON if done.left else Exit.OK


def close(call: Invocation) -> int:
    """Close one, with a reason."""
    actor = call.actor
    actor.require(_CLOSES, "lukke driftshændelser")
    with call.workplace() as place:
        with place.database.read() as session:
            incident_id = find_incident(session, call.options.incident)
        with place.database.write() as session:
            close_incident(session, place, incident_id, acting=as_person(actor), reason=call.options.reason or "")
            stuck = [item.id for item in items_of(session, incident_id) if item.state in _STUCK]
    call.screen.heading(f"Driftshændelse {short(incident_id)} er lukket af {actor.id}.")
    if stuck:
        call.screen.line(f"Opgaver, som stadig er fejlet eller uvisse og venter på en person: {len(stuck)}.")
    commands = (call.command("items", "show", short(item)) for item in stuck[:1])
    call.screen.advise(*commands, call.command("incidents"))
    call.screen.answer({"incident": incident_id, "actor": actor.id, "stuck": stuck})
    return Exit.OK


def _lines(call: Invocation, place: Workplace, one: IncidentView, items: list[IncidentItem]) -> list[LogLine]:
    around = runs_between(place, one.robot, one.opened_at, one.latest_at, limit=_MOST_RUNS)
    runs = {item.run_id for item in items[:_MOST_RUNS] if item.run_id is not None}.union(around)
    about = [item.id for item in items]
    return lines_about(log_folder(call.settings), runs=sorted(runs), items=about, limit=call.options.lines)


def _document(one: IncidentView, items: int) -> dict[str, object]:
    return {
        "id": one.id,
        "robot": one.robot,
        "system": one.system,
        "code": one.code,
        "message": one.message,
        "state": one.state.value,
        "occurrences": one.occurrences,
        "items": items,
        "item": one.item_id,
        "opened_at": one.opened_at.isoformat(),
        "latest_at": one.latest_at.isoformat(),
        "acknowledged_by": one.acknowledged_by,
    }
