"""What Nova's own troubles come to, beyond those that every case register has (see the contract tests)."""

import contextlib

import pytest

from connectors.errors import (
    CapabilityMissing,
    ConnectorError,
    LockedByUser,
    NotFound,
    OutcomeUnknown,
    SchemaDrift,
)
from connectors.nova import NovaCaseRegister
from connectors.records import Sighting
from tests.connectors.contract.case_benches import route_of
from tests.connectors.contract.case_calls import ALL_CALLS, READ_CALLS, WRITE_CALLS
from tests.connectors.simulation import Simulation, open_simulated_nova

#: What a 404 says to each call. A list without matches is empty, so there it says that the address is wrong.
MISSING: dict[str, type[ConnectorError]] = {
    **dict.fromkeys(READ_CALLS, SchemaDrift),
    "find_reminder": NotFound,
    "list_documents": NotFound,
    "append_journal_note": NotFound,
    "create_reminder": NotFound,
    # The case was read a moment ago, so it is the call that does not exist.
    "update_party_contact": CapabilityMissing,
}


@pytest.mark.parametrize("method", sorted(ALL_CALLS))
def test_a_404_says_what_is_missing(simulated: Simulation, nova: NovaCaseRegister, method: str) -> None:
    case, party = simulated.take_case(nova)
    simulated.tell("/faults", route=route_of(method), kind="missing")
    with pytest.raises(ConnectorError) as raised:
        ALL_CALLS[method](nova, case, party)
    assert type(raised.value) is MISSING[method]
    assert simulated.effects(case) == 0


@pytest.mark.parametrize("method", sorted(ALL_CALLS))
@pytest.mark.parametrize("kind", ["slow", "clock_skew", "unauthorized"])
def test_what_can_be_lived_with_is(simulated: Simulation, nova: NovaCaseRegister, method: str, kind: str) -> None:
    case, party = simulated.take_case(nova)
    simulated.tell("/faults", route=route_of(method), kind=kind)
    ALL_CALLS[method](nova, case, party)
    assert simulated.effects(case) == (method in WRITE_CALLS)


@pytest.mark.parametrize("method", sorted(WRITE_CALLS))
def test_a_write_that_is_answered_too_late_is_unknown_and_then_seen(
    simulated: Simulation, nova: NovaCaseRegister, method: str
) -> None:
    case, party = simulated.take_case(nova)
    hasty = open_simulated_nova(simulated, read_timeout=0.4)
    hasty.get_case(case.ref)
    simulated.tell("/faults", route=route_of(method), kind="slow", seconds=0.8)
    with pytest.raises(OutcomeUnknown):
        WRITE_CALLS[method].send(hasty, case, party)
    assert WRITE_CALLS[method].find(nova, case, party).sighting is Sighting.PRESENT
    hasty.close()


def test_a_lock_refuses_every_write_of_its_route_until_it_is_over(
    simulated: Simulation, nova: NovaCaseRegister
) -> None:
    case, party = simulated.take_case(nova)
    simulated.tell("/faults", route="nova.case.update", kind="locked", seconds=60)
    for _ in range(3):
        with pytest.raises(LockedByUser) as raised:
            WRITE_CALLS["append_journal_note"].send(nova, case, party)
        assert raised.value.retry_after == 60
    simulated.reset()
    WRITE_CALLS["append_journal_note"].send(nova, case, party)
    assert simulated.effects(case) == 1


@pytest.mark.parametrize("seed", range(3))
def test_no_write_has_two_effects_or_an_untold_one_in_a_storm(
    simulated: Simulation, nova: NovaCaseRegister, seed: int
) -> None:
    case, party = simulated.take_case(nova)
    simulated.tell("/faults/plan", seed=seed, share=0.6)
    for _ in range(6):
        for write in WRITE_CALLS.values():
            with contextlib.suppress(ConnectorError):
                write.send(nova, case, party)
    simulated.reset()
    present = [write.find(nova, case, party).sighting is Sighting.PRESENT for write in WRITE_CALLS.values()]
    assert simulated.effects(case) == sum(present)
