"""What all parts of the story share: the screen, the municipality, the people who moved, and the checks.

What must stay true: a check that does not hold is told, and ends the demonstration with exit code 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from apps.cli.municipality import Tester
from apps.cli.screens import Screen
from casework.workplace import Workplace
from flows.running import RunReport
from foundation.actor import Actor, resolve_actor
from foundation.settings import Settings

ROBOT = "address_update"
#: Who starts the robot, and who reads the trail at the end.
STARTER = "dorthe"
AUDITOR = "carla"


class Check(NamedTuple):
    """Two counts that must be equal."""

    name: str
    ours: int
    theirs: int

    @property
    def holds(self) -> bool:
        """Whether they are."""
        return self.ours == self.theirs


@dataclass
class Night:
    """What the municipality made happen. The numbers of people are kept in memory only."""

    events: int
    moved: list[str]
    #: Case number to (person, uuid of the case), for the cases of those who moved.
    cases: dict[str, tuple[str, str]]
    #: The number of a case that was closed before anything was proposed, or None.
    closed_case: str | None


@dataclass
class Scene:
    """The story so far."""

    screen: Screen
    settings: Settings
    place: Workplace
    tester: Tester
    night: Night
    #: The numbers of the cases on which drift was planted, by kind, and a digest of each case that was closed then.
    planted: dict[str, list[str]] = field(default_factory=dict)
    closed: dict[str, str] = field(default_factory=dict)
    reports: list[RunReport] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    #: Item of the citizen whom the end of the story follows, and his case's number.
    followed: tuple[str, str] | None = None

    def person(self, name: str) -> Actor:
        """One of the cast."""
        return resolve_actor(self.settings, chosen=name)

    def chapter(self, number: int, title: str) -> None:
        """A new part of the story."""
        if self.screen.as_json:
            self.screen.say(f"{number}. {title}")
            return
        self.screen.line()
        self.screen.line(f"{number}  {title}", style="bold")

    def check(self, name: str, ours: int, theirs: int) -> Check:
        """Compare two counts."""
        check = Check(name, ours, theirs)
        self.checks.append(check)
        return check


def open_cases(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of a person's cases that take changes."""
    return [
        case
        for case in cases
        if case["state"]["progressState"] != "Afsluttet" and case["state"]["activeCode"] == "Aktiv"
    ]


def number_of(case: dict[str, Any]) -> str:
    """What people call the case."""
    return str(case["caseAttributes"]["userFriendlyCaseNumber"])
