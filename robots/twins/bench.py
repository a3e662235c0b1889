"""A bench on which a robot author tries a robot: twins of the registers, a clock, and the work loop in miniature.

What must stay true: the bench treats an outcome as the real work loop does, so that a robot that settles here settles
there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from pydantic import BaseModel

from casework.proposals import Proposal
from connectors.errors import ConnectorError, VersionConflict
from connectors.records import CaseCapabilities, PersonEvent
from foundation.clock import ManualClock
from robots.outcome import NeedsApproval, Outcome
from robots.robot import EventRobot, NewWorkItem, Robot, WorkItem
from robots.twins.address_register import TwinAddressRegister
from robots.twins.case_register import CAPABLE, TwinCaseRegister
from robots.twins.desk import TwinDesk
from robots.twins.desk_memory import DeskMemory
from robots.twins.person_register import TwinPersonRegister

#: Who approved where no person had to: the first version of the robot's policy.
AUTOMATIC: Final = "policy:1"


class Bench:
    """One robot, one work item at a time, and the world around it."""

    def __init__(
        self,
        robot: Robot,
        *,
        at: datetime,
        capabilities: CaseCapabilities = CAPABLE,
        addresses: TwinAddressRegister | None = None,
        policy: str | None = None,
    ) -> None:
        self.robot = robot
        self.clock = ManualClock(at)
        self.cases = TwinCaseRegister(capabilities=capabilities)
        self.people = TwinPersonRegister(clock=self.clock)
        self.addresses = addresses
        #: The policy in force for items given from now on, as JSON, or None.
        self.policy = policy
        self.desk = self._clean_desk(DeskMemory())
        self._item: WorkItem | None = None

    @property
    def memory(self) -> DeskMemory:
        """Steps, effects, evidence and reads of the present item."""
        return self.desk.memory

    def give(self, payload: BaseModel, *, item: str = "item-1") -> None:
        """Put a new work item on a clean desk."""
        self._item = WorkItem(id=item, reference=f"bench:{item}", payload=payload, attempt=1)
        memory = DeskMemory(item=item, remembered=self.memory.remembered, held=self.memory.held)
        self.desk = self._clean_desk(memory)

    def give_work(self, work: NewWorkItem) -> None:
        """Put work that was found in some other way than by events on a clean desk."""
        self.give(work.payload, item=work.reference)

    def give_events(self, robot: EventRobot, events: Sequence[PersonEvent]) -> None:
        """Put the one work item that the robot makes of these events on a clean desk."""
        (found,) = robot.group(events)
        self.give_work(found)

    def handle(self) -> Outcome:
        """Let the robot handle the item once, as a new process would."""
        if self._item is None:
            raise RuntimeError("give the robot an item first")
        self.desk = self.desk.again()
        try:
            outcome = self.robot.handle(self._item, self.desk)
        except ConnectorError:
            # The loop stores the failure, and with it what waited.
            self.desk.write_down()
            raise
        self.desk.write_down()
        return outcome

    def proposal(self) -> Proposal:
        """Let the robot handle the item, which must come to a proposal."""
        outcome = self.handle()
        if not isinstance(outcome, NeedsApproval):
            raise TypeError(f"the robot asked for nothing: {type(outcome).__name__}")
        return outcome.proposal

    def settle(self) -> Outcome:
        """Handle, approve and plan again as the work loop does, until the outcome is another than a proposal.

        What the policy lets through without a person is approved by the policy, and never drawn into the sample.
        """
        while True:
            try:
                outcome = self.handle()
            except VersionConflict:
                if self.desk.approval is None:
                    # There is no proposal to make anew; the work loop tries such an item again later.
                    raise
                self.desk.plan_again()
                continue
            if not isinstance(outcome, NeedsApproval):
                return outcome
            self.desk.approve(outcome.proposal, approved_by="bo" if outcome.automatic is None else AUTOMATIC)

    def _clean_desk(self, memory: DeskMemory) -> TwinDesk:
        return TwinDesk(
            self.cases, self.people, self.clock, addresses=self.addresses, policy=self.policy, memory=memory
        )
