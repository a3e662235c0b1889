"""The contract of ``AddressRegister``."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol
from uuid import UUID

import pytest

from connectors.address_records import RegisteredAddress, RegisteredStatus, WashCategory
from connectors.dar import DawaAddressRegister
from connectors.errors import Unavailable
from connectors.ports import AddressRegister
from foundation.addresses import CivilAddress, is_same_address, one_line
from foundation.kvhx import Kvhx
from robots.twins import TwinAddressRegister
from tests.connectors.simulation import Simulation

HOME = CivilAddress(
    road_name="Prøvegade",
    house_number="7B",
    floor="2",
    door="th",
    postal_code="6790",
    postal_district="Prøveby",
    municipality_code="0899",
    road_code="1001",
)
#: A place that is closed in one test and no other looks at.
DOOMED = replace(HOME, road_name="Testengen", house_number="14", floor="", door="", postal_code="6797")
ABSENT = UUID("00000000-0000-4000-8000-000000000000")
CALLS: dict[str, Callable[[AddressRegister], object]] = {
    "get": lambda register: register.get(ABSENT),
    "by_kvhx": lambda register: register.by_kvhx(key_of(HOME)),
    "wash": lambda register: register.wash(one_line(HOME)),
}


def key_of(address: CivilAddress) -> Kvhx:
    key = Kvhx.of(address)
    assert key is not None
    return key


class AddressBench(Protocol):
    """One implementation that knows ``HOME`` and one more place, which can be closed."""

    @property
    def register(self) -> AddressRegister:
        """The implementation under test."""

    def close_a_place(self) -> RegisteredAddress:
        """Close a place without a successor; returns it as it was before."""

    def fail(self, method: str, /) -> None:
        """Let the next call of this method get no answer."""


class _Simulated:
    def __init__(self, simulated: Simulation, register: DawaAddressRegister) -> None:
        self._simulated = simulated
        self.register = register

    def close_a_place(self) -> RegisteredAddress:
        road = {"roadCode": "5901", "roadName": "Lukkevej", "postalCode": "6790", "postalDistrict": "Prøveby"}
        built = self._simulated.tell("/dar/roads/build", **road, houseNumbers=["1"], inDar=True)
        place = self.register.get(UUID(built["ids"][0]))
        assert place is not None
        self._simulated.tell("/dar/addresses/close", id=str(place.id))
        return place

    def fail(self, method: str, /) -> None:
        route = {"get": "dar.address", "by_kvhx": "dar.addresses", "wash": "dar.wash"}[method]
        self._simulated.tell("/faults", route=route, kind="timeout_before_commit")


class _Twin:
    def __init__(self) -> None:
        self.register = TwinAddressRegister()
        self.register.add_place(HOME)

    def close_a_place(self) -> RegisteredAddress:
        place = self.register.add_place(DOOMED)
        self.register.add_place(DOOMED, address_id=place.id, status=RegisteredStatus.CLOSED)
        return place

    def fail(self, method: str, /) -> None:
        self.register.fail_next(method, Unavailable(self.register.system, method))


@pytest.fixture(params=["simulated", "twin"])
def bench(request: pytest.FixtureRequest) -> Iterator[AddressBench]:
    """Each implementation of ``AddressRegister`` in turn."""
    if request.param == "twin":
        yield _Twin()
    else:
        yield _Simulated(request.getfixturevalue("simulated"), request.getfixturevalue("dar"))


def test_a_place_is_found_by_its_key_and_again_by_its_id(bench: AddressBench) -> None:
    place = bench.register.by_kvhx(key_of(HOME))
    assert place is not None
    assert (place.status, place.kvhx) == (RegisteredStatus.CURRENT, key_of(HOME).value)
    assert is_same_address(place.address, HOME)
    assert bench.register.get(place.id) == place


def test_a_place_carries_its_id_and_knows_no_person(bench: AddressBench) -> None:
    place = bench.register.by_kvhx(key_of(HOME))
    assert place is not None
    assert (place.address.address_id, place.address.care_of, place.address.locality) == (place.id, "", "")


def test_what_the_register_does_not_know_is_none(bench: AddressBench) -> None:
    assert bench.register.get(ABSENT) is None
    assert bench.register.by_kvhx(key_of(replace(HOME, house_number="999"))) is None


def test_the_line_of_a_place_is_certain(bench: AddressBench) -> None:
    result = bench.register.wash(one_line(HOME))
    assert result.category is WashCategory.A
    assert result.certain == bench.register.by_kvhx(key_of(HOME))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Nowhere",
        one_line(replace(HOME, house_number="999")),
        one_line(replace(HOME, door="mf")),
        f"{one_line(HOME)}{'x' * 100}",
    ],
)
def test_what_is_no_place_is_never_certain(bench: AddressBench, text: str) -> None:
    result = bench.register.wash(text)
    assert (result.category, result.certain) == (WashCategory.C, None)


def test_a_closed_place_is_still_known_and_said_to_be_closed(bench: AddressBench) -> None:
    before = bench.close_a_place()
    closed = replace(before, status=RegisteredStatus.CLOSED)
    assert bench.register.get(before.id) == closed
    assert bench.register.by_kvhx(Kvhx.parse(before.kvhx)) == closed
    assert bench.register.wash(one_line(before.address)).certain == closed


@pytest.mark.parametrize("method", sorted(CALLS))
def test_a_call_without_an_answer_is_unavailable_and_may_be_made_again(bench: AddressBench, method: str) -> None:
    bench.fail(method)
    with pytest.raises(Unavailable):
        CALLS[method](bench.register)
    CALLS[method](bench.register)
