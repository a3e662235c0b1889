"""A wrong setting is named with what it should be, and never with its value."""

from pathlib import Path

import pytest

from foundation.environment import Environment, EnvironmentLockedError
from foundation.errors import ConfigurationError, SagsgangError
from foundation.settings import SIMULATED_SECRET, Settings, load_settings
from tests.conftest import forget_settings

SECRET = "hemmelig-1012620001"
PROPER = {
    "environment": "test",
    "nova_url": "https://nova.example/api",
    "nova_token_url": "https://nova.example/token",
    "cpr_url": "https://cpr.example",
    "dar_url": "https://dar.example",
    "nova_client_secret": "egen",
    "cpr_token": "eget",
    "seal_key": "ab" * 32,
    "people_file": "people.toml",
}


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_settings(monkeypatch)


def test_every_setting_is_documented_in_danish() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith((".", "…")), name


def test_without_anything_set_it_is_the_simulated_environment() -> None:
    settings = load_settings()
    assert settings.environment is Environment.SIMULATED
    assert settings.effective_database_url == "sqlite:///var/sagsgang.db"
    assert not settings.uses_json_logs


def test_a_proper_test_environment_is_accepted() -> None:
    assert load_settings(**PROPER).environment is Environment.TEST


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("environment", SECRET),
        ("workers", SECRET),
        ("workers", "0"),
        ("workers", "33"),
        ("claim_batch", "0"),
        ("lease_seconds", "0"),
        ("lease_seconds", "-5"),
        ("max_attempts", "0"),
        ("settle_seconds", "-1"),
        ("calls_per_second", "0"),
        ("circuit_failures", "0"),
        ("connect_timeout", SECRET),
        ("log_level", SECRET),
        ("log_json", SECRET),
        ("production_switch", SECRET),
        ("nova_address_write", SECRET),
    ],
)
def test_a_wrong_setting_is_named_with_its_meaning_and_without_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"SAGSGANG_{name.upper()}", value)
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    told = str(caught.value)
    assert f"SAGSGANG_{name.upper()} er forkert" in told
    assert str(Settings.model_fields[name].description) in told
    assert SECRET not in told
    assert caught.value.__suppress_context__


def test_every_wrong_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAGSGANG_WORKERS", "mange")
    monkeypatch.setenv("SAGSGANG_LOG_LEVEL", "højt")
    with pytest.raises(ConfigurationError, match=r"SAGSGANG_WORKERS.*SAGSGANG_LOG_LEVEL"):
        load_settings()


def test_a_secret_comes_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "SAGSGANG_CPR_TOKEN").write_text("fra-filen\n", encoding="utf-8")
    monkeypatch.setenv("SAGSGANG_SECRETS_DIR", str(tmp_path))
    assert load_settings().cpr_token.get_secret_value() == "fra-filen"


def test_a_folder_of_secrets_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SAGSGANG_SECRETS_DIR", str(tmp_path / "ingen"))
    with pytest.raises(ConfigurationError, match="SAGSGANG_SECRETS_DIR"):
        load_settings()


@pytest.mark.parametrize("place", ["environment", "file"])
def test_a_setting_that_another_took_the_place_of_is_refused_and_the_other_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: str
) -> None:
    if place == "environment":
        monkeypatch.setenv("SAGSGANG_NOVA_ASSUMED_ADDRESS_WRITE", "false")
    else:
        (tmp_path / "sagsgang_nova_assumed_address_write").write_text("false", encoding="utf-8")
        monkeypatch.setenv("SAGSGANG_SECRETS_DIR", str(tmp_path))
    with pytest.raises(ConfigurationError, match=r"SAGSGANG_NOVA_ADDRESS_WRITE i stedet"):
        load_settings()


def test_no_secret_is_shown_when_settings_are() -> None:
    settings = load_settings(cpr_token=SECRET, seal_key=SECRET, nova_client_secret=SECRET)
    assert SECRET not in repr(settings)
    assert SECRET not in str(settings.model_dump())


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().workers = 9  # type: ignore[misc]  # the fault itself


@pytest.mark.parametrize("name", ["nova_url", "nova_token_url", "cpr_url"])
@pytest.mark.parametrize(
    "url", ["https://nova.example", "http://10.0.0.1", "http://127.0.0.1@nova.example", "nova", ""]
)
def test_the_simulated_environment_reaches_this_machine_only(name: str, url: str) -> None:
    with pytest.raises(EnvironmentLockedError, match=f"SAGSGANG_{name.upper()}"):
        load_settings(**{name: url})


@pytest.mark.parametrize("name", ["nova_url", "nova_token_url", "cpr_url"])
@pytest.mark.parametrize("url", ["http://nova.example", "http://127.0.0.1", "ftp://nova.example", "https://", ""])
def test_other_environments_reach_https_only(name: str, url: str) -> None:
    with pytest.raises(EnvironmentLockedError, match=f"SAGSGANG_{name.upper()}"):
        load_settings(**{**PROPER, name: url})


def test_an_address_that_is_none_is_named_without_being_repeated() -> None:
    with pytest.raises(SagsgangError, match="SAGSGANG_NOVA_URL") as caught:
        load_settings(nova_url=f"http://[{SECRET}")
    assert SECRET not in str(caught.value)


def test_production_needs_its_switch() -> None:
    with pytest.raises(ConfigurationError, match="PRODUCTION_SWITCH"):
        load_settings(**{**PROPER, "environment": "production"})
    settings = load_settings(**{**PROPER, "environment": "production", "production_switch": "ja-dette-er-produktion"})
    assert settings.uses_json_logs


@pytest.mark.parametrize("name", ["nova_client_secret", "cpr_token"])
@pytest.mark.parametrize("value", ["", SIMULATED_SECRET])
def test_the_secret_that_everybody_can_read_opens_nothing_outside_simulated(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=name.upper()):
        load_settings(**{**PROPER, name: value})


@pytest.mark.parametrize("url", ["https://dar.example", "http://10.0.0.1", "dar"])
def test_the_simulated_environment_asks_no_address_register_elsewhere(url: str) -> None:
    with pytest.raises(EnvironmentLockedError, match="SAGSGANG_DAR_URL"):
        load_settings(dar_url=url)


@pytest.mark.parametrize("url", ["http://dar.example", "http://127.0.0.1", "https://"])
def test_other_environments_ask_an_address_register_over_https_only(url: str) -> None:
    with pytest.raises(EnvironmentLockedError, match="SAGSGANG_DAR_URL"):
        load_settings(**{**PROPER, "dar_url": url})


@pytest.mark.parametrize("others", [{}, PROPER])
def test_an_address_register_can_be_done_without(others: dict[str, object]) -> None:
    assert load_settings(**{**others, "dar_url": ""}).dar_url == ""


def test_the_address_register_gets_no_token_that_everybody_can_read() -> None:
    assert load_settings(**PROPER).dar_token.get_secret_value() == ""
    with pytest.raises(ConfigurationError, match="DAR_TOKEN"):
        load_settings(**{**PROPER, "dar_token": SIMULATED_SECRET})


@pytest.mark.parametrize(("name", "value"), [("seal_key", ""), ("people_file", None)])
def test_keys_and_people_are_not_made_up_outside_simulated(name: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=name.upper()):
        load_settings(**{**PROPER, name: value})


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("lease_seconds", "to", "den skal være et tal, med punktum og ikke komma."),
        ("lease_seconds", "0", "den skal være større end 0."),
        ("settle_seconds", "-1", "den skal være mindst 0."),
        ("workers", "33", "den skal være højst 32."),
        ("workers", "1.5", "den skal være et helt tal."),
        ("log_json", "måske", "den skal være true eller false."),
        ("environment", "prod", "den skal være en af 'simulated', 'test', 'production'."),
        ("log_level", "TRACE", "den skal være en af 'DEBUG', 'INFO', 'WARNING', 'ERROR'."),
        ("sweep_schedule", "hver dag", "den skal skrives på en anden måde."),
    ],
)
def test_what_a_wrong_setting_should_be_is_told_in_danish(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, wanted: str
) -> None:
    monkeypatch.setenv(f"SAGSGANG_{name.upper()}", value)
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert wanted in str(caught.value)
    assert not {"Input", "should"} & set(str(caught.value).split())


def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "var").touch()
    with pytest.raises(ConfigurationError, match="ikke en mappe"):
        load_settings(data_dir=tmp_path / "var")
