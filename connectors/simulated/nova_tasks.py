"""Nova's tasks on cases (aktiviteter): import and list.

What must stay true: a task uuid stands for one task for ever, as with notes.
"""

from __future__ import annotations

from collections.abc import Sequence

from connectors.simulated.exchange import Call, JsonObject
from connectors.simulated.ledger import Aim, dig_uuid, loose_json
from connectors.simulated.nova_bodies import NewTask, TaskQuery
from connectors.simulated.nova_case_changes import demand_open
from connectors.simulated.refusals import conflict, read_body


def aim_task(raw: bytes) -> Sequence[Aim]:
    """The task that the body names."""
    body = loose_json(raw)
    uuid = dig_uuid(body, "common", "uuid")
    return [Aim("import_task", dig_uuid(body, "caseUuid"), uuid, uuid, dig_uuid(body, "common", "transactionId"))]


def import_task(call: Call) -> tuple[JsonObject, Sequence[bool]]:
    """``POST api/Task/Import``: put a task on a case that is open."""
    store, settings = call.world.store, call.world.settings
    task = read_body(NewTask, call.body, strict=settings.strict)
    case, uuid = str(task.case_uuid), str(task.common.uuid)
    demand_open(store, case)
    values = (task.title, task.description, task.status_code, task.deadline.isoformat())
    known = store.one("SELECT case_uuid FROM task WHERE uuid = ?", (uuid,))
    if known is None:
        store.run(
            "INSERT INTO task (uuid, case_uuid, title, description, status_code, deadline) VALUES (?, ?, ?, ?, ?, ?)",
            (uuid, case, *values),
        )
        return {}, [False]
    if settings.repeat_mode == "conflict" or known["case_uuid"] != case:
        raise conflict("AlreadyExists", is_replay=True)
    store.run(
        "UPDATE task SET title = ?, description = ?, status_code = ?, deadline = ? WHERE uuid = ?", (*values, uuid)
    )
    return {}, [True]


def list_tasks(call: Call) -> JsonObject:
    """``PUT api/Task/GetList``: one page of the tasks of a case, oldest first."""
    store = call.world.store
    query = read_body(TaskQuery, call.body, strict=call.world.settings.strict)
    case, paging = str(query.case_uuid), query.paging
    found = store.rows(
        "SELECT * FROM task WHERE case_uuid = ? ORDER BY seq LIMIT ? OFFSET ?",
        (case, paging.number_of_rows + 1, paging.start_row - 1),
    )
    rows = found[: paging.number_of_rows]
    information: dict[str, object] = {"numberOfRows": len(rows), "hasMoreRows": len(found) > len(rows)}
    if paging.calculate_total_number_of_rows:
        information["totalNumberOfRows"] = store.count("SELECT count(*) FROM task WHERE case_uuid = ?", (case,))
    tasks = [
        {
            "uuid": row["uuid"],
            "caseUuid": row["case_uuid"],
            "title": row["title"],
            "description": row["description"],
            "statusCode": row["status_code"],
            "deadline": row["deadline"],
        }
        for row in rows
    ]
    return {"pagingInformation": information, "taskList": tasks}
