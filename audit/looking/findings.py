"""What the log control found: the auditor's answer to each event of a sample.

What must stay true: a finding is about exactly the events of a draw that stands in the record; what it says about each
is sealed, for it is about an employee, and only how many were justified stands in clear.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session

from audit.errors import LookingRefusedError
from audit.events import ActorRef, Event, PrivateDetail, Scalar
from audit.looking.sampling import Draw, all_draws, as_draw, digest_of
from audit.reading import entries_of
from audit.recording import record
from audit.tables import AuditPrivateRow
from audit.vocabulary import EventType, RetentionClass

_PRIVATE = AuditPrivateRow.__table__


@dataclass(frozen=True, slots=True)
class Answer:
    """Of one event of the sample: whether the use was justified, and what was done about it."""

    event: UUID
    is_justified: bool
    what_was_done: str


@dataclass(frozen=True, slots=True)
class Found:
    """A finding as it was recorded."""

    id: UUID
    draw: Draw
    justified: int
    not_justified: int


def find_draw(session: Session, text: str) -> Draw:
    """The draw whose number is, begins or ends with ``text``.

    Raises:
        LookingRefusedError: there is none, or more than one.
    """
    digits = text.strip().lower().replace("-", "")
    fits = [draw for draw in all_draws(session) if len(digits) >= _FEWEST and _fits(draw.id.hex, digits)]
    if len(fits) != 1:
        how = "Flere end én stikprøve passer" if fits else "Ingen stikprøve passer"
        raise LookingRefusedError(f"{how} til det nummer. Se dem: sagsgang audit show --type log.sampled")
    return fits[0]


def events_of(session: Session, draw: Draw) -> list[UUID]:
    """The events of a draw, in its order, from its sealed list.

    Raises:
        LookingRefusedError: the list was erased by its retention class.
    """
    query = select(_PRIVATE.c.detail).where(_PRIVATE.c.event_id == draw.id)
    detail = session.execute(query).scalar_one_or_none()
    if detail is None:
        raise LookingRefusedError("Stikprøvens liste er slettet efter reglerne. Træk en ny stikprøve.")
    return [UUID(event) for event in json.loads(detail)["events"]]


def record_finding(
    session: Session, sample: UUID, answers: Sequence[Answer], *, actor: ActorRef, at: datetime, environment: str
) -> Found:
    """Write down what was found, in the caller's transaction.

    Args:
        session: a session of ``Database.write``.
        sample: the draw's event.
        answers: one for each event of the sample, in the sample's order, as its form has them.
        actor: the auditor.
        at: when, aware.
        environment: the environment's name.

    Raises:
        LookingRefusedError: the answers are not about the events of the sample, or an unjustified use has no text.
    """
    entry = next(iter(entries_of(session, [sample])), None)
    if entry is None or entry.body.get("facts", {}).get("what") != "draw":
        raise LookingRefusedError("Det er ikke nummeret på en stikprøve.")
    draw = as_draw(entry)
    by_event = {answer.event: answer for answer in answers}
    if len(by_event) != len(answers) or len(answers) != draw.size:
        raise LookingRefusedError(f"Der skal være ét svar til hver af stikprøvens {draw.size} hændelser.")
    if any(not answer.is_justified and not answer.what_was_done.strip() for answer in answers):
        raise LookingRefusedError("Skriv, hvad der er gjort, ved hver hændelse, der ikke var berettiget.")
    if digest_of(list(by_event)) != draw.digest:
        raise LookingRefusedError("Svarene er ikke til denne stikprøves hændelser. Brug dens eget skema, i dets orden.")
    justified = sum(answer.is_justified for answer in answers)
    facts: dict[str, Scalar] = {
        "what": "finding",
        "sample": str(sample),
        "period": draw.period.to_text(),
        "population": draw.population,
        "size": draw.size,
        "seed_digest": draw.seed_digest,
        "justified": justified,
        "not_justified": draw.size - justified,
    }
    told = [
        {"event": str(answer.event), "justified": answer.is_justified, "done": answer.what_was_done}
        for answer in answers
    ]
    private = PrivateDetail(json.dumps(told, ensure_ascii=False).encode(), RetentionClass.DECISION)
    event = Event(type=EventType.LOG_SAMPLED, actor=actor, facts=facts, private=private)
    found = record(session, event, at=at, environment=environment)
    return Found(found, draw, justified, draw.size - justified)


def _fits(number: str, digits: str) -> bool:
    return number.startswith(digits) or number.endswith(digits)


#: Characters of a number that are enough to be meant.
_FEWEST = 4
