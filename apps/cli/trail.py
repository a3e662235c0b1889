"""``sagsgang audit show``: the trail as a plain list.

Who may read: a ``revisor`` and an ``administrator`` everything; a ``digital_agent`` what robots did that he may start
himself, so that he can mend them: one such robot, or one item or run of it. What must stay true: reading is itself
written into the trail, before anything is shown; and nothing that a person typed enters a body, which stands for ever.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session

from apps.cli.exits import Exit, UsageError
from apps.cli.finding import find_item, find_run
from apps.cli.invocation import Invocation
from apps.cli.words import tell
from audit.events import Event, PrivateDetail
from audit.reading import Entry, Selection, read_entries
from audit.vocabulary import EventType, RetentionClass
from casework.items import get_item
from casework.tables import RunRow
from casework.workplace import Workplace, as_person
from foundation.actor import Actor, Role
from foundation.clock import danish_time
from foundation.errors import NotAllowedError
from robots.registry import load_robot, robot_names

_READS_ALL = frozenset({Role.REVISOR, Role.ADMINISTRATOR})
_RUN = RunRow.__table__


def show(call: Invocation) -> int:
    """The newest events that fit, oldest first."""
    options, actor = call.options, call.actor
    with call.workplace() as place:
        with place.database.read() as session:
            selection = Selection(
                run=str(find_run(session, options.run)) if options.run else None,
                item=str(find_item(session, options.item)) if options.item else None,
                case=options.case,
                robot=options.robot,
                type=_type(options.type),
                limit=options.limit,
            )
        entries = read_as(place, actor, selection)
    call.screen.heading(f"Loggen, læst af {actor.id}")
    call.screen.lines(f"{danish_time(entry.at)}  {tell(entry)}" for entry in entries)
    if not entries:
        call.screen.line("Ingen hændelser passer.")
    call.screen.answer({"reader": actor.id, "entries": [_document(entry) for entry in entries]})
    return Exit.OK


def read_as(place: Workplace, actor: Actor, selection: Selection) -> Sequence[Entry]:
    """Read the trail as this person; raises ``NotAllowedError``."""
    with place.database.read() as session:
        allowed = _allowed(session, actor, selection)
        entries = read_entries(session, allowed)
    acting = as_person(actor)
    # Both were looked up, so they are numbers of ours.
    found = {"asked_run": allowed.run, "asked_item": allowed.item}
    event = Event(
        type=EventType.LOG_READ,
        actor=acting.actor,
        facts={**{name: value for name, value in found.items() if value is not None}, "entries": len(entries)},
        private=_asked(allowed),
    )
    with place.database.write() as session:
        place.record(session, event)
    return entries


def _asked(selection: Selection) -> PrivateDetail | None:
    """What was asked for in words: any text can be typed there, a CPR number too, so it is sealed and can be erased."""
    words = {"case": selection.case, "robot": selection.robot, "type": selection.type and selection.type.value}
    typed = {name: word for name, word in words.items() if word is not None}
    return PrivateDetail(json.dumps(typed, sort_keys=True).encode(), RetentionClass.LOOKUP) if typed else None


def _allowed(session: Session, actor: Actor, selection: Selection) -> Selection:
    """The selection as far as this person may read it."""
    if _READS_ALL & actor.roles:
        return selection
    if Role.DIGITAL_AGENT not in actor.roles:
        message = f"{actor.id} må ikke læse loggen. Det kræver rollen revisor, administrator eller digital agent."
        raise NotAllowedError(message)
    own = _own_robots(actor)
    if selection.item is not None:
        robots = {get_item(session, UUID(selection.item)).robot}
    elif selection.run is not None:
        robots = set(session.execute(select(_RUN.c.robot).where(_RUN.c.id == UUID(selection.run))).scalars())
    elif selection.robot is not None:
        robots = {selection.robot}
    elif len(own) == 1:
        # There is only one to be meant; the others' acts are left out, for they are not his to read.
        robots = own
        selection = replace(selection, robot=next(iter(own)))
    else:
        message = "En digital agent læser én robots log ad gangen. Vælg den med --robot, --item eller --run."
        raise UsageError(message)
    if not robots <= own:
        message = f"{actor.id} må kun læse loggen for robotter, som {actor.id} selv må starte."
        raise NotAllowedError(message)
    return selection


def _own_robots(actor: Actor) -> set[str]:
    roles = {role.value for role in actor.roles}
    return {name for name in robot_names() if load_robot(name).card.may_start & roles}


def _type(text: str | None) -> EventType | None:
    if text is None:
        return None
    try:
        return EventType(text)
    except ValueError:
        message = "Den slags hændelse findes ikke. De står i docs/glossary.md; for eksempel effect.done."
        raise UsageError(message) from None


def _document(entry: Entry) -> dict[str, object]:
    return {"id": entry.id, "at": entry.at.isoformat(), "sentence": tell(entry), "body": _shown_body(entry.body)}


def _shown_body(body: dict[str, Any]) -> dict[str, Any]:
    """The body without how long a person sat over a decision: nobody is timed, it serves totals of five or more."""
    if "decision" not in body:
        return body
    return {**body, "decision": {name: told for name, told in body["decision"].items() if name != "personSeconds"}}
