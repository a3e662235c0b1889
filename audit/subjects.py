"""References to citizens: random, per person and year, with a mapping that can be erased.

What must stay true: nobody can tell from a reference who it is without the mapping row, and when the row is deleted the
events stay and verify while the person is gone from them. That a mapping was deleted is itself an event, and names
nobody.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from audit.driver_sql import run
from audit.events import ActorRef, Event, PrivateDetail, Scalar, SubjectRef
from audit.recording import record
from audit.tables import AuditSubjectRow
from audit.vocabulary import EventType, RetentionClass
from foundation.sealing import KeyRing

_TABLE = AuditSubjectRow.__table__
_PURPOSE = "audit subject"
#: Fits the databases' limit of parameters.
_PORTION = 500
#: Every look-up of a person asks it, so it is handed to the driver as it is.
_REF_OF = "SELECT ref FROM audit_subject WHERE token = ?"


def refer_to(session: Session, ring: KeyRing, *, identity: str, year: int) -> SubjectRef:
    """The reference of this person for this year; made, in the caller's transaction, when there is none.

    Args:
        session: a session of ``Database.write``.
        ring: the key ring.
        identity: the citizen's number in clear; stored only sealed.
        year: the year of the event.
    """
    token = _token(ring, identity, year)
    connection = session.connection()
    known = run(connection, _REF_OF, token).first()
    if known is not None:
        return SubjectRef(known[0])
    values = {"ref": _new_ref(year), "token": token, "year": year, "identity": identity.encode()}
    # Two transactions may meet the person at once; the second takes the first one's reference.
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(dialect.insert(_TABLE).values(**values).on_conflict_do_nothing(index_elements=["token"]))
    return SubjectRef(run(connection, _REF_OF, token).one()[0])


def refer_to_all(session: Session, ring: KeyRing, *, identities: Sequence[str], year: int) -> list[SubjectRef]:
    """The references of these people for this year, in their order; see ``refer_to``. One statement for all.

    Two transactions that overlap must name their people in the same order, or they may wait for each other.
    """
    tokens = [_token(ring, identity, year) for identity in identities]
    known = _refs(session, tokens)
    new = {token: identity for token, identity in zip(tokens, identities, strict=True) if token not in known}
    if new:
        rows = [
            {"ref": _new_ref(year), "token": token, "year": year, "identity": identity.encode()}
            for token, identity in new.items()
        ]
        dialect = postgresql if session.connection().dialect.name == "postgresql" else sqlite
        session.execute(dialect.insert(_TABLE).on_conflict_do_nothing(index_elements=["token"]), rows)
        known |= _refs(session, list(new))
    return [SubjectRef(known[token]) for token in tokens]


def _refs(session: Session, tokens: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for start in range(0, len(tokens), _PORTION):
        query = select(_TABLE.c.token, _TABLE.c.ref).where(_TABLE.c.token.in_(tokens[start : start + _PORTION]))
        found |= dict(session.execute(query).tuples().all())
    return found


def _new_ref(year: int) -> str:
    return f"S{year}-{secrets.token_hex(12)}"


def find_references(session: Session, ring: KeyRing, *, identity: str, years: range) -> list[str]:
    """The references of this person in these years, for a report to him; empty when none or erased."""
    tokens = [_token(ring, identity, year) for year in years]
    return list(session.execute(select(_TABLE.c.ref).where(_TABLE.c.token.in_(tokens))).scalars())


def erase(
    session: Session,
    ring: KeyRing,
    *,
    identity: str,
    years: range,
    actor: ActorRef,
    at: datetime,
    environment: str,
    reason: str = "",
) -> int:
    """Delete the mapping of this person for these years, and record that in the caller's transaction.

    Args:
        session: a session of ``Database.write``.
        ring: the key ring.
        identity: the citizen's number in clear; it stands in no event.
        years: which years.
        actor: who erases.
        at: when, aware.
        environment: the environment's name.
        reason: free text, sealed.

    Returns:
        How many references became nobody's. The event is written when it is none, too: somebody asked for it.
    """
    tokens = [_token(ring, identity, year) for year in years]
    result = session.execute(delete(_TABLE).where(_TABLE.c.token.in_(tokens)))
    count = result.rowcount if isinstance(result, CursorResult) else 0
    facts: dict[str, Scalar] = {"count": count, "years": ",".join(str(year) for year in years)}
    private = PrivateDetail(reason.encode(), RetentionClass.DECISION) if reason else None
    event = Event(type=EventType.SUBJECT_ERASED, actor=actor, facts=facts, private=private)
    record(session, event, at=at, environment=environment)
    return count


def _token(ring: KeyRing, identity: str, year: int) -> str:
    return ring.lookup_token(f"{identity}:{year}", purpose=_PURPOSE)
