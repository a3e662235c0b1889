"""Nova's address object and our ``CivilAddress``, both ways.

ASSUMED: the public API shows no address on a party, so field names and spelling are our reading of it (docs/adr 0008).
What must stay true: an address is read as it stands, letter by letter, and written in the standard's spelling (``12B``,
``1``, ``tv``), so that what is read back is the same address by ``is_same_address``.
"""

from __future__ import annotations

from uuid import UUID

from connectors import fields
from connectors.fields import Drift, Fields
from foundation.addresses import CivilAddress, normalised

#: Lines of an address without parts, as many as CPR has for one abroad.
_MOST_LINES = 5


def from_wire(address: Fields, path: str) -> CivilAddress:
    """The address of a party; a part that is absent counts as empty."""
    return CivilAddress(
        road_name=fields.optional_line(address, "roadName", path) or "",
        house_number=fields.optional_line(address, "houseNumber", path) or "",
        floor=fields.optional_line(address, "floor", path) or "",
        door=fields.optional_line(address, "door", path) or "",
        postal_code=fields.optional_line(address, "postalCode", path) or "",
        postal_district=fields.optional_line(address, "postalDistrict", path) or "",
        care_of=fields.optional_line(address, "careOf", path) or "",
        locality=fields.optional_line(address, "locality", path) or "",
        town=fields.optional_line(address, "town", path) or "",
        municipality_code=fields.optional_line(address, "municipalityCode", path) or "",
        road_code=fields.optional_line(address, "roadCode", path) or "",
        address_id=_address_id(fields.optional_line(address, "addressUuid", path), path),
        free_lines=fields.lines(address, "freeLines", path, most=_MOST_LINES),
        country=fields.optional_line(address, "country", path) or "",
    )


def to_wire(address: CivilAddress) -> dict[str, object]:
    """The address as Nova takes it: empty texts where there is nothing, no leading zeros of CPR."""
    tidy = normalised(address)
    return {
        "careOf": tidy.care_of,
        "locality": tidy.locality,
        "roadName": tidy.road_name,
        "houseNumber": tidy.house_number,
        "floor": tidy.floor,
        "door": tidy.door,
        "town": tidy.town,
        "postalCode": tidy.postal_code,
        "postalDistrict": tidy.postal_district,
        "municipalityCode": tidy.municipality_code,
        "roadCode": tidy.road_code,
        "addressUuid": "" if tidy.address_id is None else str(tidy.address_id),
        "freeLines": list(tidy.free_lines),
        "country": tidy.country,
    }


def _address_id(written: str | None, path: str) -> UUID | None:
    if written is None:
        return None
    try:
        return UUID(written)
    except ValueError:
        drift = Drift(f"{path}.addressUuid")
    raise drift
