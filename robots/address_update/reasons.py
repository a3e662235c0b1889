"""Why a ruling came out as it did: a stable code, the row of the rule table, and one Danish sentence.

The rows (``ADR-*``) are those of the address rules in this folder's README, not pages of ``docs/adr``. What must stay
true: a sentence never holds a name, a number, an address or a date, so that it may stand on screens, in reminders and
in the audit trail.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """The codes; stored, so never renamed."""

    MOVE = "move"
    ALREADY_CURRENT = "already_current"
    OLDER_THAN_APPLIED = "older_than_applied"
    FUTURE_MOVE = "future_move"
    UNCERTAIN_DATE = "uncertain_date"
    CARE_OF = "care_of"
    LOCALITY = "locality"
    PROTECTED_MOVE = "protected_move"
    PROTECTION_ON = "protection_on"
    NO_PROTECTED_FIELD = "no_protected_field"
    PROTECTION_OFF = "protection_off"
    SPECIAL_PROTECTION = "special_protection"
    DEAD = "dead"
    EMIGRATED = "emigrated"
    DISAPPEARED = "disappeared"
    SPECIAL_ROAD = "special_road"
    NO_USABLE_ADDRESS = "no_usable_address"
    GREENLAND = "greenland"
    NO_RESIDENCE = "no_residence"
    ANNULLED = "annulled"
    NUMBER_CHANGED = "number_changed"
    HOUSEHOLD_PROTECTED = "household_protected"
    CLOSED = "closed"
    ARCHIVED = "archived"
    SHARED_MASTER = "shared_master"
    OTHER_MUNICIPALITY = "other_municipality"
    MOVED_IN = "moved_in"
    WRONG_PERSON = "wrong_person"
    CODES_DIFFER = "codes_differ"
    NO_CPR = "no_cpr"
    NOT_IN_CPR = "not_in_cpr"
    NO_ADDRESS_WRITE = "no_address_write"
    SYNCED_BY_VENDOR = "synced_by_vendor"

    @property
    def rule(self) -> str:
        """The row of the rule table, for example ``ADR-01``."""
        return _TABLE[self][0]

    @property
    def sentence(self) -> str:
        """What a person reads."""
        return _TABLE[self][1]


_BY_HAND = "En medarbejder skal tage stilling; robotten ændrer ikke adressen."

_TABLE: Final[dict[Reason, tuple[str, str]]] = {
    Reason.MOVE: ("ADR-01", "CPR har en anden adresse end sagen."),
    Reason.ALREADY_CURRENT: ("ADR-02", "Sagen har allerede adressen fra CPR."),
    Reason.OLDER_THAN_APPLIED: (
        "ADR-04",
        "CPR viser en ældre registrering end den, der senest er skrevet på sagen; den kan være ført tilbage.",
    ),
    Reason.FUTURE_MOVE: ("ADR-05", "Flytningen gælder først senere; robotten slår op igen på dagen."),
    Reason.UNCERTAIN_DATE: ("ADR-08", "CPR har en anden adresse end sagen, men flyttedatoen er usikker."),
    Reason.CARE_OF: ("ADR-09", "Kun c/o-navnet er et andet i CPR end på sagen."),
    Reason.LOCALITY: ("ADR-10", "Kun lokalitet eller bynavn er anderledes i CPR end på sagen."),
    Reason.PROTECTED_MOVE: (
        "ADR-11",
        "Personen har navne- og adressebeskyttelse og en anden adresse i CPR. Beskyttelsen markeres før adressen.",
    ),
    Reason.PROTECTION_ON: (
        "ADR-11",
        "Personen har navne- og adressebeskyttelse i CPR, som sagen ikke er markeret med.",
    ),
    Reason.NO_PROTECTED_FIELD: (
        "ADR-11",
        f"Personen har navne- og adressebeskyttelse, som sagssystemet ikke kan markere. {_BY_HAND}",
    ),
    Reason.PROTECTION_OFF: (
        "ADR-12",
        f"Sagen er markeret med adressebeskyttelse, som CPR ikke har. Skal markeringen blive stående? {_BY_HAND}",
    ),
    Reason.SPECIAL_PROTECTION: (
        "ADR-12b",
        f"CPR har ingen almindelig adresse, og personen er beskyttet. Kun særligt betroede må se på det. {_BY_HAND}",
    ),
    Reason.DEAD: ("ADR-13", f"Borgeren er afgået ved døden ifølge CPR. {_BY_HAND}"),
    Reason.EMIGRATED: ("ADR-14", f"Borgeren er udrejst ifølge CPR. {_BY_HAND}"),
    Reason.DISAPPEARED: ("ADR-15", f"Borgeren er registreret som forsvundet i CPR. {_BY_HAND}"),
    Reason.SPECIAL_ROAD: ("ADR-16", f"Borgeren er uden fast bopæl eller har en særlig vejkode i CPR. {_BY_HAND}"),
    Reason.NO_USABLE_ADDRESS: ("ADR-16", f"CPR har ingen fuldstændig dansk adresse på personen. {_BY_HAND}"),
    Reason.GREENLAND: ("ADR-18", f"Borgeren er bosat i Grønland ifølge CPR. {_BY_HAND}"),
    Reason.NO_RESIDENCE: ("ADR-19", f"Personen har ikke bopæl i Danmark ifølge CPR. {_BY_HAND}"),
    Reason.ANNULLED: ("ADR-20", f"Personnummeret på sagen er ikke gyldigt i CPR. {_BY_HAND}"),
    # Neutral on purpose: why a number was changed is sensitive.
    Reason.NUMBER_CHANGED: ("ADR-21", f"Personnummeret på sagen skal kontrolleres i CPR. {_BY_HAND}"),
    Reason.HOUSEHOLD_PROTECTED: (
        "ADR-29",
        "CPR har en anden adresse end sagen, og en anden part på sagen har adressebeskyttelse.",
    ),
    Reason.CLOSED: ("ADR-31", "Sagen er lukket og ændres ikke."),
    Reason.ARCHIVED: ("ADR-32", "Sagen er arkiveret og ændres ikke."),
    Reason.SHARED_MASTER: (
        "ADR-35",
        f"CPR har en anden adresse, men sagssystemet deler parten med lukkede sager. {_BY_HAND}",
    ),
    Reason.OTHER_MUNICIPALITY: ("ADR-36", f"Personen er flyttet til en anden kommune. {_BY_HAND}"),
    Reason.MOVED_IN: ("ADR-37", f"Personen er flyttet hertil fra en anden kommune og har en åben sag. {_BY_HAND}"),
    Reason.WRONG_PERSON: ("ADR-40", "CPR svarede om en anden person end parten. Robotten standser."),
    Reason.CODES_DIFFER: ("ADR-45", "Adressen er skrevet ens, men CPR og sagen har forskellige koder for den."),
    Reason.NO_CPR: ("ADR-47", "Parten har intet CPR-nummer, der kan slås op."),
    Reason.NOT_IN_CPR: ("ADR-48", f"Personnummeret på sagen findes ikke i CPR. {_BY_HAND}"),
    Reason.NO_ADDRESS_WRITE: (
        "ADR-01",
        "CPR har andre oplysninger end sagen, men robotten kan ikke skrive dem i sagssystemet. Ret dem på sagen.",
    ),
    Reason.SYNCED_BY_VENDOR: (
        "ADR-56",
        "Sagssystemet skulle selv hente adressen fra CPR, men viser en anden. Giv systemejeren besked.",
    ),
}
