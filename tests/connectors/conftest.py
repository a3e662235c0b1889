"""A small simulated municipality over real HTTP, shared by the tests of the adapters."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from connectors.cpr import CursorPersonEvents, Sf1520PersonRegister, open_events, open_register
from connectors.dar import DawaAddressRegister, open_address_register
from connectors.nova import NovaCaseRegister
from tests.connectors.simulation import Simulation, open_simulated_nova, simulation


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    """The municipality of this test process; use ``simulated`` instead, which clears up."""
    folder: Path = tmp_path_factory.mktemp("municipality")
    with simulation(folder) as running:
        yield running


@pytest.fixture
def simulated(served: Simulation) -> Iterator[Simulation]:
    """The municipality with nothing going wrong and its settings as they were made, before and after."""
    served.reset()
    yield served
    served.reset()


@pytest.fixture
def nova(simulated: Simulation) -> Iterator[NovaCaseRegister]:
    """The adapter under test against the simulated Nova."""
    register = open_simulated_nova(simulated)
    yield register
    register.close()


@pytest.fixture
def cpr_register(simulated: Simulation) -> Iterator[Sf1520PersonRegister]:
    """The adapter under test against the simulated CPR."""
    register = open_register(url=simulated.cpr_url, token=simulated.cpr_token)
    yield register
    register.close()


@pytest.fixture
def cpr_events(simulated: Simulation) -> Iterator[CursorPersonEvents]:
    """The adapter under test against the simulated events."""
    events = open_events(url=simulated.cpr_url, token=simulated.cpr_token)
    yield events
    events.close()


@pytest.fixture
def dar(simulated: Simulation) -> Iterator[DawaAddressRegister]:
    """The adapter under test against the simulated address register."""
    register = open_address_register(url=simulated.dar_url)
    yield register
    register.close()


@pytest.fixture
def no_network() -> httpx.MockTransport:
    """A transport that fails the test when anything is sent."""

    def refuse(_request: httpx.Request) -> httpx.Response:
        pytest.fail("nothing may be sent here")

    return httpx.MockTransport(refuse)
