"""The robot that keeps the addresses of parties as CPR has them.

It never writes without an approval, a person's or that of the policy in force, and never for a person whose situation
its rules do not know. What must stay true: ``handle`` may be called again from the start after any failure, and the
second call ends where one call would have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Literal

from pydantic import BaseModel

from connectors.records import Case, PersonEvent, PersonSnapshot
from foundation.cpr import Cpr
from robots.address_update.apply import apply
from robots.address_update.card import CARD
from robots.address_update.payload import AddressChange, for_person, for_rollback, from_events
from robots.address_update.plan import Plan
from robots.address_update.policy import Policy
from robots.address_update.policy_in_force import read_policy
from robots.address_update.propose import propose
from robots.address_update.rollback import apply_rollback, propose_rollback
from robots.address_update.surveying import survey, to_look_up
from robots.card import Card
from robots.desk import Desk
from robots.outcome import Outcome
from robots.robot import NewWorkItem, WorkItem
from robots.survey import IntakeLimits, SurveyedParty, SurveyTools


@dataclass(frozen=True)
class AddressUpdate:
    """See the card. Where no policy was put in force it follows ``policy``, the strictest unless told otherwise."""

    policy: Policy = field(default_factory=Policy)

    card: ClassVar[Card] = CARD
    payload_type: ClassVar[type[BaseModel]] = AddressChange

    def group(self, events: Sequence[PersonEvent]) -> Sequence[NewWorkItem]:
        """One work item per person; the same for the same events in any order."""
        return from_events(events)

    def item_for(
        self, cpr: Cpr, *, source: Literal["sweep", "person", "case"], reference: str, noticed_on: date
    ) -> NewWorkItem:
        """A work item for one person that no event asked for."""
        return for_person(cpr, source=source, reference=reference, noticed_on=noticed_on)

    def take_back(
        self, plans: Mapping[str, frozenset[str]], *, reference: str, noticed_on: date, asked_by: str
    ) -> NewWorkItem:
        """A work item that takes these rows of carried out plans back (ADR-53); ``asked_by`` may not approve it.

        Raises:
            ValueError: a plan lacks one of its rows, or the plans are about different people.
        """
        carried_out = [(Plan.from_json(plan), rows) for plan, rows in plans.items()]
        wrong = [row for plan, rows in carried_out for row in plan.rows if row.id in rows]
        if {row.id for row in wrong} != frozenset().union(*plans.values()):
            raise ValueError("a row is in none of the plans")
        (cpr,) = {plan.cpr for plan, _ in carried_out}
        return for_rollback(wrong, cpr=cpr, reference=reference, noticed_on=noticed_on, asked_by=asked_by)

    def to_look_up(self, case: Case, policy: str | None) -> Sequence[Cpr]:
        """The people of the case whom CPR must be asked about, each once; nobody whose role is not kept.

        Raises:
            BrokenPolicyError: the policy in force cannot be read.
        """
        return to_look_up(case, policy=read_policy(policy, otherwise=self.policy))

    def survey(
        self, case: Case, snapshots: Mapping[Cpr, PersonSnapshot | None], tools: SurveyTools
    ) -> Sequence[SurveyedParty]:
        """What the rules say of every party of the case now; see ``surveying``.

        Raises:
            BrokenPolicyError: the policy in force cannot be read.
        """
        return survey(case, snapshots, tools, read_policy(tools.policy, otherwise=self.policy))

    def intake_limits(self, policy: str | None) -> IntakeLimits:
        """The limits of the policy in force (ADR-39, ADR-50); raises ``BrokenPolicyError``."""
        known = read_policy(policy, otherwise=self.policy)
        return IntakeLimits(
            most_people=known.mass_people, most_percent=known.mass_percent, unsubscribe_days=known.unsubscribe_days
        )

    def check_policy(self, policy: str) -> None:
        """Refuse a policy that this robot cannot read; raises ``BrokenPolicyError``."""
        read_policy(policy, otherwise=self.policy)

    def handle(self, item: WorkItem, desk: Desk) -> Outcome:
        """Propose, or carry out what was approved; see ``propose``, ``apply`` and ``rollback``.

        Raises:
            BrokenPolicyError: the policy in force cannot be read.
        """
        work = item.payload
        if not isinstance(work, AddressChange):
            message = f"the payload is {type(work).__name__}, not AddressChange"
            raise TypeError(message)
        policy = read_policy(desk.policy, otherwise=self.policy)
        approval, robot = desk.approval, f"{CARD.name} {CARD.version}"
        if work.source == "rollback":
            if approval is None:
                return propose_rollback(work, desk, policy, item=item.reference)
            return apply_rollback(work, approval, desk, item=item.reference, robot=robot)
        if approval is None:
            return propose(work, desk, policy, item=item.reference)
        return apply(work, approval, desk, policy, item=item.reference, robot=robot)
