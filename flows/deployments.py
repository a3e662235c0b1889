"""What runs when: the deployments, as data.

What must stay true: this module knows no Prefect, so that a schedule can be read and tested as it stands; a parameter
is one of the flow's, and never personal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from foundation.settings import Settings

#: The flow of a run, and of a sweep through all cases; ``flows.prefect_flows`` and ``flows.prefect_sweeps`` have them.
FLOW_NAME, SWEEP_FLOW_NAME = "sagsgang-robot", "sagsgang-gennemgang"
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
        is_sweep: goes through all cases instead of collecting and working.
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
    is_sweep: bool = False
    tags: tuple[str, ...] = ()
    description: str = ""

    @property
    def full_name(self) -> str:
        """Flow and deployment, as Prefect's commands want it."""
        return f"{SWEEP_FLOW_NAME if self.is_sweep else FLOW_NAME}/{self.name}"

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
    Deployment(
        name="address_update_sweep",
        robot="address_update",
        is_sweep=True,
        tags=("adresser", "cpr", "nova"),
        description=(
            "Gennemgår alle åbne sager og laver opgaver for dem, der afviger fra CPR. "
            "Tidsplanen er SAGSGANG_SWEEP_SCHEDULE; uden den startes den kun af en person."
        ),
    ),
)


def deployments_of(settings: Settings) -> tuple[Deployment, ...]:
    """The deployments as these settings want them: a sweep runs by itself only where somebody has said when."""
    schedules = (settings.sweep_schedule,) if settings.sweep_schedule else ()
    return tuple(replace(one, schedules=schedules) if one.is_sweep else one for one in DEPLOYMENTS)


def at_once_of(robot: str) -> int:
    """How many runs of this robot the schedule may have going together; one, where no deployment says so."""
    return max((one.at_once for one in DEPLOYMENTS if one.robot == robot and not one.is_sweep), default=1)


def to_drop(missed: Iterable[MissedRun]) -> list[UUID]:
    """Which of the runs that nobody started are to be dropped: all but the latest of each deployment.

    One run works until the queue is empty, so the latest makes up for all of them: once, and not in a storm.
    """
    ordered = sorted(missed, key=lambda run: (run.due, run.id))
    latest = {run.deployment: run.id for run in ordered}
    return [run.id for run in ordered if latest[run.deployment] != run.id]
