"""DAWA's answers as addresses of the register: the mini object, the wash, and what its refusals say.

What must stay true: no value of an answer enters an error, only paths made of our own field names; and an answer
without what names an address is drift, never an address with holes.
"""

from __future__ import annotations

import json
from typing import Final
from uuid import UUID

import httpx

from connectors import fields
from connectors.address_records import RegisteredAddress, RegisteredStatus, WashCategory
from connectors.fields import Drift, Fields
from foundation.addresses import CivilAddress
from foundation.kvhx import InvalidKvhxError, Kvhx

_STATUSES: Final = frozenset(status.value for status in RegisteredStatus)
_CATEGORIES: Final = {category.value: category for category in WashCategory}
#: The parameters that we send; a refusal is told by one of these names and by nothing else.
_PARAMETERS: Final = frozenset({"betegnelse", "kvhx", "status", "struktur"})
_TYPES: Final = frozenset(
    {"InternalServerError", "QueryParameterFormatError", "ResourceNotFoundError", "ResourcePathFormatError"}
)


def address_from_wire(body: object, path: str = "") -> RegisteredAddress:
    """The address of a mini object (``struktur=mini``)."""
    mini = fields.record(body, path)
    address_id = _uuid(mini, "id", path)
    status = fields.whole_number(mini, "status", path)
    if status not in _STATUSES:
        raise Drift(fields.join(path, "status"))
    return RegisteredAddress(
        id=address_id,
        status=RegisteredStatus(status),
        address=CivilAddress(
            road_name=_named(mini, "vejnavn", path),
            house_number=_named(mini, "husnr", path),
            floor=fields.optional_text(mini, "etage", path) or "",
            door=fields.optional_text(mini, "dør", path) or "",
            postal_code=_named(mini, "postnr", path),
            postal_district=_named(mini, "postnrnavn", path),
            town=fields.optional_text(mini, "supplerendebynavn", path) or "",
            municipality_code=_named(mini, "kommunekode", path),
            road_code=_named(mini, "vejkode", path),
            address_id=address_id,
        ),
        kvhx=_kvhx(mini, path),
    )


def addresses_from_wire(body: object) -> tuple[RegisteredAddress, ...]:
    """The addresses of a list."""
    if not isinstance(body, list):
        raise Drift("body")
    return tuple(address_from_wire(row, f"body[{at}]") for at, row in enumerate(body))


def wash_from_wire(body: object) -> tuple[WashCategory, tuple[UUID, ...]]:
    """How sure the washing is, and the ids of the addresses as they are today, the best first and each once.

    ``adresse`` is what the text matched and may be closed or spelled as it once was; ``aktueladresse`` is that address
    as it is today.
    """
    answer = fields.record(body, "body")
    category = _CATEGORIES.get(fields.text(answer, "kategori"))
    if category is None:
        raise Drift("kategori")
    found: dict[UUID, None] = {}
    for at, row in enumerate(fields.rows(answer, "resultater")):
        path = f"resultater[{at}]"
        present = fields.child(fields.record(row, path), "aktueladresse", path)
        found[_uuid(present, "id", f"{path}.aktueladresse")] = None
    return category, tuple(found)


def refused_type(response: httpx.Response) -> str:
    """DAWA's own word for why it says no, or ``unnamed``."""
    kind = _refusal_body(response).get("type")
    return kind if isinstance(kind, str) and kind in _TYPES else "unnamed"


def refused_parameter(response: httpx.Response) -> str:
    """The parameter that DAWA refuses, or ``unnamed``; never the sentence beside it, which quotes the value."""
    details = _refusal_body(response).get("details")
    first = details[0] if isinstance(details, list) and details else None
    name = first[0] if isinstance(first, list) and first else None
    return name if isinstance(name, str) and name in _PARAMETERS else "unnamed"


def _refusal_body(response: httpx.Response) -> Fields:
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _named(of: Fields, name: str, path: str) -> str:
    """A text without which there is no address."""
    found = fields.text(of, name, path)
    if not found:
        raise Drift(fields.join(path, name))
    return found


def _uuid(of: Fields, name: str, path: str) -> UUID:
    try:
        return UUID(fields.text(of, name, path))
    except ValueError:
        drift = Drift(fields.join(path, name))
    raise drift


def _kvhx(of: Fields, path: str) -> str:
    try:
        return Kvhx.parse(fields.text(of, "kvhx", path)).value
    except InvalidKvhxError:
        drift = Drift(fields.join(path, "kvhx"))
    raise drift
