"""What makes a class a robot.

What must stay true: a robot is a card, a way to group what came in, and ``handle``; it keeps no state of its own
between items.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import BaseModel

from connectors.records import PersonEvent
from robots.card import Card
from robots.desk import Desk
from robots.outcome import Outcome


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One piece of case work as the robot sees it."""

    id: str
    #: Unique per robot; without personal data.
    reference: str
    #: The robot's own payload, of the type in ``Robot.payload_type``.
    payload: BaseModel
    #: 1 at the first try; counts claims since the item last got somewhere.
    attempt: int


@dataclass(frozen=True, slots=True)
class NewWorkItem:
    """Work that a robot found in what came in. ``event_ids`` are the events it answers for."""

    reference: str
    payload: BaseModel
    event_ids: tuple[str, ...] = ()
    priority: int = 0
    due_at: datetime | None = None


class Robot(Protocol):
    """One robot. Found by the entry point group ``sagsgang.robots``; made without arguments."""

    @property
    def card(self) -> Card:
        """What it is and on whose authority it acts."""

    @property
    def payload_type(self) -> type[BaseModel]:
        """The type of the payloads of its work items."""

    def handle(self, item: WorkItem, desk: Desk) -> Outcome:
        """Do, or go on with, one piece of work.

        Raise a ``ConnectorError`` through; the work loop knows which may be tried again.
        """


class EventRobot(Robot, Protocol):
    """A robot whose work comes from the person register's events."""

    def group(self, events: Sequence[PersonEvent]) -> Sequence[NewWorkItem]:
        """One work item per person from new events; pure, and the same for the same events in any order."""
