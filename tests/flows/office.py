"""A municipality of twins with a real database, and the people who work there."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session

from casework.approvals import Answer, WaitingApproval, approve, waiting
from casework.items import ItemView, list_items
from casework.policies import PolicyView, propose_policy, put_in_force
from connectors.records import CaseRef, PartyRef
from flows.composition import Composition
from flows.running import RunReport, run_robot
from foundation.actor import Actor, resolve_actor
from foundation.addresses import CivilAddress
from foundation.clock import ManualClock
from foundation.cpr import Cpr
from robots.address_update.robot import AddressUpdate
from robots.twins.case_register import TwinCaseRegister
from robots.twins.person_events import TwinPersonEvents
from robots.twins.person_register import TwinPersonRegister

#: Numbers of KOMBIT's external test set and the MeMo samples.
CITIZENS = ("1012620000", "1012620001", "1012620002", "1012620003", "2211771212", "2512169996")

OLD = CivilAddress("Gamle Prøvevej", "1", postal_code="9000", postal_district="Aalborg", municipality_code="0851")
NEW = CivilAddress("Ny Prøvevej", "2", postal_code="9000", postal_district="Aalborg", municipality_code="0851")


@dataclass
class Office:
    """What a test of a run needs at hand."""

    composition: Composition
    clock: ManualClock
    cases: TwinCaseRegister
    people: TwinPersonRegister
    events: TwinPersonEvents
    robot: AddressUpdate

    def actor(self, name: str) -> Actor:
        """One of the cast."""
        return resolve_actor(self.composition.settings, chosen=name)

    def settle_in(self, number: str = CITIZENS[0]) -> tuple[Cpr, CaseRef, PartyRef]:
        """A citizen at the old address, in CPR and on one open case."""
        cpr = Cpr.parse(number)
        self.people.add_person(cpr, address=OLD)
        case = self.cases.stage.add_case()
        return cpr, case, self.cases.stage.add_party(case, cpr=cpr, address=OLD)

    def move(self, cpr: Cpr) -> None:
        """The citizen moves, and CPR says so."""
        self.people.move(cpr, NEW, effect_from=self.clock.now().date())
        self.events.announce(cpr)

    def run(self, *, starter: str = "dorthe", limit: int | None = None) -> RunReport:
        """One run."""
        return run_robot(self.composition, self.robot, self.actor(starter), limit=limit)

    def waiting(self) -> list[WaitingApproval]:
        """What waits for a person."""
        with self.composition.place.database.read() as session:
            return waiting(session)

    def approve_all(self, *, approver: str = "bo") -> None:
        """A person approves whatever waits."""
        answers = [Answer(each.item_id, each.digest) for each in self.waiting()]
        approve(self.composition.place, answers, actor=self.actor(approver), person_seconds=30)

    def put_policy_in_force(self, body: str) -> PolicyView:
        """One person proposes a policy of the robot, and its owner puts it in force."""
        place, robot = self.composition.place, self.robot.card.name
        made = propose_policy(
            place, robot=robot, body=body, actor=self.actor("dorthe"), reason="Vi prøver.", validate=str
        )
        return put_in_force(place, made.id, actor=self.actor("frida"), reason="Enig.", validate=str)

    def items(self) -> list[ItemView]:
        """All work items, oldest first."""
        with self.composition.place.database.read() as session:
            return list_items(session)[::-1]

    def items_in(self, session: Session) -> list[ItemView]:
        """All work items, oldest first, in a transaction that is open already."""
        return list_items(session)[::-1]

    def written(self) -> list[str]:
        """The operations that took effect in the case register, in order."""
        return [entry.operation.value for entry in self.cases.ledger]
