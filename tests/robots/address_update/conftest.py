"""One citizen, one case, and the robot on a bench."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import settings

from connectors.person_details import PastAddress, UncertainDate
from connectors.records import (
    AddressProtection,
    Case,
    CaseParty,
    CaseRef,
    CaseState,
    PartyContact,
    PartyRef,
    PartyRole,
    PersonEvent,
    PersonEventKind,
    PersonSnapshot,
    PersonStatus,
    Progress,
)
from foundation.addresses import CivilAddress
from foundation.cpr import Cpr
from robots.address_update.facts import Facts
from robots.address_update.robot import AddressUpdate
from robots.twins.bench import Bench
from tests.robots.address_update.questions import facts_of

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

settings.register_profile("robots", deadline=None)
settings.load_profile("robots")


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def today() -> date:
    return NOW.date()


@pytest.fixture(scope="session")
def cpr() -> Cpr:
    """A number of KOMBIT's external test set."""
    return Cpr("1012620000")


@pytest.fixture(scope="session")
def old_address() -> CivilAddress:
    return CivilAddress("Gamle Prøvevej", "1", postal_code="9000", postal_district="Aalborg", municipality_code="0851")


@pytest.fixture(scope="session")
def new_address() -> CivilAddress:
    return CivilAddress(
        "Ny Prøvevej", "012B", "02", "tv", postal_code="9000", postal_district="Aalborg", municipality_code="0851"
    )


@pytest.fixture(scope="session")
def snapshot(cpr: Cpr, old_address: CivilAddress, new_address: CivilAddress) -> PersonSnapshot:
    """CPR: the person moved to the new address three days ago."""
    return PersonSnapshot(
        cpr=cpr,
        current_cpr=cpr,
        addressing_name="Test Prøvesen",
        status=PersonStatus.RESIDENT,
        status_day=None,
        protection=AddressProtection(is_protected=False),
        address=new_address,
        moved_in=UncertainDate(date(2026, 11, 19)),
        registered_at=datetime(2026, 11, 20, 3, 0, tzinfo=UTC),
        looked_up_at=NOW,
        history=(PastAddress(old_address, UncertainDate(None), UncertainDate(date(2026, 11, 19))),),
    )


@pytest.fixture(scope="session")
def party(cpr: Cpr, old_address: CivilAddress) -> CaseParty:
    ref = PartyRef(CaseRef("twin", "case-1"), "1")
    return CaseParty(ref, PartyRole.PRIMARY, cpr, "Test Prøvesen", PartyContact(old_address, is_protected=False))


@pytest.fixture(scope="session")
def case(party: CaseParty) -> Case:
    """An open case that shows the old address."""
    return Case(party.ref.case, "S2026-00001", "Prøvesag", "27.00.00", Progress.OPLYST, CaseState.OPEN, None, (party,))


@pytest.fixture(scope="session")
def facts(snapshot: PersonSnapshot, case: Case) -> Facts:
    """What the rules know of the party: an ordinary move in a capable system, under the strictest policy."""
    return facts_of(snapshot, case)


@pytest.fixture(scope="session")
def event(cpr: Cpr) -> PersonEvent:
    return PersonEvent(
        id="e-1",
        sequence=1,
        cpr=cpr,
        kind=PersonEventKind.ADDRESS,
        registered_at=datetime(2026, 11, 20, 3, 0, tzinfo=UTC),
        effect_from=date(2026, 11, 19),
    )


@pytest.fixture
def empty_bench(event: PersonEvent) -> Bench:
    """The robot and its item; nobody in CPR and no case."""
    robot = AddressUpdate()
    bench = Bench(robot, at=NOW)
    bench.give_events(robot, [event])
    return bench


@pytest.fixture
def bench(empty_bench: Bench, snapshot: PersonSnapshot, old_address: CivilAddress) -> Bench:
    """The person has moved; one open case (``case-1``) shows the old address on its party ``1``."""
    empty_bench.people.put(snapshot)
    case = empty_bench.cases.stage.add_case()
    empty_bench.cases.stage.add_party(case, cpr=snapshot.cpr, address=old_address)
    return empty_bench
