"""``sagsgang deployments``: when and where robots run by themselves, as the data says.

What must stay true: it shows what stands in ``flows.deployments`` and asks no server.
"""

from __future__ import annotations

from apps.cli.exits import Exit
from apps.cli.invocation import Invocation
from flows.deployments import DEPLOYMENTS, TIMEZONE


def run(call: Invocation) -> int:
    """The deployments with their schedules."""
    call.settings  # noqa: B018 - the environment stands on every screen.
    call.screen.heading(f"Robotter, der kører af sig selv ({len(DEPLOYMENTS)})")
    rows = [
        (one.full_name, one.robot, "\n".join(one.schedules) or "kun på bestilling", one.at_once, one.description)
        for one in DEPLOYMENTS
    ]
    call.screen.table(("Navn i Prefect", "Robot", f"Tidsplan ({TIMEZONE})", "#Ad gangen", "Hvad"), rows)
    call.screen.advise(call.command("up"))
    call.screen.answer(
        {
            "timezone": TIMEZONE,
            "deployments": [
                {
                    "name": one.full_name,
                    "robot": one.robot,
                    "schedules": one.schedules,
                    "parameters": one.flow_parameters,
                    "at_once": one.at_once,
                    "description": one.description,
                }
                for one in DEPLOYMENTS
            ],
        }
    )
    return Exit.OK
