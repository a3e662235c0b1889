"""The sample for the log control: events drawn at random, so that another can draw the very same ones.

The algorithm, to be repeated by anybody with ten lines of code: rank every event of the population by
``HMAC-SHA-256(key = the seed in UTF-8, message = the event's id in lower case with hyphens)``; the sample is the
events with the smallest ranks, in that order. What must stay true: the seed is the auditor's own or a checkpoint's
text, never the program's; every draw is recorded before it is shown, and every draw of days that overlap is shown
beside the next, so that nobody draws until he likes what he sees.
"""

from __future__ import annotations

import hashlib
import heapq
import hmac
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session

from audit.checkpoints import open_checkpoint
from audit.errors import LookingRefusedError, NotYetProvenError
from audit.events import ActorRef, Event, PrivateDetail, Scalar
from audit.looking.periods import Period, parse_period
from audit.notes import VerifierKey
from audit.reading import Entry, as_entry, entries_of
from audit.recording import record
from audit.tables import AuditCheckpointRow, AuditEventRow, AuditLeafRow
from audit.vocabulary import EventType, RetentionClass

_EVENT = AuditEventRow.__table__
_LEAF = AuditLeafRow.__table__
_CHECKPOINT = AuditCheckpointRow.__table__
#: The uses of personal data: looked up, searched, read, changed, taken out (Datatilsynet, "Stikprøver i log").
USES = (
    EventType.PERSON_LOOKED_UP,
    EventType.RECORD_SEARCHED,
    EventType.RECORD_READ,
    EventType.EFFECT_DONE,
    EventType.LOG_READ,
    EventType.LOG_EXPORTED,
)
#: A shorter seed could be tried out one by one until the sample is a pleasant one.
SHORTEST_SEED = 8
#: More than anybody looks through by hand; the list must fit where it is kept.
MOST = 1000
_PORTION = 5000


@dataclass(frozen=True, slots=True)
class Seed:
    """What the draw is made from, and where it comes from (``typed`` or ``checkpoint:<size>``)."""

    text: str
    source: str

    @property
    def digest(self) -> str:
        """SHA-256 in hex, which stands in the record in clear."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Drawn:
    """A sample. ``by_type`` is the population."""

    events: tuple[Entry, ...]
    by_type: dict[str, int]

    @property
    def population(self) -> int:
        """How many events it was drawn from."""
        return sum(self.by_type.values())

    @property
    def digest(self) -> str:
        """SHA-256 in hex over the ids of the sample, one a line."""
        return digest_of([entry.id for entry in self.events])


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """An earlier draw as the record tells of it."""

    id: UUID
    at: datetime
    by: str
    period: Period
    population: int
    size: int
    seed_digest: str
    seed_source: str
    digest: str


def typed_seed(text: str) -> Seed:
    """The auditor's own seed.

    Raises:
        LookingRefusedError: it is too short.
    """
    seed = text.strip()
    if len(seed) < SHORTEST_SEED:
        raise LookingRefusedError(f"Frøet skal have mindst {SHORTEST_SEED} tegn. Vælg det selv, gerne med terninger.")
    return Seed(seed, "typed")


def checkpoint_seed(session: Session, period: Period, keys: Sequence[VerifierKey], *, origin: str) -> Seed:
    """The text of the first checkpoint that was signed after the period's end, over all of the period's events.

    It holds a root over random salts, which nobody could know while the period ran. It is the first one there is, so
    that there is nothing to choose.

    Raises:
        NotYetProvenError: there is no such checkpoint yet.
        NoteRefusedError: no known key has signed it.
    """
    within = select(_LEAF.c.seq).join(_EVENT, _EVENT.c.id == _LEAF.c.event_id)
    last = session.execute(
        within.where(_EVENT.c.at >= period.start, _EVENT.c.at < period.end).order_by(_LEAF.c.seq.desc()).limit(1)
    ).scalar_one_or_none()
    after = session.execute(within.where(_EVENT.c.at >= period.end).order_by(_LEAF.c.seq).limit(1)).scalar_one_or_none()
    note = None
    if after is not None:
        covers = max(after, last or 0) + 1
        query = select(_CHECKPOINT.c.note).where(_CHECKPOINT.c.size >= covers).order_by(_CHECKPOINT.c.size).limit(1)
        note = session.execute(query).scalar_one_or_none()
    if note is None:
        raise NotYetProvenError(
            "Der er endnu intet kontrolpunkt fra efter periodens slutning. Lav ét med: sagsgang audit checkpoint"
        )
    checkpoint, _signers = open_checkpoint(note, keys, origin=origin)
    return Seed(checkpoint.to_text(), f"checkpoint:{checkpoint.size}")


def draw(session: Session, period: Period, *, size: int, seed: Seed, types: Sequence[EventType] = USES) -> Drawn:
    """Draw ``size`` events of these types from the period, or all of them when there are no more.

    Raises:
        LookingRefusedError: ``size`` is more than ``MOST``.
    """
    if size > MOST:
        raise LookingRefusedError(f"En stikprøve er på højst {MOST} hændelser.")
    by_type: Counter[str] = Counter()
    best = heapq.nsmallest(size, _ranked(session, period, seed, types, by_type))
    chosen = entries_of(session, [event_id for _rank, event_id in best])
    return Drawn(tuple(chosen), dict(sorted(by_type.items())))


def rank(seed: str, event_id: UUID) -> bytes:
    """The rank of one event; see the algorithm above."""
    return hmac.digest(seed.encode(), str(event_id).encode(), "sha256")


def digest_of(event_ids: Sequence[UUID]) -> str:
    """SHA-256 in hex over the ids, one a line."""
    return hashlib.sha256("".join(f"{event_id}\n" for event_id in event_ids).encode()).hexdigest()


def record_draw(
    session: Session,
    drawn: Drawn,
    *,
    period: Period,
    seed: Seed,
    purpose: str,
    actor: ActorRef,
    at: datetime,
    environment: str,
) -> UUID:
    """Write the draw down, before it is shown; returns the sample's number. Seed, purpose and list are sealed."""
    facts: dict[str, Scalar] = {
        "what": "draw",
        "period": period.to_text(),
        "population": drawn.population,
        "types": ",".join(drawn.by_type),
        "size": len(drawn.events),
        "seed_digest": seed.digest,
        "seed_source": seed.source,
        "sample_digest": drawn.digest,
    }
    sealed = {"purpose": purpose, "seed": seed.text, "events": [str(entry.id) for entry in drawn.events]}
    private = PrivateDetail(json.dumps(sealed, ensure_ascii=False).encode(), RetentionClass.DECISION)
    event = Event(type=EventType.LOG_SAMPLED, actor=actor, facts=facts, private=private)
    return record(session, event, at=at, environment=environment)


def earlier_draws(session: Session, period: Period) -> list[Draw]:
    """Every draw of days that overlap the period's, oldest first."""
    return [draw for draw in all_draws(session) if draw.period.overlaps(period)]


def all_draws(session: Session) -> Iterator[Draw]:
    """Every draw there was, oldest first."""
    query = select(_EVENT.c.id, _EVENT.c.at, _EVENT.c.body).where(_EVENT.c.type == EventType.LOG_SAMPLED.value)
    for row in session.execute(query.order_by(_EVENT.c.at, _EVENT.c.id)):
        entry = as_entry(row)
        if entry.body.get("facts", {}).get("what") == "draw":
            yield as_draw(entry)


def as_draw(entry: Entry) -> Draw:
    """The draw that an event tells of."""
    facts: dict[str, Any] = entry.body["facts"]
    return Draw(
        id=entry.id,
        at=entry.at,
        by=entry.body["actor"]["id"],
        period=parse_period(facts["period"]),
        population=facts["population"],
        size=facts["size"],
        seed_digest=facts["seed_digest"],
        seed_source=facts["seed_source"],
        digest=facts["sample_digest"],
    )


def _ranked(
    session: Session, period: Period, seed: Seed, types: Sequence[EventType], by_type: Counter[str]
) -> Iterator[tuple[bytes, UUID]]:
    """Each event of the population with its rank; counts them as they pass."""
    query = select(_EVENT.c.id, _EVENT.c.type).where(
        _EVENT.c.at >= period.start, _EVENT.c.at < period.end, _EVENT.c.type.in_([kind.value for kind in types])
    )
    for event_id, kind in session.execute(query.execution_options(yield_per=_PORTION)):
        by_type[kind] += 1
        yield rank(seed.text, event_id), event_id
