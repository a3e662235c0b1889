"""Nova's field mask: only what was asked for comes back.

What must stay true: a field that was not asked for is absent, not null; and a mask may not ask for a field that the
contract does not know.
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.simulated.refusals import bad_request
from connectors.simulated.spelling import FIELDS, FREE_LINES

Mask = Mapping[str, object]

_ADDRESS = dict.fromkeys((*FIELDS, FREE_LINES, "country"), True)
_NOTE_ATTRIBUTES = ("journalNoteDate", "title", "journalNoteType", "format", "note")
#: Everything a mask may ask for. ``address``, ``contactAddress`` and ``nameAddressProtected`` are assumed.
KNOWN: Mask = {
    "common": {"uuid": True},
    "caseAttributes": dict.fromkeys(("title", "caseDate", "userFriendlyCaseNumber"), True),
    "state": {"activeCode": True, "progressState": True},
    "caseParties": {
        **dict.fromkeys(("index", "identificationType", "identification", "participantRole", "name"), True),
        "address": _ADDRESS,
        "contactAddress": _ADDRESS,
        "nameAddressProtected": True,
    },
    "caseClassification": {"kleNumber": {"code": True}, "proceedingFacet": {"code": True}},
    "sensitivity": {"sensitivity": True},
    "caseworker": {"kspIdentity": dict.fromkeys(("novaUserId", "racfId", "fullName"), True)},
    "numberOfDocuments": True,
    "numberOfJournalNotes": True,
    "journalNotes": {
        "uuid": True,
        "approved": True,
        "journalNoteAttributes": dict.fromkeys(_NOTE_ATTRIBUTES, True),
        "createdTime": True,
    },
}


#: Everything that the mask of a document may ask for; its uuid always comes along.
KNOWN_OF_DOCUMENTS: Mask = dict.fromkeys(("documentUuid", "title", "documentType", "documentDate"), True)


def check_mask(mask: Mask, *, strict: bool, known: Mask = KNOWN, path: str = "caseGetOutput") -> None:
    """Raise a 400 ``Refusal`` for a field that is unknown (only when ``strict``) or a value that is not a tree."""
    for key, wanted in mask.items():
        place = f"{path}.{key}"
        branch = known.get(key)
        if branch is None:
            if strict:
                raise bad_request("UnknownField", place)
        elif isinstance(wanted, Mapping):
            if not isinstance(branch, Mapping):
                raise bad_request("InvalidField", place)
            check_mask(wanted, strict=strict, known=branch, path=place)
        elif not isinstance(wanted, bool):
            raise bad_request("InvalidField", place)


def prune(value: object, mask: object) -> object:
    """What the mask lets through of a value; ``True`` lets all through, in a list the mask is each element's."""
    if mask is True or value is None:
        return value
    if isinstance(value, list):
        return [prune(element, mask) for element in value]
    if isinstance(value, Mapping) and isinstance(mask, Mapping):
        return {key: prune(value[key], wanted) for key, wanted in mask.items() if wanted and key in value}
    return value
