"""The wash of the simulated address register: the published vectors, and what it must never be sure of."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.simulated.dar_text import take_apart
from connectors.simulated.dar_wash import letters_apart
from foundation.addresses import CivilAddress, one_line
from tests.connectors.simulated.washing import (
    AFTER_ELIASGADE,
    BORGMESTER,
    GIRO,
    MARGRETHE,
    OESTERGADE,
    TOFTHOEJ,
    Place,
    told,
)


@pytest.mark.parametrize(
    ("text", "category", "expected"),
    [
        ("Margrethepladsen 4, 4. 8000 Aarhus C", "A", MARGRETHE),
        ("margrethepladsen 4 , 4 , 8000 AARHUS C", "A", MARGRETHE),
        ("Margreteplassen 4, 4. 8000 Aarhus C", "B", MARGRETHE),
        ("Margreteplassen 04, 4. 8000 Aarhus C", "B", MARGRETHE),
        ("Margreteplassen 4, 04. 8000 Aarhus C", "B", MARGRETHE),
        ("Margrethepladsen 4, 4. th, 8000 Aarhus C", "C", MARGRETHE),
        ("Margrethepladsen 4, 4., 8000 Århus C", "B", MARGRETHE),
        ("Østergade 43, 2tv, 5000 Odense C", "A", OESTERGADE),
        ("Østergade 43, 2. tv, 5000 Odense C", "A", OESTERGADE),
        ("Østergade 43, 2. sAl tv, 5000 Odense C", "A", OESTERGADE),
        ("Østergade 43, 2 sal tv, 5000 Odense C", "A", OESTERGADE),
        ("Østergade 43, 2. sal, tv, 5000 Odense C", "A", OESTERGADE),
        ("Eliasgade 10, 2300 København S", "A", AFTER_ELIASGADE),
        ("Girostrøget 1, 0800 Høje Taastrup", "A", GIRO),
        ("Girostrøget 1, 2630 Taastrup", "A", GIRO),
        ("Borgm Christiansens 45, st. th, 2450 København SV", "B", BORGMESTER),
        ("Borgmester Christiansens Gade 45, st. th, 2450 København SV", "A", BORGMESTER),
        ("Tofthøjvej 20, 0121, 4130 Viby Sjælland", "A", TOFTHOEJ),
        ("Tofthøjvej 20, -0121, 4130 Viby Sjælland", "A", TOFTHOEJ),
    ],
)
def test_the_vectors_are_washed_as_published(
    wash: Callable[[str], Place], text: str, category: str, expected: str
) -> None:
    assert told(wash(text)) == (category, expected)


@pytest.mark.parametrize(
    ("text", "category", "line"),
    [
        ("Østre Stationsvej 24, kld., 5000 Odense C", "A", ("Østre Stationsvej", "24", "kl", None)),
        ("Strandvejen 123 a, stuen tv, 2900 Hellerup", "A", ("Strandvejen", "123A", "st", "tv")),
        ("Ahlefeldtsgade 22, 2., 1359 København K", "A", ("Ahlefeldtsgade", "22", "2", None)),
        ("Mosede Kægvej 6, 2670 Greve", "C", ("Mosede Kærvej", "6", None, None)),
    ],
)
def test_the_vectors_without_a_published_id_are_washed_too(
    wash: Callable[[str], Place], text: str, category: str, line: tuple[str | None, ...]
) -> None:
    answer = wash(text)
    found = answer["resultater"][0]["aktueladresse"]
    assert (answer["kategori"], tuple(found[name] for name in ("vejnavn", "husnr", "etage", "dør"))) == (category, line)


def test_an_answer_tells_what_was_understood_and_what_differs(wash: Callable[[str], Place]) -> None:
    result = wash("Margreteplassen 4, 4. th, 8000 Aarhus C")["resultater"][0]
    assert result["adresse"]["id"] == MARGRETHE
    assert result["aktueladresse"]["href"].endswith(f"/adresser/{MARGRETHE}")
    washed = result["vaskeresultat"]
    assert washed["parsetadresse"] == {
        "vejnavn": "Margreteplassen",
        "husnr": "4",
        "etage": "4",
        "dør": "th",
        "supplerendebynavn": None,
        "postnr": "8000",
        "postnrnavn": "Aarhus C",
    }
    assert washed["forskelle"] == {"vejnavn": 2, "husnr": 0, "etage": 0, "dør": 2, "postnr": 0, "postnrnavn": 0}
    assert washed["ukendtetokens"] == ["th"]
    assert washed["afstand"] > 0


def test_a_closed_address_is_told_with_the_one_that_took_over(wash: Callable[[str], Place]) -> None:
    result = wash("Eliasgade 10, 2300 København S")["resultater"][0]
    assert (result["adresse"]["status"], result["adresse"]["husnr"]) == (2, "10")
    assert (result["aktueladresse"]["status"], result["aktueladresse"]["id"]) == (1, AFTER_ELIASGADE)


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "Prøvegade",
        "Prøvegade 1",
        "Prøvegade 1, st. tv",
        "Prøvegade 1, 6790 Prøveby",
        "Prøvegade 1, st. tv, bagindgangen, 6790 Prøveby",
        "Prøvegade 999, st. tv, 6790 Prøveby",
        "Fjernvejen 1, 6790 Prøveby",
        "Svinget 38, 1. th, 9000 Aalborg",
        "Testrupvej 1, Kladdeby, 6797 Øvested",
    ],
)
def test_what_is_not_one_address_is_a_guess(wash: Callable[[str], Place], text: str) -> None:
    assert wash(text)["kategori"] == "C"


def test_the_town_may_be_left_out(wash: Callable[[str], Place], places: Callable[..., list[Place]]) -> None:
    place = places(vejnavn="Testrupvej", husnr="1")[0]
    assert place["supplerendebynavn"] == "Øvested"
    for text in (place["betegnelse"], "Testrupvej 1, 6797 Øvested"):
        assert told(wash(text)) == ("A", place["id"])


def test_a_road_that_is_a_letter_off_is_likely(wash: Callable[[str], Place]) -> None:
    assert told(wash("Eliasgad 12, 2300 København S")) == ("B", AFTER_ELIASGADE)


def test_two_roads_that_are_near_are_a_guess(wash: Callable[[str], Place]) -> None:
    assert len(wash("Mosede Kægvej 6, 2670 Greve")["resultater"]) == 2


def test_a_nearer_road_without_the_house_makes_it_a_guess(admin: httpx.Client, wash: Callable[[str], Place]) -> None:
    for code, name, number in (("5101", "Almevej", "1"), ("5102", "Elmevej", "2")):
        road = {"roadCode": code, "roadName": name, "postalCode": "6798", "postalDistrict": "Prøveskov"}
        admin.post("/dar/roads/build", json={**road, "houseNumbers": [number], "inDar": True}).raise_for_status()
    assert wash("Elmvej 2, 6798 Prøveskov")["kategori"] == "B"
    answer = wash("Almvej 2, 6798 Prøveskov")
    assert (answer["kategori"], answer["resultater"][0]["aktueladresse"]["vejnavn"]) == ("C", "Elmevej")


def test_every_address_of_the_municipality_is_certain(
    wash: Callable[[str], Place], places: Callable[..., list[Place]]
) -> None:
    found = places(kommunekode="0899", per_side="150", side="1")
    assert len(found) == 150
    assert [told(wash(place["betegnelse"])) for place in found] == [("A", place["id"]) for place in found]


def test_a_hundred_misspelt_lines_are_washed_within_seconds(wash: Callable[[str], Place]) -> None:
    begun = time.monotonic()
    for _ in range(100):
        wash("Prøvgade 3, 1. tv, 6790 Prøveby")
    assert time.monotonic() - begun < 10


def test_a_text_of_a_hundred_letters_is_washed_and_a_longer_one_refused(dar: httpx.Client) -> None:
    assert dar.get("/datavask/adresser", params={"betegnelse": "x" * 100}).status_code == 200
    answer = dar.get("/datavask/adresser", params={"betegnelse": "x" * 101})
    assert (answer.status_code, answer.json()["details"][0][0]) == (400, "betegnelse")
    assert dar.get("/datavask/adresser").status_code == 400


ROADS = st.sampled_from(["Prøvegade", "10. Februar Vej", "Gl. Kongevej", "H.C. Ørsteds Vej", "Vej A"])
FLOORS = st.sampled_from(["", "st", "kl", "1", "12"])
DOORS = st.sampled_from(["", "tv", "th", "mf", "4", "121", "a", "b3"])
LINES = st.builds(
    CivilAddress,
    road_name=ROADS,
    house_number=st.sampled_from(["1", "12", "123", "7B"]),
    floor=FLOORS,
    door=DOORS,
    postal_code=st.sampled_from(["0800", "6790"]),
    postal_district=st.sampled_from(["Prøveby", "København S"]),
    town=st.sampled_from(["", "Øvested"]),
)


@given(LINES.filter(lambda address: address.floor or not address.door.isdigit() or len(address.door) > 2))
def test_a_line_by_the_standard_is_taken_apart_into_the_parts_it_was_made_of(address: CivilAddress) -> None:
    line = take_apart(one_line(address))
    found = (line.road, line.house_number, line.floor, line.door, line.postal_code, line.postal_district)
    assert found == (
        address.road_name,
        address.house_number,
        address.floor,
        address.door,
        address.postal_code,
        address.postal_district,
    )
    assert line.others == ((address.town,) if address.town else ())


@given(st.text(max_size=100))
def test_any_text_can_be_taken_apart(text: str) -> None:
    assert all(isinstance(value, str | None) for value in take_apart(text).describe().values())


@given(st.text("abc", max_size=6), st.text("abc", max_size=6), st.integers(0, 6))
def test_the_distance_is_the_same_both_ways_and_cut_off_where_asked(one: str, other: str, most: int) -> None:
    whole = letters_apart(one, other, 6)
    assert letters_apart(other, one, 6) == whole
    assert letters_apart(one, other, most) == min(whole, most + 1)
    assert (whole == 0) == (one == other)
