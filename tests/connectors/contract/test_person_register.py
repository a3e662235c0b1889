"""The contract of ``PersonRegister``."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

import pytest

from connectors.cpr import Sf1520PersonRegister
from connectors.errors import NotFound, Unavailable
from connectors.ports import PersonRegister
from connectors.records import PersonStatus
from foundation.addresses import is_same_address
from foundation.clock import local_date
from foundation.cpr import Cpr
from robots.twins import TwinPersonRegister
from tests.connectors.contract.case_benches import HOME, elsewhere, spelled
from tests.connectors.simulation import Simulation

RESIDENT = Cpr("1012620000")
#: Published test numbers that are not among the simulated citizens.
UNKNOWN = Cpr("0712610018")
REPLACEMENT = Cpr("7012620001")
TOMORROW = local_date(datetime.now(UTC)) + timedelta(days=1)
LAST_MONTH = local_date(datetime.now(UTC)) - timedelta(days=30)


class PersonBench(Protocol):
    """One implementation with the resident ``RESIDENT``, and the means to let things happen to him."""

    @property
    def register(self) -> PersonRegister:
        """The implementation under test."""

    def move(self, effect_from: date, /) -> None:
        """Let him move to another house in his road (``elsewhere`` of ``HOME``)."""

    def protect(self, *, is_protected: bool) -> None:
        """Give or take his protection."""

    def set_status(self, status: PersonStatus, /) -> None:
        """Give him another status."""

    def fail(self) -> None:
        """Let the next look-up get no answer."""


class _Simulated:
    def __init__(self, simulated: Simulation, register: Sf1520PersonRegister) -> None:
        self._simulated = simulated
        self.register = register

    def move(self, effect_from: date, /) -> None:
        address = spelled(elsewhere(HOME))
        day = effect_from.isoformat()
        self._simulated.tell("/people/move", personnummer=RESIDENT.digits, effectFrom=day, address=address)

    def protect(self, *, is_protected: bool) -> None:
        self._simulated.tell("/people/protect", personnummer=RESIDENT.digits, protected=is_protected)

    def set_status(self, status: PersonStatus, /) -> None:
        self._simulated.tell("/people/status", personnummer=RESIDENT.digits, status=status.value)

    def fail(self) -> None:
        self._simulated.tell("/faults", route="cpr.person", kind="timeout_before_commit")


class _Twin:
    def __init__(self) -> None:
        self.register = TwinPersonRegister()
        self.register.add_person(RESIDENT, address=HOME)

    def move(self, effect_from: date, /) -> None:
        self.register.move(RESIDENT, elsewhere(HOME), effect_from=effect_from)

    def protect(self, *, is_protected: bool) -> None:
        self.register.protect(RESIDENT, is_protected=is_protected)

    def set_status(self, status: PersonStatus, /) -> None:
        self.register.set_status(RESIDENT, status)

    def fail(self) -> None:
        self.register.fail_next(Unavailable(self.register.system, "lookup"))


@pytest.fixture(params=["simulated", "twin"])
def bench(request: pytest.FixtureRequest) -> Iterator[PersonBench]:
    """Each implementation of ``PersonRegister`` in turn; the resident is as he was again afterwards."""
    if request.param == "twin":
        yield _Twin()
        return
    simulated: Simulation = request.getfixturevalue("simulated")
    own = _Simulated(simulated, request.getfixturevalue("cpr_register"))
    own.set_status(PersonStatus.RESIDENT)
    own.protect(is_protected=False)
    yield own
    own.set_status(PersonStatus.RESIDENT)


def test_a_resident_has_name_number_and_address(bench: PersonBench) -> None:
    person = bench.register.lookup(RESIDENT)
    assert (person.cpr, person.current_cpr, person.status) == (RESIDENT, RESIDENT, PersonStatus.RESIDENT)
    assert person.addressing_name
    assert person.address is not None
    assert person.registered_at is not None


def test_a_look_up_says_when_it_was_made(bench: PersonBench) -> None:
    before = datetime.now(UTC)
    assert before <= bench.register.lookup(RESIDENT).looked_up_at <= datetime.now(UTC)


def test_a_past_move_is_the_address_now(bench: PersonBench) -> None:
    bench.move(LAST_MONTH)
    person = bench.register.lookup(RESIDENT)
    assert is_same_address(person.address, elsewhere(HOME))
    assert person.moved_in.day == LAST_MONTH


def test_a_move_is_registered_when_it_was_told(bench: PersonBench) -> None:
    before = datetime.now(UTC)
    bench.move(LAST_MONTH)
    registered_at = bench.register.lookup(RESIDENT).registered_at
    assert registered_at is not None
    assert registered_at >= before


def test_a_move_ahead_is_pending_and_the_present_address_stands(bench: PersonBench) -> None:
    now = bench.register.lookup(RESIDENT).address
    bench.move(TOMORROW)
    person = bench.register.lookup(RESIDENT)
    assert person.address == now
    assert person.pending is not None
    assert person.pending.effect_from == TOMORROW
    assert is_same_address(person.pending.address, elsewhere(HOME))


@pytest.mark.parametrize("is_protected", [True, False])
def test_protection_is_told_as_it_is(bench: PersonBench, *, is_protected: bool) -> None:
    bench.protect(is_protected=is_protected)
    assert bench.register.lookup(RESIDENT).protection.is_protected is is_protected


@pytest.mark.parametrize("status", list(PersonStatus))
def test_every_status_is_understood(bench: PersonBench, status: PersonStatus) -> None:
    bench.set_status(status)
    assert bench.register.lookup(RESIDENT).status is status


@pytest.mark.parametrize("cpr", [UNKNOWN, REPLACEMENT], ids=["unknown", "replacement"])
def test_a_number_that_cpr_does_not_hold_is_not_found(bench: PersonBench, cpr: Cpr) -> None:
    with pytest.raises(NotFound) as raised:
        bench.register.lookup(cpr)
    assert raised.value.detail == "person"


def test_a_look_up_without_an_answer_is_unavailable_and_may_be_made_again(bench: PersonBench) -> None:
    bench.fail()
    with pytest.raises(Unavailable):
        bench.register.lookup(RESIDENT)
    assert bench.register.lookup(RESIDENT).cpr == RESIDENT
