"""An actor is his account, whatever the caller says."""

import os
import sys
from pathlib import Path

import pytest

from foundation import actor as actors
from foundation.actor import CAST, Established, Role, operating_system_account, resolve_actor
from foundation.environment import Environment
from foundation.errors import ConfigurationError, NotAllowedError
from foundation.settings import Settings, load_settings
from tests.conftest import forget_settings

ACCOUNT = "konto7"


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_settings(monkeypatch)
    monkeypatch.setattr(actors, "operating_system_account", lambda: ACCOUNT)


def _settings(tmp_path: Path, people: str | None, environment: Environment = Environment.TEST) -> Settings:
    path = tmp_path / "people.toml"
    if people is not None:
        path.write_text(people, encoding="utf-8")
    if environment is Environment.SIMULATED:
        return load_settings(people_file=path)
    return load_settings(
        environment=environment,
        production_switch="ja-dette-er-produktion",
        people_file=path,
        seal_key="ab" * 32,
        nova_url="https://nova.example",
        nova_token_url="https://nova.example",
        cpr_url="https://cpr.example",
        dar_url="https://dar.example",
        nova_client_secret="a",
        cpr_token="b",
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such variables")
def test_the_account_is_not_what_variables_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    known = operating_system_account()
    for name in ("USER", "LOGNAME", "LNAME", "USERNAME", "SUDO_USER"):
        monkeypatch.setenv(name, "bo")
    assert operating_system_account() == known != "bo"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows every account")
def test_an_account_without_a_name_is_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(os, "geteuid", lambda: 3_999_999)
    assert operating_system_account() == "3999999"


def test_an_account_is_the_person_who_lists_it(tmp_path: Path) -> None:
    settings = _settings(tmp_path, f'[bo]\nname = "Bo"\nroles = ["godkender"]\naccounts = ["x", "{ACCOUNT}"]')
    actor = resolve_actor(settings)
    assert (actor.id, actor.name, actor.roles, actor.established) == (
        "bo",
        "Bo",
        frozenset({Role.GODKENDER}),
        Established.OS_ACCOUNT,
    )


def test_a_person_without_accounts_has_the_one_with_his_id(tmp_path: Path) -> None:
    assert resolve_actor(_settings(tmp_path, f'[{ACCOUNT}]\nroles = ["revisor"]')).id == ACCOUNT


def test_an_account_that_is_part_of_anothers_is_not_him(tmp_path: Path) -> None:
    # Written without the list, "xkonto7" would hold "konto7".
    settings = _settings(tmp_path, f'[bo]\nroles = ["godkender"]\naccounts = "x{ACCOUNT}"')
    with pytest.raises(ConfigurationError, match="accounts"):
        resolve_actor(settings)


@pytest.mark.parametrize("environment", [Environment.TEST, Environment.PRODUCTION])
def test_an_account_of_nobody_is_refused_outside_simulated(tmp_path: Path, environment: Environment) -> None:
    with pytest.raises(NotAllowedError, match=ACCOUNT):
        resolve_actor(_settings(tmp_path, '[bo]\nroles = ["godkender"]', environment))


@pytest.mark.parametrize("environment", [Environment.TEST, Environment.PRODUCTION])
def test_a_name_is_chosen_in_simulated_only(tmp_path: Path, environment: Environment) -> None:
    settings = _settings(tmp_path, f'[bo]\naccounts = ["{ACCOUNT}"]', environment)
    with pytest.raises(NotAllowedError, match="--as"):
        resolve_actor(settings, chosen="bo")


def test_a_chosen_name_is_recorded_as_chosen() -> None:
    assert {resolve_actor(load_settings(), chosen=name).established for name in CAST} == {Established.CHOSEN}


def test_an_unknown_name_cannot_be_chosen() -> None:
    with pytest.raises(NotAllowedError, match="anne, bo"):
        resolve_actor(load_settings(), chosen="ingen")


def test_who_tries_it_out_may_start_and_not_approve() -> None:
    actor = resolve_actor(load_settings())
    assert actor.id == ACCOUNT
    assert Role.GODKENDER not in actor.roles


@pytest.mark.parametrize("roles", ['["chef"]', '"godkender"', "[7]"])
def test_a_role_that_does_not_exist_is_refused_with_those_that_do(tmp_path: Path, roles: str) -> None:
    with pytest.raises(ConfigurationError, match="sagsbehandler, godkender"):
        resolve_actor(_settings(tmp_path, f'[bo]\naccounts = ["{ACCOUNT}"]\nroles = {roles}'))


@pytest.mark.parametrize("people", [None, "", "x = 1", "[bo", "\x00"])
def test_a_list_of_people_that_cannot_be_read_is_named(tmp_path: Path, people: str | None) -> None:
    with pytest.raises(ConfigurationError, match="SAGSGANG_PEOPLE_FILE"):
        resolve_actor(_settings(tmp_path, people))


def test_an_act_needs_one_of_its_roles() -> None:
    anne = resolve_actor(load_settings(), chosen="anne")
    anne.require(frozenset({"godkender", "sagsbehandler"}), "starte")
    with pytest.raises(NotAllowedError, match=r"anne må ikke godkende.*godkender"):
        anne.require(frozenset({"godkender"}), "godkende")
