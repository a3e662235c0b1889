"""The forms of the page "Folkeregister": what a tester can let happen to a person, with labels in Danish.

What must stay true: a form sends what the call of the same name takes, so that page and program can do the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from connectors.simulated import person_acts
from connectors.simulated.admin_people import move_person, protect_person, set_status
from connectors.simulated.exchange import Call, JsonObject

Kind = Literal["text", "date", "check", "lines", "choice", "yes_no"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field; ``name`` with a dot is a part of an object."""

    name: str
    label: str
    kind: Kind = "text"
    options: tuple[tuple[str, str], ...] = ()
    is_required: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """One thing that can happen."""

    act: str
    title: str
    button: str
    call: Callable[[Call], JsonObject]
    fields: tuple[Field, ...] = ()
    hint: str = ""


_DAY = Field("day", "Dato", "date", hint="Tom: i dag.")
_LINES = Field("lines", "Adresselinjer", "lines", hint="Højst fem linjer.")
_FROM = Field("fromDay", "Gælder fra", "date", hint="Tom: i dag.")
_ENDED = Field("ended", "Ophørt den", "date", hint="Udfyldes kun ved ophør.")
_YES_NO = (("true", "Ja"), ("false", "Nej"))
_STATUSES = (
    ("1", "1: bopæl i Danmark"),
    ("3", "3: bopæl, særlig vejkode"),
    ("5", "5: bopæl i Grønland"),
    ("7", "7: Grønland, særlig vejkode"),
    ("20", "20: uden bopæl i Danmark"),
    ("30", "30: annulleret nummer"),
    ("50", "50: slettet nummer"),
    ("60", "60: ændret nummer"),
    ("70", "70: forsvundet"),
    ("80", "80: udrejst"),
    ("90", "90: død"),
)
STATUS_TEXTS = dict(_STATUSES)

FORMS = (
    Form(
        "move",
        "Flyt",
        "Flyt personen",
        move_person,
        (
            Field("effectFrom", "Flyttedag", "date", hint="Tom: i dag. En dag frem i tiden venter."),
            Field("uncertain", "Datoen er usikker", "check"),
            Field("stay", "Bliv på adressen (ret kun c/o eller lokalitet)", "check"),
            Field("careOf", "C/o-navn"),
            Field("locality", "Lokalitet"),
            Field("municipalityCode", "Anden kommune (kode)", hint="Fire cifre, for eksempel 0898."),
            Field("address.roadName", "Vejnavn", hint="Tomt vejnavn: en tilfældig adresse."),
            Field("address.houseNumber", "Husnummer"),
            Field("address.floor", "Etage"),
            Field("address.door", "Dør"),
            Field("address.postalCode", "Postnummer"),
            Field("address.postalDistrict", "Postdistrikt"),
        ),
    ),
    Form(
        "correct",
        "Ret en flytning",
        "Tag den seneste flytning tilbage",
        person_acts.correct_person,
        hint="Den forrige adresse gælder igen, og begge mærkes som ret/fortryd.",
    ),
    Form(
        "protect",
        "Beskyttelse",
        "Gem beskyttelsen",
        protect_person,
        (
            Field(
                "kind",
                "Slags",
                "choice",
                (
                    ("nameAddress", "Navne- og adressebeskyttelse"),
                    ("directory", "Lokal vejviser"),
                    ("marketing", "Markedsføring"),
                    ("research", "Forskning"),
                ),
            ),
            Field("protected", "Beskyttet", "yes_no", _YES_NO),
            Field("until", "Udløber", "date", hint="Tom: indtil videre."),
        ),
    ),
    Form(
        "special-protection",
        "Særlig adressebeskyttelse",
        "Registrer uden fast bopæl, beskyttet",
        person_acts.protect_specially,
        hint="CPR-lovens § 6, stk. 6.",
    ),
    Form("no-fixed-abode", "Uden fast bopæl", "Registrer uden fast bopæl", person_acts.take_home, (_DAY,)),
    Form("greenland", "Grønland", "Flyt til Grønland", person_acts.send_to_greenland, (_DAY,)),
    Form(
        "emigrate",
        "Udrejse",
        "Registrer udrejse",
        person_acts.emigrate_person,
        (
            Field("countryCode", "Landekode i CPR", is_required=True, hint="Fire cifre; Sverige er 5120."),
            Field("country", "Land", is_required=True),
            Field("lines", "Adresse i udlandet", "lines", hint="Højst fem linjer; tom: ukendt i udlandet."),
            _DAY,
        ),
    ),
    Form("disappear", "Forsvinden", "Registrer som forsvundet", person_acts.lose_person, (_DAY,)),
    Form("bury", "Dødsfald", "Registrer dødsfald", person_acts.bury_person, (_DAY,)),
    Form(
        "rename",
        "Navn",
        "Skift navn",
        person_acts.rename_person,
        (
            Field("given", "Fornavn", is_required=True),
            Field("middle", "Mellemnavn"),
            Field("surname", "Efternavn", is_required=True),
        ),
    ),
    Form(
        "guardian",
        "Værge",
        "Gem værgemålet",
        person_acts.put_guardian,
        (
            Field("kind", "Slags", "choice", (("FULD", "Fuldt umyndiggjort"), ("DELVIS", "Delvist værgemål"))),
            Field("guardian", "Værgens personnummer", hint="Uden nummer skrives navn og linjer."),
            Field("name", "Værgens navn"),
            _LINES,
            _FROM,
            _ENDED,
        ),
    ),
    Form(
        "custody",
        "Forældremyndighed",
        "Gem forældremyndigheden",
        person_acts.put_custody,
        (
            Field("kind", "Hvem", "choice", (("3", "Mor"), ("4", "Far"), ("5", "Anden"), ("6", "Endnu en anden"))),
            Field("holder", "Personnummer"),
            _FROM,
            _ENDED,
        ),
    ),
    Form(
        "contact-address",
        "Kontaktadresse",
        "Gem kontaktadressen",
        person_acts.put_contact_address,
        (Field("lines", "Linjer", "lines", hint="Højst fem linjer; tom: den nuværende ophører."), _FROM, _ENDED),
    ),
    Form(
        "change-number",
        "Nyt personnummer",
        "Skift nummer",
        person_acts.change_number,
        (
            Field(
                "newPersonnummer",
                "Nyt nummer",
                is_required=True,
                hint="Kun numre, som ikke opfylder modulus 11, eller offentliggjorte testnumre.",
            ),
        ),
    ),
    Form(
        "status",
        "Statuskode",
        "Sæt statuskode",
        set_status,
        (Field("status", "Status", "choice", _STATUSES),),
        hint="Kun koden; brug de andre formularer til det, der normalt følger med.",
    ),
)
BY_ACT = {form.act: form for form in FORMS}


def order_of(form: Form, pnr: str, sent: Mapping[str, str]) -> dict[str, object]:
    """The body of the call, from what the browser sent; what is empty is left out."""
    order: dict[str, object] = {"personnummer": pnr}
    for field in form.fields:
        text = sent.get(field.name, "").strip()
        if not text:
            continue
        outer, _, inner = field.name.partition(".")
        if inner:
            part = order.setdefault(outer, {})
            if isinstance(part, dict):
                part[inner] = text
        else:
            order[outer] = _value(field, text)
    return order


def _value(field: Field, text: str) -> object:
    match field.kind:
        case "check":
            return True
        case "yes_no":
            return text == "true"
        case "lines":
            return [line.strip() for line in text.splitlines() if line.strip()]
        case _:
            return text
