"""What people should be told of now: incidents that nobody looks after, deadlines, proposals that have waited long.

What must stay true: a matter is made of numbers, names of robots and systems, codes and commands, and of nothing that
anybody typed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlmodel import Session

from casework.incidents import IncidentView, count_items, open_incidents
from casework.notices import Matter
from casework.states import ApprovalState, IncidentState, NoticeKind
from casework.tables import HAS_NOT_ENDED, ApprovalRow, WorkItemRow
from casework.workplace import Workplace
from foundation.working_time import add_working_seconds

_ITEM = WorkItemRow.__table__
_APPROVAL = ApprovalRow.__table__
_HOUR = 3600.0


def matters(session: Session, place: Workplace, *, deadline_hours: float, approval_hours: float) -> list[Matter]:
    """Everything to tell of at this moment.

    Args:
        session: a reading transaction.
        place: the workplace.
        deadline_hours: hours ahead within which an item is due soon.
        approval_hours: hours of working time after which a proposal has waited long.
    """
    return [
        *_of_incidents(session),
        *_of_deadlines(session, place, deadline_hours),
        *_of_approvals(session, place, approval_hours),
    ]


def waiting_since(session: Session) -> dict[str, list[datetime]]:
    """When the proposals that wait were made, by robot, the oldest first."""
    query = select(_APPROVAL.c.robot, _APPROVAL.c.asked_at).where(_APPROVAL.c.state == ApprovalState.WAITING.value)
    found: defaultdict[str, list[datetime]] = defaultdict(list)
    for robot, asked_at in session.execute(query.order_by(_APPROVAL.c.asked_at)):
        found[robot].append(asked_at)
    return dict(found)


def count_long_waiting(asked: Sequence[datetime], *, now: datetime, hours: float) -> int:
    """How many of these times, oldest first, lie more than ``hours`` of working time back."""
    return bisect_right(asked, now, key=lambda moment: add_working_seconds(moment, hours * _HOUR))


def _of_incidents(session: Session) -> list[Matter]:
    found = [one for one in open_incidents(session) if one.state is IncidentState.OPEN]
    items = count_items(session, [one.id for one in found])
    return [_of_incident(one, items.get(one.id, 0)) for one in found]


def _of_incident(one: IncidentView, items: int) -> Matter:
    system = f" mod {one.system}" if one.system else ""
    return Matter(
        NoticeKind.INCIDENT,
        str(one.id),
        f"Driftshændelse: {one.robot}{system} ({one.code})",
        f"Robotten {one.robot} har en driftshændelse{system} med koden {one.code}, som ingen tager sig af endnu.\n"
        f"Set {one.occurrences} {'gang' if one.occurrences == 1 else 'gange'}; den rammer {_count(items)}.\n\n"
        f"Se den med: sagsgang incidents show {one.id}",
    )


def _count(items: int) -> str:
    return f"{items} {'opgave' if items == 1 else 'opgaver'}"


def _of_deadlines(session: Session, place: Workplace, hours: float) -> list[Matter]:
    now = place.now()
    soon = (text(HAS_NOT_ENDED), _ITEM.c.due_at.is_not(None), _ITEM.c.due_at <= now + timedelta(hours=hours))
    late = func.count().filter(_ITEM.c.due_at <= now)
    query = select(_ITEM.c.robot, func.count(), late).where(*soon).group_by(_ITEM.c.robot).order_by(_ITEM.c.robot)
    return [
        Matter(
            NoticeKind.DEADLINES,
            robot,
            f"Frister: {robot}",
            f"{_count(number)} hos {robot} har frist inden for {hours:g} timer og er ikke afsluttet; "
            f"over fristen: {overdue}.\n\nSe dem med: sagsgang items --due --robot {robot}",
        )
        for robot, number, overdue in session.execute(query)
    ]


def _of_approvals(session: Session, place: Workplace, hours: float) -> list[Matter]:
    found = []
    for robot, asked in sorted(waiting_since(session).items()):
        number = count_long_waiting(asked, now=place.now(), hours=hours)
        if number:
            body = (
                f"{number} forslag fra {robot} har ventet mere end {hours:g} arbejdstimer på en godkendelse.\n\n"
                f"Se dem med: sagsgang approvals --robot {robot}"
            )
            found.append(Matter(NoticeKind.APPROVALS, robot, f"Forslag venter: {robot}", body))
    return found
