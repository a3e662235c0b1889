"""Who holds which role, as the trail last knew it.

Roles stand in a file that is edited outside Sagsgang, so a change leaves no event of its own. Whoever opens the
database next finds it and records it. What must stay true: a change is recorded once, however many find it at once; it
says who was at work when it was found and that it was found then, for nobody knows when the file was edited, or by
whom; and an edit that is put back before anybody runs anything is not seen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import select, text
from sqlmodel import Session

from audit.events import ActorRef, Event, Scalar
from audit.tables import RARE, AuditEventRow
from audit.vocabulary import EventType
from casework.workplace import Workplace
from foundation.actor import Standing

_EVENT = AuditEventRow.__table__
#: Two that find a change at once must not both record it; any fixed number does.
_ROLES_LOCK = 0x5A65_5352
#: So many people in one event, which holds 65,535 bytes at most.
_PORTION = 100

Standings = Mapping[str, Standing]


def note_roles(place: Workplace, people: Standings, *, finder: ActorRef) -> int:
    """Record what differs from what the trail last knew; returns for how many people it did.

    Args:
        place: the workplace.
        people: everybody's roles and accounts, by the id that stands in the trail.
        finder: who is at work.
    """
    with place.database.read() as session:
        if known_roles(session) == people:
            return 0
    with place.database.write() as session:
        if not place.database.is_sqlite:
            session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ROLES_LOCK})
        known = known_roles(session)
        changed = sorted(person for person in known.keys() | people.keys() if known.get(person) != people.get(person))
        for start in range(0, len(changed), _PORTION):
            portion = changed[start : start + _PORTION]
            facts: dict[str, Scalar] = {
                "people": len(portion),
                "before": _as_text({person: known[person] for person in portion if person in known}),
                "after": _as_text({person: people[person] for person in portion if person in people}),
            }
            place.record(session, Event(type=EventType.ROLES_CHANGED, actor=finder, facts=facts))
        return len(changed)


def known_roles(session: Session) -> dict[str, Standing]:
    """Everybody's roles and accounts after all that the trail tells of them; of what is pruned nothing is known."""
    known: dict[str, Standing] = {}
    query = select(_EVENT.c.body).where(_EVENT.c.type == EventType.ROLES_CHANGED.value, text(RARE))
    query = query.order_by(_EVENT.c.at, _EVENT.c.id)
    for body in session.execute(query).scalars():
        facts = json.loads(body)["facts"]
        after = read_standings(facts["after"])
        for person in read_standings(facts["before"]).keys() - after.keys():
            known.pop(person, None)
        known |= after
    return known


def read_standings(told: str) -> dict[str, Standing]:
    """People's roles and accounts as an event tells of them in ``before`` or ``after``."""
    return {person: Standing(frozenset(roles), frozenset(own)) for person, (roles, own) in json.loads(told).items()}


def _as_text(people: Standings) -> str:
    listed = {person: [sorted(each.roles), sorted(each.accounts)] for person, each in sorted(people.items())}
    return json.dumps(listed, ensure_ascii=False, separators=(",", ":"))
