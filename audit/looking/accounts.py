"""Items in equal items out, robot by robot: the account of a period.

What was open at the two ends is told by each item's last event; what came in and went out is counted event by event.
What must stay true: the two ways are independent, so that an event too many or too few shows as a difference; and the
events are read once, item by item, so that a year of them needs no more memory than a day.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy import case, select
from sqlmodel import Session

from audit.looking.periods import Period
from audit.tables import AuditEventRow, AuditPrunedRow
from audit.vocabulary import EventType

_EVENT = AuditEventRow.__table__
_PRUNED = AuditPrunedRow.__table__
_ROWS = 2000
#: How many decisions a total of person seconds must hold at least, so that nobody is timed.
FEWEST_TIMED = 5
#: What the robot is called of whose items no event of a robot tells.
NO_ROBOT = "(ingen robot endnu)"

_COMES_IN = {EventType.ITEM_CREATED.value: "created", EventType.ITEM_REOPENED.value: "reopened"}
_GOES_OUT = {
    EventType.ITEM_COMPLETED.value: "completed",
    EventType.ITEM_REJECTED.value: "rejected",
    EventType.ITEM_FAILED.value: "failed",
    EventType.ITEM_CANCELLED.value: "cancelled",
}
#: Those whose bodies say more than their type.
_WITH_BODY = (EventType.DECISION_PROPOSED.value, EventType.DECISION_MADE.value)
_WANTED = (
    *_COMES_IN,
    *_GOES_OUT,
    *_WITH_BODY,
    EventType.DECISION_EXPIRED.value,
    # Tells which robot an item is of that a person made.
    EventType.ITEM_CLAIMED.value,
)


@dataclass(slots=True)
class Account:
    """What one robot's items came to in a period."""

    open_before: int = 0
    open_after: int = 0
    #: ``created`` and ``reopened``.
    came: Counter[str] = field(default_factory=Counter)
    #: By final state: ``completed``, ``rejected``, ``failed``, ``cancelled``.
    went: Counter[str] = field(default_factory=Counter)
    proposals: int = 0
    #: By a person: ``approved``, ``returned``, ``taken_over``; by the ``policy``; and ``expired``.
    answers: Counter[str] = field(default_factory=Counter)
    rows_left_out: int = 0
    #: Proposals that the policy would have let pass and that were drawn to wait for a person.
    drawn_to_wait: int = 0
    timed_decisions: int = 0
    person_seconds: int = 0

    @property
    def difference(self) -> int:
        """What came in less what went out; 0 when the account is right."""
        return self.open_before + self.came.total() - self.went.total() - self.open_after

    @property
    def shown_seconds(self) -> int | None:
        """The time people spent; None for fewer than five decisions, which would be somebody's."""
        return self.person_seconds if self.timed_decisions >= FEWEST_TIMED else None


def keep_accounts(session: Session, period: Period) -> dict[str, Account]:
    """The account of each robot, by its name."""
    accounts: defaultdict[str, Account] = defaultdict(Account)
    is_pruned = session.execute(select(_PRUNED.c.below).limit(1)).first() is not None
    for _item, group in groupby(_events(session, period), key=lambda row: row.item_id):
        rows = list(group)
        robot = next((row.robot for row in rows if row.robot is not None), NO_ROBOT)
        _book(accounts[robot], rows, period, is_pruned=is_pruned)
    return dict(sorted(accounts.items()))


def _events(session: Session, period: Period) -> Iterator[Any]:
    body = case((_EVENT.c.type.in_(_WITH_BODY), _EVENT.c.body)).label("body")
    query = (
        select(_EVENT.c.item_id, _EVENT.c.at, _EVENT.c.type, _EVENT.c.robot, body)
        .where(_EVENT.c.item_id.is_not(None), _EVENT.c.type.in_(_WANTED), _EVENT.c.at < period.end)
        .order_by(_EVENT.c.item_id, _EVENT.c.id)
    )
    return iter(session.execute(query.execution_options(yield_per=_ROWS)))


def _book(account: Account, rows: list[Any], period: Period, *, is_pruned: bool) -> None:
    """Enter one item, whose events are these in order; the first of them may have been pruned."""
    is_open_before = is_open = is_pruned and rows[0].type not in _COMES_IN
    for row in rows:
        body = json.loads(row.body) if row.body is not None else {}
        review = body.get("decision", {}).get("humanReview")
        went = "cancelled" if review == "taken_over" else _GOES_OUT.get(row.type)
        is_open = went is None
        if row.at < period.start:
            is_open_before = is_open
            continue
        if row.type in _COMES_IN:
            account.came[_COMES_IN[row.type]] += 1
        if went is not None:
            account.went[went] += 1
        _book_decision(account, row.type, body)
    account.open_before += is_open_before
    account.open_after += is_open


def _book_decision(account: Account, kind: str, body: dict[str, Any]) -> None:
    facts, decision = body.get("facts", {}), body.get("decision", {})
    if kind == EventType.DECISION_PROPOSED.value:
        account.proposals += 1
        account.drawn_to_wait += facts.get("sampled") is True
    elif kind == EventType.DECISION_EXPIRED.value:
        account.answers["expired"] += 1
    elif kind == EventType.DECISION_MADE.value:
        account.answers[decision.get("humanReview", "")] += 1
        account.rows_left_out += facts.get("left_out") or 0
        if "personSeconds" in decision:
            account.timed_decisions += 1
            account.person_seconds += decision["personSeconds"]
