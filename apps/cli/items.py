"""``sagsgang items``: the work items, one of them, and what a person may do with it.

What must stay true: nothing personal is shown, but to those who must look for a change in doubt (``apps.cli.doubts``);
and every act needs a reason and is recorded with who did it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import RowMapping, select
from sqlmodel import Session

from apps.cli import doubts
from apps.cli.exits import Exit, UsageError
from apps.cli.finding import find_effect, find_item, short
from apps.cli.invocation import Invocation
from apps.cli.words import EFFECT_STATES, ITEM_STATES, operation_word
from casework.effects import begun_of
from casework.effects import settle as settle_effect
from casework.items import ItemView, count_by_state, get_item, list_items
from casework.items import cancel as cancel_item
from casework.items import reopen as reopen_item
from casework.states import EffectState, ItemState
from casework.tables import EffectRow
from casework.workplace import as_person
from flows.composition import lock_folder
from foundation.actor import Actor
from foundation.clock import danish_time

_EFFECT = EffectRow.__table__
#: Who may act on items: those who start robots, those who approve, and those who mend runs.
_ACTS = frozenset({"sagsbehandler", "godkender", "digital_agent"})
#: Who may say what happened in the case system: those who work in it.
_SETTLES = frozenset({"sagsbehandler", "godkender"})

#: What a document says of an effect, besides its number and when it was begun.
_TOLD = ("operation", "system", "target", "state", "error_code", "calls")


def show_list(call: Invocation) -> int:
    """The newest items, and how many there are in each state."""
    options, screen = call.options, call.screen
    state = _state(options.state)
    with call.workplace() as place, place.database.read() as session:
        counts = count_by_state(session, robot=options.robot)
        found = list_items(session, robot=options.robot, state=state, is_due=options.due, limit=options.limit)
    screen.heading(f"Opgaver ({sum(counts.values())})")
    ordered = [(state, counts[state]) for state in ItemState if state in counts]
    screen.table(("Tilstand", "#Antal"), [(ITEM_STATES[state], number) for state, number in ordered])
    rows = [
        (
            short(item.id),
            item.robot,
            ITEM_STATES[item.state],
            item.outcome_message,
            danish_time(item.due_at if options.due and item.due_at else item.updated_at),
        )
        for item in found
    ]
    columns = ("Opgave", "Robot", "Tilstand", "Udfald", "Frist" if options.due else "Ændret")
    empty = "Ingen opgaver med frist." if options.due else "Ingen opgaver. Hent nye med: sagsgang run address_update"
    screen.line()
    screen.table(columns, rows, empty=empty)
    if found:
        screen.advise(call.command("items", "show", short(found[0].id)))
    screen.answer(
        {
            "counts": {state.value: number for state, number in ordered},
            "items": [_document(item) for item in found],
        }
    )
    return Exit.OK


def show_one(call: Invocation) -> int:
    """One item with its effects; those in doubt with the command that settles them."""
    screen = call.screen
    with call.workplace() as place:
        with place.database.read() as session:
            item = get_item(session, find_item(session, call.options.item))
            effects = _effects(session, item.id)
            begun = {row["id"] for row in begun_of(session, item.id)}
        unknown = [] if item.state is ItemState.IN_PROGRESS else [row for row in effects if _is_unknown(row, begun)]
        rows_to_see = doubts.approved_rows(place, call.actor, item.id, unknown) if unknown else []
    screen.heading(f"Opgave {short(item.id)}")
    screen.facts(
        [
            ("Nummer", item.id),
            ("Robot", item.robot),
            ("Reference", item.reference),
            ("Tilstand", ITEM_STATES[item.state]),
            ("Udfald", item.outcome_message),
            ("Forsøg", item.attempts),
            ("Frist", danish_time(item.due_at) if item.due_at else None),
            ("Venter til", danish_time(item.available_at) if item.available_at else None),
            ("Oprettet", danish_time(item.created_at)),
            ("Ændret", danish_time(item.updated_at)),
        ]
    )
    rows = [
        (
            short(effect["id"]),
            operation_word(effect["operation"]),
            effect["system"],
            EFFECT_STATES[EffectState(effect["state"])],
            effect["error_code"],
        )
        for effect in effects
    ]
    screen.line()
    columns = ("Ændring", "Hvad", "System", "Tilstand", "Fejl")
    screen.table(columns, rows, empty="Opgaven har ikke ændret noget i andre systemer.")
    if begun and item.state is not ItemState.IN_PROGRESS:
        screen.line("En ændring er påbegyndt, og ingen ved, om den er sket. Robotten ser efter ved næste kørsel;")
        screen.line("er arbejderen, der begyndte den, væk for altid, så se selv efter, og svar med items settle.")
    if unknown:
        doubts.show(screen, call.actor, unknown, rows_to_see)
    screen.advise(*_next_for(call, item, effects))
    told = [
        {
            **{name: effect[name] for name in _TOLD},
            "id": str(effect["id"]),
            "intended_at": effect["intended_at"].isoformat(),
        }
        for effect in effects
    ]
    to_see = doubts.document(call.actor, rows_to_see) if unknown else []
    screen.answer({**_document(item), "effects": told, "to_see": to_see})
    return Exit.OK


def cancel(call: Invocation) -> int:
    """Cancel an item, with a reason."""
    actor, reason = _actor_for(call, "annullere opgaver", _ACTS), call.options.reason or ""
    with call.workplace() as place:
        with place.database.read() as session:
            item_id = find_item(session, call.options.item)
        with place.database.write() as session:
            is_now = cancel_item(session, place, item_id, acting=as_person(actor), reason=reason)
    told = "er annulleret" if is_now else "er bedt om at stoppe og gør det mellem to trin"
    return _done(call, item_id, f"Opgave {short(item_id)} {told}.", cancelled=is_now)


def reopen(call: Invocation) -> int:
    """Reopen a final item, with a reason."""
    actor, reason = _actor_for(call, "genåbne opgaver", _ACTS), call.options.reason or ""
    with call.workplace() as place:
        with place.database.read() as session:
            item_id = find_item(session, call.options.item)
        with place.database.write() as session:
            reopen_item(session, place, item_id, acting=as_person(actor), reason=reason)
    return _done(call, item_id, f"Opgave {short(item_id)} er genåbnet og behandles ved næste kørsel.", reopened=True)


def settle(call: Invocation) -> int:
    """Say whether an effect in doubt happened."""
    options = call.options
    if options.happened == options.not_happened:
        message = "Skriv enten --happened eller --not-happened, og hvad du så med --saw."
        raise UsageError(message)
    actor = _actor_for(call, "afgøre, om en ændring er sket", _SETTLES)
    with call.workplace() as place:
        with place.database.read() as session:
            effect_id = find_effect(session, options.effect)
            item_id: UUID = session.execute(select(_EFFECT.c.item_id).where(_EFFECT.c.id == effect_id)).scalar_one()
        locks = lock_folder(call.settings)
        settle_effect(
            place,
            effect_id,
            happened=options.happened,
            saw=options.saw,
            actor=actor,
            locks=locks,
            owner_is_gone=options.owner_is_gone,
        )
    said = "sket" if options.happened else "ikke sket"
    return _done(call, item_id, f"Ændring {short(effect_id)} er skrevet ned som {said}.", happened=options.happened)


def _actor_for(call: Invocation, act: str, roles: frozenset[str]) -> Actor:
    call.actor.require(roles, act)
    return call.actor


def _done(call: Invocation, item_id: UUID, told: str, **facts: bool) -> int:
    call.screen.heading(told)
    call.screen.advise(call.command("items", "show", short(item_id)))
    call.screen.answer({"item": item_id, **facts})
    return Exit.OK


def _state(text: str | None) -> ItemState | None:
    """A state by its name in code or on the screen."""
    if text is None:
        return None
    for state, word in ITEM_STATES.items():
        if text.strip().lower() in {state.value, word}:
            return state
    message = f"Den tilstand findes ikke. Vælg en af: {', '.join(state.value for state in ItemState)}."
    raise UsageError(message)


def _effects(session: Session, item_id: UUID) -> Sequence[RowMapping]:
    columns = [_EFFECT.c[name] for name in ("id", *_TOLD, "approval_id", "intended_at")]
    query = select(*columns).where(_EFFECT.c.item_id == item_id).order_by(_EFFECT.c.id)
    return session.execute(query).mappings().all()


def _is_unknown(effect: RowMapping, begun: Collection[UUID]) -> bool:
    """Whether nobody knows if it happened, and a person may be asked."""
    return effect["id"] in begun or effect["state"] == EffectState.IN_DOUBT.value


def _next_for(call: Invocation, item: ItemView, effects: Sequence[RowMapping]) -> list[str]:
    number = short(item.id)
    doubtful = [short(effect["id"]) for effect in effects if effect["state"] == EffectState.IN_DOUBT.value]
    begun = [short(effect["id"]) for effect in effects if effect["state"] == EffectState.INTENDED.value]
    match item.state:
        case ItemState.IN_DOUBT:
            return [
                call.command("items", "settle", effect, answer, "--saw", "…")
                for effect in doubtful
                for answer in ("--happened", "--not-happened")
            ]
        case ItemState.AWAITING_APPROVAL:
            return [call.command("approvals", "show", number)]
        case ItemState.REJECTED | ItemState.FAILED | ItemState.CANCELLED:
            answers = [call.command("items", "settle", effect, "--happened", "--saw", "…") for effect in begun]
            return [call.command("items", "reopen", number, "--reason", "…"), *answers]
        case ItemState.NEW:
            return [call.command("run", item.robot)]
        case ItemState.COMPLETED | ItemState.DEFERRED | ItemState.IN_PROGRESS:
            return [call.command("audit", "show", "--item", number)]


def _document(item: ItemView) -> dict[str, object]:
    return {
        "id": item.id,
        "short": short(item.id),
        "robot": item.robot,
        "reference": item.reference,
        "state": item.state.value,
        "attempts": item.attempts,
        "outcome_code": item.outcome_code,
        "outcome_message": item.outcome_message,
        "due_at": item.due_at.isoformat() if item.due_at else None,
        "available_at": item.available_at.isoformat() if item.available_at else None,
        "created_at": item.created_at.isoformat(),
        "updated_at": item.updated_at.isoformat(),
    }
