"""Nova's address object and ours."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.fields import Drift
from connectors.nova import addresses
from foundation.addresses import CivilAddress, is_same_address

#: What may stand on a line: no control characters, and none that turn the direction of writing.
ODD = "".join(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x061C, 0x200E, 0x200F)))
parts = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters=ODD), max_size=12)
any_address = st.builds(
    CivilAddress,
    **dict.fromkeys(("road_name", "town", "locality", "care_of", "postal_district"), parts),
    house_number=st.from_regex(r"0{0,2}[1-9][0-9]?[A-Z]?", fullmatch=True),
    floor=st.sampled_from(["", "st", "01", "1", "kl"]),
    door=st.sampled_from(["", "tv", "TH", "mf", "0003"]),
    postal_code=st.sampled_from(["", "0800", "6790"]),
    municipality_code=st.sampled_from(["", "0899"]),
    road_code=st.sampled_from(["", "1001"]),
    address_id=st.none() | st.uuids(),
    free_lines=st.lists(parts, max_size=5).map(tuple),
    country=parts,
)


@given(any_address)
def test_an_address_written_and_read_back_is_the_same_address(address: CivilAddress) -> None:
    wire = json.loads(json.dumps(addresses.to_wire(address)))
    assert is_same_address(addresses.from_wire(wire, "address"), address)


@given(any_address)
def test_every_part_is_a_string_and_the_free_lines_a_list_of_them(address: CivilAddress) -> None:
    wire = addresses.to_wire(address)
    free_lines = wire.pop("freeLines")
    assert isinstance(free_lines, list)
    assert {type(part) for part in [*wire.values(), *free_lines]} == {str}


def test_an_address_abroad_is_its_lines_and_its_country() -> None:
    abroad = CivilAddress(free_lines=("Prøvegatan 4", "S-456 78 Prövstad"), country="Sverige")
    wire = addresses.to_wire(abroad)
    assert (wire["freeLines"], wire["country"]) == (["Prøvegatan 4", "S-456 78 Prövstad"], "Sverige")
    assert addresses.from_wire(wire, "address") == abroad


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ({"freeLines": "Prøvegatan 4"}, "freeLines"),
        ({"freeLines": ["x"] * 6}, "freeLines"),
        ({"freeLines": ["x", None]}, "freeLines[1]"),
        ({"freeLines": ["Prøvegatan\n4"]}, "freeLines[0]"),
        ({"country": 46}, "country"),
        ({"roadName": "Svinget\x00"}, "roadName"),
        ({"careOf": "Ester \u202eØveholm"}, "careOf"),
        ({"town": "x" * 256}, "town"),
    ],
)
def test_what_no_line_of_an_address_can_be_is_told_by_its_path(address: dict[str, object], path: str) -> None:
    with pytest.raises(Drift) as raised:
        addresses.from_wire(address, "address")
    assert raised.value.path == f"address.{path}"
    assert raised.value.__context__ is None


def test_cprs_leading_zeros_are_not_written() -> None:
    wire = addresses.to_wire(CivilAddress(road_name="Svinget", house_number="038", floor="01", door="th"))
    assert (wire["houseNumber"], wire["floor"], wire["door"]) == ("38", "1", "th")


def test_an_address_is_read_letter_by_letter() -> None:
    assert addresses.from_wire({"roadName": "SVINGET", "houseNumber": "038"}, "address") == CivilAddress(
        road_name="SVINGET", house_number="038"
    )


def test_an_id_that_is_no_uuid_is_drift() -> None:
    with pytest.raises(Drift) as raised:
        addresses.from_wire({"addressUuid": "Svinget 38"}, "cases[0].address")
    assert raised.value.path == "cases[0].address.addressUuid"
