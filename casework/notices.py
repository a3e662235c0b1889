"""Notices: what people are told by e-mail or webhook, put in an outbox and sent from there.

    waiting ──take──► sending ──► sent
                         ├──► waiting, later (refused)
                         └──► given_up (refused too often)

What must stay true: of one kind and subject there is one notice a day to each target; one that was being sent when its
process died is not sent again, because nobody knows whether it went; and no notice holds personal data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from casework.operating_tables import NoticeRow
from casework.states import NoticeKind, NoticeState
from casework.workplace import Workplace
from foundation.clock import local_date
from foundation.identifiers import new_id

_NOTICE = NoticeRow.__table__
#: Refusals after which a notice is given up, and seconds before the second try; doubles with each.
MOST_ATTEMPTS = 6
_FIRST_PAUSE = 60.0


@dataclass(frozen=True, slots=True)
class Matter:
    """Something to tell of: ``subject`` is a robot's name or an incident's id, the texts are Danish."""

    kind: NoticeKind
    subject: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice in the hands of whoever sends it."""

    id: UUID
    target: str
    title: str
    body: str
    attempt: int


def put(session: Session, place: Workplace, matters: Iterable[Matter], *, targets: Iterable[str]) -> int:
    """Lay notices into the outbox, in the caller's transaction; returns how many were new today.

    ``targets`` are the keyed digests of the addresses they go to.
    """
    now = place.now()
    day = local_date(now).isoformat()
    dialect = sqlite if place.database.is_sqlite else postgresql
    goals = list(targets)
    new = 0
    for matter in matters:
        for target in goals:
            row = {
                "id": new_id(),
                "kind": matter.kind.value,
                "subject": matter.subject,
                "day": day,
                "target": target,
                "title": matter.title,
                "body": matter.body,
                "state": NoticeState.WAITING.value,
                "attempts": 0,
                "created_at": now,
                "next_try_at": now,
            }
            query = dialect.insert(_NOTICE).values(**row)
            once = query.on_conflict_do_nothing(index_elements=["kind", "subject", "day", "target"])
            new += len(session.execute(once.returning(_NOTICE.c.id)).all())
    return new


def take(place: Workplace, *, targets: Iterable[str], limit: int) -> list[Notice]:
    """Take notices for these targets whose time has come; they are in the caller's hands then, and nobody else's."""
    with place.database.write() as session:
        query = (
            select(_NOTICE)
            .where(_NOTICE.c.state == NoticeState.WAITING.value, _NOTICE.c.next_try_at <= place.now())
            .where(_NOTICE.c.target.in_(list(targets)))
            .order_by(_NOTICE.c.next_try_at, _NOTICE.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = session.execute(query).mappings().all()
        taken = update(_NOTICE).where(_NOTICE.c.id.in_([row["id"] for row in rows]))
        session.execute(taken.values(state=NoticeState.SENDING.value, attempts=_NOTICE.c.attempts + 1))
        return [Notice(row["id"], row["target"], row["title"], row["body"], row["attempts"] + 1) for row in rows]


def mark_sent(place: Workplace, notice: Notice) -> None:
    """It went."""
    _end(place, notice, {"state": NoticeState.SENT.value, "sent_at": place.now()})


def mark_refused(place: Workplace, notice: Notice) -> None:
    """It did not go: it is tried again later, or given up."""
    if notice.attempt >= MOST_ATTEMPTS:
        _end(place, notice, {"state": NoticeState.GIVEN_UP.value})
        return
    later = place.now() + timedelta(seconds=_FIRST_PAUSE * 2 ** (notice.attempt - 1))
    _end(place, notice, {"state": NoticeState.WAITING.value, "next_try_at": later})


def count_unsent(session: Session, place: Workplace, *, older_than: float, younger_than: float) -> Counter[NoticeState]:
    """How many notices of an age between these two, in seconds, are in each state but ``sent``.

    Old ones say nothing of today: what still holds is a new notice each day.
    """
    now = place.now()
    late = (
        _NOTICE.c.state != NoticeState.SENT.value,
        _NOTICE.c.created_at <= now - timedelta(seconds=older_than),
        _NOTICE.c.created_at > now - timedelta(seconds=younger_than),
    )
    query = select(_NOTICE.c.state, func.count()).where(*late).group_by(_NOTICE.c.state)
    return Counter({NoticeState(state): number for state, number in session.execute(query)})


def _end(place: Workplace, notice: Notice, values: dict[str, object]) -> None:
    with place.database.write() as session:
        mine = update(_NOTICE).where(_NOTICE.c.id == notice.id, _NOTICE.c.state == NoticeState.SENDING.value)
        session.execute(mine.values(**values))
