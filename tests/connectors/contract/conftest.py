"""The implementations that the contract tests run against."""

from collections.abc import Iterator

import pytest

from connectors.nova import NovaCaseRegister
from tests.connectors.contract.case_benches import (
    MISSING_FOR_OWN_SYSTEM,
    CaseBench,
    OwnSystemBench,
    SimulatedBench,
    TwinBench,
)
from tests.connectors.simulation import Simulation


@pytest.fixture(params=["simulated", "twin"] if MISSING_FOR_OWN_SYSTEM else ["simulated", "twin", "own"])
def bench(request: pytest.FixtureRequest) -> Iterator[CaseBench]:
    """Each implementation of ``CaseRegister`` in turn."""
    match request.param:
        case "simulated":
            simulated: Simulation = request.getfixturevalue("simulated")
            nova: NovaCaseRegister = request.getfixturevalue("nova")
            yield SimulatedBench(simulated, nova)
        case "twin":
            yield TwinBench()
        case _:
            own = OwnSystemBench()
            yield own
            own.register.close()
