"""Subscriptions: whom a source of events tells of, and since when nobody needs it any more (ADR-39).

A municipality may be told of a person only as long as it has an open case with him (GDPR article 5(1)(c)). What must
stay true: neither who it is can be read in the database, nor is anybody forgotten who is on an open case.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from casework.oversight_tables import SubscriptionRow
from casework.workplace import Workplace, in_clauses
from foundation.cpr import Cpr

_SUBSCRIPTION = SubscriptionRow.__table__
_PURPOSE = "subscription"


def note_open(
    session: Session, place: Workplace, *, robot: str, source: str, cprs: Iterable[Cpr], at: datetime
) -> list[Cpr]:
    """Note that these people were on an open case at this moment, in the caller's transaction.

    Returns:
        Those of whom the source is not telling yet, or no longer: ask it to.
    """
    by_token = {_token(place, cpr): cpr for cpr in cprs}
    last_open = _last_open(session, robot, source, list(by_token))
    new = [token for token in sorted(by_token) if token not in last_open]
    if new:
        dialect = sqlite if place.database.is_sqlite else postgresql
        begun = {"since": at, "last_open_at": at, "ended_at": None}
        rows = [
            {"robot": robot, "source": source, "token": token, "identity": by_token[token].digits.encode(), **begun}
            for token in new
        ]
        query = dialect.insert(_SUBSCRIPTION)
        again = {name: query.excluded[name] for name in begun}
        session.execute(query.on_conflict_do_update(index_elements=["robot", "source", "token"], set_=again), rows)
    # A page that was read earlier than another tells nothing new.
    later = [token for token in sorted(last_open) if last_open[token] < at]
    if later:
        query = update(_SUBSCRIPTION).where(
            _SUBSCRIPTION.c.robot == robot,
            _SUBSCRIPTION.c.source == source,
            _SUBSCRIPTION.c.token == bindparam("wanted"),
        )
        session.connection().execute(query.values(last_open_at=at), [{"wanted": token} for token in later])
    return [by_token[token] for token in new]


def not_told_of(session: Session, place: Workplace, *, robot: str, source: str, cprs: Iterable[Cpr]) -> list[Cpr]:
    """Those of these people of whom the source is not telling yet, or no longer, in the order of their digests."""
    by_token = {_token(place, cpr): cpr for cpr in cprs}
    known = _last_open(session, robot, source, list(by_token))
    return [by_token[token] for token in sorted(by_token) if token not in known]


def due_to_end(session: Session, place: Workplace, *, robot: str, source: str, days: int) -> list[Cpr]:
    """Those who have been on no open case for so many days: ask the source to tell no more of them."""
    query = select(_SUBSCRIPTION.c.identity).where(
        _SUBSCRIPTION.c.robot == robot,
        _SUBSCRIPTION.c.source == source,
        _SUBSCRIPTION.c.ended_at.is_(None),
        _SUBSCRIPTION.c.last_open_at <= place.now() - timedelta(days=days),
    )
    found = session.execute(query.order_by(_SUBSCRIPTION.c.token)).scalars()
    return [Cpr.parse(identity.decode()) for identity in found]


def mark_ended(session: Session, place: Workplace, *, robot: str, source: str, cprs: Iterable[Cpr]) -> None:
    """The source tells no more of these people; in the caller's transaction."""
    tokens = sorted({_token(place, cpr) for cpr in cprs})
    for portion in in_clauses(tokens):
        query = update(_SUBSCRIPTION).where(
            _SUBSCRIPTION.c.robot == robot,
            _SUBSCRIPTION.c.source == source,
            _SUBSCRIPTION.c.token.in_(portion),
            _SUBSCRIPTION.c.ended_at.is_(None),
        )
        session.execute(query.values(ended_at=place.now()))


def _last_open(session: Session, robot: str, source: str, tokens: list[str]) -> dict[str, datetime]:
    """When each of these, if the source tells of it, was last seen on an open case."""
    known: dict[str, datetime] = {}
    for portion in in_clauses(tokens):
        query = select(_SUBSCRIPTION.c.token, _SUBSCRIPTION.c.last_open_at).where(
            _SUBSCRIPTION.c.robot == robot,
            _SUBSCRIPTION.c.source == source,
            _SUBSCRIPTION.c.token.in_(portion),
            _SUBSCRIPTION.c.ended_at.is_(None),
        )
        known |= {row.token: row.last_open_at for row in session.execute(query)}
    return known


def _token(place: Workplace, cpr: Cpr) -> str:
    return place.database.ring.lookup_token(cpr.digits, purpose=_PURPOSE)
