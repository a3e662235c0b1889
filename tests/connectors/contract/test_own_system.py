"""Whether the contract tests also run against a municipality's own test system."""

import pytest

from tests.connectors.contract.case_benches import MISSING_FOR_OWN_SYSTEM, OwnSystemBench


def test_the_municipalitys_own_test_system_answers() -> None:
    if MISSING_FOR_OWN_SYSTEM:
        pytest.skip(f"no test system of the municipality's own: set {', '.join(MISSING_FOR_OWN_SYSTEM)}")
    bench = OwnSystemBench()
    case, party = bench.take_case()
    assert case.party(party.ref) == party
    bench.register.close()
