from dataclasses import asdict, fields, replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from foundation.addresses import CivilAddress, is_same_address, lines, normalised, one_line

HELLERUP = CivilAddress(
    road_name="Strandvejen",
    house_number="0123 a",
    floor="ST.",
    door="TV",
    postal_code="2900",
    postal_district="Hellerup",
)
#: Texts as systems write them, made of what the rules look for.
PART = st.lists(
    st.sampled_from(
        [
            "0",
            "01",
            "2",
            "12",
            "a",
            "Å",
            "A\u030a",
            ".",
            ",",
            " ",
            "  ",
            "sal",
            "ST",
            "stuen",
            "kld.",
            "tv",
            "th",
            "c/o",
            "C / O",
            "℅",
            "-",
            "/",
        ]
    ),
    max_size=5,
).map("".join)
ADDRESS = st.builds(
    CivilAddress,
    road_name=PART,
    house_number=PART,
    floor=PART,
    door=PART,
    postal_code=PART,
    postal_district=PART,
    care_of=PART,
    locality=PART,
    town=PART,
    municipality_code=PART,
    road_code=PART,
    address_id=st.none() | st.uuids(),
    free_lines=st.lists(PART, max_size=3).map(tuple),
    country=PART,
)


def test_the_one_line_form_is_that_of_the_standard() -> None:
    assert one_line(HELLERUP) == "Strandvejen 123A, st. tv, 2900 Hellerup"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (
            CivilAddress("Ahlefeldtsgade", "22", "2", "", "1359", "København K"),
            "Ahlefeldtsgade 22, 2., 1359 København K",
        ),
        (
            CivilAddress("Margrethepladsen", "4", "4.", "", "8000", "Aarhus C"),
            "Margrethepladsen 4, 4., 8000 Aarhus C",
        ),
        (CivilAddress("Østergade", "43", "2. sAl tv", "", "5000", "Odense C"), "Østergade 43, 2. tv, 5000 Odense C"),
        (
            CivilAddress("Tofthøjvej", "20", "", "0121", "4130", "Viby Sjælland"),
            "Tofthøjvej 20, 121, 4130 Viby Sjælland",
        ),
        (
            CivilAddress(free_lines=("Prøvestrasse 1", "", "12345 Testdorf"), country="Tyskland"),
            "Prøvestrasse 1, 12345 Testdorf, Tyskland",
        ),
        (CivilAddress("Svinget", "038", "01", "th", "9000", "Aalborg"), "Svinget 38, 1. th, 9000 Aalborg"),
        (CivilAddress("Eliasgade", "10", "", "", "2300", "København S"), "Eliasgade 10, 2300 København S"),
        (CivilAddress("Girostrøget", "1", "", "", "0800", "Høje Taastrup"), "Girostrøget 1, 0800 Høje Taastrup"),
        (
            CivilAddress("Østre Stationsvej", "24", "kld.", "", "5000", "Odense C"),
            "Østre Stationsvej 24, kl., 5000 Odense C",
        ),
        (CivilAddress("Vej", "1", "2", "TH", "1234", "By", town="Byname"), "Vej 1, 2. th, Byname, 1234 By"),
        (CivilAddress(), ""),
    ],
)
def test_the_vectors_are_written_on_one_line(address: CivilAddress, expected: str) -> None:
    assert one_line(address) == expected


@pytest.mark.parametrize(
    ("floor", "door", "expected"),
    [
        ("2. sal tv", "", ("2", "tv")),
        ("2. sAl tv", "", ("2", "tv")),
        ("2 sal tv", "", ("2", "tv")),
        ("2tv", "", ("2", "tv")),
        ("2. tv", "", ("2", "tv")),
        ("2.", "tv", ("2", "tv")),
        ("2. tv", "tv", ("2", "tv")),
        ("2. tv", "th", ("2. tv", "th")),
        ("2.sal", "", ("2", "")),
        ("01", "0003", ("1", "3")),
        ("12", "", ("12", "")),
        ("1234", "", ("1234", "")),
        ("stuen", "T.V.", ("st", "tv")),
        ("st. th", "", ("st", "th")),
        ("kld.", "", ("kl", "")),
        ("KÆLDEREN", "", ("kl", "")),
        ("k2", "", ("k2", "")),
        ("parterre", "", ("parterre", "")),
        ("", "12", ("", "12")),
        ("", "0012", ("", "12")),
        ("", "-0121", ("", "121")),
        ("2. a-1", "", ("2", "a-1")),
        ("2", "A-1", ("2", "a-1")),
        ("1. B/2", "", ("1", "b/2")),
    ],
)
def test_floor_and_door_get_one_spelling(floor: str, door: str, expected: tuple[str, str]) -> None:
    tidy = normalised(CivilAddress(floor=floor, door=door))
    assert (tidy.floor, tidy.door) == expected


@pytest.mark.parametrize(
    "written", ["C/O Name", "c/o  Name", "Name", "c / o Name", "C/O: Name", "℅ Name", "c/o c/o Name"]
)
def test_the_care_of_name_stands_alone_however_it_is_introduced(written: str) -> None:
    assert normalised(CivilAddress(care_of=written)).care_of == "Name"


def test_lines_follow_the_order_of_cpr_with_the_care_of_name_on_its_own() -> None:
    address = replace(HELLERUP, care_of="C/O Hilda Sachariasen", locality="Møllegården", town="Byname")
    assert lines(address) == (
        "c/o Hilda Sachariasen",
        "Møllegården",
        "Strandvejen 123A, st. tv",
        "Byname",
        "2900 Hellerup",
    )


def test_lines_leave_out_what_there_is_not() -> None:
    assert lines(CivilAddress()) == ()
    assert lines(CivilAddress(road_name="Svinget", house_number="38")) == ("Svinget 38",)


@pytest.mark.parametrize(
    "other",
    [
        replace(HELLERUP, house_number="123A", floor="st", door="tv"),
        replace(HELLERUP, road_name=" STRANDVEJEN "),
        replace(HELLERUP, floor="stuen tv", door=""),
        replace(HELLERUP, postal_district="HELLERUP (by)"),
        replace(HELLERUP, municipality_code="0157", road_code="1234", address_id=UUID(int=1)),
    ],
)
def test_another_spelling_is_the_same_address(other: CivilAddress) -> None:
    assert is_same_address(HELLERUP, other)


@pytest.mark.parametrize(
    "field", ["road_name", "house_number", "floor", "door", "postal_code", "care_of", "locality", "town"]
)
def test_each_part_that_counts_makes_another_address_when_added_and_when_removed(field: str) -> None:
    complete = replace(HELLERUP, care_of="Hilda", locality="Møllegården", town="Byname")
    parts = asdict(complete)
    for other in (CivilAddress(**parts | {field: "9"}), CivilAddress(**parts | {field: ""})):
        assert not is_same_address(complete, other)
        assert not is_same_address(other, complete)


def test_a_removed_care_of_name_is_a_change() -> None:
    assert not is_same_address(replace(HELLERUP, care_of="c/o Hilda"), HELLERUP)


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (CivilAddress(municipality_code="0851"), CivilAddress(municipality_code="0157")),
        (CivilAddress(road_code="8513"), CivilAddress(road_code="8514")),
        (CivilAddress(address_id=UUID(int=1)), CivilAddress(address_id=UUID(int=2))),
    ],
)
def test_codes_and_ids_count_where_both_sides_have_one(mine: CivilAddress, theirs: CivilAddress) -> None:
    assert not is_same_address(mine, theirs)


def test_codes_are_compared_with_their_zeros() -> None:
    assert is_same_address(CivilAddress(municipality_code="851"), CivilAddress(municipality_code="0851"))


def test_free_lines_and_country_count() -> None:
    abroad = CivilAddress(free_lines=("Prøvestrasse 1", "12345 Testdorf"), country="Tyskland")
    assert is_same_address(abroad, replace(abroad, free_lines=(" prøvestrasse  1", "12345 TESTDORF", "")))
    assert not is_same_address(abroad, replace(abroad, free_lines=abroad.free_lines[:1]))
    assert not is_same_address(abroad, replace(abroad, country=""))


def test_the_district_counts_where_neither_side_has_a_postcode() -> None:
    assert not is_same_address(CivilAddress(postal_district="Nuuk"), CivilAddress(postal_district="Sisimiut"))


def test_no_address_is_as_an_empty_one() -> None:
    assert is_same_address(None, None)
    assert is_same_address(None, CivilAddress())
    assert not is_same_address(None, HELLERUP)


def test_a_composed_and_a_decomposed_letter_are_the_same() -> None:
    assert is_same_address(CivilAddress(road_name="\u00c5vej"), CivilAddress(road_name="A\u030avej"))


def test_an_address_does_not_show_itself() -> None:
    assert str(HELLERUP) == repr(HELLERUP) == f"{HELLERUP}" == "CivilAddress(***)"


def test_an_address_goes_through_json_and_back_letter_by_letter() -> None:
    adapter = TypeAdapter(CivilAddress)
    address = replace(HELLERUP, address_id=UUID("ccc160cf-668c-45e7-af22-f80d5b0f9e26"))
    assert adapter.validate_json(adapter.dump_json(address)) == address


@given(ADDRESS)
def test_normalising_twice_changes_nothing(address: CivilAddress) -> None:
    tidy = normalised(address)
    assert [getattr(normalised(tidy), field.name) for field in fields(tidy)] == [
        getattr(tidy, field.name) for field in fields(tidy)
    ]


@given(ADDRESS)
def test_an_address_is_the_same_as_itself_normalised(address: CivilAddress) -> None:
    assert is_same_address(address, normalised(address))


@given(ADDRESS, ADDRESS)
def test_sameness_asks_for_no_order(first: CivilAddress, second: CivilAddress) -> None:
    assert is_same_address(first, second) == is_same_address(second, first)


@given(ADDRESS)
def test_writing_uses_the_normalised_form(address: CivilAddress) -> None:
    assert one_line(address) == one_line(normalised(address))
    assert lines(address) == lines(normalised(address))
