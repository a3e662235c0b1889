"""``sagsgang audit show``: the trail as a list, counted by facets, and as the timeline of one run, item or case.

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
from apps.cli.words import FACETS, OUTCOMES, tell
from audit.events import Event, PrivateDetail
from audit.looking.facets import Facet, Facets, count_facets
from audit.looking.periods import Period, parse_day
from audit.looking.timelines import Moment, Thread, follow
from audit.looking.windows import in_words
from audit.reading import Entry, Selection, read_entries
from audit.vocabulary import EventType, Outcome, RetentionClass
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
    """The newest events that fit, oldest first, with what there is more of; or one timeline."""
    options, actor = call.options, call.actor
    with call.workplace() as place:
        with place.database.read() as session:
            day = parse_day(options.day) if options.day else None
            period = Period(day, day) if day is not None else None
            selection = Selection(
                run=str(find_run(session, options.run)) if options.run else None,
                item=str(find_item(session, options.item)) if options.item else None,
                case=options.case,
                robot=options.robot,
                type=event_type(options.type),
                outcome=_outcome(options.result),
                since=period.start if period is not None else None,
                until=period.end if period is not None else None,
                limit=options.limit,
            )
        if options.timeline:
            return _show_timeline(call, place, selection)
        entries, facets = _read(place, actor, selection)
    call.screen.heading(f"Loggen, læst af {actor.id}")
    call.screen.lines(f"{danish_time(entry.at)}  {tell(entry)}" for entry in entries)
    if not entries:
        call.screen.line("Ingen hændelser passer.")
    _show_facets(call, facets)
    call.screen.answer(
        {
            "reader": actor.id,
            "entries": [_document(entry) for entry in entries],
            "facets": {facet.value: dict(counts) for facet, counts in facets.counts.items()},
            "counted": facets.total,
            "cut": facets.is_cut,
        }
    )
    return Exit.OK


def read_as(place: Workplace, actor: Actor, selection: Selection) -> Sequence[Entry]:
    """Read the trail as this person; raises ``NotAllowedError``."""
    return _read(place, actor, selection)[0]


def _read(place: Workplace, actor: Actor, selection: Selection) -> tuple[Sequence[Entry], Facets]:
    """The list and the counts, from one state of the database."""
    with place.database.read() as session:
        allowed = _allowed(session, actor, selection)
        entries = read_entries(session, allowed)
        facets = count_facets(session, allowed)
    _record(place, actor, allowed, len(entries))
    return entries, facets


def _show_timeline(call: Invocation, place: Workplace, selection: Selection) -> int:
    threads = {Thread.RUN: selection.run, Thread.ITEM: selection.item, Thread.CASE: selection.case}
    chosen = [(thread, key) for thread, key in threads.items() if key is not None]
    others = (selection.robot, selection.type, selection.outcome, selection.since)
    if len(chosen) != 1 or any(other is not None for other in others):
        message = "En tidslinje er hele forløbet af én ting. Vælg den med --run, --item eller --case, og intet andet."
        raise UsageError(message)
    thread, key = chosen[0]
    if thread is Thread.CASE and not _READS_ALL & call.actor.roles:
        # Other robots, which are not his to read, may have been at work on the case.
        message = f"{call.actor.id} må ikke læse en sags tidslinje. Det kræver rollen revisor eller administrator."
        raise NotAllowedError(message)
    with place.database.read() as session:
        _allowed(session, call.actor, selection)
        moments = list(follow(session, thread, key, limit=selection.limit))
    _record(place, call.actor, selection, len(moments))
    call.screen.heading(f"Tidslinje, læst af {call.actor.id}")
    rows = [_row(moment) for moment in moments]
    columns = ("#Nr.", "Tid", "Siden sidst", "Hændelse", "Fagsystemets nummer")
    call.screen.table(columns, rows, empty="Ingen hændelser passer.")
    if len(moments) == selection.limit:
        call.screen.line(f"Kun de første {selection.limit} hændelser er vist. Se flere med --limit.")
    call.screen.answer(
        {
            "reader": call.actor.id,
            "timeline": [
                {
                    **_document(moment.entry),
                    "seq": moment.seq,
                    "seconds_since_previous": None
                    if moment.since_previous is None
                    else moment.since_previous.total_seconds(),
                    "remote_id": moment.remote_id,
                }
                for moment in moments
            ],
        }
    )
    return Exit.OK


def _row(moment: Moment) -> tuple[object, ...]:
    since = "" if moment.since_previous is None else in_words(moment.since_previous)
    place = "venter" if moment.seq is None else moment.seq
    return place, danish_time(moment.entry.at), since, tell(moment.entry), moment.remote_id


def _show_facets(call: Invocation, facets: Facets) -> None:
    call.screen.line()
    newest = "de nyeste " if facets.is_cut else ""
    call.screen.line(f"Optalt over {newest}{facets.total} hændelser, der passer:")
    call.screen.facts(
        [
            (FACETS[facet], ", ".join(f"{_facet_word(facet, value)} {count}" for value, count in counts))
            for facet, counts in facets.counts.items()
        ]
    )


def _facet_word(facet: Facet, value: str) -> str:
    return OUTCOMES.get(value, value) if facet is Facet.RESULT else value


def _record(place: Workplace, actor: Actor, allowed: Selection, count: int) -> None:
    # Both were looked up, so they are numbers of ours.
    found = {"asked_run": allowed.run, "asked_item": allowed.item}
    event = Event(
        type=EventType.LOG_READ,
        actor=as_person(actor).actor,
        facts={**{name: value for name, value in found.items() if value is not None}, "entries": count},
        private=_asked(allowed),
    )
    with place.database.write() as session:
        place.record(session, event)


def _asked(selection: Selection) -> PrivateDetail | None:
    """What was asked for in words: any text can be typed there, a CPR number too, so it is sealed and can be erased."""
    words = {
        "case": selection.case,
        "robot": selection.robot,
        "type": selection.type and selection.type.value,
        "result": selection.outcome and selection.outcome.value,
        "since": selection.since and selection.since.isoformat(),
    }
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


def event_type(text: str | None) -> EventType | None:
    """The type that was typed; raises ``UsageError``."""
    if text is None:
        return None
    try:
        return EventType(text)
    except ValueError:
        message = "Den slags hændelse findes ikke. De står i docs/glossary.md; for eksempel effect.done."
        raise UsageError(message) from None


def _outcome(text: str | None) -> Outcome | None:
    if text is None:
        return None
    try:
        return Outcome(text)
    except ValueError:
        message = f"Det udfald findes ikke. Vælg et af: {', '.join(Outcome)}."
        raise UsageError(message) from None


def _document(entry: Entry) -> dict[str, object]:
    return {"id": entry.id, "at": entry.at.isoformat(), "sentence": tell(entry), "body": _shown_body(entry.body)}


def _shown_body(body: dict[str, Any]) -> dict[str, Any]:
    """The body without how long a person sat over a decision: nobody is timed, it serves totals of five or more."""
    if "decision" not in body:
        return body
    return {**body, "decision": {name: told for name, told in body["decision"].items() if name != "personSeconds"}}
