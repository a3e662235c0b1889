"""A block of checked lines as an ``ExtractPerson``.

The lines were checked with the whole file (``checking``), so nothing here can fail because of what stands in them.
What must stay true: order within a block means nothing, except that of several records of a kind that a person has
once, the last counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from connectors.cpr.extract.days import marked, read_day, read_moment
from connectors.cpr.extract.layout import KNOWN, field
from connectors.cpr.extract.people import EarlierNumber, ExtractAddress, ExtractPerson, Marriage, ProtectionRow
from connectors.person_details import (
    ContactAddress,
    Custody,
    CustodyKind,
    Departure,
    Family,
    Guardianship,
    GuardianshipKind,
    OtherProtection,
    PastAddress,
    UncertainDate,
)
from connectors.records import PersonStatus
from foundation.addresses import CivilAddress
from foundation.cpr import Cpr

_NONE: Final = frozenset({"", "0000", "0" * 10})
_PROTECTIONS: Final = {
    "0001": None,
    "0002": OtherProtection.LOCAL_DIRECTORY,
    "0003": OtherProtection.MARKETING,
    "0004": OtherProtection.RESEARCH,
}
_CUSTODIES: Final = {"0003": CustodyKind.MOTHER, "0004": CustodyKind.FATHER}
#: ``ANNKOR``: taken back (A), or overwritten by a correction (K). A technical change (Æ) and a blank stand.
_ANNULLED: Final = frozenset("AK")

Records = Mapping[str, Sequence[str]]


def read_person(lines: Sequence[str]) -> ExtractPerson:
    """The person of a block; ``lines`` begin with 001 and were checked."""
    records: dict[str, list[str]] = {}
    for line in lines:
        records.setdefault(line[:3], []).append(line)
    first = records["001"][-1]
    cpr = Cpr(field(first, "PNR"))
    name = _only(records, "008")
    address_name = _only(records, "003")
    return ExtractPerson(
        cpr=cpr,
        current_cpr=_number(first, "PNRGAELD") or cpr,
        status=PersonStatus(field(first, "STATUS").lstrip("0")),
        status_day=_moment(first, "STATUSHAENSTART", "STATUSDTO_UMRK"),
        birth_day=marked(_day(first, "FOED_DT"), field(first, "FOED_DT_UMRK")),
        addressing_name=_text(name, "ADRNVN") or _text(address_name, "ADRNVN"),
        names=(_text(name, "FORNVN"), _text(name, "MELNVN"), _text(name, "EFTERNVN")),
        home=_home(_only(records, "002"), address_name),
        protections=tuple(
            ProtectionRow(_PROTECTIONS[kind], _day(line, "START_DT").day, _day(line, "SLET_DT").day)
            for line in records.get("004", ())
            if (kind := field(line, "BESKYTTYPE")) in _PROTECTIONS
        ),
        departure=_departure(_only(records, "005")),
        contact_address=_contact_address(_only(records, "006")),
        disappeared_on=_disappeared(_only(records, "007")),
        marriage=_marriage(_only(records, "012")),
        family=_family(records),
        guardianship=_guardianship(_only(records, "052") or _only(records, "017")),
        relocation_order=_text(_only(records, "021"), "TEKST"),
        earlier_numbers=tuple(
            EarlierNumber(Cpr(field(line, "PNRTIDL")), _day(line, "START_DT"), _day(line, "SLUT_DT"))
            for line in records.get("022", ())
        ),
        history=_history(records),
        events=tuple(field(line, "HAENDELSE") for line in records.get("099", ())),
    )


def moved_on(lines: Sequence[str]) -> date | None:
    """The day from which the block's address has effect (002), else that of departure (005); None where unknown."""
    for record, name in (("002", "TILFLYDTO"), ("005", "UDRDTO")):
        for line in lines:
            if line.startswith(record):
                return _moment(line, name).day
    return None


def _home(line: str, plain: str) -> ExtractAddress | None:
    if not line:
        return None
    return ExtractAddress(
        address=CivilAddress(
            road_name=_text(line, "VEJNVN") or _text(plain, "VEJADRNVN"),
            house_number=_text(line, "HUSNR"),
            floor=_text(line, "ETAGE"),
            door=_text(line, "SIDEDOER"),
            postal_code=_code(plain, "POSTNR"),
            postal_district=_text(plain, "POSTDISTTXT"),
            care_of=_text(line, "CONVN") or _text(plain, "CONVN"),
            locality=_text(plain, "LOKALITET"),
            town=_text(plain, "BYNVN"),
            municipality_code=_code(line, "KOMKOD"),
            road_code=_code(line, "VEJKOD"),
            address_id=UUID(written) if (written := _text(line, "ADRESSE_UUID")) else None,
        ),
        moved_in=_moment(line, "TILFLYDTO", "TILFLYDTO_UMRK"),
        moved_into_municipality=_moment(line, "TILFLYKOMDTO", "TILFLYKOMDT_UMRK"),
        moved_from_municipality=_code(line, "FRAFLYKOMKOD"),
        moved_from_on=_moment(line, "FRAFLYKOMDTO", "FRAFLYKOMDT_UMRK"),
        supplementary_lines=_lines(line, "SUPLADR"),
    )


def _departure(line: str) -> Departure | None:
    """The country is CPR's authority code here; the extract does not hold its name."""
    if not line:
        return None
    return Departure(_code(line, "UDR_LANDEKOD"), _moment(line, "UDRDTO", "UDRDTO_UMRK"), _lines(line, "UDLANDADR"))


def _contact_address(line: str) -> ContactAddress | None:
    lines = _lines(line, "KONTAKTADR") if line else ()
    return ContactAddress(lines, _day(line, "START_DT").day, _day(line, "SLET_DT").day) if lines else None


def _disappeared(line: str) -> UncertainDate | None:
    return _moment(line, "FORSVINDDTO", "FORSVINDDTO_UMRK") if line else None


def _marriage(line: str) -> Marriage | None:
    return Marriage(field(line, "CIVST"), _number(line, "AEGTEPNR"), _moment(line, "HAENSTART")) if line else None


def _family(records: Records) -> Family:
    parents = _only(records, "015")
    numbers = (_number(parents, "PNRMOR"), _number(parents, "PNRFAR")) if parents else ()
    return Family(
        children=tuple(Cpr(field(line, "PNRBARN")) for line in records.get("014", ())),
        parents=tuple(number for number in numbers if number is not None),
        custody=tuple(
            Custody(
                _CUSTODIES.get(field(line, "RELTYP"), CustodyKind.OTHER),
                _number(line, "RELPNR"),
                from_day=_day(line, "START_DT").day,
                ended_on=_day(line, "SLET_DT").day,
            )
            for line in records.get("016", ())
        ),
    )


def _guardianship(line: str) -> Guardianship | None:
    """Record 017 does not say whether the guardianship is full or partial; full is our reading of it."""
    if not line:
        return None
    is_partial = "VAERGEMAALS_TYPE" in KNOWN[line[:3]].fields and _text(line, "VAERGEMAALS_TYPE").upper() == "DELVIS"
    guardian = _number(line, "RELPNR")
    lines = tuple(text for text in (_text(line, "RELADRSAT"), *_lines(line, "RELTXT")) if text)
    return Guardianship(
        GuardianshipKind.PARTIAL if is_partial else GuardianshipKind.FULL,
        guardian,
        guardian_lines=lines if guardian is None else (),
        from_day=_day(line, "START_DT").day,
        ended_on=_day(line, "SLET_DT").day,
    )


def _history(records: Records) -> tuple[PastAddress, ...]:
    found = [
        PastAddress(
            CivilAddress(
                house_number=_text(line, "HUSNR"),
                floor=_text(line, "ETAGE"),
                door=_text(line, "SIDEDOER"),
                care_of=_text(line, "CONVN"),
                municipality_code=_code(line, "KOMKOD"),
                road_code=_code(line, "VEJKOD"),
            ),
            moved_in=_moment(line, "TILFLYDTO", "TILFLYDTO_UMRK"),
            moved_out=_moment(line, "FRAFLYDTO", "FRAFLYDTO_UMRK"),
            is_annulled=field(line, "ANNKOR") in _ANNULLED,
        )
        for line in records.get("023", ())
    ]
    return tuple(sorted(found, key=lambda past: past.moved_in.day or date.min, reverse=True))


def _only(records: Records, record: str) -> str:
    found = records.get(record)
    return found[-1] if found else ""


def _text(line: str, name: str) -> str:
    return field(line, name) if line else ""


def _code(line: str, name: str) -> str:
    found = _text(line, name)
    return "" if found in _NONE else found


def _number(line: str, name: str) -> Cpr | None:
    found = field(line, name)
    return None if found in _NONE else Cpr(found)


def _moment(line: str, name: str, mark: str = "") -> UncertainDate:
    return marked(read_moment(field(line, name)), field(line, mark) if mark else "")


def _day(line: str, name: str) -> UncertainDate:
    return read_day(field(line, name))


def _lines(line: str, name: str) -> tuple[str, ...]:
    return tuple(text for at in range(1, 6) if (text := field(line, f"{name}{at}")))
