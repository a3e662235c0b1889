"""The invented municipality: its name, codes, roads and caseworkers.

What must stay true: no code, postcode or road here is in use in Denmark, so that a leak is recognised at once.
"""

from __future__ import annotations

from dataclasses import dataclass


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


NAME = "Prøvekommune"
#: No Danish municipality has this code.
CODE = "0899"


#: The municipality next door, and one in Greenland; no municipality has these codes either.
NEIGHBOUR_CODE = "0898"
GREENLAND_CODE = "0998"


@dataclass(frozen=True, slots=True)
class Road:
    """A road of the municipality. ``town`` is the bynavn that country roads carry, else empty."""

    name: str
    code: str
    postal_code: str
    postal_district: str
    town: str
    has_flats: bool


_CENTRE = _words(
    "Prøvegade Testgade Eksempelgade Øvegade Skitsegade Attrapgade Modelgade Mønstergade Kladdegade Generalprøvegade "
    "Simuleringsgade Skyggegade Kulissegade Forsøgsgade Efterprøvegade Afprøvningstorv Testtorvet Skabelonstræde "
    "Prøvestræde Øvestræde"
)
_SUBURB = _words(
    "Testvænget Prøvevænget Eksempelvænget Øvevænget Modelvænget Attrapvej Skitsevej Kladdevej Mønstervej Kulissevej "
    "Forsøgsvej Simulatorvej Testparken Prøveparken Eksempelparken Øveparken Skyggevej Skabelonvej Testbakken "
    "Prøvebakken"
)
_COUNTRY = _words(
    "Testrupvej Prøvelundvej Eksempelmarken Øvestedvej Attrapmarken Modelmosevej Kladdebækvej Skitseskovvej "
    "Mønstergårdsvej Forsøgsmarken Kulissehøjvej Testmosevej Prøvebækvej Øvebrovej Skyggedalsvej Skabelonhedevej "
    "Simuleringshedevej Eksempelskovvej Testengen Prøveengen"
)
_TOWNS = ("Øvested", "Kladdeby", "Attrapby", "Skitserup")


def roads() -> tuple[Road, ...]:
    """The sixty roads; the postcodes are not given to any Danish post district."""
    centre = [Road(name, f"{1001 + i:04d}", "6790", "Prøveby", "", True) for i, name in enumerate(_CENTRE)]
    suburb = [Road(name, f"{2001 + i:04d}", "6795", "Testrup", "", i % 4 == 0) for i, name in enumerate(_SUBURB)]
    country = [
        Road(name, f"{3001 + i:04d}", "6797", "Øvested", _TOWNS[i % len(_TOWNS)], False)
        for i, name in enumerate(_COUNTRY)
    ]
    return (*centre, *suburb, *country)


def neighbour_roads() -> tuple[Road, ...]:
    """Roads of any other municipality that somebody moves to or from."""
    names = _words("Nabovej Nabogade Grænsevej Omegnsvej Overboparken Nabobakken")
    return tuple(Road(name, f"{4001 + i:04d}", "6785", "Naboby", "", False) for i, name in enumerate(names))


#: Subjects of cases: KLE code, facet, title.
SUBJECTS = (
    ("27.00.00", "G01", "Hjælp i hjemmet"),
    ("27.00.00", "G01", "Ledsageordning"),
    ("27.00.00", "P35", "Rådgivning"),
    ("15.00.00", "G01", "Beskæftigelsesindsats"),
    ("15.20.00", "G01", "Aktiv indsats"),
    ("15.20.24", "G01", "Fleksjob"),
    ("32.01.00", "G01", "Økonomisk støtte"),
)

#: Caseworkers: invented names and accounts.
CASEWORKERS = (
    ("AZPRV01", "Asta Prøvesen"),
    ("AZPRV02", "Bjarke Testgaard"),
    ("AZPRV03", "Cilia Eksempelsen"),
    ("AZPRV04", "Dines Øveholm"),
    ("AZPRV05", "Ebbe Modelby"),
    ("AZPRV06", "Freja Attrapsen"),
    ("AZPRV07", "Gorm Skitsegaard"),
    ("AZPRV08", "Hedvig Kladdesen"),
)

GIVEN_NAMES = _words(
    "Agnete Alfred Alma Anders Anker Asger Astrid Bente Birgit Bodil Børge Carla Conrad Dagny Ditlev Ebba Egon Ejnar "
    "Elin Erna Esben Ester Folmer Frode Gerda Gudrun Hakon Helga Henning Hjalmar Inga Ingolf Jonna Jørgen Kaj Karla "
    "Kirstine Knud Lis Ludvig Maren Margit Mogens Nanna Niels Oda Olaf Olga Palle Petra Ragna Rigmor Signe Svend "
    "Thora Tove Ulla Valborg Vagn Yrsa Åge Åse Ørnulf"
)
SURNAMES = _words(
    "Testesen Testgaard Testlund Testholm Testrup Testdal Prøvesen Prøvelund Prøvegaard Prøvedal Prøvebæk "
    "Eksempelsen Eksempelgaard Eksempellund Øvesen Øveholm Øvegaard Øvelund Attrapsen Attrapgaard Modelsen Modelby "
    "Skitsesen Skitsegaard Kladdesen Kladdeholm Mønstersen Kulissesen Forsøgsen Forsøgsgaard Simulsen Skabelonsen"
)
COMPANIES = ("Prøvefirmaet ApS", "Test & Sønner A/S", "Eksempelboliger S/I", "Attrap Hjemmepleje ApS", "Øvehjemmet F/S")
FREE_PARTIES = ("Ukendt afsender", "Nabo (ønsker ikke at oplyse navn)", "Boligforening uden nummer")
