"""Homes outside the municipality, for those who move away or came from elsewhere.

What must stay true: roads and postcodes are invented, whatever municipality code is asked for; the same code gives the
same homes.
"""

from __future__ import annotations

import uuid

from connectors.simulated.municipality import neighbour_roads
from connectors.simulated.spelling import FIELDS, Address

_NAMESPACE = uuid.UUID("5f0f3a52-8f5d-5c5b-9a44-7a1f6f0d2b90")
_HOUSES = 20


def homes_elsewhere(code: str) -> list[Address]:
    """The homes of another municipality, by its four-digit code."""
    return [
        dict.fromkeys(FIELDS, "")
        | {
            "roadName": road.name,
            "houseNumber": str(house),
            "postalCode": road.postal_code,
            "postalDistrict": road.postal_district,
            "municipalityCode": code,
            "roadCode": road.code,
            "addressUuid": str(uuid.uuid5(_NAMESPACE, f"{code}:{road.code}:{house}")),
        }
        for road in neighbour_roads()
        for house in range(1, _HOUSES + 1)
    ]
