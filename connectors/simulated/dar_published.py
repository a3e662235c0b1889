"""The addresses outside the municipality that the register knows: those with which DAWA tests its own wash.

What must stay true: an id stands here only when it was published with the address (DAWA's tests; integration reference
D.2). All other ids, the road codes, and what took over from Eliasgade 10 are made up.
"""

from __future__ import annotations

import uuid

from connectors.simulated.dar_places import CLOSED, Place
from connectors.simulated.spelling import FIELDS, Address

_IDS = uuid.UUID("a7b1c0de-5f0e-5b1a-9d3c-2e4f6a8b0c1d")
_AARHUS, _ODENSE, _COPENHAGEN, _GENTOFTE = "0751", "0461", "0101", "0157"
_GREVE, _HOEJE_TAASTRUP, _ROSKILDE = "0253", "0169", "0265"

#: The place that took over from Eliasgade 10.
_SUCCESSOR = "f481e7d5-989e-4372-86a2-58e72cf64e44"


def _address(road: tuple[str, str, str], house: str, unit: str, post: str, *, published: str = "") -> Address:
    """``road`` is municipality, road code and name; ``unit`` is ``floor/door``; ``post`` is postcode and district."""
    floor, _, door = unit.partition("/")
    code, _, district = post.partition(" ")
    municipality, road_code, name = road
    return dict.fromkeys(FIELDS, "") | {
        "municipalityCode": municipality,
        "roadCode": road_code,
        "roadName": name,
        "houseNumber": house,
        "floor": floor,
        "door": door,
        "postalCode": code,
        "postalDistrict": district,
        "addressUuid": published or str(uuid.uuid5(_IDS, f"{municipality}{road_code}:{house}:{unit}")),
    }


_MARGRETHEPLADSEN = (_AARHUS, "7001", "Margrethepladsen")
_OESTERGADE = (_ODENSE, "7002", "Østergade")
_STATIONSVEJ = (_ODENSE, "7003", "Østre Stationsvej")
_ELIASGADE = (_COPENHAGEN, "7004", "Eliasgade")
_BORGMESTER = (_COPENHAGEN, "7005", "Borgmester Christiansens Gade")
_AHLEFELDTSGADE = (_COPENHAGEN, "7006", "Ahlefeldtsgade")
_KAERVEJ = (_GREVE, "7007", "Mosede Kærvej")
_ENGVEJ = (_GREVE, "7008", "Mosede Engvej")
_GIROSTROEGET = (_HOEJE_TAASTRUP, "7009", "Girostrøget")
_TOFTHOEJVEJ = (_ROSKILDE, "7010", "Tofthøjvej")
_STRANDVEJEN = (_GENTOFTE, "7011", "Strandvejen")

PUBLISHED = (
    Place(_address(_MARGRETHEPLADSEN, "4", "4/", "8000 Aarhus C", published="91b21c97-fb07-4aac-98c5-61bcb4689f78")),
    Place(_address(_MARGRETHEPLADSEN, "4", "3/", "8000 Aarhus C")),
    Place(_address(_OESTERGADE, "43", "2/tv", "5000 Odense C", published="ccc160cf-668c-45e7-af22-f80d5b0f9e26")),
    Place(_address(_OESTERGADE, "43", "2/th", "5000 Odense C")),
    Place(_address(_STATIONSVEJ, "24", "kl/", "5000 Odense C")),
    Place(_address(_STATIONSVEJ, "24", "st/", "5000 Odense C")),
    Place(_address(_ELIASGADE, "12", "/", "2300 København S", published=_SUCCESSOR)),
    Place(_address(_ELIASGADE, "10", "/", "2300 København S"), status=CLOSED, current=_SUCCESSOR),
    Place(
        _address(_BORGMESTER, "45", "st/th", "2450 København SV", published="0a3f509d-747c-32b8-e044-0003ba298018"),
        addressing_name="Borgm Christiansens",
    ),
    Place(_address(_AHLEFELDTSGADE, "22", "2/", "1359 København K")),
    Place(_address(_KAERVEJ, "6", "/", "2670 Greve")),
    Place(_address(_ENGVEJ, "6", "/", "2670 Greve")),
    Place(
        _address(_GIROSTROEGET, "1", "/", "2630 Taastrup", published="633c235a-4cd9-4309-b1ce-24ef3caeec6a"),
        large_recipient=("0800", "Høje Taastrup"),
    ),
    Place(_address(_TOFTHOEJVEJ, "20", "/121", "4130 Viby Sjælland", published="0a3f50ab-bd7c-32b8-e044-0003ba298018")),
    Place(_address(_STRANDVEJEN, "123A", "st/tv", "2900 Hellerup")),
)
