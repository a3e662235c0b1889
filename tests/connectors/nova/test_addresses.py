"""Nova's address object and ours."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.fields import Drift
from connectors.nova import addresses
from foundation.addresses import CivilAddress, is_same_address

parts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
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
)


@given(any_address)
def test_an_address_written_and_read_back_is_the_same_address(address: CivilAddress) -> None:
    wire = json.loads(json.dumps(addresses.to_wire(address)))
    assert is_same_address(addresses.from_wire(wire, "address"), address)


@given(any_address)
def test_every_part_is_a_string(address: CivilAddress) -> None:
    assert {type(part) for part in addresses.to_wire(address).values()} == {str}


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
