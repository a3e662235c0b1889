"""What the settings name becomes an adapter, and what they leave out is not there."""

from __future__ import annotations

import pytest

from audit.events import ActorRef
from audit.vocabulary import ActorKind
from casework.workplace import Acting
from connectors.dar import DawaAddressRegister
from flows.composition import open_systems
from foundation.settings import Settings
from tests.flows.office import CITIZENS, Office


def test_the_address_register_is_opened_where_there_is_one(settings: Settings) -> None:
    with open_systems(settings) as systems:
        assert isinstance(systems.addresses, DawaAddressRegister)


def test_a_municipality_without_an_address_register_names_none(settings: Settings) -> None:
    with open_systems(settings.model_copy(update={"dar_url": ""})) as systems:
        assert systems.addresses is None


@pytest.mark.parametrize("robot", ["address_update", "another"])
def test_many_people_are_looked_up_with_the_limits_of_the_robot(office: Office, robot: str) -> None:
    cpr, _, _ = office.settle_in(CITIZENS[0])
    acting = Acting(ActorRef(ActorKind.ROBOT, robot, "chosen", "dorthe"))
    people = office.composition.bulk_people(robot, acting, pace=office.composition.sweep_pace(robot))
    answers = people.lookup_all([cpr])
    assert answers[cpr] == office.people.lookup(cpr)
    system = office.people.system
    assert office.composition.limits(robot, system) is office.composition.limits(robot, system)
