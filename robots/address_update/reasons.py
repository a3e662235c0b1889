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
    NO_ADDRESS_WRITE = "no_address_write"
    ALREADY_CURRENT = "already_current"
    SPELLING = "spelling"
    OLDER_THAN_APPLIED = "older_than_applied"
    FUTURE_MOVE = "future_move"
    LETTERS_SENT = "letters_sent"
    CORRECTION = "correction"
    UNCERTAIN_DATE = "uncertain_date"
    CARE_OF = "care_of"
    LOCALITY = "locality"
    PROTECTED_MOVE = "protected_move"
    PROTECTION_ON = "protection_on"
    NO_PROTECTED_FIELD = "no_protected_field"
    PROTECTION_OFF = "protection_off"
    ADDRESS_WAITS = "address_waits"
    SPECIAL_PROTECTION = "special_protection"
    DEAD = "dead"
    EMIGRATED = "emigrated"
    EMIGRATED_RIGHTS = "emigrated_rights"
    DISAPPEARED = "disappeared"
    SPECIAL_ROAD = "special_road"
    NO_FIXED_ABODE = "no_fixed_abode"
    RESIDENCE_DECIDES = "residence_decides"
    NO_USABLE_ADDRESS = "no_usable_address"
    CONTACT_ADDRESS = "contact_address"
    CONTACT_ADDRESS_ENDED = "contact_address_ended"
    GREENLAND = "greenland"
    GREENLAND_CHECK = "greenland_check"
    NO_RESIDENCE = "no_residence"
    ANNULLED = "annulled"
    NUMBER_CHANGED = "number_changed"
    GUARDIAN = "guardian"
    PARTIAL_GUARDIAN = "partial_guardian"
    GUARDIAN_ENDED = "guardian_ended"
    GUARDIAN_WITHOUT_NUMBER = "guardian_without_number"
    MOVED_APART = "moved_apart"
    SHARED_RESIDENCE = "shared_residence"
    CUSTODY_CHANGED = "custody_changed"
    HOUSEHOLD_PROTECTED = "household_protected"
    PROTECTED_WITH_OTHER_PARTY = "protected_with_other_party"
    CLOSED = "closed"
    ARCHIVED = "archived"
    SHARED_MASTER = "shared_master"
    OTHER_MUNICIPALITY = "other_municipality"
    HANDOVER = "handover"
    MOVED_IN = "moved_in"
    KEPT_CASE = "kept_case"
    WRONG_PERSON = "wrong_person"
    ROLE_NOT_KEPT = "role_not_kept"
    MANUAL_ADDRESS = "manual_address"
    UNKNOWN_ORIGIN = "unknown_origin"
    NOT_IN_DAR = "not_in_dar"
    ADDRESS_RENAMED = "address_renamed"
    CODES_DIFFER = "codes_differ"
    NAME = "name"
    NAME_TOO = "name_too"
    NAME_DIFFERS = "name_differs"
    NO_CPR = "no_cpr"
    NOT_IN_CPR = "not_in_cpr"
    HELD = "held"
    ROLLBACK = "rollback"
    ROLLBACK_BY_HAND = "rollback_by_hand"
    SYNCED_BY_VENDOR = "synced_by_vendor"
    VENDOR_GRACE = "vendor_grace"

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
    Reason.NO_ADDRESS_WRITE: (
        "ADR-01",
        "CPR har andre oplysninger end sagen, men robotten kan ikke skrive dem i sagssystemet. Ret dem på sagen.",
    ),
    Reason.ALREADY_CURRENT: ("ADR-02", "Sagen har allerede adressen fra CPR."),
    Reason.SPELLING: ("ADR-02", "Adressen er den samme, men er skrevet på en anden måde i registret end på sagen."),
    Reason.OLDER_THAN_APPLIED: (
        "ADR-04",
        "CPR viser en ældre registrering end den, der senest er skrevet på sagen; den kan være ført tilbage.",
    ),
    Reason.FUTURE_MOVE: ("ADR-05", "Flytningen gælder først senere; robotten slår op igen på dagen."),
    Reason.LETTERS_SENT: (
        "ADR-06",
        "Der er sendt breve fra sagen, efter at flytningen fik virkning. Vurdér, om de skal sendes igen.",
    ),
    Reason.CORRECTION: ("ADR-07", "Adressen er en rettelse i CPR; der er ikke tale om en ny flytning."),
    Reason.UNCERTAIN_DATE: ("ADR-08", "Flyttedatoen er usikker eller ukendt i CPR."),
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
        (
            "Sagen er markeret med adressebeskyttelse, som CPR ikke har. Godkend kun, at markeringen fjernes, hvis den "
            "ikke er sat af en anden grund."
        ),
    ),
    Reason.ADDRESS_WAITS: ("ADR-12", "CPR har også en anden adresse; den venter, til markeringen er afgjort."),
    Reason.SPECIAL_PROTECTION: (
        "ADR-12b",
        f"CPR har ingen almindelig adresse, og personen er beskyttet. Kun særligt betroede må se på det. {_BY_HAND}",
    ),
    Reason.DEAD: ("ADR-13", f"Borgeren er afgået ved døden ifølge CPR. {_BY_HAND}"),
    Reason.EMIGRATED: ("ADR-14", "Borgeren er udrejst ifølge CPR, og sagen viser en anden adresse."),
    Reason.EMIGRATED_RIGHTS: (
        "ADR-14",
        "Borgeren er udrejst ifølge CPR. Vurdér, om retten til ydelser består, og om sagen skal overdrages.",
    ),
    Reason.DISAPPEARED: (
        "ADR-15",
        f"Borgeren er registreret som forsvundet i CPR. Send ikke breve til den sidste adresse af sig selv. {_BY_HAND}",
    ),
    Reason.SPECIAL_ROAD: (
        "ADR-16",
        "Borgeren er uden fast bopæl eller har en særlig vejkode i CPR. CPR's tekst skrives, som den er.",
    ),
    Reason.NO_FIXED_ABODE: ("ADR-16", "Breve på papir når måske ikke frem; brug Digital Post eller kontaktadressen."),
    Reason.RESIDENCE_DECIDES: (
        "ADR-16",
        "Borgeren har ingen almindelig bopæl i CPR, og bopælen har betydning for sagen. Vurdér, hvad det ændrer.",
    ),
    Reason.NO_USABLE_ADDRESS: ("ADR-16", f"CPR har ingen fuldstændig adresse på personen. {_BY_HAND}"),
    Reason.CONTACT_ADDRESS: ("ADR-17", "CPR har en kontaktadresse, som sagen ikke viser; bopælen er en anden ting."),
    Reason.CONTACT_ADDRESS_ENDED: ("ADR-17", "Sagen viser en kontaktadresse, som CPR ikke har mere."),
    Reason.GREENLAND: ("ADR-18", "Borgeren er bosat i Grønland ifølge CPR. CPR's tekst skrives, som den er."),
    Reason.GREENLAND_CHECK: (
        "ADR-18",
        "Borgeren er bosat i Grønland ifølge CPR. Vurdér, om kommunen stadig skal behandle sagen.",
    ),
    Reason.NO_RESIDENCE: (
        "ADR-19",
        "Personen har ikke bopæl i Danmark ifølge CPR, så sagens bopælsadresse ændres ikke.",
    ),
    Reason.ANNULLED: ("ADR-20", f"Personnummeret på sagen er ikke gyldigt i CPR. {_BY_HAND}"),
    # Neutral on purpose: why a number was changed is sensitive.
    Reason.NUMBER_CHANGED: ("ADR-21", f"Personnummeret på sagen skal kontrolleres i CPR. {_BY_HAND}"),
    Reason.GUARDIAN: (
        "ADR-22",
        "Borgeren har en værge ifølge CPR. Kontrollér, at værgen er part på sagen og får de breve, værgen skal have.",
    ),
    Reason.PARTIAL_GUARDIAN: (
        "ADR-23",
        (
            "Borgeren har en værge for bestemte forhold ifølge CPR. Vurdér, om sagen er et af dem; robotten ændrer "
            "ikke, hvem der får breve."
        ),
    ),
    Reason.GUARDIAN_ENDED: (
        "ADR-24",
        "Værgemålet er ophørt ifølge CPR. Stop breve til værgen; robotten fjerner ikke værgen fra sagen.",
    ),
    Reason.GUARDIAN_WITHOUT_NUMBER: (
        "ADR-25",
        "Borgeren har en værge, som CPR kun har som tekst. Se navn og adresse i CPR, og skriv værgen på sagen.",
    ),
    Reason.MOVED_APART: (
        "ADR-26",
        "Forælder og barn på sagen stod med samme adresse, og den ene er flyttet. Kontrollér, hvor den anden bor.",
    ),
    Reason.SHARED_RESIDENCE: ("ADR-27", "Barnet har delt bopæl ifølge CPR; adressen er bopælsadressen."),
    Reason.CUSTODY_CHANGED: (
        "ADR-28",
        "Forældremyndigheden er ændret i CPR. Vurdér, hvem der er part på sagen; robotten ændrer ikke parterne.",
    ),
    Reason.HOUSEHOLD_PROTECTED: (
        "ADR-29",
        "CPR har en anden adresse end sagen, og en anden part på sagen har adressebeskyttelse.",
    ),
    Reason.PROTECTED_WITH_OTHER_PARTY: (
        "ADR-30",
        (
            "Personen har navne- og adressebeskyttelse, og sagen har en anden part, som kan få aktindsigt. "
            "Adressen må ikke stå i noget, den anden part kan se. Beskyttelsen markeres før adressen."
        ),
    ),
    Reason.CLOSED: ("ADR-31", "Sagen er lukket og ændres ikke."),
    Reason.ARCHIVED: ("ADR-32", "Sagen er arkiveret og ændres ikke."),
    Reason.SHARED_MASTER: (
        "ADR-35",
        f"CPR har en anden adresse, men sagssystemet deler parten med lukkede sager. {_BY_HAND}",
    ),
    Reason.OTHER_MUNICIPALITY: ("ADR-36", "Personen er flyttet til en anden kommune ifølge CPR."),
    Reason.HANDOVER: (
        "ADR-36",
        "Personen er flyttet til en anden kommune. Vurdér, om sagen skal overdrages; robotten lukker og sender intet.",
    ),
    Reason.MOVED_IN: (
        "ADR-37",
        "Personen er flyttet hertil fra en anden kommune og har en åben sag. Vurdér, hvad det betyder for sagen.",
    ),
    Reason.KEPT_CASE: ("ADR-38", "Kommunen bliver ved med at behandle sager af denne slags, når borgeren flytter."),
    Reason.WRONG_PERSON: ("ADR-40", "CPR svarede om en anden person end parten. Robotten standser."),
    Reason.ROLE_NOT_KEPT: ("ADR-41", "Parter med denne rolle opdateres ikke efter kommunens politik."),
    Reason.MANUAL_ADDRESS: (
        "ADR-42",
        (
            "Sagen viser en adresse, som CPR aldrig har haft; den er formentlig skrevet i hånden. Robotten ændrer den "
            "ikke. Vurdér, om den skal blive stående."
        ),
    ),
    Reason.UNKNOWN_ORIGIN: (
        "ADR-42",
        "CPR har en anden adresse end sagen og ingen tidligere adresser, så ingen ved, om sagens er skrevet i hånden.",
    ),
    Reason.NOT_IN_DAR: ("ADR-44", "Adressen findes ikke som gældende i adresseregistret; CPR's tekst skrives."),
    Reason.ADDRESS_RENAMED: ("ADR-45", "Stedet har fået et andet vejnavn, nummer eller postnummer; ingen er flyttet."),
    Reason.CODES_DIFFER: ("ADR-45", "Adressen er skrevet ens, men CPR og sagen har forskellige koder for den."),
    Reason.NAME: ("ADR-46", "Personen har et andet navn i CPR end på sagen. Sagens titel ændres ikke."),
    Reason.NAME_TOO: ("ADR-46", "Navnet er også et andet i CPR end på sagen; sagens titel ændres ikke."),
    Reason.NAME_DIFFERS: ("ADR-46", "Navnet er et andet i CPR end på sagen, men robotten skriver det ikke."),
    Reason.NO_CPR: ("ADR-47", "Parten har intet CPR-nummer, der kan slås op."),
    Reason.NOT_IN_CPR: ("ADR-48", f"Personnummeret på sagen findes ikke i CPR. {_BY_HAND}"),
    Reason.ROLLBACK: ("ADR-53", "En ændring fra robotten var en fejl og føres tilbage til det, der stod før."),
    Reason.ROLLBACK_BY_HAND: (
        "ADR-53",
        "En ændring fra robotten kan ikke føres tilbage af robotten selv. Ret sagen i hånden, hvis det er nødvendigt.",
    ),
    Reason.HELD: ("ADR-53", "Ændringen er ført tilbage af en medarbejder, og rækken er på hold, til den frigives."),
    Reason.SYNCED_BY_VENDOR: (
        "ADR-56",
        "Sagssystemet skulle selv hente oplysningen fra CPR, men viser en anden. Giv systemejeren besked.",
    ),
    Reason.VENDOR_GRACE: ("ADR-56", "Sagssystemet henter selv oplysningen fra CPR; robotten ser efter igen."),
}
