"""SF1520's facts about a person beside name, status and address: guardian, departure, contact address, family.

What must stay true: each is optional and None or empty when CPR did not deliver it; but what was delivered and cannot
be read is drift, because a guardian who is overlooked gets no letter.
"""

from __future__ import annotations

from typing import Final

from connectors import fields
from connectors.cpr import reading
from connectors.fields import Drift, Fields
from connectors.person_details import (
    ContactAddress,
    Custody,
    CustodyKind,
    Departure,
    Family,
    Guardianship,
    GuardianshipKind,
    OtherProtection,
)

_GUARDIANSHIPS: Final = {"FULD": GuardianshipKind.FULL, "DELVIS": GuardianshipKind.PARTIAL}
#: Relation types of ``foraeldremyndighed`` (integration reference A.8.1).
_CUSTODIES: Final = {
    "3": CustodyKind.MOTHER,
    "4": CustodyKind.FATHER,
    "5": CustodyKind.OTHER,
    "6": CustodyKind.OTHER,
}
_PROTECTIONS: Final = {
    "vejviserbeskyttelse": OtherProtection.LOCAL_DIRECTORY,
    "markedsfoeringsbeskyttelse": OtherProtection.MARKETING,
    "forskerbeskyttelse": OtherProtection.RESEARCH,
}


def guardianship(person: Fields) -> Guardianship | None:
    """Umyndiggørelse, also one that has ended as long as CPR delivers it; None where CPR says that there is none."""
    path = "umyndiggoerelse"
    written = fields.optional_child(person, path)
    if written is None or not fields.flag(written, "umyndiggjort", path):
        return None
    kind = _GUARDIANSHIPS.get(fields.text(written, "type", path))
    if kind is None:
        raise Drift(f"{path}.type")
    guardian = reading.optional_cpr(written, "relationPersonnummer", path)
    name = reading.optional_text(written, "relationVaergenavn", path)
    lines = tuple(line for line in (name, *reading.address_lines(written, "relationtekst", path)) if line)
    return Guardianship(
        kind,
        guardian,
        guardian_lines=lines if guardian is None else (),
        from_day=fields.optional_day(written, "startdato", path),
        ended_on=fields.optional_day(written, "slettedato", path),
    )


def departure(person: Fields) -> Departure | None:
    """Udrejse. ``country_code`` holds the country's name where CPR gives one, because people read it; else the code.

    CPR's code of a country is the number of an authority in CPR (5120 is Sweden), not an ISO code.
    """
    path = "udrejseoplysninger"
    written = fields.optional_child(person, path)
    if written is None:
        return None
    code = reading.optional_text(written, "udrejselandekode", path)
    return Departure(
        country_code=reading.optional_text(written, "udrejseland", path) or code,
        left_on=reading.uncertain_day(written, "udrejsedato", path),
        lines=reading.address_lines(written, "udlandsadresse", path),
    )


def contact_address(person: Fields) -> ContactAddress | None:
    """Kontaktadresse; None where it has no line with a text."""
    path = "kontaktAdresse"
    written = fields.optional_child(person, path)
    if written is None:
        return None
    lines = reading.address_lines(written, "kontaktAdr", path)
    from_day = fields.optional_day(written, "startdato", path)
    to_day = fields.optional_day(written, "slettedato", path)
    return ContactAddress(lines, from_day, to_day) if lines else None


def family(person: Fields, *, is_shared_residence: bool) -> Family:
    """Children, parents with a number, and who has custody."""
    parents = (reading.optional_cpr(person, "mor"), reading.optional_cpr(person, "far"))
    custody = enumerate(reading.optional_rows(person, "foraeldremyndighed"))
    return Family(
        children=reading.cprs(person, "barn"),
        parents=tuple(parent for parent in parents if parent is not None),
        custody=tuple(_custody(value, f"foraeldremyndighed[{at}]") for at, value in custody),
        is_shared_residence=is_shared_residence,
    )


def other_protections(person: Fields) -> frozenset[OtherProtection]:
    """The protections that stand now, by CPR's own word (``beskyttet``)."""
    return frozenset(kind for path, kind in _PROTECTIONS.items() if _is_protected(person, path))


def _is_protected(person: Fields, path: str) -> bool:
    written = fields.optional_child(person, path)
    return written is not None and fields.flag(written, "beskyttet", path)


def _custody(value: object, path: str) -> Custody:
    written = fields.record(value, path)
    kind = _CUSTODIES.get(fields.text(written, "type", path).lstrip("0"))
    if kind is None:
        raise Drift(f"{path}.type")
    return Custody(
        kind,
        reading.optional_cpr(written, "relationPersonnummer", path),
        from_day=fields.optional_day(written, "startdato", path),
        ended_on=fields.optional_day(written, "slettedato", path),
    )
