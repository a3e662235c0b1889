"""What runs when: the deployments, as data.

What must stay true: this module knows no Prefect, so that a schedule can be read and tested as it stands; a parameter
is one of the flow's, and never personal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

#: The flow that every deployment runs; ``flows.prefect_flows`` gives it this name.
FLOW_NAME = "sagsgang-robot"
TIMEZONE = "Europe/Copenhagen"


@dataclass(frozen=True, slots=True)
class MissedRun:
    """A run that fell due while nobody served its deployment."""

    id: UUID
    deployment: UUID
    due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One robot as it is put into service.

    Attributes:
        name: its name in Prefect; the robot's where there is one deployment of it.
        robot: the name on the robot's card.
        schedules: cron lines in Danish time, summer time included; none means that it is started by hand only.
        parameters: of the flow, besides ``robot``.
        at_once: how many of its runs may go on together. One is right as long as one process keeps up: it works in
            several threads. More processes claim from the same queue without harm.
        tags: for Prefect's page.
        description: Danish, for Prefect's page.
    """

    name: str
    robot: str
    schedules: tuple[str, ...] = ()
    parameters: dict[str, str | int | bool] = field(default_factory=dict)
    at_once: int = 1
    tags: tuple[str, ...] = ()
    description: str = ""

    @property
    def full_name(self) -> str:
        """Flow and deployment, as Prefect's commands want it."""
        return f"{FLOW_NAME}/{self.name}"

    @property
    def flow_parameters(self) -> dict[str, str | int | bool]:
        """All parameters that its runs are given."""
        return {"robot": self.robot, **self.parameters}


DEPLOYMENTS = (
    Deployment(
        name="address_update",
        robot="address_update",
        # Every half hour on working days from six to eight in the evening, so that what was approved is soon carried
        # out; and once each night, after CPR has sent the day's changes.
        schedules=("*/30 6-19 * * 1-5", "15 2 * * *"),
        tags=("adresser", "cpr", "nova"),
        description=(
            "Henter adresseændringer fra CPR, stiller forslag og udfører det, der er godkendt. "
            "Hver halve time på hverdage kl. 6-20 og én gang hver nat."
        ),
    ),
)


def at_once_of(robot: str) -> int:
    """How many runs of this robot the schedule may have going together; one, where no deployment says so."""
    return max((one.at_once for one in DEPLOYMENTS if one.robot == robot), default=1)


def to_drop(missed: Iterable[MissedRun]) -> list[UUID]:
    """Which of the runs that nobody started are to be dropped: all but the latest of each deployment.

    One run works until the queue is empty, so the latest makes up for all of them: once, and not in a storm.
    """
    ordered = sorted(missed, key=lambda run: (run.due, run.id))
    latest = {run.deployment: run.id for run in ordered}
    return [run.id for run in ordered if latest[run.deployment] != run.id]
