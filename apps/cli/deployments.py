"""``sagsgang deployments``: when and where robots run by themselves, as the data says.

What must stay true: it shows what stands in ``flows.deployments``, with whether the robot rests, and asks no server.
"""

from __future__ import annotations

from apps.cli.exits import Exit
from apps.cli.invocation import Invocation
from apps.cli.pausing import condition_words, resting_robots
from casework.pausing import RobotCondition
from casework.states import RobotState
from flows.deployments import TIMEZONE, deployments_of


def run(call: Invocation) -> int:
    """The deployments with their schedules."""
    rests = resting_robots(call)
    deployments = deployments_of(call.settings)
    call.screen.heading(f"Robotter, der kører af sig selv ({len(deployments)})")
    rows = [
        (
            one.full_name,
            one.robot,
            condition_words(rests.get(one.robot, RobotCondition(one.robot, RobotState.ACTIVE))),
            "\n".join(one.schedules) or "kun på bestilling",
            one.at_once,
            one.description,
        )
        for one in deployments
    ]
    columns = ("Navn i Prefect", "Robot", "Tilstand", f"Tidsplan ({TIMEZONE})", "#Ad gangen", "Hvad")
    call.screen.table(columns, rows)
    call.screen.advise(call.command("up"))
    call.screen.answer(
        {
            "timezone": TIMEZONE,
            "deployments": [
                {
                    "name": one.full_name,
                    "robot": one.robot,
                    "state": rests[one.robot].state.value if one.robot in rests else RobotState.ACTIVE.value,
                    "schedules": one.schedules,
                    "parameters": one.flow_parameters,
                    "at_once": one.at_once,
                    "description": one.description,
                }
                for one in deployments
            ],
        }
    )
    return Exit.OK
