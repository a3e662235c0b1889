"""What we ask Nova for on a case, and how its answer becomes a ``Case``.

Nova returns only the fields that the mask asks for. What must stay true: the mask asks for exactly what is parsed, and
a value outside Nova's published lists is drift, never a guess.
"""

from __future__ import annotations

from typing import Final

from connectors import fields
from connectors.fields import Drift, Fields
from connectors.nova import addresses
from connectors.records import Case, CaseParty, CaseRef, CaseState, PartyContact, PartyRef, PartyRole, Progress
from foundation.addresses import CivilAddress
from foundation.cpr import Cpr, CprFault, CprKind, InvalidCpr

SYSTEM: Final = "nova"

_PARTY_MASK: Final[dict[str, object]] = {
    "index": True,
    "identificationType": True,
    "identification": True,
    "participantRole": True,
    "name": True,
}
#: ASSUMED fields (docs/adr 0008).
_CONTACT_MASK: Final[dict[str, object]] = {"address": True, "contactAddress": True, "nameAddressProtected": True}
_ROLES: Final = {"Primær": PartyRole.PRIMARY, "Sekundær": PartyRole.SECONDARY}
_IDENTIFICATION_TYPES: Final = frozenset({"CprNummer", "CvrNummer", "Frit", "PNummer", "EsrNummer", "BfeNummer"})
#: Characters of an id of Nova's own.
_LONGEST_ID: Final = 64
_PROGRESS: Final = {progress.value: progress for progress in Progress}


def case_mask(*, with_contact: bool) -> dict[str, object]:
    """The field mask ``caseGetOutput`` for a case with its parties, and with their addresses where Nova has them."""
    return {
        "caseAttributes": {"title": True, "userFriendlyCaseNumber": True},
        "state": {"activeCode": True, "progressState": True},
        "caseParties": {**_PARTY_MASK, **(_CONTACT_MASK if with_contact else {})},
        "caseClassification": {"kleNumber": {"code": True}},
        "caseworker": {"kspIdentity": {"fullName": True}},
    }


def case_from_wire(value: object, path: str) -> Case:
    """One element of ``cases``."""
    case = fields.record(value, path)
    attributes = fields.child(case, "caseAttributes", path)
    state = fields.child(case, "state", path)
    ref = CaseRef(SYSTEM, case_uuid(case, path))
    progress = _progress(state, f"{path}.state")
    parties = [] if case.get("caseParties") is None else fields.rows(case, "caseParties", path)
    return Case(
        ref=ref,
        number=fields.line(attributes, "userFriendlyCaseNumber", f"{path}.caseAttributes"),
        title=fields.heading(attributes, "title", f"{path}.caseAttributes"),
        kle=_kle(case, path),
        progress=progress,
        state=_state(state, progress, f"{path}.state"),
        caseworker=_caseworker(case, path),
        parties=tuple(_party(party, ref, f"{path}.caseParties[{at}]") for at, party in enumerate(parties)),
    )


def case_uuid(case: Fields, path: str) -> str:
    """Nova's own id of a case."""
    return fields.line(fields.child(case, "common", path), "uuid", f"{path}.common", longest=_LONGEST_ID)


def _progress(state: Fields, path: str) -> Progress:
    progress = _PROGRESS.get(fields.text(state, "progressState", path))
    if progress is None:
        raise Drift(f"{path}.progressState")
    return progress


def _state(state: Fields, progress: Progress, path: str) -> CaseState:
    match fields.text(state, "activeCode", path):
        case "Arkiveret":
            return CaseState.ARCHIVED
        case "Aktiv":
            return CaseState.CLOSED if progress is Progress.AFSLUTTET else CaseState.OPEN
        case _:
            raise Drift(f"{path}.activeCode")


def _kle(case: Fields, path: str) -> str | None:
    classification = fields.optional_child(case, "caseClassification", path)
    if classification is None:
        return None
    number = fields.optional_child(classification, "kleNumber", f"{path}.caseClassification")
    return None if number is None else fields.optional_line(number, "code", f"{path}.caseClassification.kleNumber")


def _caseworker(case: Fields, path: str) -> str | None:
    """The case worker's name; None where a unit holds the case (``losIdentity``)."""
    worker = fields.optional_child(case, "caseworker", path)
    identity = None if worker is None else fields.optional_child(worker, "kspIdentity", f"{path}.caseworker")
    return None if identity is None else fields.optional_line(identity, "fullName", f"{path}.caseworker.kspIdentity")


def _party(value: object, case: CaseRef, path: str) -> CaseParty:
    party = fields.record(value, path)
    role = _ROLES.get(fields.text(party, "participantRole", path))
    if role is None:
        raise Drift(f"{path}.participantRole")
    return CaseParty(
        ref=PartyRef(case, fields.line(party, "index", path, longest=_LONGEST_ID)),
        role=role,
        cpr=_cpr(party, path),
        name=fields.line(party, "name", path),
        contact=_contact(party, path),
    )


def _cpr(party: Fields, path: str) -> Cpr | None:
    """The party's CPR number; None for companies, free text and replacement numbers (ADR-47).

    A replacement number is known by its day (61 to 91) or by a letter among its last four, as older systems made them.
    Anything else under ``CprNummer`` that is no CPR number is drift: read as "no number" it would quietly take the
    party out of every search for him.
    """
    kind = fields.text(party, "identificationType", path)
    if kind not in _IDENTIFICATION_TYPES:
        raise Drift(f"{path}.identificationType")
    if kind != "CprNummer":
        return None
    written = fields.text(party, "identification", path)
    try:
        cpr = Cpr.parse(written)
    except InvalidCpr as error:
        # A masked number has letters at its end as well, and is somebody's.
        if error.reason is CprFault.WRONG_SHAPE and _is_lettered_replacement(written):
            return None
        drift = Drift(f"{path}.identification")
    else:
        return None if cpr.kind is CprKind.REPLACEMENT else cpr
    raise drift


def _is_lettered_replacement(written: str) -> bool:
    bare = written.strip().replace("-", "", 1)
    return len(bare) == 10 and bare.isalnum() and bare[:6].isdigit() and not bare[6:].isdigit()  # noqa: PLR2004  # DDMMYY and four.


def _contact(party: Fields, path: str) -> PartyContact:
    """The assumed fields; where Nova leaves them out nothing is known, which ``is_protected=None`` says."""
    return PartyContact(
        address=_address(party, "address", path),
        is_protected=fields.flag(party, "nameAddressProtected", path) if "nameAddressProtected" in party else None,
        contact_address=_address(party, "contactAddress", path),
    )


def _address(party: Fields, name: str, path: str) -> CivilAddress | None:
    address = fields.optional_child(party, name, path)
    return None if address is None else addresses.from_wire(address, f"{path}.{name}")
