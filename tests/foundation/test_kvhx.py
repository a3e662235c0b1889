"""Every spelling of one address gives one key, and a key never shows itself."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.addresses import CivilAddress
from foundation.kvhx import InvalidKvhxError, Kvhx

VECTOR = "04201074___6_st__tv"
HOME = CivilAddress(house_number="6", floor="st", door="tv", municipality_code="0420", road_code="1074")

CODES = st.integers(1, 9999).map(lambda number: f"{number:04d}")
NUMBERS = st.tuples(st.integers(1, 999), st.sampled_from(["", "A", "Z", "Ø"])).map(lambda pair: f"{pair[0]}{pair[1]}")
FLOORS = st.sampled_from(["", "st", "kl", "k2", "k9", "1", "2", "12", "99"])
DOORS = st.sampled_from(["", "tv", "th", "mf", "1", "12", "9999", "a", "a1", "a-1", "b/2"])
ADDRESS = st.builds(
    CivilAddress, house_number=NUMBERS, floor=FLOORS, door=DOORS, municipality_code=CODES, road_code=CODES
)


def key_of(address: CivilAddress) -> str:
    key = Kvhx.of(address)
    assert key is not None
    return key.value


def test_the_published_key_is_read_and_written_as_published() -> None:
    assert Kvhx.parse(VECTOR).value == VECTOR
    assert key_of(HOME) == VECTOR


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (replace(HOME, house_number="6A", floor="", door=""), "04201074__6A_______"),
        (replace(HOME, house_number="123B", floor="12", door="9999"), "04201074123B_129999"),
        (replace(HOME, floor="k2", door="a-1"), "04201074___6_k2_a-1"),
        (replace(HOME, floor="", door="0012"), "04201074___6_____12"),
        (replace(HOME, municipality_code="420", road_code="74"), "04200074___6_st__tv"),
    ],
)
def test_letters_floors_and_doors_have_their_places(address: CivilAddress, expected: str) -> None:
    assert key_of(address) == expected
    assert Kvhx.parse(expected).value == expected


@pytest.mark.parametrize(
    "other",
    [
        replace(HOME, house_number="006"),
        replace(HOME, floor="ST.", door="TV"),
        replace(HOME, floor="stuen", door="t.v."),
        replace(HOME, floor="st. tv", door=""),
        replace(HOME, road_name="Vej", postal_code="2900", town="By", care_of="c/o Hilda", address_id=UUID(int=1)),
    ],
)
def test_another_spelling_of_the_address_has_the_same_key(other: CivilAddress) -> None:
    assert Kvhx.of(other) == Kvhx.of(HOME)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (f" {VECTOR} ", VECTOR),
        (VECTOR.upper(), VECTOR),
        ("042010740006_st__tv", VECTOR),
        ("04201074006A0010012", "04201074__6A__1__12"),
        ("04201074006a0000000", "04201074__6A_______"),
    ],
)
def test_another_spelling_of_the_key_is_the_same_key(written: str, expected: str) -> None:
    assert Kvhx.parse(written).value == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        VECTOR[:-1],
        f"{VECTOR}_",
        "0420107x___6_st__tv",
        "04201074_____st__tv",
        "04201074___0_st__tv",
        "042010741234_st__tv",
        "04201074__AB_st__tv",
        "04201074_6_A_st__tv",
        "04201074___6_sx__tv",
        "04201074___6100__tv",
        "04201074___6_st_t v",
        "04201074___6_st__t_",
        "٠٤٢٠١٠٧٤___6_st__tv",
    ],
)
def test_what_is_no_key_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(InvalidKvhxError) as raised:
        Kvhx.parse(text)
    assert not text or text not in str(raised.value)


@pytest.mark.parametrize(
    "address",
    [
        CivilAddress(),
        replace(HOME, municipality_code=""),
        replace(HOME, road_code=""),
        replace(HOME, house_number=""),
        replace(HOME, road_code="10745"),
        replace(HOME, house_number="1234"),
        replace(HOME, floor="parterre"),
        replace(HOME, floor="100"),
        replace(HOME, door="værelse 3"),
    ],
)
def test_an_address_with_too_little_or_too_much_has_no_key(address: CivilAddress) -> None:
    assert Kvhx.of(address) is None


def test_a_key_is_written_when_asked_for_and_hidden_in_what_debugs() -> None:
    key = Kvhx.parse(VECTOR)
    assert (str(key), repr(key)) == (VECTOR, "Kvhx(***)")


@given(ADDRESS)
def test_every_address_of_the_register_has_a_key_that_is_read_again(address: CivilAddress) -> None:
    key = key_of(address)
    assert len(key) == 19
    assert Kvhx.parse(key).value == key


@given(ADDRESS, ADDRESS)
def test_two_addresses_have_one_key_only_when_all_their_parts_are_the_same(
    first: CivilAddress, second: CivilAddress
) -> None:
    assert (Kvhx.of(first) == Kvhx.of(second)) == (first == second)


@given(st.text(alphabet="0123456789_stvkl tvaA-/æØ", min_size=19, max_size=19))
def test_what_is_read_is_read_the_same_again(text: str) -> None:
    try:
        key = Kvhx.parse(text)
    except InvalidKvhxError:
        return
    assert Kvhx.parse(key.value) == key
