"""The published test persons of CPR-kontoret and KOMBIT that live in the simulated municipality.

What must stay true: numbers stand here only when they were published as test numbers (integration reference D.1).
Names other than those published with the numbers are invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class PublishedPerson:
    """A published number and what it is there to show."""

    pnr: str
    name: tuple[str, str, str]
    remark: str
    status: str = "1"
    #: The number in force, where it is another one.
    current_pnr: str = ""
    protected: tuple[str, str | None] | None = None
    care_of: str = ""
    #: How many earlier addresses CPR has; by default one to four.
    earlier_addresses: int | None = None
    #: The municipality that the person moved here from, where it was another one.
    moved_from: str = ""
    moved_in: date | None = None


PEOPLE = (
    PublishedPerson("0709614592", ("Jane", "Østerholm", "Fichte"), "publiceret adresse i en anden kommune (0851)"),
    PublishedPerson("1012620000", ("Testine", "", "Prøvesen"), "almindelig"),
    PublishedPerson("1012620001", ("Tester", "Test", "Prøvesen"), "opfylder ikke modulus 11"),
    PublishedPerson("1012620002", ("Testa", "", "Eksempelsen"), "opfylder ikke modulus 11"),
    PublishedPerson("1012620003", ("Testus", "", "Eksempelsen"), "opfylder ikke modulus 11"),
    PublishedPerson("0709614673", ("Prøve", "", "Testesen"), "almindelig"),
    PublishedPerson("0709614126", ("Værgine", "", "Testesen"), "umyndiggjort; værge er 0904414131"),
    PublishedPerson("0904414131", ("Værgo", "", "Prøvelund"), "værge for 0709614126"),
    PublishedPerson(
        "0909610028",
        ("Hilda", "", "Sachariasen"),
        "tidligere nummer 0709614134; værge uden nummer, ophørt 2009",
        moved_from="0571",
        moved_in=date(1996, 8, 15),
    ),
    PublishedPerson("0707614293", ("Flytte", "", "Øvesen"), "lang adressehistorik", earlier_addresses=14),
    PublishedPerson("0108610018", ("Markeda", "", "Modelsen"), "markedsføringsbeskyttelse; ingen adressebeskyttelse"),
    PublishedPerson("2209632740", ("Karl", "Test", "Modelby"), "almindelig"),
    PublishedPerson("2211771212", ("Modtager", "", "Forsøgsen"), "modtager i MeMo-eksempel; opfylder ikke modulus 11"),
    PublishedPerson("2512169996", ("Barn", "", "Forsøgsen"), "barn i MeMo-eksempel; opfylder ikke modulus 11"),
    PublishedPerson("1307610015", ("Påbud", "", "Skitsesen"), "flyttepåbud"),
    PublishedPerson(
        "0709614452",
        ("Skjulte", "", "Skyggesen"),
        "navne- og adressebeskyttet uden slutdato",
        protected=("1997-12-31", None),
    ),
    PublishedPerson(
        "0107529039",
        ("Overlever", "", "Kladdesen"),
        "udløbet beskyttelse; gældende nummer for 0101520013",
        protected=("1998-01-01", "1998-06-30"),
    ),
    PublishedPerson(
        "0702614147", ("Udløber", "", "Kladdesen"), "udløbet beskyttelse", protected=("1998-01-01", "2001-01-01")
    ),
    PublishedPerson("0707614285", ("Hosine", "", "Attrapsen"), "c/o", care_of="Agnete Testgaard"),
    PublishedPerson("0709614495", ("Hosias", "", "Attrapsen"), "c/o", care_of="Børge Prøvedal"),
    PublishedPerson("0709614169", ("Hosanna", "", "Attrapgaard"), "c/o", care_of="Ester Øveholm"),
    PublishedPerson("0709610015", ("Nynne", "", "Mønstersen"), "gældende nummer for 0108610069"),
    PublishedPerson(
        "0108610069", ("Nynne", "", "Mønstersen"), "nummeret er ændret", status="60", current_pnr="0709610015"
    ),
    PublishedPerson("0307610078", ("Nytte", "", "Mønstersen"), "gældende nummer for 0708614246"),
    PublishedPerson(
        "0708614246", ("Nytte", "", "Mønstersen"), "nummeret er ændret", status="60", current_pnr="0307610078"
    ),
    PublishedPerson("0909610036", ("Nylle", "", "Mønstersen"), "gældende nummer for 0709614398"),
    PublishedPerson(
        "0709614398", ("Nylle", "", "Mønstersen"), "nummeret er ændret", status="60", current_pnr="0909610036"
    ),
    PublishedPerson("1312814362", ("Borte", "", "Kulissesen"), "forsvundet", status="70"),
    PublishedPerson("0708614335", ("Udrejse", "", "Kulissesen"), "udrejst", status="80"),
    PublishedPerson("0709614258", ("Udrejst", "", "Kulissesen"), "udrejst", status="80"),
    PublishedPerson("0709614738", ("Udland", "", "Kulissesen"), "udrejst med kontaktadresse", status="80"),
    PublishedPerson("0101980014", ("Afdøde", "", "Simulsen"), "død; født 1. januar", status="90"),
    PublishedPerson("0708614327", ("Døde", "", "Simulsen"), "død", status="90"),
    PublishedPerson("0901414084", ("Salige", "", "Simulsen"), "død", status="90"),
    PublishedPerson("0101520013", ("Dublet", "", "Kladdesen"), "slettet dublet", status="50", current_pnr="0107529039"),
    PublishedPerson("2512489996", ("Nancy", "Ann", "Berggren"), "national testpatient; opfylder ikke modulus 11"),
    PublishedPerson("0712614382", ("Nylige", "", "Mønstersen"), "tidligere nummer 0712610018"),
    PublishedPerson("0709614096", ("Nyere", "", "Mønstersen"), "tidligere nummer 0708614963"),
)

#: The published address of 0709614592 (CPR-kontoret's demo file), in the case system's spelling.
ADDRESS_OF_FICHTE = {
    "careOf": "",
    "locality": "",
    "roadName": "Svinget",
    "houseNumber": "38",
    "floor": "1",
    "door": "th",
    "town": "Lindholm",
    "postalCode": "9000",
    "postalDistrict": "Aalborg",
    "municipalityCode": "0851",
    "roadCode": "8513",
    "addressUuid": "",
}
