"""What a robot says of the parties on one case when all cases are gone through, person by person or not.

What must stay true: a survey writes nothing, makes no work item and asks no system; whoever sweeps does that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal, Protocol

from connectors.records import Case, CaseCapabilities, PersonSnapshot
from foundation.cpr import Cpr
from robots.robot import NewWorkItem, Robot


class SurveyResult(StrEnum):
    """What is to be done about one party."""

    #: The case says what the register says.
    EQUAL = "equal"
    #: Not ours to touch.
    SKIP = "skip"
    #: A work item is to look.
    NEEDS_ITEM = "needs_item"


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyedParty:
    """One party, and what the rules say of it now."""

    #: Case number and the system's id of the party; the row of later results.
    row: str
    #: The person, for whom an item would be made; None where the party has no number.
    cpr: Cpr | None
    result: SurveyResult
    #: What the rules returned (``APPLY`` …) and the reason's code.
    ruling: str
    reason: str
    #: Whether the policy lets the robot only say so.
    is_shadow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyTools:
    """What a survey may use besides the case and the snapshots."""

    #: The day in Denmark.
    today: date
    capabilities: CaseCapabilities
    #: The robot's policy in force, as JSON; None where none was put in force.
    policy: str | None
    recall: Callable[[Cpr], str | None]
    is_held: Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeLimits:
    """How much new work a robot takes in without a second person (ADR-50); 0 switches a limit off."""

    #: People with changes in one intake.
    most_people: int
    #: Per hundred of the people compared in a sweep.
    most_percent: int
    #: Days without an open case before a person is no longer subscribed to (ADR-39).
    unsubscribe_days: int


class SweepRobot(Robot, Protocol):
    """A robot whose work can also be found by going through all cases, or be asked for one person at a time."""

    def to_look_up(self, case: Case, policy: str | None) -> Sequence[Cpr]:
        """The people of the case whom the register must be asked about under this policy, each once."""

    def survey(
        self, case: Case, snapshots: Mapping[Cpr, PersonSnapshot | None], tools: SurveyTools
    ) -> Sequence[SurveyedParty]:
        """Every party of the case, in its order; ``snapshots`` holds an answer for each of ``to_look_up``."""

    def item_for(
        self, cpr: Cpr, *, source: Literal["sweep", "person", "case"], reference: str, noticed_on: date
    ) -> NewWorkItem:
        """A work item for one person that no event asked for."""

    def intake_limits(self, policy: str | None) -> IntakeLimits:
        """The limits of the policy in force."""
