"""A process of its own that runs a robot through Prefect and writes down, as JSON, what there was to see.

Of its own, because Prefect reads its environment once per process, and because what it prints at the end counts too.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from casework.items import count_by_state
from casework.tables import RunRow
from connectors.simulated.server import Running, running
from flows.composition import open_workplace
from flows.deployments import DEPLOYMENTS
from flows.draining import drain_pool, resume_pool
from flows.orchestration import run_through_prefect
from flows.prefect_environment import settings_environment
from flows.run_request import OrchestratorError
from flows.running import Intake
from foundation.errors import SagsgangError
from foundation.logs import configure_logs
from foundation.settings import Settings, load_settings

SECRET = "Prøvevej 7, 1012620000"


def main() -> None:
    configure_logs(json=True, level="INFO")
    folder = Path(sys.argv[1])
    facts: dict[str, Any] = {"prefect_before": "prefect" in sys.modules}
    with running(folder / "simulated", citizens=60, cases=120) as town:
        settings = settings_of(folder, town)
        httpx.post(town.url + "/__admin/nights", json={"moves": 3, "seed": 1}).raise_for_status()
        told: list[str] = []
        report = run_through_prefect(settings, "address_update", chosen="dorthe", tell=told.append)
        facts["told"] = told
        facts["counts"] = {result.value: number for result, number in report.summary.counts.items()}
        facts["api"] = os.environ.get("PREFECT_API_URL")
        started = time.monotonic()
        run_through_prefect(settings, "address_update", chosen="dorthe", tell=told.append)
        facts["seconds_again"] = time.monotonic() - started
        facts |= what_the_database_says(settings)
        facts |= failing_runs(settings, town)
        facts["swept"] = swept(settings)
    facts |= asyncio.run(what_prefect_says(settings))
    facts["environment"] = {name: value for name, value in os.environ.items() if name in WANTED}
    Path(sys.argv[2]).write_text(json.dumps(facts), encoding="utf-8")


WANTED = {"DO_NOT_TRACK", "PREFECT_SERVER_ANALYTICS_ENABLED", "PREFECT_HOME", "PREFECT_SERVER_UI_V2_ENABLED"}


def settings_of(folder: Path, town: Running, **overrides: object) -> Settings:
    token = "/nova/realms/NovaIntegration/protocol/openid-connect/token"
    named: dict[str, object] = {
        "data_dir": folder / "var",
        "nova_url": town.url + "/nova",
        "nova_token_url": town.url + token,
        "cpr_url": town.url + "/cpr",
        "dar_url": town.url + "/dar",
        "settle_seconds": 0.1,
        "calls_per_second": 10_000.0,
    }
    return load_settings(**(named | overrides))


def what_the_database_says(settings: Settings) -> dict[str, Any]:
    with open_workplace(settings) as place, place.database.read() as session:
        flow_runs = session.execute(select(RunRow.__table__.c.flow_run)).scalars().all()
        states = {state.value: number for state, number in count_by_state(session).items()}
    return {"flow_runs_in_our_table": sorted(str(flow_run) for flow_run in flow_runs), "items": states}


def failing_runs(settings: Settings, town: Running) -> dict[str, Any]:
    """One whose source does not answer, and one that meets an error with personal data in its text."""
    import flows.prefect_flows  # noqa: PLC0415 - it imports Prefect, which the first run had to do.

    silent = settings_of(settings.data_dir.parent, town, cpr_url="http://127.0.0.1:9/cpr")
    report = run_through_prefect(silent, "address_update", chosen="dorthe")

    def broken(*_: object, **__: object) -> Intake:
        raise ValueError(SECRET)

    setattr(flows.prefect_flows, "take_in", broken)  # noqa: B010 - mypy knows only what a module exports.
    try:
        run_through_prefect(settings, "address_update", chosen="dorthe")
    except OrchestratorError:
        raised = "orchestrator"
    except ValueError:
        raised = "its own"
    else:
        raised = "nothing"
    return {"collect_error": report.collect_error, "raised": raised}


def swept(settings: Settings) -> list[str | None]:
    """A sweep as Prefect starts it, with nothing but the environment to go by."""
    from prefect.settings import PREFECT_API_URL, temporary_settings  # noqa: PLC0415 - the first run had to import it.

    from flows.orchestration import _own  # noqa: PLC0415 - to look at the server from outside.
    from flows.prefect_sweeps import run_sweep_flow  # noqa: PLC0415 - it imports Prefect.

    given = settings_environment(settings) | {"SAGSGANG_LOG_JSON": "true"}
    os.environ.update(given)
    states: list[str | None] = []

    async def sweep(robot: str) -> Any:  # noqa: ANN401 - Prefect's type has many parameters.
        return await run_sweep_flow(robot, as_person="dorthe", return_state=True)

    try:
        for robot in ("address_update", "ingen"):
            with temporary_settings({PREFECT_API_URL: _own[-1].api_url}):
                state = asyncio.run(sweep(robot))
            states += [state.type.value, state.message]
    finally:
        for name in given:
            del os.environ[name]
    return states


async def what_prefect_says(settings: Settings) -> dict[str, Any]:
    import prefect  # noqa: PLC0415 - the first run had to import it.
    from prefect.client.orchestration import get_client  # noqa: PLC0415 - the same.
    from prefect.settings import PREFECT_API_URL, temporary_settings  # noqa: PLC0415 - the same.
    from prefect.states import Pending, Running  # noqa: PLC0415 - the same.

    import flows.zombies  # noqa: PLC0415 - it imports Prefect.
    from flows.missed import drop_missed, make_up_for_missed  # noqa: PLC0415 - it imports Prefect.
    from flows.orchestration import _own  # noqa: PLC0415 - to look at the server from outside.
    from flows.prefect_deployments import for_prefect  # noqa: PLC0415 - the same.
    from flows.prefect_flows import run_robot_flow  # noqa: PLC0415 - the same.
    from flows.zombies import mend_zombies  # noqa: PLC0415 - the same.

    api = _own[-1].api_url
    async with httpx.AsyncClient(base_url=api) as http:
        runs = (await http.post("/flow_runs/filter", json={"sort": "START_TIME_ASC"})).json()
        tasks = (await http.post("/task_runs/filter", json={})).json()
        logs = (await http.post("/logs/filter", json={})).json()
        with temporary_settings({PREFECT_API_URL: api}):
            deployment_id = await for_prefect(DEPLOYMENTS[0]).aapply()
            now = datetime.now(UTC)
            week = {"start_time": (now - timedelta(days=7)).isoformat(), "end_time": now.isoformat()}
            # The same call that the server's own scheduler makes, for a week that nobody served.
            schedule = await http.post(f"/deployments/{deployment_id}/schedule", json=week)
            dropped = [await drop_missed([deployment_id], before=now) for _ in range(2)]
            month = {"start_time": (now - timedelta(days=28)).isoformat(), "end_time": week["start_time"]}
            (await http.post(f"/deployments/{deployment_id}/schedule", json=month)).raise_for_status()
            async with get_client() as client:
                going = await client.create_flow_run_from_deployment(deployment_id)
            made_up = [await make_up_for_missed(going.id) for _ in range(2)]
            async with get_client() as client:
                asked_for = (await client.read_flow_run(going.id)).state
                await client.delete_flow_run(going.id)
            async with get_client() as client:
                kept = await client.read_deployment(deployment_id)
                dead = await client.create_flow_run(run_robot_flow, parameters={"robot": "address_update"})
                await client.set_flow_run_state(dead.id, Running(), force=True)
                unborn = await client.create_flow_run(run_robot_flow, parameters={"robot": "address_update"})
                await client.set_flow_run_state(unborn.id, Pending(), force=True)
                mended = [await mend_zombies(settings)]
                # As if ten minutes had passed without a run of ours.
                flows.zombies.OPENING_TIME = timedelta(0)  # type: ignore[misc]  # a constant, but for this
                mended += [await mend_zombies(settings) for _ in range(2)]
                state = (await client.read_flow_run(dead.id)).state
            pools = await drained_pools(settings, api)
            pools.append(await drained_of_the_dead(settings, api))
    everything = json.dumps([runs, tasks, logs])
    return {
        "prefect": prefect.__version__,
        "states": [(run["state_type"], run["state"]["message"]) for run in runs],
        "flow_run_ids": [run["id"] for run in runs],
        "parameters": [run["parameters"] for run in runs],
        "tasks": sorted({task["name"].rsplit("-", 1)[0] for task in tasks}),
        "failed_tasks": sorted({task["state"]["message"] for task in tasks if task["state_type"] == "FAILED"}),
        "retries": sorted({task["empirical_policy"]["retries"] for task in tasks}),
        "logs": logs,
        "is_personal": SECRET in everything or "1012620000" in everything,
        "flow_parameters": list(inspect.signature(run_robot_flow.fn).parameters),
        "refuses": [_is_refused(run_robot_flow, name) for name in ("1012620000", "101262-0000", "Hans Hansen")],
        "schedule_answer": schedule.status_code,
        "dropped": dropped,
        "made_up": [*made_up, asked_for.type.value if asked_for is not None else None],
        "pools": pools,
        "mended": mended,
        "zombie": state.type.value if state is not None else None,
        "entrypoint": kept.entrypoint,
        "options": str(kept.concurrency_options),
    }


async def drained_pools(settings: Settings, api: str) -> list[Any]:
    """A pool that is drained and resumed, and one that is not there."""
    from prefect.client.orchestration import get_client  # noqa: PLC0415 - the first run had to import it.
    from prefect.client.schemas.actions import WorkPoolCreate  # noqa: PLC0415 - the same.

    seen: list[Any] = []
    os.environ["PREFECT_API_URL"] = api
    try:
        async with get_client() as client:
            await client.create_work_pool(WorkPoolCreate(name="prøve", type="process"))
            for act in (partial(drain_pool, wait_seconds=0, tell=seen.append), resume_pool):
                stands = await asyncio.to_thread(act, settings, "prøve")
                seen.append([stands.is_paused, stands.going, (await client.read_work_pool("prøve")).is_paused])
        try:
            await asyncio.to_thread(resume_pool, settings, "findes-ikke")
        except SagsgangError as error:
            seen.append(error.code)
    finally:
        del os.environ["PREFECT_API_URL"]
    return seen


async def drained_of_the_dead(settings: Settings, api: str) -> list[int]:
    """How many runs a drained pool is said to have, of which one died in it with its worker."""
    from prefect.client.orchestration import get_client  # noqa: PLC0415 - the first run had to import it.
    from prefect.states import Running  # noqa: PLC0415 - the same.

    from flows.prefect_deployments import register_in_pool  # noqa: PLC0415 - the same.

    seen: list[int] = []
    (deployment_id,) = await register_in_pool(DEPLOYMENTS[:1], pool="prøve")
    async with get_client() as client:
        dead = await client.create_flow_run_from_deployment(deployment_id)
        await client.set_flow_run_state(dead.id, Running(), force=True)
    os.environ["PREFECT_API_URL"] = api
    try:
        stands = await asyncio.to_thread(drain_pool, settings, "prøve", wait_seconds=0, tell=seen.append)
    finally:
        del os.environ["PREFECT_API_URL"]
    return [*seen, stands.going]


def _is_refused(flow: Any, name: str) -> bool:  # noqa: ANN401 - Prefect's type has many parameters.
    try:
        flow.validate_parameters({"robot": name})
    except Exception:  # noqa: BLE001 - Prefect's own error, whatever it is called.
        return True
    return False


if __name__ == "__main__":
    main()
