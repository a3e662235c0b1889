"""What the settings name becomes an adapter, and what they leave out is not there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from audit.events import ActorRef
from audit.vocabulary import ActorKind
from casework.workplace import Acting
from connectors.dar import DawaAddressRegister
from flows.composition import open_systems, open_workplace
from foundation.actor import operating_system_account
from foundation.environment import Environment
from foundation.settings import Settings
from tests.flows.office import CITIZENS, Office
from tests.workbench import events


def test_the_address_register_is_opened_where_there_is_one(settings: Settings) -> None:
    with open_systems(settings) as systems:
        assert isinstance(systems.addresses, DawaAddressRegister)


def test_a_municipality_without_an_address_register_names_none(settings: Settings) -> None:
    with open_systems(settings.model_copy(update={"dar_url": ""})) as systems:
        assert systems.addresses is None


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.toml"
    path.write_text(
        f'[anne]\nroles = ["sagsbehandler"]\naccounts = ["{operating_system_account()}"]\n', encoding="utf-8"
    )
    return path


def _roles_told(settings: Settings) -> list[dict[str, Any]]:
    with open_workplace(settings) as place:
        return [body for body in events(place) if body["type"] == "roles.changed"]


def test_whoever_opens_the_database_records_who_has_which_role(settings: Settings, people: Path) -> None:
    settings = settings.model_copy(update={"people_file": people})
    (told,) = _roles_told(settings)
    assert told["actor"] == {"kind": "person", "id": "anne", "established": "os_account"}
    assert '"anne":[["sagsbehandler"]' in told["facts"]["after"]
    assert len(_roles_told(settings)) == 1


def test_a_role_given_in_the_file_is_recorded_by_the_next_who_comes(settings: Settings, people: Path) -> None:
    settings = settings.model_copy(update={"people_file": people})
    _roles_told(settings)
    with people.open("a", encoding="utf-8") as file:
        file.write('[bo]\nroles = ["godkender"]\n')
    told = _roles_told(settings)[-1]
    assert (told["facts"]["before"], told["facts"]["after"]) == ("{}", '{"bo":[["godkender"],["bo"]]}')


def test_who_opens_it_with_an_account_that_belongs_to_nobody_is_told_by_the_account(
    settings: Settings, people: Path
) -> None:
    people.write_text('[anne]\nroles = ["sagsbehandler"]\n', encoding="utf-8")
    stranger = settings.model_copy(update={"people_file": people, "environment": Environment.TEST})
    database = settings.data_dir / "other"
    (told,) = _roles_told(stranger.model_copy(update={"data_dir": database, "seal_key": SecretStr("ab" * 32)}))
    assert told["actor"] == {"kind": "system", "id": operating_system_account(), "established": "os_account"}


def test_a_file_of_people_that_cannot_be_read_hinders_nobody_who_needs_none(settings: Settings, people: Path) -> None:
    people.write_text("[anne", encoding="utf-8")
    assert _roles_told(settings.model_copy(update={"people_file": people})) == []


@pytest.mark.parametrize("robot", ["address_update", "another"])
def test_many_people_are_looked_up_with_the_limits_of_the_robot(office: Office, robot: str) -> None:
    cpr, _, _ = office.settle_in(CITIZENS[0])
    acting = Acting(ActorRef(ActorKind.ROBOT, robot, "chosen", "dorthe"))
    people = office.composition.bulk_people(robot, acting, pace=office.composition.sweep_pace(robot))
    answers = people.lookup_all([cpr])
    assert answers[cpr] == office.people.lookup(cpr)
    system = office.people.system
    assert office.composition.limits(robot, system) is office.composition.limits(robot, system)
