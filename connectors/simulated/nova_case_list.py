"""Nova's list of cases: ``PUT api/Case/GetList``, a read although it is a PUT.

What must stay true: filters narrow together, no match is an empty list, and the order is the same on every page.
"""

from __future__ import annotations

from connectors.simulated.exchange import Call, JsonObject
from connectors.simulated.field_mask import check_mask, prune
from connectors.simulated.nova_bodies import CaseQuery
from connectors.simulated.nova_case_shape import shape_cases
from connectors.simulated.nova_vendor import keep_up
from connectors.simulated.refusals import bad_request, read_body
from connectors.simulated.store import Value


def list_cases(call: Call) -> JsonObject:
    """One page of the cases that match, with the fields that the mask asks for; the case's uuid always comes along."""
    settings = call.world.settings
    query = read_body(CaseQuery, call.body, strict=settings.strict)
    check_mask(query.case_get_output, strict=settings.strict)
    where, values = _filters(query)
    keep_up(call.world)
    store, paging = call.world.store, query.paging
    sql = f"SELECT * FROM esdh_case WHERE {where}"  # noqa: S608 - the conditions are constants of this module.
    found = store.rows(
        f"{sql} ORDER BY seq LIMIT ? OFFSET ?", [*values, paging.number_of_rows + 1, paging.start_row - 1]
    )
    rows = found[: paging.number_of_rows]
    information: dict[str, object] = {"numberOfRows": len(rows), "hasMoreRows": len(found) > len(rows)}
    if paging.calculate_total_number_of_rows:
        information["totalNumberOfRows"] = store.count(
            f"SELECT count(*) FROM esdh_case WHERE {where}",  # noqa: S608 - as above.
            values,
        )
    mask = {**query.case_get_output, "common": True}
    cases = shape_cases(store, rows, wanted=mask, with_assumed=settings.assumed_address_write)
    return {"pagingInformation": information, "cases": [prune(case, mask) for case in cases]}


def _filters(query: CaseQuery) -> tuple[str, list[Value]]:
    conditions, values = ["1 = 1"], list[Value]()
    if query.filter_by_uuid:
        if query.common.uuid is None:
            raise bad_request("MissingField", "common.uuid")
        conditions.append("uuid = ?")
        values.append(str(query.common.uuid))
    if query.case_attributes is not None:
        conditions.append("number = ?")
        values.append(query.case_attributes.user_friendly_case_number)
    if query.case_party is not None:
        party = query.case_party
        conditions.append(
            "uuid IN (SELECT case_uuid FROM party WHERE identification = ? AND identification_type = ?"
            " AND (? IS NULL OR role = ?))"
        )
        values += [party.identification, party.identification_type, party.participant_role, party.participant_role]
    if query.states is not None:
        states = [state.progress_state for state in query.states.states]
        conditions.append(f"progress IN ({','.join('?' * len(states))})")
        values += states
    return " AND ".join(conditions), values
