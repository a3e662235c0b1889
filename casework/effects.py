"""Effects: what was intended in another system, and what became of it.

    intended ──► done | refused | not_done | in_doubt
    not_done ──► intended          known not to have happened: the right to call is given again
    intended ──► intended          taken over from an owner who is proven dead; ``calls`` grows
    in_doubt ──► done | not_done   a named person says what he saw; also of one that is ``intended`` and whose owner
                                   is dead, because nobody may ever come to look for it
    in_doubt, not_done ──► done    its owner was only paused, and tells what he did after all

What must stay true: the right to call is written down before the call, by a worker that is alive and holds the item's
lease; who has it is ``owner`` with ``calls``; and ``done`` is final.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, RowMapping, select, update
from sqlmodel import Session

from audit.events import CaseEventRef, ChangeRef, Event, Scalar
from audit.vocabulary import EventType, Outcome
from casework.effect_rows import insert_intended, row_with_key, write_ending
from casework.errors import KeyReusedError, LeaseLostError, ReasonMissingError, TransitionRefusedError, UnknownItemError
from casework.moves import Lease, because, move, require_lease
from casework.states import EffectState, ItemState
from casework.tables import EffectRow, WorkItemRow
from casework.transitions import SETTLE
from casework.workers import require_alive, require_gone
from casework.workplace import Acting, Workplace, as_person
from foundation.actor import Actor
from foundation.identifiers import new_id

_EFFECT = EffectRow.__table__
_AS_ASKED_FOR = ("key", "step", "system", "operation", "target", "intent", "occurrence", "approval_id")
_ITEM = WorkItemRow.__table__

#: The remote id of what a person saw.
SETTLED_BY_PERSON = "settled-by-person"
_MAY_BE_INTENDED = frozenset({EffectState.INTENDED, EffectState.NOT_DONE})
_EVENTS: dict[EffectState, tuple[EventType, Outcome]] = {
    EffectState.INTENDED: (EventType.EFFECT_INTENDED, Outcome.OK),
    EffectState.DONE: (EventType.EFFECT_DONE, Outcome.OK),
    EffectState.REFUSED: (EventType.EFFECT_REFUSED, Outcome.REFUSED),
    EffectState.NOT_DONE: (EventType.EFFECT_NOT_DONE, Outcome.FAILED),
    EffectState.IN_DOUBT: (EventType.EFFECT_IN_DOUBT, Outcome.UNKNOWN),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectRequest:
    """An effect as it is asked for. ``target`` and ``fields`` are names without personal data."""

    key: str
    step: str
    system: str
    operation: str
    target: str
    intent: str
    occurrence: int
    approval_id: UUID | None
    #: Keyed digest of the request.
    digest: str
    case: CaseEventRef
    change: ChangeRef | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect as it is known."""

    id: UUID
    key: str
    state: EffectState
    owner: UUID
    calls: int
    first_intended_at: datetime
    intended_at: datetime
    remote_id: str | None
    remote_version: str | None
    error_code: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What became of an effect. ``found``: seen by looking, not by the answer to the call."""

    state: EffectState
    remote_id: str | None = None
    remote_version: str | None = None
    error_code: str | None = None
    found: bool = False


def find(session: Session, request: EffectRequest) -> Effect | None:
    """The effect with this key, or None.

    Raises:
        KeyReusedError: the key was used for another request.
    """
    row = row_with_key(session.connection(), request.key)
    if row is None:
        return None
    if row["request_digest"] != request.digest:
        message = (
            f"Effekten {row['id']} er allerede bestilt med andet indhold. Robotten har en fejl; giv dens ejer besked."
        )
        raise KeyReusedError(message)
    return _view(row)


def intend(
    session: Session,
    place: Workplace,
    request: EffectRequest,
    *,
    lease: Lease,
    acting: Acting,
    before: Effect | None,
) -> Effect:
    """Take the right to call, in the caller's transaction.

    Args:
        session: a write transaction, committed before the call.
        place: the workplace.
        request: the effect.
        lease: the worker's lease on the item.
        acting: the robot.
        before: the effect as ``find`` gave it; None when it is new.

    Raises:
        LeaseLostError: the lease is over, the worker is declared dead, or somebody else took the right meanwhile.
    """
    require_lease(session, lease)
    require_alive(session, lease.owner)
    if before is not None and before.state not in _MAY_BE_INTENDED:
        message = "Ændringen er allerede afgjort. Der er intet at gøre."
        raise LeaseLostError(message)
    now = place.now()
    if before is None:
        effect_id = new_id()
        insert_intended(
            session.connection(),
            {
                "id": effect_id,
                **{name: getattr(request, name) for name in _AS_ASKED_FOR},
                "item_id": lease.item_id,
                "request_digest": request.digest,
                "state": EffectState.INTENDED.value,
                "owner": lease.owner,
                "calls": 1,
                "first_intended_at": now,
                "intended_at": now,
            },
        )
        effect = Effect(effect_id, request.key, EffectState.INTENDED, lease.owner, 1, now, now, None, None, None)
    else:
        query = update(_EFFECT).where(
            _EFFECT.c.id == before.id, _EFFECT.c.calls == before.calls, _EFFECT.c.state == before.state.value
        )
        again = {
            "state": EffectState.INTENDED.value,
            "owner": lease.owner,
            "calls": before.calls + 1,
            "intended_at": now,
            "error_code": None,
        }
        result = session.execute(query.values(**again))
        if not isinstance(result, CursorResult) or result.rowcount != 1:
            message = "En anden arbejder har overtaget ændringen. Der er intet at gøre."
            raise LeaseLostError(message)
        effect = Effect(
            before.id,
            before.key,
            EffectState.INTENDED,
            lease.owner,
            before.calls + 1,
            before.first_intended_at,
            now,
            None,
            None,
            None,
        )
    asked: dict[str, Scalar] = {"call": effect.calls, "key": request.key, "request": request.digest}
    _tell(session, place, request, effect, EffectState.INTENDED, lease=lease, acting=acting, facts=asked)
    return effect


def finish(
    session: Session,
    place: Workplace,
    request: EffectRequest,
    effect: Effect,
    ending: Ending,
    *,
    lease: Lease,
    acting: Acting,
) -> None:
    """Write down what became of an effect, in the caller's transaction.

    It needs no lease: what happened is a fact, also when the one who saw it woke too late. A late ``not_done`` never
    overwrites what a later owner does; a late ``done`` stands in the trail whatever was believed meanwhile.
    """
    is_done = ending.state is EffectState.DONE
    is_written = write_ending(
        session.connection(),
        effect.id,
        ending.state,
        at=place.now(),
        remote=(ending.remote_id, ending.remote_version),
        error_code=ending.error_code,
        call=None if is_done else effect.calls,
    )
    is_late = (
        not is_written
        and ending.state is EffectState.DONE
        and not ending.found
        and not _is_known_as_done(session, effect, ending)
    )
    if not (is_written or is_late):
        return
    facts = {
        "remote": ending.remote_id,
        "error": ending.error_code,
        "found": ending.found,
        "call": effect.calls,
        "late": is_late or None,
    }
    known = {name: value for name, value in facts.items() if value is not None}
    _tell(session, place, request, effect, ending.state, lease=lease, acting=acting, facts=known)
    if is_late:
        _keep_late(session, place, effect, ending, item_id=lease.item_id, acting=acting)


def _is_known_as_done(session: Session, effect: Effect, ending: Ending) -> bool:
    """Whether this very call is known to have been done: somebody looked and saw it before its owner could tell.

    What an earlier call made has another remote id: then both were done, and the record must not show one.
    """
    columns = select(_EFFECT.c.state, _EFFECT.c.calls, _EFFECT.c.remote_id)
    row = session.execute(columns.where(_EFFECT.c.id == effect.id)).one()
    is_same = row.remote_id in {ending.remote_id, SETTLED_BY_PERSON}
    return bool(row.state == EffectState.DONE.value and row.calls == effect.calls and is_same)


def _keep_late(
    session: Session, place: Workplace, effect: Effect, ending: Ending, *, item_id: UUID, acting: Acting
) -> None:
    """An owner who was given up tells that he did it: nobody needs to ask a person, or to do it again."""
    state = _lock_item(session, item_id)
    query = update(_EFFECT).where(
        _EFFECT.c.id == effect.id, _EFFECT.c.state.in_([EffectState.IN_DOUBT.value, EffectState.NOT_DONE.value])
    )
    done = {"state": EffectState.DONE.value, "remote_id": ending.remote_id, "remote_version": ending.remote_version}
    session.execute(query.values(**done, settled_at=place.now(), error_code=None))
    if state == ItemState.IN_DOUBT.value and not in_doubt_of(session, item_id):
        move(session, place, SETTLE, item_id, acting=acting, values={"attempts": 0})


def _lock_item(session: Session, item_id: UUID) -> str:
    """Lock the item before its effects, always in that order; returns its state."""
    query = select(_ITEM.c.state).where(_ITEM.c.id == item_id)
    state: str = session.execute(query.with_for_update()).scalar_one()
    return state


def in_doubt_of(session: Session, item_id: UUID) -> list[RowMapping]:
    """The effects of an item that a person must settle: id, system, operation, target, intent."""
    columns = (_EFFECT.c.id, _EFFECT.c.system, _EFFECT.c.operation, _EFFECT.c.target, _EFFECT.c.intent)
    query = select(*columns).where(_EFFECT.c.item_id == item_id, _EFFECT.c.state == EffectState.IN_DOUBT.value)
    return list(session.execute(query).mappings())


def begun_of(session: Session, item_id: UUID) -> list[RowMapping]:
    """As ``in_doubt_of``, of effects that are ``intended``: a person may settle one whose owner is gone."""
    columns = (_EFFECT.c.id, _EFFECT.c.system, _EFFECT.c.operation, _EFFECT.c.target, _EFFECT.c.intent)
    query = select(*columns).where(_EFFECT.c.item_id == item_id, _EFFECT.c.state == EffectState.INTENDED.value)
    return list(session.execute(query).mappings())


def settle(
    place: Workplace,
    effect_id: UUID,
    *,
    happened: bool,
    saw: str,
    actor: Actor,
    locks: Path,
    owner_is_gone: str = "",
) -> None:
    """A named person says whether an effect happened, and what he saw; the item goes on when all are settled.

    An item that does not wait for the answer, such as one that has failed, stays where it is.

    Args:
        place: the workplace.
        effect_id: the effect.
        happened: what he says.
        saw: free text, sealed.
        actor: who says it.
        locks: the folder of the workers' lock files.
        owner_is_gone: how he knows that the worker that began it is gone for ever, where no lock can tell, for example
            because its machine is no more; sealed. A worker that is seen to live is never gone.

    Raises:
        ReasonMissingError: without what was seen.
        TransitionRefusedError: the effect is neither in doubt nor begun by a worker that is gone; or it is said not to
            have happened while the worker that has the right to call may wake and use it.
        UnknownItemError: there is no such effect.
    """
    if not saw.strip():
        message = "Skriv, hvad du så i fagsystemet."
        raise ReasonMissingError(message)
    columns = select(_EFFECT.c.item_id, _EFFECT.c.owner, _EFFECT.c.state, _EFFECT.c.calls)
    query = columns.where(_EFFECT.c.id == effect_id)
    with place.database.read() as session:
        known = session.execute(query).one_or_none()
    if known is None:
        message = f"Der er ingen ændring {effect_id}. Se de uvisse opgaver: sagsgang items --state in_doubt"
        raise UnknownItemError(message)
    _require_open(effect_id, known.state)
    # Of one in doubt it is enough that it is known to have happened: then nobody calls again.
    if known.state == EffectState.INTENDED.value or not happened:
        require_gone(place, known.owner, locks=locks, claim=owner_is_gone.strip())
    item_id: UUID = known.item_id
    with place.database.write() as session:
        # Two people may settle two effects of one item at once; the second must see what the first said.
        item_state = _lock_item(session, item_id)
        row = session.execute(query.with_for_update()).one()
        _require_open(effect_id, row.state)
        if (row.owner, row.calls) != (known.owner, known.calls):
            message = "En anden arbejder er i gang med ændringen nu. Vent, til den er færdig."
            raise TransitionRefusedError(message)
        state = EffectState.DONE if happened else EffectState.NOT_DONE
        settled = {"state": state.value, "settled_at": place.now(), "settled_by": actor.id, "saw": saw.encode()}
        if happened:
            settled["remote_id"] = SETTLED_BY_PERSON
        session.execute(update(_EFFECT).where(_EFFECT.c.id == effect_id).values(**settled))
        reason = f"{saw}\n\nArbejderen er væk: {owner_is_gone}" if owner_is_gone.strip() else saw
        overruled = {"owner_is_gone": True} if owner_is_gone.strip() else {}
        detail = because(reason, effect=str(effect_id), happened=happened, **overruled)
        acting = as_person(actor)
        if item_state != ItemState.IN_DOUBT.value or in_doubt_of(session, item_id):
            run = acting.run(item=item_id, effect=effect_id)
            kind = EventType.EFFECT_SETTLED
            event = Event(type=kind, actor=acting.actor, run=run, facts=detail.facts, private=detail.private)
            place.record(session, event)
        else:
            move(session, place, SETTLE, item_id, acting=acting, values={"attempts": 0}, detail=detail)


def _require_open(effect_id: UUID, state: str) -> None:
    if state not in {EffectState.IN_DOUBT.value, EffectState.INTENDED.value}:
        message = f"Ændringen {effect_id} er ikke uvis, den er {state}."
        raise TransitionRefusedError(message)


def _tell(
    session: Session,
    place: Workplace,
    request: EffectRequest,
    effect: Effect,
    state: EffectState,
    *,
    lease: Lease,
    acting: Acting,
    facts: Mapping[str, Scalar],
) -> None:
    kind, outcome = _EVENTS[state]
    event = Event(
        type=kind,
        outcome=outcome,
        actor=acting.actor,
        process=acting.process,
        purpose=acting.purpose,
        run=acting.run(item=lease.item_id, attempt=lease.attempt, step=request.step, effect=effect.id),
        case=request.case,
        change=request.change,
        facts={"system": request.system, "operation": request.operation, "intent": request.intent, **facts},
    )
    place.record(session, event)


def _view(row: Mapping[str, Any]) -> Effect:
    fields = {name: row[name] for name in Effect.__slots__}
    fields["state"] = EffectState(row["state"])
    return Effect(**fields)
