"""CPR's own word that it does not know a person, told apart from a wrong address of the service.

What must stay true: "unknown person" is said only when CPR itself said so, because a wrong address answers 404 as well
and must not make every citizen an unknown person.
"""

from __future__ import annotations

from typing import Final

import httpx

from connectors import fields
from connectors.errors import ConnectorError, NotFound, SchemaDrift
from connectors.http import Call, read_json

_UNKNOWN: Final = "PNR_NOT_FOUND"


def not_found(response: httpx.Response, call: Call) -> ConnectorError:
    """What a 404 of CPR means: no such person, or no such service."""
    if _UNKNOWN in read_json(response, call, _codes):
        return NotFound(call.system, call.operation, call.missing)
    return SchemaDrift(call.system, call.operation, "http_404")


def _codes(body: object) -> frozenset[str]:
    found = fields.rows(fields.record(body, "body"), "ErrorList")
    return frozenset(
        fields.text(fields.record(fault, f"ErrorList[{at}]"), "ErrorCode", f"ErrorList[{at}]")
        for at, fault in enumerate(found)
    )
