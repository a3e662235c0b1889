"""The robot that keeps the addresses of parties as CPR has them.

It never writes without an approval, and never for a person whose situation its rules do not know. What must stay true:
``handle`` may be called again from the start after any failure, and the second call ends where one call would have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from pydantic import BaseModel

from connectors.records import PersonEvent
from robots.address_update.apply import apply
from robots.address_update.card import CARD
from robots.address_update.payload import AddressChange, group
from robots.address_update.propose import propose
from robots.address_update.ruling import Policy
from robots.card import Card
from robots.desk import Desk
from robots.outcome import Outcome
from robots.robot import NewWorkItem, WorkItem


@dataclass(frozen=True)
class AddressUpdate:
    """See the card. Made without arguments it follows the strictest policy."""

    policy: Policy = field(default_factory=Policy)

    card: ClassVar[Card] = CARD
    payload_type: ClassVar[type[BaseModel]] = AddressChange

    def group(self, events: Sequence[PersonEvent]) -> Sequence[NewWorkItem]:
        """One work item per person; the same for the same events in any order."""
        return group(events)

    def handle(self, item: WorkItem, desk: Desk) -> Outcome:
        """Propose, or carry out what was approved; see ``propose`` and ``apply``."""
        if not isinstance(item.payload, AddressChange):
            message = f"the payload is {type(item.payload).__name__}, not AddressChange"
            raise TypeError(message)
        if desk.approval is None:
            return propose(item.payload, desk, self.policy)
        return apply(desk.approval, desk, self.policy, robot=f"{CARD.name} {CARD.version}")
